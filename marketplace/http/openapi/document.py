"""The OpenAPI document as it is served: what the routes declare, in words, with recorded examples.

flask-smorest knows paths, schemas and statuses. Here each operation gets its name, who may call it and how,
a sentence for every response, and the examples of `examples/`, one file per blueprint, which `make examples`
records from real responses.
"""

import hashlib
import json
import re
from functools import cache
from http import HTTPStatus
from threading import Lock
from typing import Any

from flask import Flask, Response

from .. import etags
from .api import api
from .declarations import REFUSALS
from .examples import add_examples, read_examples
from .path_parameters import describe_path_parameters

VERBS = ("get", "post", "put", "patch", "delete")
KINDS = {"enterprise": "enterprises", "admin": "admins", "regulator": "regulators"}

ABOUT = """Matches supplies of solid waste with demands for it, lawfully and ranked.

"An enterprise that is not equipped to make comprehensive use of the waste from its production shall provide
it to one that is." (Ecological and Environmental Code, art. 980, our translation)

Send a key as `Authorization: Bearer hl_...`. Text follows `Accept-Language` (`en` or `zh-CN`). Every
refusal is `application/problem+json` with a stable `code`; [/errors](/errors) lists each code with its cause
and fix. Every response that counts against a rate limit reports the remaining calls in `RateLimit`."""

RESPONSES = {
    ("get", 200): "The resource that was requested.",
    ("post", 200): "Done; the resource as it is now.",
    ("post", 201): "Created; the new resource.",
    ("put", 200): "Replaced; the new version.",
    ("patch", 200): "Changed; the new version.",
    ("post", 202): "Accepted; the rest follows by itself.",
    ("post", 204): "Done; the response has no content.",
    ("delete", 204): "Ended; the response has no content.",
}
"""What success means, unless the route describes it."""
PAGE = "A page of items, with the cursor of the `next` page, or null at the end."


def register(app: Flask) -> None:
    """Serve the document, assembled at the first request, from memory."""

    @cache
    def document() -> tuple[bytes, str]:
        text = json.dumps(describe(app), ensure_ascii=False, separators=(",", ":")).encode()
        return text, hashlib.blake2b(text, digest_size=etags.DIGEST_BYTES).hexdigest()

    lock = Lock()

    def openapi_json() -> Response:
        with lock:  # the first request assembles it, for a second, and those beside it wait
            text, tag = document()
        return etags.fix(Response(text, mimetype="application/json"), tag)

    app.view_functions["api-docs.openapi_json"] = openapi_json


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """(verb, path, operation) of all in a document, in its order."""
    paths = document["paths"].items()
    return [(verb, path, methods[verb]) for path, methods in paths for verb in VERBS if verb in methods]


def describe(app: Flask) -> dict[str, Any]:
    """The whole document."""
    document: dict[str, Any] = json.loads(json.dumps(api.described()))
    document["info"]["description"] = ABOUT
    document["externalDocs"] = {"url": "/errors", "description": "Every error code, with cause and fix."}
    describe_path_parameters(document)
    names, examples = _endpoints(app), read_examples()
    for verb, path, operation in operations(document):
        operation["operationId"] = names[verb.upper(), path]
        operation["description"] = _operation_description(verb, operation)
        for status, response in operation["responses"].items():
            if status.isdecimal():
                _describe_response(verb, int(status), response)
        add_examples(operation, examples.get(operation["operationId"], {}))
    return document


def _endpoints(app: Flask) -> dict[tuple[str, str], str]:
    return {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)): rule.endpoint
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
    }


def _who_may_call(operation: dict[str, Any]) -> str:
    kinds = [KINDS[kind] for kind in operation.get("x-actors", ())]
    if not kinds:
        return "Requires no key."
    required = f"a key of {' or '.join(kinds)} with the scope `{operation['x-scope']}`"
    if {} in operation["security"]:
        return f"Takes {required}, or no key: calls without one are limited by address."
    return f"Requires {required}."


def _operation_description(verb: str, operation: dict[str, Any]) -> str:
    """The route's docstring, and what follows from who may call it and from its verb."""
    parameters = operation.get("parameters", ())
    paged = any(parameter.get("name") == "cursor" for parameter in parameters)
    sentences = [
        operation.get("description", ""),
        _who_may_call(operation),
        "Returns pages: send `next` of one page as `cursor` to get the following page." if paged else "",
        "Send the version that you read as `If-Match`, or `*`." if verb in ("put", "patch") else "",
        "Repeating it with the same `Idempotency-Key` has no further effect."
        if any(parameter.get("$ref", "").endswith("/Idempotency-Key") for parameter in parameters)
        else "",
    ]
    return " ".join(filter(None, sentences))


def _describe_response(verb: str, status: int, response: dict[str, Any]) -> None:
    """Describe a response, unless its route does."""
    if response.get("description") in (None, "", HTTPStatus(status).phrase):
        schema = response.get("content", {}).get("application/json", {}).get("schema", {})
        page = schema.get("$ref", "").endswith("Page")
        response["description"] = REFUSALS.get(status) or (PAGE if page else RESPONSES[verb, status])
