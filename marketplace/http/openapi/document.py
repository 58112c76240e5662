"""The API's description, as served: what the routes declare, said in words, with recorded examples.

flask-smorest knows paths, schemas and statuses. Here each operation gets its name, who may call it and how,
a sentence for every answer, and the examples of `examples.json`, which `make examples` records
from real answers.
"""

import json
import re
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Flask, Response

from .api import api

EXAMPLES = Path(__file__).parents[1] / "examples.json"
JSON, CSV = "application/json", "text/csv"
VERBS = ("get", "post", "put", "patch", "delete")
KINDS = {"enterprise": "enterprises", "admin": "admins", "regulator": "regulators"}

ABOUT = """Waste on offer and waste wanted, paired lawfully and ranked.

Send a key as `Authorization: Bearer hl_...`. Text follows `Accept-Language` (`en` or `zh-CN`). Every
refusal is `application/problem+json` with a stable `code`; [/errors](/errors) lists each code with its cause
and cure. Every answer that counts against a rate limit says what is left of it in `RateLimit`."""

REFUSALS = {
    400: "The body is not JSON.",
    401: "No key was sent, or one that opens nothing (unknown, revoked, expired).",
    403: "The kind of key, its scope, or the state or role of the enterprise forbids it.",
    404: "There is no such thing, or it is not the asker's to know of.",
    409: "The state of the thing, or another thing, stands against it.",
    412: "The thing has changed since the version named by `If-Match`.",
    413: "The body is too large.",
    415: "The body is of another media type than this route takes.",
    422: "A field is wrong; `errors` names each field and says why.",
    428: "`If-Match` is missing; the version seen must be named.",
    429: "The rate limit is used up; come back after `Retry-After` seconds.",
    500: "A mistake on the platform's side, noted under `request_id`.",
    503: "The database is away, nothing was changed; come back after `Retry-After` seconds.",
}
ANSWERS = {
    ("get", 200): "What was asked for.",
    ("post", 200): "Done; this is how it stands now.",
    ("post", 201): "Made; this is what was made.",
    ("put", 200): "Replaced; this is the new version.",
    ("patch", 200): "Changed; this is the new version.",
    ("delete", 204): "Ended; there is nothing more to say.",
}
PAGE = "A page of items, with the cursor of the `next` page, or null at the end."


def register(app: Flask) -> None:
    """Serve the description from memory once it has been asked for."""

    @cache
    def written() -> str:
        return json.dumps(describe(app), ensure_ascii=False, separators=(",", ":"))

    def openapi_json() -> Response:
        return Response(written(), mimetype="application/json")

    app.view_functions["api-docs.openapi_json"] = openapi_json


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """(verb, path, operation) of all in a document, in its order."""
    paths = document["paths"].items()
    return [(verb, path, about[verb]) for path, about in paths for verb in VERBS if verb in about]


def describe(app: Flask) -> dict[str, Any]:
    """The whole document."""
    document = json.loads(json.dumps(api.spec.to_dict()))
    document["info"]["description"] = ABOUT
    document["externalDocs"] = {"url": "/errors", "description": "Every error code, with cause and cure."}
    names, examples = _endpoints(app), json.loads(EXAMPLES.read_text(encoding="utf-8"))
    for verb, path, operation in operations(document):
        operation["operationId"] = names[verb.upper(), path]
        operation["description"] = _words(verb, operation)
        for status, answer in operation["responses"].items():
            if status.isdecimal():
                _explain(verb, int(status), answer)
        _show(operation, examples.get(operation["operationId"], {}))
    return document


def _endpoints(app: Flask) -> dict[tuple[str, str], str]:
    return {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)): rule.endpoint
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
    }


def _words(verb: str, operation: dict[str, Any]) -> str:
    """The description of an operation: its docstring's own, and what its door and verb imply."""
    kinds = [KINDS[kind] for kind in operation.get("x-actors", ())]
    said = [operation.get("description", "")]
    if kinds:
        said.append(f"For keys of {' and '.join(kinds)} with the scope `{operation['x-scope']}`.")
    else:
        said.append("Needs no key.")
    if any(one.get("name") == "cursor" for one in operation.get("parameters", ())):
        said.append("Answers in pages: send `next` of one as `cursor` to get the following one.")
    if verb in ("put", "patch"):
        said.append("Send the version you saw as `If-Match`, or `*`.")
    if verb == "post" and kinds:
        said.append("With an `Idempotency-Key` it is done once, however often it is sent.")
    return " ".join(filter(None, said))


def _explain(verb: str, status: int, answer: dict[str, Any]) -> None:
    """Say in words what an answer means, unless its route does."""
    if answer.get("description") in (None, "", HTTPStatus(status).phrase):
        shown = answer.get("content", {}).get("application/json", {}).get("schema", {})
        page = shown.get("$ref", "").endswith("Page")
        answer["description"] = REFUSALS.get(status) or (PAGE if page else ANSWERS[verb, status])


def _show(operation: dict[str, Any], recorded: dict[str, Any]) -> None:
    """Put the recorded examples where they belong: requests by the status that they get."""
    for status, body in recorded.get("asked", {}).items():
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            if kind != (CSV if isinstance(body, str) else JSON):
                continue
            example = {"summary": f"Is answered {status}", "value": body}
            content.setdefault("examples", {})[f"answered_{status}"] = example
    for status, body in recorded.get("answered", {}).items():
        for kind, content in operation["responses"].get(status, {}).get("content", {}).items():
            if isinstance(body, str) != (kind == CSV):
                continue
            summary = body["detail"] if int(status) >= 400 else operation["summary"]
            content.setdefault("examples", {})[f"example_{status}"] = {"summary": summary, "value": body}
