"""What enterprises propose to change, old beside new, and second claims on a code: read and decided."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Response, request, url_for
from marshmallow import fields

from ...catalogue import service as catalogue
from ...enterprises import service as enterprises
from ...enterprises.models import ChangeStatus, ClaimStatus
from ...events.actor import ADMIN, Actor
from ...http.authentication import STAFF
from ...http.fields import Lines
from ...http.paging import PageQuery
from ...http.paging import page as page_of_rows
from ...http.schemas import Schema
from ...persons.service import Acting
from ..forms import Errors, change_or_show, over_the_form, typed, version_seen
from ..page import pages, read_query
from ..visitor import members_only, private


class ListQuery(PageQuery):
    """Without an enterprise, what waits; of one enterprise, what was decided too."""

    enterprise_id = fields.UUID(load_default=None)


class ReasonForm(Schema):
    reason = Lines(500, load_default=None)


class GivenReasonForm(Schema):
    reason = Lines(500, required=True)


Decide = Callable[[Actor, UUID, Any, int | None], Any]

LIST, REASON, GIVEN_REASON = ListQuery(), ReasonForm(), GivenReasonForm()


@pages.get("/desk/changes")
@members_only(kinds=STAFF)
def show_changes(who: Acting) -> Response:
    """Proposed changes, those that wait longest first."""
    return _changes(who)


def _changes(who: Acting, http_status: int = 200, errors: Errors | None = None) -> Response:
    actor = who.actor
    query, _ = read_query(LIST)
    asked = _asked(query, ChangeStatus.OPEN)
    found = page_of_rows(query, lambda after, limit: enterprises.list_changes(actor, asked, after, limit))
    shown = enterprises.present_changes(actor, found["items"])
    return private(
        "changes.html",
        http_status,
        changes=[{**said, "version": row.version} for said, row in zip(shown, found["items"], strict=True)],
        next=found["next"],
        regions=catalogue.region_names(
            {
                side["region"]
                for said in shown
                for side in (said["before"], said["proposed"])
                if "region" in side
            }
        ),
        **_shown(query, errors),
        api=_api("enterprise-changes", query),
    )


@pages.post("/desk/changes/<uuid:change_id>/confirm")
@members_only("admin", kinds=(ADMIN,))
def confirm_change(who: Acting, change_id: UUID) -> Any:
    """Put a proposed change into force."""
    return _decide_change(who, change_id, REASON, enterprises.confirm_change)


@pages.post("/desk/changes/<uuid:change_id>/refuse")
@members_only("admin", kinds=(ADMIN,))
def refuse_change(who: Acting, change_id: UUID) -> Any:
    """Refuse a proposed change; the enterprise reads why."""
    return _decide_change(who, change_id, GIVEN_REASON, enterprises.refuse_change)


def _decide_change(who: Acting, change_id: UUID, schema: Schema, decide: Decide) -> Any:
    firm = enterprises.find_change(who.actor, change_id).enterprise_id
    then = _back("console.show_changes", firm)
    return change_or_show(schema, _over(who, _changes), _decision(who, change_id, decide), then)


@pages.get("/desk/claims")
@members_only(kinds=(ADMIN,))
def show_claims(who: Acting) -> Response:
    """Registrations that were refused because their code is taken, with whom to reach about each."""
    return _claims(who)


def _claims(who: Acting, http_status: int = 200, errors: Errors | None = None) -> Response:
    actor = who.actor
    query, _ = read_query(LIST)
    asked = _asked(query, ClaimStatus.OPEN)
    found = page_of_rows(query, lambda after, limit: enterprises.list_claims(asked, after, limit))
    return private(
        "claims.html",
        http_status,
        claims=[(row, enterprises.claimant_contact(actor, row)) for row in found["items"]],
        next=found["next"],
        **_shown(query, errors),
        api=_api("uscc-claims", query),
    )


@pages.post("/desk/claims/<uuid:claim_id>/uphold")
@members_only("admin", kinds=(ADMIN,))
def uphold_claim(who: Acting, claim_id: UUID) -> Any:
    """Reject the pending registration, so that the true owner of the code can register."""
    return _decide_claim(who, claim_id, enterprises.uphold_claim)


@pages.post("/desk/claims/<uuid:claim_id>/dismiss")
@members_only("admin", kinds=(ADMIN,))
def dismiss_claim(who: Acting, claim_id: UUID) -> Any:
    """Leave the code with the enterprise that is registered."""
    return _decide_claim(who, claim_id, enterprises.dismiss_claim)


def _decide_claim(who: Acting, claim_id: UUID, decide: Decide) -> Any:
    firm = enterprises.find_claim(who.actor, claim_id).enterprise_id
    then = _back("console.show_claims", firm)
    return change_or_show(GIVEN_REASON, _over(who, _claims), _decision(who, claim_id, decide), then)


def _decision(who: Acting, row_id: UUID, decide: Decide) -> Callable[[dict[str, Any]], Any]:
    """The decision of a row by what was sent, at the version that was seen; it leads nowhere by itself."""
    actor = who.actor
    return lambda data: decide(actor, row_id, data["reason"], version_seen())


def _over(who: Acting, show: Callable[..., Response]) -> Callable[[int, Errors], Response]:
    """The list again, with what is wrong over all of its forms."""
    return lambda http_status, errors: show(who, http_status, over_the_form(errors))


def _back(endpoint: str, firm: UUID) -> str:
    """The list that the form was on: of all, or of the one enterprise."""
    query, _ = read_query(LIST)
    return url_for(endpoint, enterprise_id=firm) if query["enterprise_id"] else url_for(endpoint)


def _asked(query: dict[str, Any], open_one: str) -> dict[str, Any]:
    one = query["enterprise_id"]
    return {"enterprise_id": one, "status": None if one else open_one}


def _shown(query: dict[str, Any], errors: Errors | None) -> dict[str, Any]:
    return {
        "query": {"enterprise_id": query["enterprise_id"]},
        "decided": (request.view_args or {}).get("change_id") or (request.view_args or {}).get("claim_id"),
        "values": typed() if errors else {},
        "errors": errors or {},
    }


def _api(path: str, query: dict[str, Any]) -> str:
    one = query["enterprise_id"]
    return f"/api/v1/{path}?{f'enterprise_id={one}' if one else 'status=open'}"
