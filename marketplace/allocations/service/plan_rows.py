"""The rows and totals that are stored of a plan."""

from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import select

import matching
from matching import Demands, Permits, Supplies
from matching.allocation import NO_PERMIT, Lawful, Plan, Region, Why, capacity_prices

from ...database import db
from ...listings.models import Listing
from ..models import Allocation, UnplacedReason

REASONS = {Why[reason.name]: reason for reason in UnplacedReason}


def _id_of(columns: Supplies | Demands | Permits, row: int) -> UUID:
    return UUID(int=int(columns.id_hi[row]) << 64 | int(columns.id_lo[row]))


def placement_rows(row: Allocation, region: Region, lawful: Lawful, plan: Plan) -> list[dict[str, Any]]:
    """What goes where, the most tonnes first."""
    most_first = np.argsort(-plan.kg, kind="stable").tolist()
    return [
        {
            "allocation_id": row.id,
            "position": position,
            "kg": int(plan.kg[placement]),
            **_way_values(region, lawful, int(plan.way[placement])),
        }
        for position, placement in enumerate(most_first, start=1)
    ]


def _way_values(region: Region, lawful: Lawful, way: int) -> dict[str, Any]:
    """What is stored of a way: from where to where, and by what right in which year."""
    supply, demand = int(lawful.ways.supply[way]), int(lawful.demand_row[way])
    permit = int(lawful.permit[way])
    return {
        "supply_id": _id_of(region.supplies, supply),
        "demand_id": _id_of(region.demands, demand),
        "score": float(lawful.ways.score[way]),
        "distance_km": matching.shown_km(*_place(region.supplies, supply), *_place(region.demands, demand)),
        "year": int(lawful.year[way]),
        "basis": matching.Basis(int(lawful.basis[way])).name.lower(),
        "permit_id": None if permit == NO_PERMIT else _id_of(region.tables.permits, permit),
        "warnings": int(lawful.warnings[way]),
    }


def _place(side: Supplies | Demands, row: int) -> tuple[float, float]:
    """Latitude and longitude in degrees, rounded as all columns are."""
    return float(side.lat[row]), float(side.lon[row])


def unplaced_rows(row: Allocation, region: Region, lawful: Lawful, plan: Plan) -> list[dict[str, Any]]:
    """What stays, the most tonnes first."""
    unplaced = np.flatnonzero(plan.unplaced_kg)
    most_first = unplaced[np.argsort(-plan.unplaced_kg[unplaced], kind="stable")]
    return [
        {
            "allocation_id": row.id,
            "position": position,
            "supply_id": _id_of(region.supplies, supply),
            "kg": int(plan.unplaced_kg[supply]),
            "of_kg": int(lawful.capacities.supply_kg[supply]),
            "reason": REASONS[Why(int(plan.why[supply]))],
            "gate": lawful.gate_against(supply) if plan.why[supply] == Why.NO_LAWFUL_WAY else None,
        }
        for position, supply in enumerate(most_first.tolist(), start=1)
    ]


def gap_rows(row: Allocation, region: Region, lawful: Lawful, plan: Plan) -> list[dict[str, Any]]:
    """By code and district of the supplies where something stays or capacity is worth something, the most
    unplaced tonnes first."""
    groups, group = np.unique(
        np.stack([region.supplies.code, _districts(region.supplies)]), axis=1, return_inverse=True
    )
    group, count = group.reshape(-1), groups.shape[1]
    kg = {
        name: _sum_by_group(group, count, plan.unplaced_kg * (plan.why == why))
        for why, name in REASONS.items()
    }
    supply_kg = _sum_by_group(group, count, lawful.capacities.supply_kg)
    prices = capacity_prices(lawful.ways, plan, group, count)
    unplaced, value = np.sum(list(kg.values()), axis=0), np.nan_to_num(prices)
    most_first = [
        gap for gap in np.lexsort((-value, -unplaced)).tolist() if unplaced[gap] or value[gap] > 1e-9
    ]
    return [
        {
            "allocation_id": row.id,
            "position": position,
            "code_id": int(groups[0][gap]),
            "region": int(groups[1][gap]),
            "supply_kg": int(supply_kg[gap]),
            **{f"{name}_kg": int(column[gap]) for name, column in kg.items()},
            "price": None if np.isnan(prices[gap]) else round(float(prices[gap]), 6),
        }
        for position, gap in enumerate(most_first, start=1)
    ]


def _districts(supplies: Supplies) -> np.ndarray:
    """The code of the region in which each supply lies (n,)."""
    ids = [_id_of(supplies, row) for row in range(len(supplies))]
    regions = select(Listing.id, Listing.lies_in).where(Listing.id.in_(ids))
    by_id = dict(iter(db.session.execute(regions)))
    return np.array([by_id[listing_id] for listing_id in ids], np.int64)


def _sum_by_group(group: np.ndarray, count: int, kg: np.ndarray) -> np.ndarray:
    """Kilograms of each group: `group` (n,) numbers the group of each entry of `kg` (n,)."""
    total = np.zeros(count, np.int64)
    np.add.at(total, group, kg)
    return total


def totals_of(region: Region, lawful: Lawful, plan: Plan, unplaced: list[dict[str, Any]]) -> dict[str, Any]:
    """Counts, kilograms, and the value of a plan (the sum of score times tonnes) beside its upper bound."""
    by_reason = {
        reason: sum(item["kg"] for item in unplaced if item["reason"] == reason)
        for reason in REASONS.values()
    }
    return {
        "supplies": len(region.supplies),
        "demands": len(lawful.capacities.demand_kg),
        "ways": len(lawful.ways),
        "placements": len(plan.way),
        "supply_kg": int(lawful.capacities.supply_kg.sum()),
        "capacity_kg": int(lawful.capacities.demand_kg.sum()),
        "placed_kg": int(plan.kg.sum()),
        "unplaced_kg": int(plan.unplaced_kg.sum()),
        **{f"{reason}_kg": kg for reason, kg in by_reason.items()},
        "value": round(plan.value, 6),
        "bound": round(plan.bound, 6),
        "gap": round(plan.gap, 9),
    }
