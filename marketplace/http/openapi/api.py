"""Assembles paths, schemas and headers of the OpenAPI document from what the routes declare."""

from typing import Any

from flask import Flask
from flask_smorest import Api, Blueprint
from marshmallow.fields import Field

from .declarations import IDEMPOTENT, VERSION_OPTIONAL

TEXT, COUNT = {"type": "string"}, {"type": "integer", "minimum": 0}
RATE_LIMIT: dict[str, dict[str, Any]] = {
    "RateLimit-Policy": {
        "description": "The quota `q` per window of `w` seconds of each limit that counts the call: "
        "`key` (of the key's holder), `publish`, `idempotency` or `address`.",
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
"""Of every response to a counted request; absent while Valkey is not available."""
RESPONSE_HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": {"description": "Identifies this request in our logs.", "required": True, "schema": TEXT},
    "ETag": {
        "description": "The version of the resource, for If-Match, and a digest of what you saw of it.",
        "required": True,
        "schema": {**TEXT, "pattern": '^"([0-9]+[.])?[0-9a-f]{16}"$'},
    },
    "Retry-After": {
        "description": "Seconds to wait before the next try.",
        "required": True,
        "schema": {**TEXT, "pattern": "^[0-9]+$"},
    },
    "WWW-Authenticate": {
        "description": "The authentication scheme.",
        "required": True,
        "schema": {**TEXT, "const": "Bearer"},
    },
    "Idempotent-Replayed": {
        "description": "Present if this is the stored response to an earlier request with this key.",
        "schema": {**TEXT, "const": "true"},
    },
    **RATE_LIMIT,
}
"""Headers of responses, by name."""
REQUEST_HEADERS: dict[str, dict[str, Any]] = {
    "If-Match": {
        "description": "The ETag of the version that you read; `*` changes any version.",
        "required": True,
        "schema": TEXT,
    },
    "If-Match-Optional": {
        "name": "If-Match",
        "description": "The ETag of the version that you read, if the call is to fail on any other.",
        "schema": TEXT,
    },
    "If-None-Match": {
        "description": "The ETag of what you have; if nothing has changed, the response is an empty 304.",
        "schema": TEXT,
    },
    "Idempotency-Key": {
        "description": "A request repeated within 24 h with the same key and body is not done again.",
        "schema": {**TEXT, "minLength": 1, "maxLength": 255},
    },
}
"""Headers of requests, by name."""
BY_STATUS = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}
VERSIONED = {"ETag": "ETag"}
"""The headers of a route that shows a resource with a version."""


class Document(Api):
    """The OpenAPI document. Every status of a route is listed, so there is no default response."""

    DEFAULT_ERROR_RESPONSE_NAME = None  # type: ignore[assignment]

    def init_app(self, app: Flask, **kwargs: Any) -> None:
        """Begin the document of a new application."""
        super().init_app(app, **kwargs)
        self.ma_plugin.converter.add_parameter_attribute_function(_without_null)
        for name, header in RESPONSE_HEADERS.items():
            self.spec.components.header(name, header)
        for name, header in REQUEST_HEADERS.items():
            self.spec.components.parameter(name, "header", header)
        self._undescribed: list[Blueprint] = []

    def register_blueprint(self, blp: Blueprint, **options: Any) -> None:  # type: ignore[override]
        """Add the routes of a room, which are described when the document is first asked for."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blp.name] = self
        self._app.register_blueprint(blp, **options)
        self._undescribed.append(blp)

    def described(self) -> dict[str, Any]:
        """The document of all routes; the first call takes a second."""
        for room in self._undescribed:
            room.register_views_in_doc(self, self._app, self.spec, name=room.name, parameters=None)
            self.spec.tag({"name": room.name, "description": room.description})
        self._undescribed.clear()
        document: dict[str, Any] = self.spec.to_dict()
        return document

    def _register_responses(self) -> None:
        """None of those of flask-smorest: every refusal is a problem."""

    def _register_pagination_header(self) -> None:
        """None: pages are by cursor."""


api = Document()


def with_headers(doc: dict[str, Any], doc_info: Any, *, method: str, **_: Any) -> dict[str, Any]:
    """Add to a route's description the request and response headers that follow from its method."""
    replayable = method == "post" and IDEMPOTENT in doc_info["facts"]
    for status, response in doc["responses"].items():
        names = ["X-Request-Id"]
        if int(status) in BY_STATUS:
            names.append(BY_STATUS[int(status)])
        if replayable and int(status) < 300:
            names.append("Idempotent-Replayed")
        if int(status) < 400 or int(status) == 429:
            names += RATE_LIMIT
        response.setdefault("headers", {}).update({name: name for name in names})
    parameters = doc.setdefault("parameters", [])
    if method in ("patch", "put"):
        parameters.append("If-Match")
    if VERSION_OPTIONAL in doc_info.get("facts", ()):
        parameters.append("If-Match-Optional")
    if replayable:
        parameters.append("Idempotency-Key")
    if method == "get":
        parameters.append("If-None-Match")
    return doc


def _without_null(converter: Any, field: Field[Any], ret: dict[str, Any]) -> dict[str, Any]:
    """A query string has no null: an absent parameter is left out."""
    schema = ret["schema"]
    if field.allow_none:
        (schema["type"],) = [kind for kind in schema["type"] if kind != "null"]
        if "enum" in schema:
            schema["enum"] = [value for value in schema["enum"] if value is not None]
        if schema.get("default", 0) is None:
            del schema["default"]
    return ret
