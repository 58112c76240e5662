"""What every refusal looks like, in one place."""

from typing import Any

from marketplace.messages import table


def refused(response: Any, status: int, code: str, *fields: str) -> dict[str, Any]:
    """Require `response` to be the problem `code`, blaming exactly `fields`; returns its body."""
    body = response.get_json(force=True, silent=True)
    assert (response.status_code, body and body.get("code")) == (status, code), (response.status_code, body)
    assert response.mimetype == "application/problem+json"
    assert body["type"].endswith(f":{code}")
    assert body["status"] == status
    assert body["title"] in table()[f"status_{status}"].values()
    assert body["detail"]
    assert body["fix"] in table()[code]["cure"].values()
    assert body["request_id"] == response.headers["X-Request-Id"]
    assert sorted(body.get("errors", {})) == sorted(fields)
    assert all(
        isinstance(sentence, str) and sentence
        for said in body.get("errors", {}).values()
        for sentence in said
    )
    return body


def verdict(response: Any) -> tuple[Any, ...]:
    """(status, code, fields) of a refusal in its right form; (status,) of a success."""
    if response.status_code < 400:
        return (response.status_code,)
    body = response.json
    fields = tuple(sorted(body.get("errors", {})))
    refused(response, response.status_code, body["code"], *fields)
    return (response.status_code, body["code"], *fields)
