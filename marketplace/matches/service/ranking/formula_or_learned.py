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
from .formula_page import Formula
from .learned_models import newest_model, stored_model
from .learned_page import Learned
from .page_cursor import PageCursor
from .track_record import microseconds_of


def choose_ranking(
    listing: Listing, policy: PolicyInForce, sort: matching.Sort, cursor: PageCursor | None
) -> Formula | Learned:
    """The order of an answer: the cursor's, else the learned one where the policy allows it and it is used.

    Raises:
        Invalid: the cursor's model is kept no more, orders no such answer, or began in the future
            (`bad_cursor`).
    """
    able = sort == "score" and listing.kind == Kind.SUPPLY
    if cursor is not None and cursor.model:
        kept = stored_model(cursor.model) if able and _has_been(cursor.as_of) else None
        if kept is None:
            raise Invalid("bad_cursor", at="cursor")
        return Learned(*kept, listing)
    if cursor is None and able and policy.body["learned_order"]:
        newest = newest_model()
        if newest is not None:
            return Learned(*newest, listing)
    return Formula(sort)


def _has_been(as_of: int) -> bool:
    """Whether it may be the moment of a first page, by a clock that is at most an hour fast."""
    return 0 <= as_of <= microseconds_of(clock.now() + timedelta(hours=1))
