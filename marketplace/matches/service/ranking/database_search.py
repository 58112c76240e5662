"""The lawful counterparts of a listing, found and ranked from the database."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

import matching
from matching import Ranking

from ....listings.models import Kind, Listing
from .hits import HitSlice
from .match_input import MatchInput, day_number
from .outline import Outline, outline_of

SHORTLIST = 500
"""How many listings with the best bounds are read in full before all are."""


@dataclass(frozen=True, slots=True)
class Search:
    """The lawful counterparts of one listing, page by page.

    Most listings are known by an outline and its bound only; those with the best bounds are read in full, and
    where that does not settle the page, all that could be in it. So a page costs two rounds at most.
    """

    policy: matching.Policy
    today: date
    sort: matching.Sort
    min_score: float
    outline: Outline
    bounds: matching.Bounds

    @classmethod
    def of(
        cls, listing: Listing, policy: matching.Policy, today: date, sort: matching.Sort, min_score: float
    ) -> "Search":
        """A search among all open listings whose codes fit."""
        outline = outline_of(listing, credit=sort == "credit")
        bounds = matching.bounds(
            policy,
            outline.side,
            outline.supplies,
            outline.demands,
            outline.book,
            day_number(today),
            sort=sort,
        )
        return cls(policy, today, sort, min_score, outline, bounds)

    def find(self, k: int, done: int, after: matching.Position | None) -> HitSlice:
        """`k` hits after the `done` ones up to `after`."""
        keys = self.bounds.first(SHORTLIST + done)
        inputs, ranking = self._rank(keys, k, after)
        if len(keys) == len(self.bounds):
            return HitSlice.of(ranking, inputs.tables, done, ranking.total)
        rivals = self.bounds.rivals(ranking.position(-1) if ranking.more else None, self.min_score)
        if not np.isin(rivals, keys).all():
            inputs, ranking = self._rank(rivals, k, after)
        total = ranking.total if len(rivals) == len(self.bounds) else None
        return HitSlice.of(ranking, inputs.tables, done, total)

    def _rank(
        self, keys: np.ndarray | None, k: int, after: matching.Position | None
    ) -> tuple[MatchInput, Ranking]:
        inputs = self.outline.with_tables(self.today, keys)
        how = {"sort": self.sort, "min_score": self.min_score, "after": after}
        return inputs, rank_field(self.policy, inputs, self.today, k, **how)


def rank_field(policy: matching.Policy, inputs: MatchInput, today: date, k: int, **how: Any) -> Ranking:
    """The `k` best of the field for its seeker."""
    if inputs.seeker == Kind.SUPPLY:
        seeker, field, rank = inputs.supplies, inputs.demands, matching.rank_demands
    else:
        seeker, field, rank = inputs.demands, inputs.supplies, matching.rank_supplies  # type: ignore[assignment]
    return rank(policy, seeker, field, inputs.tables, day_number(today), k=k, **how)  # type: ignore[arg-type]
