"""Plans for a region and period: asked for, made by the queue `bulk`, found again."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import func, select, update

import matching
from matching import Demands, Permits, Supplies
from matching.allocation import (
    MOST_WAYS,
    NO_PERMIT,
    Lawful,
    Plan,
    Region,
    TooManyWays,
    Why,
    allocate,
    broken_gates,
    capacity_prices,
    lawful_ways,
)

from ... import clock
from ...catalogue import service as catalogue
from ...database import db
from ...errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from ...events.actor import REGULATOR, Actor
from ...events.lifecycle import Party
from ...events.work import Work, request_id, unit_of_work
from ...http.languages import render_all
from ...listings.models import Listing
from ...matches import service as matches
from ...messages.names import Name
from ..models import LIFE, Allocation, AllocationStatus, Gap, Placement, Unplaced
from . import region_input
from .region_input import Extent

MOST_WAITING = 3
"""Plans that one member of the staff may have under way."""
UNDER_WAY = (AllocationStatus.QUEUED, AllocationStatus.RUNNING)
REASONS = {Why.NO_LAWFUL_WAY: "no_lawful_way", Why.NO_CAPACITY: "no_capacity", Why.BELOW_LOT: "below_lot"}
Tell = Callable[[str, int, int | None], None]


def check_allocation_request(actor: Actor, asked: dict[str, Any]) -> None:
    """Raises: Forbidden: an admin's key that only reads, or a regulator of another region."""
    if actor.is_admin and "admin" not in actor.scopes:
        raise Forbidden("scope_missing", scope=Name("scope", "admin"))
    if actor.kind == REGULATOR and _is_of_others(actor.region or 0, asked.get("region")):
        raise Forbidden("region_of_others", region=f"{actor.region:06d}")


def _is_of_others(own: int, named: Any) -> bool:
    written = isinstance(named, str) and len(named) == 6 and named.isascii() and named.isdigit()
    return written and not catalogue.covers(own, int(named))


def start_allocation(actor: Actor, asked: dict[str, Any]) -> Allocation:
    """Owe a plan to the queue `bulk`.

    Raises:
        Invalid: there is no such region, scheme or code, the period is over or ends before it starts, or
            there is nothing to plan or too much. Conflict: too many wait already (`allocations_waiting`).
    """
    catalogue.find_region(asked["region"])
    if asked["last_day"] < clock.today():
        raise Invalid("allocation_period_over", at="until")
    with unit_of_work() as work:
        row = Allocation(asked_by_kind=actor.kind, asked_by=actor.id, request_id=request_id.get(), **asked)
        region_input.require_some(_extent(row))
        _require_room(work, actor)
        work.add(row)
        work.enqueue("allocations.jobs.run", allocation_id=str(row.id))
        work.audit(actor, "start", row)
    return row


def _extent(row: Allocation) -> Extent:
    """What a plan is asked for, from today on. Raises: Invalid: unknown scheme or code."""
    first = max(row.first_day, clock.today())
    return Extent(row.region, first, row.last_day, row.receivers == "anywhere", _code_ids(row))


def _code_ids(row: Allocation) -> list[int] | None:
    of_scheme = set(catalogue.ids_of_scheme(row.scheme, "scheme")) if row.scheme else None
    if not row.codes:
        return None if of_scheme is None else sorted(of_scheme)
    found: set[int] = set()
    for number, code in enumerate(row.codes):
        ids = set(catalogue.ids_of_code(code))
        ids = ids if of_scheme is None else ids & of_scheme
        if not ids:
            raise Invalid("allocation_unknown_code", at=f"codes.{number}", code=code)
        found |= ids
    return sorted(found)


def _require_room(work: Work, actor: Actor) -> None:
    work.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"allocation:{actor.id}"))))
    theirs = (Allocation.asked_by == actor.id, Allocation.status.in_(UNDER_WAY))
    if (work.session.scalar(select(func.count()).where(*theirs)) or 0) >= MOST_WAITING:
        raise Conflict("allocations_waiting", most=MOST_WAITING)


def find_allocation(actor: Actor, allocation_id: UUID) -> Allocation:
    """A plan for a region that the actor oversees. Raises: NotFound."""
    query = select(Allocation).where(Allocation.id == allocation_id, *_overseen(actor))
    row = db.session.scalars(query).one_or_none()
    if row is None:
        raise NotFound()
    return row


