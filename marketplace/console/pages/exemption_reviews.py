"""The review of the evidence for an exemption, on the page of the demand that names it."""

from functools import partial
from typing import Any
from uuid import UUID

from flask import url_for
from marshmallow import fields

from ...events.actor import ADMIN
from ...http.fields import Lines, OneOf
from ...http.schemas import Schema
from ...listings import service as listings
from ...listings.models import ExemptionReview
from ...persons.service import Acting
from ..forms import change_or_show
from ..page import pages
from ..visitor import members_only
from .listings import listing_page


class ReviewForm(Schema):
    """By the names of the API."""

    decision = fields.String(required=True, validate=OneOf(ExemptionReview))
    reason = Lines(500, required=True)


REVIEW = ReviewForm()


@pages.post("/listings/<uuid:listing_id>/exemption-review")
@members_only("admin", kinds=(ADMIN,))
def review_exemption(who: Acting, listing_id: UUID) -> Any:
    """Accept or refuse the evidence for the exemption that a demand relies on."""
    actor = who.actor
    listings.find_any(actor, listing_id)
    return change_or_show(
        REVIEW,
        partial(listing_page, who, listing_id),
        lambda data: listings.review_exemption(actor, listing_id, data["decision"], data["reason"]),
        url_for("console.show_listing", listing_id=listing_id),
    )
