"""Where a page of a ranking ended, and the page itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

import matching
from matching.model import whole_mm

from .hits import Hit, HitSlice

CODE, CREDIT, QUANTITY = (matching.COMPONENTS.index(name) for name in ("code", "credit", "quantity"))
Find = Callable[[int, int, matching.Position | None], HitSlice]
"""Finds hits: how many, how many went before, and behind which position."""
RankKey = tuple[int, ...]
"""A position of the formula by score, without its sort and lead; least first."""


@dataclass(frozen=True, slots=True)
class PageCursor:
    """Where a page ended, as its cursor carries it.

    `model` is the version of the learned ranking, 0 for the formula; `done` counts the hits before; `after`
    is the formula's position of the last hit. While the head is being shown it is that of the head's end:
    then `as_of` is the moment of the first page in microseconds (else 0), and `value` and `rank_key` are
    those of the last hit.
    """

    model: int
    done: int
    after: tuple[int, ...]
    as_of: int = 0
    value: int = 0
    rank_key: RankKey = (0,) * 5

    def parts(self) -> list[int]:
        """The cursor as whole numbers, of the kinds in `POSITION`."""
        return [self.model, self.done, *self.after, self.as_of, self.value, *self.rank_key]

    @classmethod
    def read(cls, parts: Sequence[int]) -> "PageCursor":
        """The cursor that has these `parts`."""
        model, done, *rest = parts
        return cls(model, done, tuple(rest[:6]), rest[6], rest[7], tuple(rest[8:13]))


POSITION = (int,) * 15
"""Kinds of the parts of a cursor."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of hits, how many there are in all if that is known, where the next begins, and the book."""

    hits: Sequence[Hit]
    total: int | None
    next: PageCursor | None
    book: Mapping[int, matching.Code]


def rank_key_of(hit: Hit) -> RankKey:
    """Where the formula ranks a hit by score: whole numbers, least first."""
    credit_milli = hit.values[CREDIT] * 100_000 // matching.VALUE_UNIT
    half = 1 << 64
    (millimetres,) = whole_mm(np.array([hit.distance_km])).tolist()
    return (-hit.score, -credit_milli, millimetres, hit.listing_id.int // half, hit.listing_id.int % half)


def head_key(hit: Hit) -> tuple[int, RankKey]:
    """The position of a hit in a rearranged head, least first."""
    return -(hit.learned or 0), rank_key_of(hit)
