"""Several offers answered alike from the list of those that wait."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Response, request
from marshmallow import fields

from ...deals import service as deals
from ...deals.models import OfferStatus
from ...errors import DomainError, NotFound, PreconditionFailed
from ...events.actor import ENTERPRISE, Actor
from ...http.fields import OneOf
from ...persons.service import Acting
from ..forms import VERSION, WHOLE, read_form, words_of, wrong
from ..page import pages, text
from ..visitor import members_only
from .listings import ticked
from .offers import ReasonForm, offers_page, with_titles

ENDS = {
    "accept": (OfferStatus.ACCEPTED, "offers_are_accepted"),
    "reject": (OfferStatus.REJECTED, "offers_are_rejected"),
}
"""What may be answered to several offers at once; what they are then, and the sentence that says so."""


class AnswersForm(ReasonForm):
    """The same answer to several offers."""

    answer = fields.String(required=True, validate=OneOf(tuple(ENDS), "offer_answer"))


ANSWERS = AnswersForm()


@pages.post("/offers/answers")
@members_only("deals:write", kinds=(ENTERPRISE,))
def answer_offers(who: Acting) -> Response:
    """Give the same answer to each that was ticked; what became of each is said, once more if sent again."""
    actor = who.actor
    data, errors = read_form(ANSWERS)
    ids = ticked()
    if data is None or not ids:
        return offers_page(who, 422, {**errors, **({} if ids else {WHOLE: [text("offers_none_ticked")]})})
    try:
        deals.check_trading(actor, {})
    except DomainError as error:
        return offers_page(who, error.status, wrong(error))
    refusals = _answer_each(actor, ids, data)
    outcomes = [_outcome(actor, offer_id, data["answer"], refusals.get(offer_id)) for offer_id in ids]
    is_any_done = any(outcome["is_done"] for outcome in outcomes)
    return offers_page(who, 200 if is_any_done else 409, outcomes=outcomes)


def _answer_each(actor: Actor, ids: Sequence[UUID], data: dict[str, Any]) -> dict[UUID, DomainError]:
    """Answer the offers whose terms are those that were seen; returns why others were not."""
    refusals: dict[UUID, DomainError] = {}
    for offer_id in ids:
        try:
            version = str(deals.find_offer(actor, offer_id).version)
        except NotFound as error:
            refusals[offer_id] = error
            continue
        if request.form.get(f"{VERSION}.{offer_id}", version) != version:
            refusals[offer_id] = PreconditionFailed("version_changed")
    seen = [{**data, "id": offer_id} for offer_id in ids if offer_id not in refusals]
    answered = deals.answer_many(actor, seen)
    return refusals | {each["id"]: each["refusal"] for each in answered if "refusal" in each}


def _outcome(actor: Actor, offer_id: UUID, answer: str, refusal: DomainError | None) -> dict[str, Any]:
    """What became of an answer: `is_done` also if the offer was answered so before, as by a double press."""
    try:
        offer = deals.find_shown_offer(actor, offer_id)
    except NotFound as error:
        return {"offer": None, "is_done": False, "said": words_of(error)}
    wanted, sentence = ENDS[answer]
    (shown,) = with_titles([offer])
    is_done = refusal is None or offer.status == wanted
    said = text(sentence) if is_done or refusal is None else words_of(refusal)
    return {"offer": shown, "is_done": is_done, "said": said}
