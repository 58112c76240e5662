"""What becomes of pairings, recorded with the facts of the moment: what a ranking is learned from.

`record` is called in the transaction of what happened: of a verdict, of a message's release, and by the
rooms that make offers, deals and transfers.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

import matching
from matching.model import Outcome, sphere_km
from matching.rules import score

from .... import clock
from ....enterprises import service as enterprises
from ....events.work import Work
from ....listings.models import Kind, Listing
from ...models import PairingOutcome
from ..policy import policy_in_force
from ..ranking.side_tables import book_of


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
            "outcome": outcome,
            "supplier_id": supply.enterprise_id,
            "receiver_id": demand.enterprise_id,
            "code_id": supply.code_id,
            "at": clock.now(),
            "capacity_kg": demand.remaining_kg,
            "lat": float(matching.coarse(supply.lat)),
            "lon": float(matching.coarse(supply.lon)),
            **facts,
        }
        for (supply, demand), facts in zip(by_id, _facts(by_id), strict=True)
    ]
    work.session.execute(insert(PairingOutcome).values(values).on_conflict_do_nothing())


def _lock_from_deletion(work: Work, ids: set[UUID]) -> dict[UUID, Listing]:
    """The listings, locked as their foreign keys will be, but the least id first."""
    by_id = select(Listing).where(Listing.id.in_(ids)).order_by(Listing.id)
    locked = work.session.scalars(by_id.with_for_update(read=True, key_share=True))
    return {listing.id: listing for listing in locked}


def _sides(first: Listing, second: Listing) -> tuple[Listing, Listing]:
    """The supply and the demand."""
    return (first, second) if first.kind == Kind.SUPPLY else (second, first)


def _facts(pairs: Sequence[tuple[Listing, Listing]]) -> Iterable[dict[str, Any]]:
    """Distance, values and score of each pair, lawful or not, as matching works them out: of rounded places,
    since what is learned of them ranks for everybody."""
    policy = policy_in_force().matching
    supplies, demands = zip(*pairs, strict=True)
    credit = _credit(demands)
    book = book_of({supply.code_id for supply in supplies})
    half = np.array([policy.half_distance_for(book[supply.code_id]) for supply in supplies])
    places = (matching.coarse(_column(side, name)) for side in (supplies, demands) for name in ("lat", "lon"))
    km = sphere_km(*places)
    values = {
        "code": np.array([_fit(supply, demand, book) for supply, demand in pairs]),
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


def _column(side: Sequence[Listing], name: str) -> np.ndarray:
    return np.array([getattr(listing, name) for listing in side])


def _prices(side: Sequence[Listing]) -> np.ndarray:
    """Fen per tonne, `NO_PRICE` where it is open."""
    prices = (listing.price_fen for listing in side)
    return np.array([matching.NO_PRICE if price is None else price for price in prices])


def _windows(side: Sequence[Listing]) -> list[np.ndarray]:
    """First and last days, as ordinals."""
    return [
        np.array([getattr(listing, name).toordinal() for listing in side])
        for name in ("available_from", "available_until")
    ]


def _credit(demands: Sequence[Listing]) -> np.ndarray:
    owners = enterprises.by_id({demand.enterprise_id for demand in demands})
    return np.array([owners[demand.enterprise_id].credit_milli for demand in demands])


def _fit(supply: Listing, demand: Listing, book: Mapping[int, matching.Code]) -> float:
    """The worth of the accepted code that fits best, 0 for none."""
    assert supply.code_id is not None
    worth = book[supply.code_id].aliases
    return max(worth.get(accept.code_id, 0.0) for accept in demand.accepts)
