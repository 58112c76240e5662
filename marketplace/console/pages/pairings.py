"""A listing and one of its counterparts: explained, and answered, alone or several at once."""

from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, request, url_for
from marshmallow import fields

from ...errors import Invalid
from ...events.actor import ENTERPRISE
from ...http.fields import Lines, OneOf
from ...http.schemas import Schema
from ...listings import service as listings
from ...matches import service as matches
from ...matches.models import Verdict
from ...persons.service import Acting
from ..forms import WHOLE, Errors, change_or_show, words_of
from ..page import pages
from ..visitor import members_only, private, way_back
from .listings import listing_page, match_shown, ticked


class VerdictForm(Schema):
    verdict = fields.String(load_default=None, validate=OneOf(Verdict))
    reason = Lines(500, load_default=None)


class ManyForm(Schema):
    verdict = fields.String(required=True, validate=OneOf(Verdict))


VERDICT, MANY = VerdictForm(), ManyForm()


@pages.get("/listings/<uuid:listing_id>/matches/<uuid:other_id>")
@members_only(kinds=(ENTERPRISE,))
def show_pairing(who: Acting, listing_id: UUID, other_id: UUID) -> Response:
    """One pairing: its score in parts, or each rule that stands against it."""
    return _pairing(who, listing_id, other_id)


def _pairing(
    who: Acting, listing_id: UUID, other_id: UUID, http_status: int = 200, errors: Errors | None = None
) -> Response:
    listing = listings.find_own(who.actor, listing_id)
    pairing = matches.explain(who.actor, listing, other_id)
    failed = [matches.say_failed_gate(failure) for failure in pairing["failed_gates"]]
    match = match_shown(pairing, listing) if pairing["lawful"] else None
    return private(
        "pairing.html",
        http_status,
        listing=listing,
        other=pairing["listing"],
        pairing=pairing,
        match=match,
        failed=failed,
        may_write="listings:write" in who.actor.scopes,
        may_deal="deals:write" in who.actor.scopes,
        errors=errors or {},
        api=f"/api/v1/listings/{listing_id}/matches/{other_id}",
    )


@pages.post("/listings/<uuid:listing_id>/matches/<uuid:other_id>/feedback")
@members_only("listings:write", kinds=(ENTERPRISE,))
def give_verdict(who: Acting, listing_id: UUID, other_id: UUID) -> Any:
    """Interested, not for me, or neither any more; from a list of matches it goes on where that was."""
    actor = who.actor
    listing = listings.find_own(actor, listing_id)
    other = matches.counterpart(actor, listing, other_id)

    def give(data: dict[str, Any]) -> None:
        if data["verdict"] is None:
            matches.take_back(actor, listing, other.id)
        else:
            matches.give_feedback(actor, listing, other, data["verdict"], data["reason"])

    show = partial(_pairing, who, listing_id, other_id)
    then = url_for("console.show_pairing", listing_id=listing_id, other_id=other_id)
    if back := request.form.get("back"):
        then = f"{way_back(back)}#match-{other_id}"
    return change_or_show(VERDICT, show, give, then)


@pages.post("/listings/<uuid:listing_id>/feedback")
@members_only("listings:write", kinds=(ENTERPRISE,))
def give_verdicts(who: Acting, listing_id: UUID) -> Any:
    """The same of each match that was ticked; each by itself, and the page says why one was refused."""
    actor = who.actor
    listings.find_own(actor, listing_id)

    def give(data: dict[str, Any]) -> Any:
        ids = ticked()
        if not ids:
            raise Invalid("field_required", at="ids")
        about = {"listing_id": listing_id, "verdict": data["verdict"], "reason": None}
        results = matches.give_many(actor, [{**about, "counterpart_id": other_id} for other_id in ids])
        refused = [words_of(result["refusal"]) for result in results if "refusal" in result]
        if refused:
            return listing_page(who, listing_id, 409, {WHOLE: list(dict.fromkeys(refused))})
        return url_for("console.show_listing", listing_id=listing_id)

    return change_or_show(MANY, partial(listing_page, who, listing_id), give)
