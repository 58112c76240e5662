"""Every refusal becomes `application/problem+json` (RFC 9457) here, in the asker's language."""

import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Flask, Response, g, request
from marshmallow import ValidationError
from psycopg import InterfaceError as InterfaceErrorOfPsycopg
from psycopg import OperationalError as OperationalErrorOfPsycopg
from psycopg import errors as postgres
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from ..database import db
from ..errors import DomainError, Invalid, Refused
from ..messages import say
from .languages import Message, faults_to_keep, language, localised, render

log = logging.getLogger(__name__)

RETRY_AFTER_S = 5
BY_STATUS = {
    400: "malformed",
    401: "key_missing",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "body_too_large",
    415: "media_type",
    429: "rate_limited",
    500: "internal",
    503: "database_away",
}
HEADERS_BY_STATUS = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": str(RETRY_AFTER_S)}}


def problem(
    status: int,
    code: str,
    detail: str,
    errors: Mapping[str, list[str]] | None = None,
    headers: Mapping[str, str] | None = None,
    **members: Any,
) -> Response:
    """A problem answer; `members` are what this kind of problem says beside what all say."""
    body: dict[str, Any] = {
        "type": f"urn:huanliu:problem:{code}",
        "title": say(f"status_{status}", language()),
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": g.get("request_id"),
    }
    if errors:
        body["errors"] = errors
    body.update(members)
    answer = Response(json.dumps(body, ensure_ascii=False), status, mimetype="application/problem+json")
    answer.headers.update(headers or {})
    return answer


def register(app: Flask) -> None:
    """Make these the application's answers to anything raised."""
    app.register_error_handler(DomainError, _from_domain)
    app.register_error_handler(Refused, _from_table)
    app.register_error_handler(ValidationError, _from_schema)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(DBAPIError, _from_database)
    app.register_error_handler(PoolTimeout, _database_away)
    app.register_error_handler(OperationalErrorOfPsycopg, _database_away)
    app.register_error_handler(InterfaceErrorOfPsycopg, _database_away)
    app.register_error_handler(Exception, _from_bug)


def _from_domain(error: DomainError) -> Response:
    detail = say(error.code, language(), **error.facts)
    headers = HEADERS_BY_STATUS.get(error.status, {})
    return problem(error.status, error.code, detail, {error.at: [detail]} if error.at else None, headers)


def _from_table(error: Refused) -> Response:
    """Each fault twice: under its field path, as in all problems, and as a line of a list to show or sort."""
    rows = localised(faults_to_keep(error))
    errors: dict[str, list[str]] = {}
    for row in rows:
        errors.setdefault(f"row {row['row']}.{row['column']}", []).append(row["detail"])
    detail = say(error.code, language(), **error.facts)
    return problem(error.status, error.code, detail, errors, rows=rows, error_count=error.count)


def _from_schema(error: ValidationError) -> Response:
    errors: dict[str, list[str]] = {}
    for path, said in leaves(error.messages):
        errors.setdefault(path or "body", []).append(render(said) if isinstance(said, Message) else str(said))
    detail = say("invalid_input", language(), fields=", ".join(errors))
    return problem(422, "invalid_input", detail, errors)


def leaves(messages: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(field path, what is said) for each message in marshmallow's nested form; "" is the whole."""
    if isinstance(messages, Mapping):
        for key, below in messages.items():
            inner = path if key == "_schema" else f"{path}.{key}" if path else str(key)
            yield from leaves(below, inner)
    elif isinstance(messages, list):
        for one in messages:
            yield from leaves(one, path)
    else:
        yield path, messages


def _from_http(error: HTTPException) -> Response:
    status = error.code or 500
    if status in (301, 302, 303, 307, 308):
        return error.get_response()  # type: ignore[return-value]
    code = BY_STATUS.get(status, "malformed" if status < 500 else "internal")
    most_mb = (request.max_content_length or 0) / 1_000_000
    answer = problem(status, code, say(code, language(), most_mb=f"{most_mb:g}"))
    for name in ("Allow", "Retry-After"):
        value = error.get_response().headers.get(name)
        if value:
            answer.headers[name] = value
    return answer


def _from_database(error: DBAPIError) -> Response:
    db.session.rollback()
    cause = error.orig
    if isinstance(cause, postgres.DataError):
        log.warning("the database refused a value: %s", cause)
        return _from_domain(Invalid("value_refused"))
    away = isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated
    if away and not isinstance(cause, postgres.DeadlockDetected):
        return _database_away(error)
    return _from_bug(error)


def _database_away(error: Exception) -> Response:
    log.warning("the database is away: %s", error)
    headers = {"Retry-After": str(RETRY_AFTER_S)}
    return problem(503, "database_away", say("database_away", language()), headers=headers)


def _from_bug(error: Exception) -> Response:
    log.exception("unexpected error")  # noqa: LOG004 - called by the error handler
    return problem(500, "internal", say("internal", language()))