def list_allocations(actor: Actor, after: UUID | None, limit: int) -> Sequence[Allocation]:
    """Plans for regions that the actor oversees, newest first."""
    query = select(Allocation).where(*_overseen(actor))
    if after is not None:
        query = query.where(Allocation.id < after)
    return db.session.scalars(query.order_by(Allocation.id.desc()).limit(limit)).all()


def _overseen(actor: Actor) -> list[Any]:
    return [] if actor.is_admin else [catalogue.within(Allocation.region, actor.region or 0)]


# ---------------------------------------------------------------- making the plan


def run_allocation(allocation_id: UUID) -> None:
    """Make a plan that was owed; its parts, its totals and the mark of its task are one transaction.

    Until the plan is made the row is left alone here: how far it is, is told by other transactions.
    """
    with unit_of_work() as work:
        row = work.session.get(Allocation, allocation_id)
        if row is None or row.status in (AllocationStatus.DONE, AllocationStatus.REFUSED):
            return
        as_of, now = clock.now(), matches.policy_in_force()
        try:
            read, found, plan = _planned(row, now.matching, _progress_of(allocation_id))
        except DomainError as error:
            _end(work, row, "refuse")
            row.reason = {"code": error.code, "detail": render_all(error.code, error.facts)}
            return
        except Exception:
            _tell(allocation_id, LIFE.values("fail"))
            raise
        unplaced = _unplaced(row, read, found, plan)
        work.copy_rows(Placement, _placements(row, read, found, plan))
        work.copy_rows(Unplaced, unplaced)
        work.copy_rows(Gap, _gaps(row, read, found, plan))
        row.totals = _totals(read, found, plan, unplaced)
        row.as_of, row.policy_version = as_of, now.version
        _end(work, row, "finish")


def _end(work: Work, row: Allocation, name: str) -> None:
    """Finish or refuse a plan; that it is running was written by another transaction."""
    work.session.refresh(row, [LIFE.column])
    LIFE.move(row, name, by=Party.SYSTEM)
    row.ended_at = clock.now()


def _planned(row: Allocation, now: matching.Policy, tell: Tell) -> tuple[Region, Lawful, Plan]:
    """Read, judge, plan, and hold the plan to the gates once more.

    Raises:
        Invalid: there is nothing to plan, or too much. RuntimeError: the plan breaks a gate; that is a bug.
    """
    tell("reading", 0, None)
    read = region_input.read(_extent(row))
    try:
        found = lawful_ways(now, read, lambda done, of: tell("judging", done, of))
    except TooManyWays as error:
        raise Invalid("allocation_too_many_ways", at="region", most=MOST_WAYS) from error
    tell("planning", 0, None)
    plan = allocate(found.ways, found.capacities, lambda number, gap: tell("planning", number, None))
    broken = broken_gates(now, read, found, plan.way, plan.kg)
    if broken:
        raise RuntimeError(f"the plan breaks {'; '.join(broken)}")
    return read, found, plan


def _progress_of(allocation_id: UUID) -> Tell:
    """Tells how far a plan is in transactions of their own, so that others can see it."""

    def tell(stage: str, done: int, of: int | None) -> None:
        _tell(allocation_id, {**LIFE.values("start"), "stage": stage, "steps_done": done, "steps_of": of})

    return tell


def _tell(allocation_id: UUID, how_far: dict[str, Any]) -> None:
    with db.engine.begin() as connection:
        connection.execute(update(Allocation).where(Allocation.id == allocation_id).values(how_far))


# ---------------------------------------------------------------- what is kept of it


def _id_of(columns: Supplies | Demands | Permits, row: int) -> UUID:
    return UUID(int=int(columns.id_hi[row]) << 64 | int(columns.id_lo[row]))


