"""What the OpenAPI document says beyond the schemas: headers, and that a query string has no null."""

from typing import Any

from flask import Flask
from flask_smorest import Api
from marshmallow.fields import Field

TEXT, COUNT = {"type": "string"}, {"type": "integer", "minimum": 0}
RATE_LIMIT: dict[str, dict[str, Any]] = {
    "RateLimit-Policy": {
        "description": "The quota `q` per window of `w` seconds, by key or by address.",
        "schema": TEXT,
    },
    "RateLimit": {
        "description": "Calls left in this window (`r`) and seconds until the next (`t`).",
        "schema": TEXT,
    },
    "RateLimit-Limit": {"description": "Calls allowed in a window.", "schema": COUNT},
    "RateLimit-Remaining": {"description": "Calls left in this window.", "schema": COUNT},
    "RateLimit-Reset": {"description": "Seconds until the next window.", "schema": COUNT},
}
"""Of every answer that was counted; none while Valkey is away."""
ANSWERED: dict[str, dict[str, Any]] = {
    "X-Request-Id": {"description": "Names this request in our logs.", "required": True, "schema": TEXT},
    "ETag": {
        "description": "The version of the thing, for If-Match.",
        "required": True,
        "schema": {**TEXT, "pattern": '^"[0-9]+"$'},
    },
    "Retry-After": {
        "description": "Seconds to wait before the next try.",
        "required": True,
        "schema": {**TEXT, "pattern": "^[0-9]+$"},
    },
    "WWW-Authenticate": {
        "description": "How to come in.",
        "required": True,
        "schema": {**TEXT, "const": "Bearer"},
    },
    "Idempotent-Replayed": {
        "description": "There where the first answer to this Idempotency-Key is given again.",
        "schema": {**TEXT, "const": "true"},
    },
    **RATE_LIMIT,
}
"""Headers of answers, by name."""
READ: dict[str, dict[str, Any]] = {
    "If-Match": {
        "description": "The ETag of the version that is to be changed; `*` for any.",
        "required": True,
        "schema": TEXT,
    },
    "Idempotency-Key": {
        "description": "Within 24 h the same key with the same body is done once and answered the same.",
        "schema": {**TEXT, "minLength": 1, "maxLength": 255},
    },
}
"""Headers of requests, by name."""
BY_STATUS = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}
VERSIONED = {"ETag": "ETag"}
"""What a route says that shows a thing with a version."""


class Document(Api):
    """The description of the API. Each route names every status that it answers: there is no default."""

    DEFAULT_ERROR_RESPONSE_NAME = None  # type: ignore[assignment]

    def init_app(self, app: Flask, **kwargs: Any) -> None:
        """Begin the description of a new application."""
        super().init_app(app, **kwargs)
        self.ma_plugin.converter.add_parameter_attribute_function(_without_null)
        for name, header in ANSWERED.items():
            self.spec.components.header(name, header)
        for name, header in READ.items():
            self.spec.components.parameter(name, "header", header)

    def _register_responses(self) -> None:
        """None of flask-smorest's own: every refusal is a problem."""

    def _register_pagination_header(self) -> None:
        """None: pages are turned by cursor."""


api = Document()


def with_headers(doc: dict[str, Any], doc_info: Any, *, method: str, **_: Any) -> dict[str, Any]:
    """Add to a route's description the headers that it reads and answers because of its method."""
    replayable = method == "post" and doc_info["manual_doc"]["security"] != []
    for status, answer in doc["responses"].items():
        names = ["X-Request-Id"]
        if int(status) in BY_STATUS:
            names.append(BY_STATUS[int(status)])
        if replayable and int(status) < 300:
            names.append("Idempotent-Replayed")
        if int(status) < 400 or int(status) == 429:
            names += RATE_LIMIT
        answer.setdefault("headers", {}).update({name: name for name in names})
    read = ["If-Match"] if method in ("patch", "put") else ["Idempotency-Key"] if replayable else []
    doc.setdefault("parameters", []).extend(read)
    return doc


def _without_null(converter: Any, field: Field, ret: dict[str, Any]) -> dict[str, Any]:
    """A query string cannot say null: what is not asked for is left out."""
    schema = ret["schema"]
    if field.allow_none:
        (schema["type"],) = [kind for kind in schema["type"] if kind != "null"]
        if "enum" in schema:
            schema["enum"] = [one for one in schema["enum"] if one is not None]
        if schema.get("default", 0) is None:
            del schema["default"]
    return ret
