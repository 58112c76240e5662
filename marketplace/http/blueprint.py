"""A room's blueprint: routes that parse, authorise, call one service function and return."""

import inspect
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any
from urllib.parse import unquote_to_bytes

import flask_smorest
from flask import Request, Response, request
from marshmallow import RAISE, ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import HTTPException, UnsupportedMediaType

from ..errors import Malformed, UnsupportedMedia
from ..events.actor import Actor
from ..plain_text import shown
from . import json_text
from .authentication import actor
from .bodies import FORM, read_body, read_upload
from .etags import expected_version
from .languages import Message
from .openapi.api import with_headers
from .openapi.declarations import (
    READS_FILE,
    READS_JSON,
    VERSION_OPTIONAL,
    declare,
    declare_fact,
    document_refusals,
)
from .schemas import LONGEST_NAME, Schema, refuse_bad_characters

PARSED_BODY = "huanliu.parsed_body"
"""Where a request's environment keeps its body, which is read once before and once while it is validated."""
UTF_8 = ("utf-8", "utf8")
View = Callable[..., Any]
Body = dict[str, Any]
Query = dict[str, Any]
Json = dict[str, Any]
Versioned = tuple[Any, dict[str, str]]
"""What a route returns that shows a resource with a version: its content, and the ETag header."""
JSON = "application/json"
FILE = {"type": "string", "format": "binary"}
"""The schema of a file in the OpenAPI document."""


def attachment(content: Any, media_type: str, name: str) -> Response:
    """A file to save under this name; `content` is its bytes, or pieces of them as they are made."""
    response = Response(content, content_type=media_type)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def raw_body() -> Any:
    """The JSON body as sent, {} when there is none.

    Raises:
        RequestEntityTooLarge, UnsupportedMediaType: it is too large, or not declared as JSON.
        UnsupportedMedia: it is declared to be in another encoding than UTF-8 (`charset_not_utf8`).
        Malformed: it is not JSON, or not UTF-8.
        ValidationError: it has more values than any body of ours.
    """
    if PARSED_BODY not in request.environ:
        request.environ[PARSED_BODY] = _parsed_body()
    return request.environ[PARSED_BODY]


def _parsed_body() -> Any:
    data = read_body()
    if not data:
        return {}
    if not request.is_json:
        raise UnsupportedMediaType()
    charset = request.mimetype_params.get("charset", "utf-8")
    if charset.lower() not in UTF_8:
        raise UnsupportedMedia("charset_not_utf8", charset=shown(charset)[:40])
    try:
        return json_text.parsed(data)
    except json_text.TooManyValues as error:
        raise ValidationError([Message("too_many_values", most=json_text.MOST_VALUES)]) from error
    except (ValueError, RecursionError) as error:
        raise Malformed("not_json") from error


MOST_KEPT, LONGEST_KEPT = 500, 200
"""Queries that a process keeps as they were read, and the most bytes of such a one; our own choice."""


class Parser(FlaskParser):
    """Reads bodies and query strings; errors go to `problems` unchanged."""

    def parse(self, argmap: Any, req: Any = None, *, location: str | None = None, **kwargs: Any) -> Any:
        """What was sent, read by a schema; a query that was sent before is not read again.

        How a query is read depends on nothing but its text: of lists it is mostly one of a few.
        """
        if location != "query":
            return super().parse(argmap, req, location=location, **kwargs)
        if len(request.query_string) > LONGEST_KEPT:
            return self._read_query(argmap, kwargs["unknown"])
        return dict(self._kept_query(argmap, request.query_string, kwargs["unknown"]))

    @lru_cache(maxsize=MOST_KEPT)  # noqa: B019 - there is one parser
    def _kept_query(self, schema: Any, text: bytes, unknown: str) -> Any:
        return self._read_query(schema, unknown)

    def _read_query(self, schema: Any, unknown: str) -> Any:
        return super().parse(schema, request, location="query", unknown=unknown)

    def load_json(self, req: Request, schema: Any) -> Any:
        body = raw_body()
        refuse_bad_characters(body)
        return body

    def load_querystring(self, req: Request, schema: Any) -> Any:
        _refuse_other_encodings(req.query_string)
        refuse_bad_characters(req.args.to_dict())
        repeated = {
            name: [Message("parameter_repeated", name=name[:LONGEST_NAME])]
            for name in req.args
            if len(req.args.getlist(name)) > 1
        }
        if repeated:
            raise ValidationError(repeated)
        return super().load_querystring(req, schema)

    def handle_error(self, error: Any, req: Any, schema: Any, **_: Any) -> Any:
        messages = error.messages
        error.messages = next(iter(messages.values())) if set(messages) <= {"json", "query"} else messages
        raise error


