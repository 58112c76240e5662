"""Who ranks a page: the formula, or a ranking learned from what became of pairings.

The learned ranking rearranges only the best `HEAD` of the formula, for supplies and by score; whoever follows
stays where the formula has it. Pushes keep the formula.
"""

from datetime import timedelta

import matching

from .... import clock
from ....errors import Invalid
from ....listings.models import Kind, Listing
from ..policy import PolicyInForce
from .formula_page import FormulaPager
from .learned_models import newest_model, stored_model
from .learned_page import LearnedPager
from .page_cursor import PageCursor
from .track_record import microseconds_of


def choose_ranking(
    listing: Listing, policy: PolicyInForce, sort: matching.Sort, cursor: PageCursor | None
) -> FormulaPager | LearnedPager:
    """Who ranks a page: as the cursor says, else the newest model where the policy allows it and it is used.

    Raises:
        Invalid: the cursor's model is no longer stored, ranks no such page, or began in the future
            (`bad_cursor`).
    """
    may_learn = sort == "score" and listing.kind == Kind.SUPPLY
    if cursor is not None and cursor.model:
        stored = stored_model(cursor.model) if may_learn and _may_have_begun(cursor.as_of) else None
        if stored is None:
            raise Invalid("bad_cursor", at="cursor")
        return LearnedPager(*stored, listing)
    if cursor is None and may_learn and policy.body["learned_order"]:
        newest = newest_model()
        if newest is not None:
            return LearnedPager(*newest, listing)
    return FormulaPager(sort)


def _may_have_begun(as_of: int) -> bool:
    """Whether a first page may be of that moment, by a clock that is at most an hour fast."""
    return 0 <= as_of <= microseconds_of(clock.now() + timedelta(hours=1))
