"""Who orders an answer: the formula, or an order learned from what became of pairings.

The learned order puts only the best `HEAD` of the formula in another order, for supplies and by score;
whoever follows stands as the formula has it. Pushes keep the formula.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import select

import matching
from matching.model import whole_mm

from .... import clock
from ....database import db
from ....errors import Invalid
from ....listings.models import Kind, Listing
from ....numpy_columns import read_columns
from ...models import ModelStatus, RankingModel
from ..policy import PolicyInForce
from .hits import Hit, HitSlice

if TYPE_CHECKING:
    from matching.learning import Facing, LearnedRanking, Record

log = logging.getLogger(__name__)
HEAD = 200
"""How many of the formula's best a learned order puts in another order."""
MOST_HEAD = 1000
"""Hits among which a later page looks for the head of the first."""
REMEMBERED = timedelta(days=730)
"""Transfers older than this are nobody's track record."""
CODE, CREDIT, QUANTITY = (matching.COMPONENTS.index(name) for name in ("code", "credit", "quantity"))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
KNOWN_TYPES = {
    "place": "i8", "published_us": "i8", "remaining_kg": "i8", "family": "i8",
    "supplier": "i8", "code": "i8", "its_family": "i8", "lat": "f8", "lon": "f8",
    "transfers": "i8", "last_day": "i8",
}  # fmt: skip
KNOWN = """
SELECT w.place - 1, (extract(epoch FROM coalesce(l.published_at, l.created_at)) * 1000000)::int8,
       l.remaining_kg,
       (SELECT coalesce(parent_id, id)::int8 FROM waste_code WHERE id = %(code)s),
       coalesce(s.no, -1), coalesce(c.id, -1)::int8, coalesce(c.parent_id, c.id, -1)::int8,
       coalesce(r.lat, 'NaN'), coalesce(r.lon, 'NaN'), coalesce(r.transfers, 0), coalesce(r.last_day, 0)::int8
FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS w (id, place)
JOIN listing l ON l.id = w.id
LEFT JOIN LATERAL (
    SELECT supplier_id, code_id, avg(lat) AS lat, avg(lon) AS lon, count(*) AS transfers,
           (max(at) AT TIME ZONE 'Asia/Shanghai')::date - DATE '1970-01-01' AS last_day
    FROM pairing_outcome
    WHERE outcome = 'closed' AND receiver_id = l.enterprise_id AND at >= %(since)s AND at <= %(as_of)s
    GROUP BY supplier_id, code_id
) r ON true
LEFT JOIN enterprise s ON s.id = r.supplier_id
LEFT JOIN waste_code c ON c.id = r.code_id
ORDER BY 1
"""
Find = Callable[[int, int, matching.Position | None], HitSlice]
"""Finds so many hits, where so many are done, after a position."""
RankKey = tuple[int, ...]
"""A formula's position by score, without its sort and lead."""


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
        return cls(model, done, tuple(rest[:6]), rest[6], rest[7], tuple(rest[8:]))


POSITION = (int,) * 15


@dataclass(frozen=True, slots=True)
class Page:
    """A page of hits, how many there are in all if that is known, where the next begins, and the book."""

    hits: Sequence[Hit]
    total: int | None
    next: PageCursor | None
    book: Mapping[int, matching.Code]


@dataclass(frozen=True, slots=True)
class Formula:
    """Hits as the formula ranks them; `version` is that of the learned order whose head went before."""

    sort: matching.Sort
    version: int = 0

    @property
    def named(self) -> dict[str, Any]:
        """As the answer says it."""
        return {"name": "formula", "model_version": None}

    def page(self, find: Find, limit: int, cursor: PageCursor | None) -> Page:
        """A page of hits after `cursor`."""
        done = cursor.done if cursor else 0
        after = matching.Position(self.sort, *cursor.after) if cursor else None  # type: ignore[arg-type]
        found = find(limit, done, after)
        behind = PageCursor(self.version, done + len(found.hits), found.last[1:]) if found.last else None
        return Page(found.hits, found.total, behind, found.book)


@dataclass(frozen=True, slots=True)
class Learned:
    """The formula's best as a learned order has them, the rest behind."""

    version: int
    order: "LearnedRanking"
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
        as_of = cursor.as_of if cursor else _microseconds(clock.now())
        found, follow, first = _head(find, cursor.after[1:] if cursor else None)
        if not found:
            return Page([], first.total, None, first.book)
        end = cursor.after if cursor else (0, *rank_key_of(found[-1]))
        head = self._ordered(found, as_of)
        left = [it for it in head if cursor is None or _key(it) > (-cursor.value, cursor.rank_key)]
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

    def _ordered(self, found: Sequence[Hit], as_of: int) -> list[Hit]:
        """The hits that were there then, by their learned value; equal ones as the formula has them."""
        known = _known(self.listing, found, as_of)
        first = np.unique(known["place"], return_index=True)[1]
        there = known["published_us"][first] <= as_of
        hits = [hit for hit, kept in zip(found, there.tolist(), strict=True) if kept]
        record = _record({name: column[there[known["place"]]] for name, column in known.items()}, there)
        facing = _facing(self.listing, hits, known["family"][0], known["remaining_kg"][first][there])
        today = _moment(as_of).astimezone(clock.LOCAL).date().toordinal() - EPOCH.toordinal()
        values = self.order.values(facing, record, today)
        ordered = np.argsort(-values, kind="stable").tolist()
        return [replace(hits[at], learned=int(values[at])) for at in ordered]


