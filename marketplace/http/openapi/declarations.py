"""What a route declares for the OpenAPI document, and the refusals that follow from it."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from ..schemas import ProblemSchema

View = Callable[..., Any]

PROBLEM = "application/problem+json"
PROBLEM_SCHEMA = ProblemSchema()
"""One for all refusals of all routes: each would take 10 kB, and there are 2,000."""
EVERYWHERE = {414, 422, 429, 500, 503}
"""Statuses that no route can rule out."""
REFUSALS = {
    304: "Nothing has changed since the response whose ETag is in `If-None-Match`; there is no content.",
    400: "The body is not JSON.",
    401: "No key was sent, or one that is not valid (unknown, revoked, expired).",
    403: "The kind of key, its scope, or the state or role of the enterprise forbids it.",
    404: "Not found, or the caller may not see it.",
    409: "Conflicts with the state of this or of another resource.",
    412: "The resource has changed since the version named by `If-Match`.",
    413: "The body is too large.",
    414: "The address, with what is asked in it, is too long.",
    415: "The route does not accept this media type.",
    422: "A field is invalid; `errors` names each invalid field and says why.",
    428: "`If-Match` is missing; send the version that you read.",
    429: "The rate limit is used up; try again after `Retry-After` seconds.",
    500: "An error of the platform, logged under `request_id`.",
    503: "The database is not available and nothing was changed; try again after `Retry-After` seconds.",
}
"""What each refusal means, by status."""


def declare(view: View, **operation: Any) -> View:
    """Add these members to the view's operation in the document, and return the view."""
    doc = getattr(view, "_apidoc", {})
    view._apidoc = {**doc, "manual_doc": {**doc.get("manual_doc", {}), **operation}}  # type: ignore[attr-defined]
    return view


def declare_fact(view: View, name: str) -> View:
    """Note something about the view that refusals are derived from, and return the view."""
    doc = getattr(view, "_apidoc", {})
    view._apidoc = {**doc, "facts": {*doc.get("facts", ()), name}}  # type: ignore[attr-defined]
    return view


READS_FILE, READS_JSON, MAY_CONFLICT = "reads_file", "reads_json", "may_conflict"
NAMES_ROWS = "names_rows"
"""The body names rows that the caller may not know of."""
IDEMPOTENT = "idempotent"
"""A POST of this route obeys its Idempotency-Key."""
VERSION_OPTIONAL = "version_optional"
"""A POST of this route obeys its If-Match, if there is one."""


def may_conflict(view: View) -> View:
    """Declare that the route may refuse with 409, which cannot be derived from anything else."""
    return declare_fact(view, MAY_CONFLICT)


def names_rows(view: View) -> View:
    """Declare that the body names rows, so that the route may refuse with 404."""
    return declare_fact(view, NAMES_ROWS)


def refusals(rule: str, method: str, doc: dict[str, Any]) -> set[int]:
    """The statuses with which a route may refuse.

    Args:
        rule: as Flask writes it, "/listings/<uuid:listing_id>".
        method: "GET", "POST", ...
        doc: what its decorators declared.
    """
    facts = doc.get("facts", set())
    needs_key = bool(doc["manual_doc"]["security"])
    reads_body = bool(facts & {READS_FILE, READS_JSON})
    statuses = set(EVERYWHERE)
    if needs_key:
        statuses |= {401, 403}
    if method == "GET":
        statuses.add(304)
    if "<" in rule or NAMES_ROWS in facts:
        statuses.add(404)
    if method in ("PATCH", "PUT"):
        statuses |= {412, 428}
    if VERSION_OPTIONAL in facts:
        statuses.add(412)
    if reads_body:
        statuses |= {413, 415}
    if READS_JSON in facts:
        statuses.add(400)
    if MAY_CONFLICT in facts:
        statuses.add(409)
    return statuses


def document_refusals(view: View, rule: str, method: str) -> None:
    """Add the refusals of a route to its description, except those that it describes itself."""
    doc = view._apidoc  # type: ignore[attr-defined]
    responses = doc["response"]["responses"]
    derived = {status: [_refusal(status)] for status in sorted(refusals(rule, method, doc))}
    view._apidoc = {  # type: ignore[attr-defined]
        **doc,
        "response": {**doc["response"], "responses": {**derived, **responses}},
    }


def _refusal(status: int) -> dict[str, Any]:
    if status == 304:
        return {"description": HTTPStatus(status).phrase, "content_type": PROBLEM}
    return {
        "schema": PROBLEM_SCHEMA,
        "description": HTTPStatus(status).phrase,
        "content_type": PROBLEM,
    }
