"""What every refusal looks like, in one place."""

from typing import Any

from marketplace.messages import table


def refused(answer: Any, status: int, code: str, *fields: str) -> dict[str, Any]:
    """Hold `answer` to be the problem `code`, blaming exactly `fields`; returns its body."""
    body = answer.get_json(force=True, silent=True)
    assert (answer.status_code, body and body.get("code")) == (status, code), (answer.status_code, body)
    assert answer.mimetype == "application/problem+json"
    assert body["type"].endswith(f":{code}")
    assert body["status"] == status
    assert body["title"] in table()[f"status_{status}"].values()
    assert body["detail"]
    assert body["request_id"] == answer.headers["X-Request-Id"]
    assert sorted(body.get("errors", {})) == sorted(fields)
    assert all(isinstance(one, str) and one for said in body.get("errors", {}).values() for one in said)
    return body


def verdict(answer: Any) -> tuple[Any, ...]:
    """(status, code, fields) of a refusal in its right form; (status,) of a success."""
    if answer.status_code < 400:
        return (answer.status_code,)
    body = answer.json
    fields = tuple(sorted(body.get("errors", {})))
    refused(answer, answer.status_code, body["code"], *fields)
    return (answer.status_code, body["code"], *fields)
