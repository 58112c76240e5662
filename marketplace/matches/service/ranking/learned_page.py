"""Pages whose head a learned ranking has put in another sequence."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .... import clock
from ....listings.models import Listing
from .formula_page import Formula
from .hits import Hit, HitSlice
from .page_cursor import Find, Page, PageCursor, RankKey, head_key, rank_key_of
from .track_record import EPOCH, facing_of, microseconds_of, moment_of, read_track_record, record_of

if TYPE_CHECKING:
    from matching.learning import LearnedRanking

HEAD = 200
"""How many of the formula's best a learned order puts in another order."""
MOST_HEAD = 1000
"""Hits among which a later page looks for the head of the first."""


@dataclass(frozen=True, slots=True)
class Learned:
    """The formula's best as a learned order has them, the rest behind."""

    version: int
    ranking: "LearnedRanking"
    listing: Listing

    @property
    def named(self) -> dict[str, Any]:
        """As the answer says it."""
        return {"name": "learned", "model_version": self.version}

    def page(self, find: Find, limit: int, cursor: PageCursor | None) -> Page:
        """A page of hits after `cursor`.

        Later pages order the same head, as of the first page: what was published since, and what became of
        pairings since, is left for the next answer.
        """
        rest = Formula("score", self.version)
        if cursor is not None and not cursor.as_of:
            return rest.page(find, limit, cursor)
        as_of = cursor.as_of if cursor else microseconds_of(clock.now())
        found, follow, first = formula_head(find, cursor.after[1:] if cursor else None)
        if not found:
            return Page([], first.total, None, first.book)
        end = cursor.after if cursor else (0, *rank_key_of(found[-1]))
        head = self._rearranged(found, as_of)
        left = [it for it in head if cursor is None or head_key(it) > (-cursor.value, cursor.rank_key)]
        done = cursor.done if cursor else 0
        hits = [replace(it, rank=done + number) for number, it in enumerate(left[:limit], 1)]
        done += len(hits)
        if len(left) > limit:
            last = hits[-1]
            behind = PageCursor(self.version, done, end, as_of, last.learned or 0, rank_key_of(last))
            return Page(hits, first.total, behind, first.book)
        behind = PageCursor(self.version, done, end)
        if not follow or len(hits) == limit:
            return Page(hits, first.total, behind if follow else None, first.book)
        more = rest.page(find, limit - len(hits), behind)
        return Page([*hits, *more.hits], first.total, more.next, first.book)

    def _rearranged(self, found: Sequence[Hit], as_of: int) -> list[Hit]:
        """The hits that were there then, by their learned value; equal ones as the formula has them."""
        known = read_track_record(self.listing, found, as_of)
        first = np.unique(known["place"], return_index=True)[1]
        there = known["published_us"][first] <= as_of
        hits = [hit for hit, kept in zip(found, there.tolist(), strict=True) if kept]
        record = record_of({name: column[there[known["place"]]] for name, column in known.items()}, there)
        facing = facing_of(self.listing, hits, known["family"][0], known["remaining_kg"][first][there])
        today = moment_of(as_of).astimezone(clock.LOCAL).date().toordinal() - EPOCH.toordinal()
        values = self.ranking.values(facing, record, today)
        ordered = np.argsort(-values, kind="stable").tolist()
        return [replace(hits[at], learned=int(values[at])) for at in ordered]


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
