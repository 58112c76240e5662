"""What becomes of pairings, recorded with the facts of the moment: what a ranking is learned from.

`record` is called in the transaction of what happened: of a verdict, of a message's release, and by the
rooms that make offers, deals and transfers.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import ARRAY, column, func, literal, select
from sqlalchemy.dialects.postgresql import Insert, insert

import matching
from matching.model import Outcome, sphere_km
from matching.rules import score

from .... import clock
from ....database import is_among
from ....enterprises.models import Enterprise
from ....events.work import Work
from ....listings.models import Accept, Kind, Listing
from ...models import PairingOutcome
from ..policy import policy_in_force
from ..ranking.side_tables import book_of

FACTS = (
    Listing.id, Listing.enterprise_id, Listing.kind, Listing.code_id, Listing.remaining_kg, Listing.price_fen,
    Listing.lat, Listing.lon, Listing.available_from, Listing.available_until, Enterprise.credit_milli,
)  # fmt: skip


def record(work: Work, outcome: Outcome, pairings: Iterable[tuple[UUID, UUID]]) -> None:
    """Record that `outcome` became of these pairings now; what is already recorded stays as it was.

    Args:
        outcome: `CLOSED` is a completed transfer, the receiver's track record.
        pairings: ids of a supply and a demand, in either order.
    """
    pairs = list(pairings)
    if not pairs:
        return
    rows = _lock_from_deletion(work, {listing_id for pair in pairs for listing_id in pair})
    sides = {_sides(rows[first], rows[second]) for first, second in pairs}
    by_id = sorted(sides, key=lambda pair: (pair[0].id, pair[1].id))
    values = [
        {
            "supply_id": supply.id,
            "demand_id": demand.id,
            "supplier_id": supply.enterprise_id,
            "receiver_id": demand.enterprise_id,
            "code_id": supply.code_id,
            "capacity_kg": demand.remaining_kg,
            "lat": float(matching.coarse(supply.lat)),
            "lon": float(matching.coarse(supply.lon)),
            **facts,
        }
        for (supply, demand), facts in zip(by_id, _facts(work, by_id), strict=True)
    ]
    work.session.execute(_insertion(outcome, values))


def _insertion(outcome: Outcome, values: Sequence[dict[str, Any]]) -> Insert:
    """The rows as one array for each column: a statement of as many parameters, however many rows."""
    columns = PairingOutcome.__table__.columns
    types = {name: columns[name].type for name in values[0]}
    arrays = [literal([row[name] for row in values], ARRAY(kind)) for name, kind in types.items()]
    names = [column(name, kind) for name, kind in types.items()]
    rows = func.unnest(*arrays).table_valued(*names, name="outcome_row").render_derived()
    same = literal(outcome, columns["outcome"].type), literal(clock.now(), columns["at"].type)
    chosen = select(*same, *rows.c)
    return insert(PairingOutcome).from_select(["outcome", "at", *types], chosen).on_conflict_do_nothing()


def _lock_from_deletion(work: Work, ids: set[UUID]) -> dict[UUID, Any]:
    """What is recorded of the listings, and they locked as their foreign keys will be, but the least id
    first."""
    by_id = select(*FACTS).where(is_among(Listing.id, ids)).order_by(Listing.id)
    locked = by_id.join(Enterprise, Enterprise.id == Listing.enterprise_id).with_for_update(
        read=True, key_share=True, of=Listing
    )
    return {listing.id: listing for listing in work.session.execute(locked)}


def _sides(first: Any, second: Any) -> tuple[Any, Any]:
    """The supply and the demand."""
    return (first, second) if first.kind == Kind.SUPPLY else (second, first)


def _facts(work: Work, pairs: Sequence[tuple[Any, Any]]) -> Iterable[dict[str, Any]]:
    """Distance, values and score of each pair, lawful or not, as matching works them out: of rounded places,
    since what is learned of them ranks for everybody."""
    policy = policy_in_force().matching
    supplies, demands = zip(*pairs, strict=True)
    credit = _column(demands, "credit_milli")
    book = book_of({supply.code_id for supply in supplies})
    accepts = _accepts(work, {demand.id for demand in demands}, book)
    half = np.array([policy.half_distance_for(book[supply.code_id]) for supply in supplies])
    places = (matching.coarse(_column(side, name)) for side in (supplies, demands) for name in ("lat", "lon"))
    km = sphere_km(*places)
    values = {
        "code": np.array([_fit(supply, accepts[demand.id], book) for supply, demand in pairs]),
        "distance": score.distance_value(km, half),
        "credit": score.credit_value(credit),
        "price": score.price_value(_prices(supplies), _prices(demands), policy.price_scale_cny_per_t),
        "quantity": score.quantity_value(_column(supplies, "remaining_kg"), _column(demands, "remaining_kg")),
        "time": score.time_value(*_windows(supplies), *_windows(demands)),
    }
    whole = np.stack([np.rint(values[name] * matching.VALUE_UNIT) for name in matching.COMPONENTS], axis=1)
    scores = score.totals(policy, whole.astype(np.int64))
    names = ("km", "fit", "quantity", "credit_milli", "score")
    columns = (km, values["code"], values["quantity"], credit, scores)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return (dict(zip(names, row, strict=True)) for row in rows)


def _column(side: Sequence[Any], name: str) -> np.ndarray:
    return np.array([getattr(listing, name) for listing in side])


def _prices(side: Sequence[Any]) -> np.ndarray:
    """Fen per tonne, `NO_PRICE` where it is open."""
    prices = (listing.price_fen for listing in side)
    return np.array([matching.NO_PRICE if price is None else price for price in prices])


def _windows(side: Sequence[Any]) -> list[np.ndarray]:
    """First and last days, as ordinals."""
    return [
        np.array([getattr(listing, name).toordinal() for listing in side])
        for name in ("available_from", "available_until")
    ]


def _accepts(work: Work, demand_ids: set[UUID], book: Mapping[int, matching.Code]) -> dict[UUID, list[int]]:
    """The codes that each demand accepts, of those that fit one of the book: a demand may accept hundreds."""
    accepts: dict[UUID, list[int]] = defaultdict(list)
    fitting = {code_id for code in book.values() for code_id in code.aliases}
    codes = select(Accept.listing_id, Accept.code_id).where(
        is_among(Accept.listing_id, demand_ids),
        is_among(Accept.code_id, fitting),
    )
    for demand_id, code_id in work.session.execute(codes):
        accepts[demand_id].append(code_id)
    return accepts


def _fit(supply: Any, accepts: Sequence[int], book: Mapping[int, matching.Code]) -> float:
    """The worth of the accepted code that fits best, 0 for none."""
    worth = book[supply.code_id].aliases
    return max((worth.get(code_id, 0.0) for code_id in accepts), default=0.0)