def _refuse_other_encodings(query: bytes) -> None:
    """Raise ValidationError for parameters that are not UTF-8, which werkzeug would keep as written."""
    wrong = {}
    for parameter in query.split(b"&"):
        try:
            unquote_to_bytes(parameter).decode()
        except UnicodeDecodeError:
            name = parameter.partition(b"=")[0].decode(errors="replace")
            wrong[name] = [Message("field_invalid_utf8")]
    if wrong:
        raise ValidationError(wrong)


def _instance(schema: Any) -> Any:
    """One schema for all requests: webargs makes one of a class anew for each, with all its fields."""
    return schema() if isinstance(schema, type) else schema


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]
    """A blueprint whose routes declare who may call them (`allow`), what they take and what they return.

    The refusals of a route are derived from what it declares; only 409 is declared itself (`may_conflict`).
    """

    ARGUMENTS_PARSER = Parser()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._prepare_doc_cbks.append(with_headers)

    def body(self, schema: Any, **kwargs: Any) -> Callable[[View], View]:
        """Parse the JSON body by `schema` into the view's next argument."""

        def decorate(view: View) -> View:
            with_body = self.arguments(_instance(schema), location="json", **kwargs)
            return declare_fact(with_body(view), READS_JSON)

        return decorate

    def query(self, schema: Any) -> Callable[[View], View]:
        """Parse the query string by `schema` into the view's next argument; unknown names are refused."""
        decorate: Callable[[View], View] = self.arguments(_instance(schema), location="query", unknown=RAISE)
        return decorate

    def add_url_rule(
        self, rule: str, endpoint: str | None = None, view_func: Any = None, **options: Any
    ) -> None:
        """Register a route, its refusals documented."""
        (method,) = options["methods"]
        document_refusals(view_func, rule, method)
        super().add_url_rule(rule, endpoint, view_func, **options)


def subject(find: Callable[..., Any]) -> Callable[[View], View]:
    """Look up, before anything is parsed, what the path names; the row is the view's first argument.

    `find(actor, ...)` takes the parameters of the path that it names, the others go on to the view; it raises
    NotFound for what the caller may not see. A PATCH or PUT must name the version it read in If-Match; the
    view gets that version as `expected` (None for any).
    """
    wanted = inspect.signature(find).parameters

    def decorate(view: View) -> View:
        @wraps(view)
        def with_subject(**path: Any) -> Any:
            refuse_bad_characters({name: value for name, value in path.items() if isinstance(value, str)})
            row = find(actor(), **{name: path.pop(name) for name in wanted if name in path})
            if request.method in ("PATCH", "PUT"):
                path["expected"] = expected_version(row.version)
            return view(row, **path)

        return with_subject

    return decorate


def version_optional(view: View) -> View:
    """Let the caller of a POST name the version it read in If-Match; the view gets it as `expected`."""

    @wraps(view)
    def with_version(row: Any, **path: Any) -> Any:
        named = "If-Match" in request.headers
        return view(row, expected=expected_version(row.version) if named else None, **path)

    return declare_fact(with_version, VERSION_OPTIONAL)


def require(check: Callable[[Actor, Body], None]) -> Callable[[View], View]:
    """Call `check(actor, raw body)` before all else: a 403 comes before a 404, a 428 and a 422.

    A body that cannot be read counts as {} here; the parser refuses it later.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            try:
                body = raw_body()
            except (HTTPException, Malformed, ValidationError):
                body = None
            check(actor(), body if isinstance(body, dict) else {})
            return view(*args, **kwargs)

        return checked

    return decorate


def file_upload(
    *media_types: str, kind: str = "sheet", json: type[Schema] | None = None
) -> Callable[[View], View]:
    """Read the file that was sent, as one of these media types or in a form; the view gets it as `upload`.

    Another media type is refused as no file of this `kind`: sheet, document or feed.

    Args:
        json: the shape of the same in JSON, where that may be sent too; the view gets its bytes.
    """
    form = {"type": "object", "properties": {"file": FILE}, "required": ["file"]}
    content: dict[str, Any] = {media_type: {"schema": FILE} for media_type in media_types}
    content |= {FORM: {"schema": form}} | ({} if json is None else {JSON: {"schema": json}})
    accepted = tuple(content.keys() - {FORM})

    def decorate(view: View) -> View:
        @wraps(view)
        def with_upload(*args: Any, **kwargs: Any) -> Any:
            return view(*args, upload=read_upload(accepted, kind), **kwargs)

        declare_fact(with_upload, READS_FILE)
        if json is not None:
            declare_fact(with_upload, READS_JSON)
        return declare(with_upload, requestBody={"required": True, "content": content})

    return decorate


def no_body(view: View) -> View:
    """Refuse, by name, every field sent to a route that takes none."""

    @wraps(view)
    def without_body(*args: Any, **kwargs: Any) -> Any:
        NO_FIELDS.load(raw_body())
        return view(*args, **kwargs)

    return declare_fact(without_body, READS_JSON)


NO_FIELDS = Schema()
