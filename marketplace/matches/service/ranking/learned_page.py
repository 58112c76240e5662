"""Pages whose head a learned ranking has rearranged."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .... import clock
from ....listings.models import Listing
from ...models import LEARNED
from .formula_page import FormulaPager
from .hits import Hit, HitSlice
from .page_cursor import Find, Page, PageCursor, RankKey, head_key, rank_key_of
from .track_record import EPOCH, facing_of, microseconds_of, moment_of, read_track_record, record_of

if TYPE_CHECKING:
    from matching.learning import LearnedRanking

HEAD = 200
"""How many of the formula's best a learned ranking rearranges."""
MOST_HEAD = 1000
"""Hits among which a later page looks for the head of the first."""


@dataclass(frozen=True, slots=True)
class LearnedPager:
    """Pages of the formula's best as a learned ranking has them, followed by the formula's pages."""

    version: int
    ranking: "LearnedRanking"
    listing: Listing

    @property
    def description(self) -> dict[str, Any]:
        """As the response names it."""
        return {"name": LEARNED, "model_version": self.version}

    def page(self, find: Find, limit: int, cursor: PageCursor | None) -> Page:
        """A page of hits after `cursor`.

        Later pages rearrange the same head, as of the first page: what was published since, and what became
        of pairings since, is left for the next first page.
        """
        if cursor is not None and not cursor.as_of:
            return self._rest().page(find, limit, cursor)
        as_of = cursor.as_of if cursor else microseconds_of(clock.now())
        formula_hits, has_more, first = formula_head(find, cursor.after[1:] if cursor else None)
        if not formula_hits:
            return Page([], first.total, None, first.book)
        end = cursor.after if cursor else (0, *rank_key_of(formula_hits[-1]))
        done = cursor.done if cursor else 0
        remaining = _behind(cursor, self._rearranged(formula_hits, as_of))
        hits = [replace(hit, rank=done + number) for number, hit in enumerate(remaining[:limit], 1)]
        done += len(hits)
        if len(remaining) > limit:
            last = hits[-1]
            in_head = PageCursor(self.version, done, end, as_of, last.learned or 0, rank_key_of(last))
            return Page(hits, first.total, in_head, first.book)
        after_head = PageCursor(self.version, done, end)
        if not has_more or len(hits) == limit:
            return Page(hits, first.total, after_head if has_more else None, first.book)
        rest = self._rest().page(find, limit - len(hits), after_head)
        return Page([*hits, *rest.hits], first.total, rest.next, first.book)

    def _rest(self) -> FormulaPager:
        """Pages of what follows the head."""
        return FormulaPager("score", self.version)

    def _rearranged(self, hits: Sequence[Hit], as_of: int) -> list[Hit]:
        """The hits published by then, by their learned value; equal ones as the formula has them."""
        known = read_track_record(self.listing, hits, as_of)
        first_row = np.unique(known["place"], return_index=True)[1]
        published = known["published_us"][first_row] <= as_of
        kept = [hit for hit, was_published in zip(hits, published.tolist(), strict=True) if was_published]
        in_kept = published[known["place"]]
        record = record_of({name: column[in_kept] for name, column in known.items()}, published)
        remaining_kg = known["remaining_kg"][first_row][published]
        facing = facing_of(self.listing, kept, known["family"][0], remaining_kg)
        today = moment_of(as_of).astimezone(clock.LOCAL).date().toordinal() - EPOCH.toordinal()
        values = self.ranking.values(facing, record, today)
        best_first = np.argsort(-values, kind="stable").tolist()
        return [replace(kept[place], learned=int(values[place])) for place in best_first]


def _behind(cursor: PageCursor | None, head: Sequence[Hit]) -> list[Hit]:
    """The hits of the head that no page before has shown."""
    if cursor is None:
        return list(head)
    last_shown = (-cursor.value, cursor.rank_key)
    return [hit for hit in head if head_key(hit) > last_shown]


def formula_head(find: Find, last: RankKey | None) -> tuple[list[Hit], bool, HitSlice]:
    """The formula's best `HEAD`, or all up to a position; whether others follow; the first slice."""
    found = find(HEAD, 0, None)
    first, hits = found, list(found.hits)
    while (
        last is not None and found.last is not None and len(hits) < MOST_HEAD and rank_key_of(hits[-1]) < last
    ):
        found = find(HEAD, len(hits), found.last)
        hits += found.hits
    inside = [hit for hit in hits if last is None or rank_key_of(hit) <= last]
    return inside, found.last is not None or len(inside) < len(hits), first