def choose(
    listing: Listing, policy: PolicyInForce, sort: matching.Sort, cursor: PageCursor | None
) -> Formula | Learned:
    """The order of an answer: the cursor's, else the learned one where the policy allows it and it is used.

    Raises:
        Invalid: the cursor's model is kept no more, orders no such answer, or began in the future
            (`bad_cursor`).
    """
    able = sort == "score" and listing.kind == Kind.SUPPLY
    if cursor is not None and cursor.model:
        kept = _kept(cursor.model) if able and _has_been(cursor.as_of) else None
        if kept is None:
            raise Invalid("bad_cursor", at="cursor")
        return Learned(*kept, listing)
    if cursor is None and able and policy.body["learned_order"]:
        newest = _newest()
        if newest is not None:
            return Learned(*newest, listing)
    return Formula(sort)


def _has_been(as_of: int) -> bool:
    """Whether it may be the moment of a first page, by a clock that is at most an hour fast."""
    return 0 <= as_of <= _microseconds(clock.now() + timedelta(hours=1))


def rank_key_of(hit: Hit) -> RankKey:
    """Where the formula ranks a hit by score: whole numbers, least first."""
    credit_milli = hit.values[CREDIT] * 100_000 // matching.VALUE_UNIT
    half = 1 << 64
    (millimetres,) = whole_mm(np.array([hit.distance_km])).tolist()
    return (-hit.score, -credit_milli, millimetres, hit.listing_id.int // half, hit.listing_id.int % half)


def _key(hit: Hit) -> tuple[int, RankKey]:
    """Where a hit of the head stands, least first."""
    return -(hit.learned or 0), rank_key_of(hit)


def _head(find: Find, last: RankKey | None) -> tuple[list[Hit], bool, HitSlice]:
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


# ---------------------------------------------------------------- what is known


def _known(listing: Listing, hits: Sequence[Hit], as_of: int) -> dict[str, np.ndarray]:
    """Of each hit, by its place, a row for each supplier and code that its owner has a record of, or one."""
    until = _moment(as_of)
    ids = [hit.listing_id for hit in hits]
    params = {"ids": ids, "code": listing.code_id, "since": until - REMEMBERED, "as_of": until}
    return read_columns(db.session(), KNOWN, params, KNOWN_TYPES)


def _record(known: dict[str, np.ndarray], there: np.ndarray) -> "Record":
    """The track record of the hits that are there, numbered from 0."""
    from matching.learning import Record

    rows = known["supplier"] >= 0
    number = np.cumsum(there) - 1
    supplier, code, family, lat, lon, transfers, last_day = (
        known[name][rows]
        for name in ("supplier", "code", "its_family", "lat", "lon", "transfers", "last_day")
    )
    return Record(supplier, number[known["place"][rows]], code, family, lat, lon, transfers, last_day)


def _facing(listing: Listing, hits: Sequence[Hit], family: int, remaining_kg: np.ndarray) -> "Facing":
    from matching.learning import Facing

    values = np.array([hit.values for hit in hits], np.float64).reshape(-1, len(matching.COMPONENTS))
    values /= matching.VALUE_UNIT
    return Facing(
        code=listing.code_id or 0,
        family=int(family),
        lat=np.array([listing.lat]),
        lon=np.array([listing.lon]),
        receivers=np.arange(len(hits)),
        km=np.array([[hit.distance_km for hit in hits]]),
        fit=values[:, CODE],
        credit=values[:, CREDIT],
        quantity=values[None, :, QUANTITY],
        capacity_t=remaining_kg / 1000,
    )


def _moment(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


def _microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


# ---------------------------------------------------------------- the models


def _newest() -> "tuple[int, LearnedRanking] | None":
    """Version and order of the newest model; None if it is not used."""
    done = RankingModel.status == ModelStatus.DONE
    newest = select(RankingModel.version, RankingModel.digest).where(done)
    row = db.session.execute(newest.order_by(RankingModel.version.desc()).limit(1)).one_or_none()
    return _with_ranking(row.version, row.digest) if row else None


def _kept(version: int) -> "tuple[int, LearnedRanking] | None":
    """A version that was used, and its order; None where it is kept no more."""
    digest = select(RankingModel.digest).where(RankingModel.version == version)
    return _with_ranking(version, db.session.scalar(digest))


def _with_ranking(version: int, digest: str | None) -> "tuple[int, LearnedRanking] | None":
    order = _loaded(version, digest) if digest else None
    return (version, order) if order else None


@lru_cache(maxsize=8)
def _loaded(version: int, digest: str) -> "LearnedRanking | None":
    from matching.learning import LearnedRanking

    asked = select(RankingModel.arrays).where(RankingModel.version == version, RankingModel.digest == digest)
    arrays = db.session.scalar(asked)
    try:
        return LearnedRanking.load(arrays) if arrays else None
    except ValueError as error:
        log.warning("ranking model %s orders nothing: %s", version, error)
        return None