def _placements(row: Allocation, read: Region, found: Lawful, plan: Plan) -> list[dict[str, Any]]:
    """What goes where, the most tonnes first."""
    permits = read.tables.permits
    rows: list[dict[str, Any]] = []
    for carried in np.argsort(-plan.kg, kind="stable").tolist():
        way = int(plan.way[carried])
        supply, demand, permit = (
            int(found.ways.supply[way]),
            int(found.demand_row[way]),
            int(found.permit[way]),
        )
        here = float(read.supplies.lat[supply]), float(read.supplies.lon[supply])
        there = float(read.demands.lat[demand]), float(read.demands.lon[demand])
        rows.append(
            {
                "allocation_id": row.id,
                "position": len(rows) + 1,
                "supply_id": _id_of(read.supplies, supply),
                "demand_id": _id_of(read.demands, demand),
                "kg": int(plan.kg[carried]),
                "score": float(found.ways.score[way]),
                "distance_km": round(matching.geodesic_km(*here, *there), 3),
                "year": int(found.year[way]),
                "basis": matching.Basis(int(found.basis[way])).name.lower(),
                "permit_id": None if permit == NO_PERMIT else _id_of(permits, permit),
                "warnings": int(found.warnings[way]),
            }
        )
    return rows


def _unplaced(row: Allocation, read: Region, found: Lawful, plan: Plan) -> list[dict[str, Any]]:
    """What stays, the most tonnes first."""
    left = np.flatnonzero(plan.unplaced_kg)
    order = left[np.argsort(-plan.unplaced_kg[left], kind="stable")]
    return [
        {
            "allocation_id": row.id,
            "position": place,
            "supply_id": _id_of(read.supplies, supply),
            "kg": int(plan.unplaced_kg[supply]),
            "of_kg": int(found.capacities.supply_kg[supply]),
            "reason": REASONS[Why(int(plan.why[supply]))],
            "gate": found.gate_against(supply) if plan.why[supply] == Why.NO_LAWFUL_WAY else None,
        }
        for place, supply in enumerate(order.tolist(), start=1)
    ]


def _gaps(row: Allocation, read: Region, found: Lawful, plan: Plan) -> list[dict[str, Any]]:
    """By code and district of the supplies where something stays or capacity is worth something, the most
    unplaced tonnes first."""
    ids = [_id_of(read.supplies, supply) for supply in range(len(read.supplies))]
    district = dict(iter(db.session.execute(select(Listing.id, Listing.region).where(Listing.id.in_(ids)))))
    places = np.array([district[one] for one in ids], np.int64)
    groups, group = np.unique(np.stack([read.supplies.code, places]), axis=1, return_inverse=True)
    group, count = group.reshape(-1), groups.shape[1]
    kg = {name: _summed(group, count, plan.unplaced_kg * (plan.why == why)) for why, name in REASONS.items()}
    supply_kg = _summed(group, count, found.capacities.supply_kg)
    prices = capacity_prices(found.ways, plan, group, count)
    unplaced = sum(kg.values())
    order = np.lexsort((-np.nan_to_num(prices), -np.asarray(unplaced)))
    kept = [one for one in order.tolist() if np.asarray(unplaced)[one] or np.nan_to_num(prices[one]) > 1e-9]
    return [
        {
            "allocation_id": row.id,
            "position": place,
            "code_id": int(groups[0][one]),
            "region": int(groups[1][one]),
            "supply_kg": int(supply_kg[one]),
            **{f"{name}_kg": int(column[one]) for name, column in kg.items()},
            "price": None if np.isnan(prices[one]) else round(float(prices[one]), 6),
        }
        for place, one in enumerate(kept, start=1)
    ]


def _summed(group: np.ndarray, count: int, kg: np.ndarray) -> np.ndarray:
    total = np.zeros(count, np.int64)
    np.add.at(total, group, kg)
    return total


def _totals(read: Region, found: Lawful, plan: Plan, unplaced: list[dict[str, Any]]) -> dict[str, Any]:
    by_reason = {
        name: sum(one["kg"] for one in unplaced if one["reason"] == name) for name in REASONS.values()
    }
    return {
        "supplies": len(read.supplies),
        "demands": len(found.capacities.demand_kg),
        "ways": len(found.ways),
        "placements": len(plan.way),
        "supply_kg": int(found.capacities.supply_kg.sum()),
        "capacity_kg": int(found.capacities.demand_kg.sum()),
        "placed_kg": int(plan.kg.sum()),
        "unplaced_kg": int(plan.unplaced_kg.sum()),
        **{f"{name}_kg": kg for name, kg in by_reason.items()},
        "value": round(plan.value, 6),
        "bound": round(plan.bound, 6),
        "gap": round(plan.gap, 9),
    }
