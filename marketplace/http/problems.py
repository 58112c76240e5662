"""Every refusal becomes `application/problem+json` (RFC 9457) here, in the caller's language."""

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flask import Flask, Response, g, request
from marshmallow import ValidationError
from psycopg import Error as PsycopgError
from psycopg import errors as postgres
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from ..database import db
from ..database_errors import text_without_values, unavailability
from ..errors import DomainError, Invalid, InvalidTable, Unavailable
from ..messages import cure, say
from ..spreadsheet_files import MEDIA_TYPES
from .languages import Message, language, localised, render, stored_faults

log = logging.getLogger(__name__)

RETRY_AFTER_S = 5
BY_STATUS = {
    400: "malformed",
    401: "key_missing",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "too_slow",
    413: "body_too_large",
    414: "address_too_long",
    415: "media_type",
    500: "internal",
    503: "database_away",
}
BY_SERVER = {"body_broken": 400, "too_many_connections": 429}
"""Refusals of the server itself, before the application sees the request (marketplace/web)."""
STATUS_LINES = {422: "422 Unprocessable Content"}
"""Reason phrases of RFC 9110 where werkzeug still has an older one."""
MOST_SHOWN = 50
"""Errors that a problem shows; `error_count` says how many there are in all. Our own choice, as are these:"""
LONGEST_PATH, LONGEST_DETAIL, MOST_NAMED = 120, 400, 10
"""Characters of a field path and of a sentence about it; fields that the sentence of the whole names."""
MEMBERS = ("entry_id", "missing", "left_t", "year", "failed_gates")
"""Facts of a refusal that programs read: members of the problem beside its sentence."""
HEADERS_BY_STATUS = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": str(RETRY_AFTER_S)}}


def problem(
    status: int,
    code: str,
    detail: str,
    errors: Iterable[tuple[str, str]] = (),
    headers: Mapping[str, str] | None = None,
    **members: Any,
) -> Response:
    """A problem response.

    Args:
        errors: field path and sentence of each error; the first `MOST_SHOWN` are shown, all are counted.
        members: those that only this kind of problem has.
    """
    body: dict[str, Any] = {
        "type": f"urn:huanliu:problem:{code}",
        "title": say(f"status_{status}", language()),
        "status": status,
        "detail": detail,
        "fix": cure(code, language()),
        "code": code,
        "request_id": g.get("request_id"),
    }
    found = list(errors)
    if found:
        body["errors"] = _shown(found)
        body["error_count"] = len(found)
    body.update(members)
    response = Response(
        json.dumps(body, ensure_ascii=False),
        STATUS_LINES.get(status, status),
        mimetype="application/problem+json",
    )
    response.headers.update(headers or {})
    return response


def _shown(errors: list[tuple[str, str]]) -> dict[str, list[str]]:
    """Sentences by field path, so few and so short that a problem is never long."""
    shown: dict[str, list[str]] = {}
    for path, detail in errors[:MOST_SHOWN]:
        shown.setdefault(cut(path, LONGEST_PATH), []).append(cut(detail, LONGEST_DETAIL))
    return shown


def cut(text: str, most: int) -> str:
    """`text`, its end left out where it is longer than `most` characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def register(app: Flask) -> None:
    """Make these the application's responses to everything that is raised."""
    app.register_error_handler(DomainError, _from_domain)
    app.register_error_handler(InvalidTable, _from_table)
    app.register_error_handler(ValidationError, _from_schema)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(DBAPIError, _from_database)
    app.register_error_handler(PsycopgError, _from_database)
    app.register_error_handler(PoolTimeout, _from_pool)
    app.register_error_handler(Exception, _from_bug)


def _from_domain(error: DomainError) -> Response:
    detail = say(error.code, language(), **error.facts)
    headers = {**HEADERS_BY_STATUS.get(error.status, {}), **retry_header(error)}
    errors = [(error.at, detail)] if error.at else []
    members = {name: error.facts[name] for name in MEMBERS if error.facts.get(name) is not None}
    return problem(error.status, error.code, detail, errors, headers, **members)


def retry_header(error: DomainError) -> dict[str, str]:
    """When to try again, as the sentence of the refusal says it."""
    waits = error.facts.get("retry_s")
    return {} if waits is None else {"Retry-After": str(waits)}


def _from_table(error: InvalidTable) -> Response:
    """Each fault twice: under its field path, as in all problems, and in a list to show or sort.

    Where the caller asked for it, the response is the table itself with its faults marked.
    """
    if error.marked is not None:
        response = Response(error.marked, error.status, content_type=MEDIA_TYPES["xlsx"])
        response.headers.set("Content-Disposition", "attachment", filename="huanliu-marked.xlsx")
        return response
    rows = [
        {**row, "column": cut(row["column"], LONGEST_PATH), "detail": cut(row["detail"], LONGEST_DETAIL)}
        for row in localised(stored_faults(error)[:MOST_SHOWN])
    ]
    errors = [(f"row {row['row']}.{row['column']}", row["detail"]) for row in rows]
    detail = say(error.code, language(), **error.facts)
    return problem(error.status, error.code, detail, errors, rows=rows, error_count=error.count)


def _from_schema(error: ValidationError) -> Response:
    found = list(messages_by_field(error.messages))
    shown = [
        (path or "body", render(message) if isinstance(message, Message) else str(message))
        for path, message in found[:MOST_SHOWN]
    ]
    names = tuple(dict.fromkeys(cut(path, LONGEST_PATH) for path, _ in shown))
    detail = say(
        "invalid_input" if len(names) <= MOST_NAMED else "invalid_input_many",
        language(),
        fields=names[:MOST_NAMED],
        count=len(found),
    )
    return problem(422, "invalid_input", detail, shown, error_count=len(found))


def messages_by_field(messages: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(field path, message) for each message in marshmallow's nested form; the path of the whole is ""."""
    if isinstance(messages, Mapping):
        for key, nested in messages.items():
            nested_path = path if key == "_schema" else f"{path}.{key}" if path else str(key)
            yield from messages_by_field(nested, nested_path)
    elif isinstance(messages, list):
        for message in messages:
            yield from messages_by_field(message, path)
    else:
        yield path, messages


def _from_http(error: HTTPException) -> Response:
    status = error.code or 500
    if status in (301, 302, 303, 307, 308):
        return error.get_response()  # type: ignore[return-value]
    code = BY_STATUS.get(status, "malformed" if status < 500 else "internal")
    max_mb = (request.max_content_length or 0) / 1_000_000
    response = problem(status, code, say(code, language(), most_mb=f"{max_mb:g}"))
    for name in ("Allow", "Retry-After"):
        value = error.get_response().headers.get(name)
        if value:
            response.headers[name] = value
    return response


def _from_database(error: DBAPIError | PsycopgError) -> Response:
    db.session.rollback()
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, postgres.DataError):
        log.warning("the database refused a value: %s", text_without_values(cause))
        return _from_domain(Invalid("value_refused"))
    refusal = unavailability(error)
    if refusal is None:
        return _from_bug(error)
    log.warning("the database cannot serve: %s", text_without_values(error), extra={"code": refusal.code})
    return _from_domain(refusal)


def _from_pool(error: PoolTimeout) -> Response:
    log.warning("no connection to the database was free: %s", error)
    return _from_domain(Unavailable("database_busy"))


def _from_bug(error: Exception) -> Response:
    log.exception("unexpected error")  # noqa: LOG004 - called by the error handler
    return problem(500, "internal", say("internal", language()))
