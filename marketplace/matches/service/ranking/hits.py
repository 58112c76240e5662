"""A slice of a ranking, as the database and the index both give it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from uuid import UUID

import numpy as np

import matching
from matching import Approvals, Basis, Code, Permits, Ranking, Tables, Warn

BASES = {int(basis): basis for basis in Basis}
_warn = cache(Warn)
"""Members of enums by their numbers; enums look them up by several calls each."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One lawful counterpart in a ranking; the figures are matching's."""

    rank: int
    listing_id: UUID
    score: int
    values: tuple[int, ...]
    distance_km: float
    basis: Basis
    permit_id: UUID | None
    warnings: Warn
    approval_id: UUID | None = None
    """The approval by which it crosses a province line."""
    key: tuple[int, ...] = ()
    """Where it ranks: the whole numbers of its `Position`, least first."""
    learned: int | None = None
    """By the learned ranking, in 1e-6, where one ranked it."""


@dataclass(frozen=True, slots=True)
class HitSlice:
    """Hits one after the other; `last` is where the slice ends if more follow, `total` how many lawful
    counterparts there are in all if that is known, `book` what is known of codes."""

    hits: Sequence[Hit]
    last: matching.Position | None
    total: int | None
    book: Mapping[int, Code]

    @classmethod
    def of(cls, ranking: Ranking, tables: Tables, done: int, total: int | None) -> "HitSlice":
        """The hits of a ranking by these tables, behind `done` hits."""
        hits = _hits(ranking, tables, done) if len(ranking) else []
        return cls(hits, ranking.position(-1) if ranking.more else None, total, tables.book)


def _hits(ranking: Ranking, tables: Tables, done: int) -> list[Hit]:
    rows = zip(
        zip(*(key.tolist() for key in ranking.keys), strict=True),
        ranking.scores.tolist(),
        ranking.values.tolist(),
        ranking.distance_km.tolist(),
        ranking.basis.tolist(),
        _ids_in(tables.permits, ranking.permits),
        _ids_in(tables.approvals, ranking.approvals),
        ranking.warnings.tolist(),
        strict=True,
    )
    return [
        Hit(
            rank=rank,
            listing_id=UUID(int=key[-2] << 64 | key[-1]),
            score=score,
            values=tuple(values),
            distance_km=km,
            basis=BASES[basis],
            permit_id=permit_id,
            approval_id=approval_id,
            warnings=_warn(warnings),
            key=key,
        )
        for rank, (key, score, values, km, basis, permit_id, approval_id, warnings) in enumerate(
            rows, done + 1
        )
    ]


def _ids_in(table: Permits | Approvals, rows: np.ndarray) -> list[UUID | None]:
    """The ids of rows of a side table; None of row -1."""
    if not (rows >= 0).any():
        return [None] * len(rows)
    halves = zip(rows.tolist(), table.id_hi[rows].tolist(), table.id_lo[rows].tolist(), strict=True)
    return [UUID(int=high << 64 | low) if row >= 0 else None for row, high, low in halves]


def id_in(table: Permits | Approvals, row: int) -> UUID | None:
    """The id of a row of a side table; None of row -1."""
    return uuid_of(table.id_hi[row], table.id_lo[row]) if row >= 0 else None


def uuid_of(high: int, low: int) -> UUID:
    """The id that matching stores as two halves."""
    return UUID(int=int(high) << 64 | int(low))
