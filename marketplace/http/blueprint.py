"""A room's blueprint: routes that parse, authorise, call one service function and return."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import flask_smorest
from flask import Request, g, request
from marshmallow import RAISE, ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import HTTPException, UnsupportedMediaType

from ..errors import Malformed
from .authentication import actor
from .bodies import FORM, read_body, read_upload
from .etags import expected_version
from .languages import Message
from .openapi.api import with_headers
from .schemas import ProblemSchema, Schema, refuse_bad_characters

View = Callable[..., Any]


def raw_body() -> Any:
    """The JSON body as sent, {} when there is none.

    Raises:
        RequestEntityTooLarge, UnsupportedMediaType: it is too large, or does not say that it is JSON.
        Malformed: it is not.
    """
    data = read_body()
    if not data:
        return {}
    if not request.is_json:
        raise UnsupportedMediaType()
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Malformed("not_json") from error


class Parser(FlaskParser):
    """Reads bodies and query strings; what is wrong goes to `problems` as it is."""

    def load_json(self, req: Request, schema: Any) -> Any:
        body = raw_body()
        refuse_bad_characters(body)
        return body

    def load_querystring(self, req: Request, schema: Any) -> Any:
        refuse_bad_characters(req.args.to_dict())
        repeated = {name: [Message("repeated")] for name in req.args if len(req.args.getlist(name)) > 1}
        if repeated:
            raise ValidationError(repeated)
        return super().load_querystring(req, schema)

    def handle_error(self, error: Any, req: Any, schema: Any, **_: Any) -> Any:
        messages = error.messages
        error.messages = next(iter(messages.values())) if set(messages) <= {"json", "query"} else messages
        raise error


class Blueprint(flask_smorest.Blueprint):
    """A blueprint whose routes carry their door (`allow`), schemas and refusals."""

    ARGUMENTS_PARSER = Parser()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._prepare_doc_cbks.append(with_headers)

    def body(self, schema: Any, **kwargs: Any) -> Callable[[View], View]:
        """Parse the JSON body by `schema` into the view's next argument."""
        return self.arguments(schema, location="json", **kwargs)

    def query(self, schema: Any) -> Callable[[View], View]:
        """Parse the query string by `schema` into the view's next argument; unknown names are refused."""

        return self.arguments(schema, location="query", unknown=RAISE)

    def problems(self, *statuses: int) -> Callable[[View], View]:
        """Document the refusals of a route beside those that every route shares."""

        def document(view: View) -> View:
            for status in sorted({401, 403, 422, 429, 500, 503, *statuses}):
                view = self.alt_response(
                    status, schema=ProblemSchema, content_type="application/problem+json"
                )(view)
            return view

        return document


def subject(find: Callable[..., Any]) -> Callable[[View], View]:
    """Look up, before anything is parsed, the thing that the path names, as the asker may know it.

    `find(actor, **path)` raises NotFound. A PATCH or PUT must then show the version it saw; the view
    gets it as `expected` (None for any).
    """

    def wrap(view: View) -> View:
        @wraps(view)
        def found(*args: Any, **kwargs: Any) -> Any:
            refuse_bad_characters({name: value for name, value in kwargs.items() if isinstance(value, str)})
            g.subject = find(actor(), **kwargs)
            if request.method in ("PATCH", "PUT"):
                kwargs["expected"] = expected_version(g.subject.version)
            return view(*args, **kwargs)

        return found

    return wrap


def first(check: Callable[..., None]) -> Callable[[View], View]:
    """Ask `check(actor, raw body)` before all else: a 403 comes before a 404, a 428 and a 422.

    A body that cannot be read counts as {} here; whoever parses it will say what is wrong with it.
    """

    def wrap(view: View) -> View:
        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            try:
                body = raw_body()
            except (HTTPException, Malformed):
                body = None
            check(actor(), body if isinstance(body, dict) else {})
            return view(*args, **kwargs)

        return checked

    return wrap


def uploaded(*types: str) -> Callable[[View], View]:
    """Read the file that was sent, as one of these media types or in a form; the view gets it as `upload`."""

    def wrap(view: View) -> View:
        @wraps(view)
        def received(*args: Any, **kwargs: Any) -> Any:
            return view(*args, upload=read_upload(types), **kwargs)

        schema = {"type": "string", "format": "binary"}
        form = {"type": "object", "properties": {"file": schema}, "required": ["file"]}
        content = {one: {"schema": schema} for one in types} | {FORM: {"schema": form}}
        doc = getattr(view, "_apidoc", {})
        manual = {**doc.get("manual_doc", {}), "requestBody": {"required": True, "content": content}}
        received._apidoc = {**doc, "manual_doc": manual}  # type: ignore[attr-defined]
        return received

    return wrap


def bodiless(view: View) -> View:
    """Refuse, by name, every field sent to a route that takes none."""

    @wraps(view)
    def refused(*args: Any, **kwargs: Any) -> Any:
        NOTHING.load(raw_body())
        return view(*args, **kwargs)

    return refused


NOTHING = Schema()
