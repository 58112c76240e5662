"""What the staff of a region sees of it at once: each district, the flows, the trade by month, indicators.

All is summed from rows that the staff may read one by one, and kept by a process for a minute.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from ... import clock
from ...catalogue import service as catalogue
from ...catalogue.models import CatalogueRegion
from ...database import db
from ...deals import service as deals
from ...enterprises.models import MILLI_PER_POINT, Enterprise, EnterpriseStatus, Grade
from ...errors import NotFound
from ...events.actor import REGULATOR, Actor
from ...http import recent
from ...listings import service as listings
from ...listings.models import Kind
from ...manifests import service as manifests
from .figures import DAYS, KEPT_S
from .points import MONTHS_OF_YEAR, first_of_months

MOST_FLOWS = 16
"""Shown apart, the heaviest first; what is beyond them is one sum."""
GOOD_GRADES = (Grade.A, Grade.B)
TARGETS = {"closing_rate": 0.95, "on_time": 0.95, "good_credit": 0.8, "same_city": 0.5}
"""Shares from 0 to 1 that a city sets itself; ours until it does."""
COUNTED = ("issued", "closed", "under_way", "late", "moved_kg")


@dataclass(frozen=True, slots=True)
class Flow:
    """Kilograms accepted from one district, or city elsewhere, in another, with so many manifests closed."""

    origin: int
    destination: int
    closed: int
    moved_kg: int

    @property
    def is_within_a_city(self) -> bool:
        return self.origin // 100 == self.destination // 100


@dataclass(frozen=True, slots=True)
class Cockpit:
    """The sums as they were at `as_of`; `districts` by code, `months` the oldest first."""

    as_of: datetime
    since: date
    districts: dict[int, dict[str, Any]]
    flows: list[Flow]
    other_flows_kg: int
    sent_kg: int
    sent_within_city_kg: int
    months: dict[str, tuple[int, int]]


def cockpit(actor: Actor, region: int | None) -> dict[str, Any]:
    """The figures of a region with their names; of a regulator, its own or one within it.

    Raises:
        NotFound: a regulator asks for a region that is not its own. Invalid: there is none by that code.
    """
    scope = _scope(actor, region)
    found: Cockpit = recent.kept_for(f"cockpit {scope}", KEPT_S, lambda: _read(scope))
    places = {*found.districts, *(place for flow in found.flows for place in (flow.origin, flow.destination))}
    rows = catalogue.regions_by_code(places | ({scope} if scope else set()))
    names = {adcode: row.name_zh for adcode, row in rows.items()}
    return {
        "as_of": found.as_of,
        "since": found.since,
        "region": scope,
        "region_name": names.get(scope or 0),
        "indicators": _indicators(found),
        "districts": [
            {"region": adcode, **_place(rows[adcode]), **each}
            for adcode, each in sorted(found.districts.items())
        ],
        "flows": [
            {
                "origin": flow.origin, "origin_name": names[flow.origin],
                "destination": flow.destination, "destination_name": names[flow.destination],
                "closed": flow.closed, "moved_kg": flow.moved_kg,
            }
            for flow in found.flows
        ],
        "other_flows_kg": found.other_flows_kg,
        "months": [
            {"month": month, "deals": count, "quantity_kg": kg} for month, (count, kg) in found.months.items()
        ],
    }  # fmt: skip


def _place(row: CatalogueRegion) -> dict[str, Any]:
    return {"name": row.name_zh, "lon": row.lon, "lat": row.lat}


def _scope(actor: Actor, region: int | None) -> int | None:
    own = actor.region if actor.kind == REGULATOR else None
    if region is not None:
        catalogue.find_region(region)
        if own is not None and not catalogue.region_covers(own, region):
            raise NotFound()
    return region if region is not None else own


def _read(scope: int | None) -> Cockpit:
    since = clock.today() - timedelta(days=DAYS - 1)
    agreed = deals.agreed_by_district(first_of_months(clock.today(), MONTHS_OF_YEAR), scope)
    carried = manifests.carried_between(since, scope)
    flows = _flows(carried, scope)
    sent = [flow for flow in flows if _is_in(scope, flow.origin)]
    return Cockpit(
        as_of=clock.now(),
        since=since,
        districts=_districts(scope, agreed, carried),
        flows=flows[:MOST_FLOWS],
        sent_kg=sum(flow.moved_kg for flow in sent),
        sent_within_city_kg=sum(flow.moved_kg for flow in sent if flow.is_within_a_city),
        other_flows_kg=sum(flow.moved_kg for flow in flows[MOST_FLOWS:]),
        months=_months(agreed),
    )


def _is_in(scope: int | None, adcode: int) -> bool:
    return scope is None or catalogue.region_covers(scope, adcode)


def _districts(
    scope: int | None, agreed: Iterable[tuple[int, str, int, int]], carried: Iterable[dict[str, Any]]
) -> dict[int, dict[str, Any]]:
    """The sums of each district of the scope in which there is anything; loads count where they leave."""
    sums: dict[int, Counter[str]] = defaultdict(Counter)
    for each in listings.open_by_district(scope):
        name = "supply" if each.kind == Kind.SUPPLY else "demand"
        sums[each.region].update({f"{name}_kg": each.remaining_kg, f"{name}_listings": each.listings})
    for district, _, count, kg in agreed:
        sums[district].update({"deals": count, "agreed_kg": kg})
    for row in carried:
        if _is_in(scope, row["origin"]):
            sums[row["origin"]].update({name: row[name] for name in COUNTED})
    for district, grade, count, milli in _grades(scope):
        sums[district].update({"enterprises": count, grade: count, "credit_milli": milli})
    return {district: _present(counted) for district, counted in sums.items()}


def _present(counted: Counter[str]) -> dict[str, Any]:
    """A sum with the shares that follow from it."""
    names = ("supply_listings", "supply_kg", "demand_listings", "demand_kg", "deals", "agreed_kg")
    firms = counted["enterprises"]
    return {
        **{name: counted[name] for name in (*names, *COUNTED)},
        "rate": _share(counted["closed"], counted["issued"]),
        "enterprises": firms,
        "grades": {grade.value: counted[grade.value] for grade in Grade},
        "mean_score": round(counted["credit_milli"] / firms / MILLI_PER_POINT, 1) if firms else None,
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _grades(scope: int | None) -> Iterable[tuple[int, str, int, int]]:
    query = (
        select(Enterprise.region, Enterprise.grade, func.count(), func.sum(Enterprise.credit_milli))
        .where(Enterprise.status == EnterpriseStatus.APPROVED)
        .group_by(Enterprise.region, Enterprise.grade)
    )
    if scope is not None:
        query = query.where(catalogue.within(Enterprise.region, scope))
    for region, grade, count, milli in db.session.execute(query):
        yield region, Grade(grade).value, count, int(milli)


def _flows(carried: Iterable[dict[str, Any]], scope: int | None) -> list[Flow]:
    """The heaviest first; a place elsewhere counts as its city: the districts there are of another desk."""
    sums: dict[tuple[int, int], Counter[str]] = defaultdict(Counter)
    for row in carried:
        if row["moved_kg"]:
            ends = (_end(scope, row["origin"]), _end(scope, row["destination"]))
            sums[ends].update({"closed": row["closed"], "kg": row["moved_kg"]})
    found = [Flow(*ends, counted["closed"], counted["kg"]) for ends, counted in sums.items()]
    return sorted(found, key=lambda flow: (-flow.moved_kg, flow.origin, flow.destination))


def _end(scope: int | None, adcode: int) -> int:
    return adcode if _is_in(scope, adcode) else adcode // 100 * 100


def _months(agreed: Iterable[tuple[int, str, int, int]]) -> dict[str, tuple[int, int]]:
    """Deals and kilograms of this month and the eleven before it."""
    first = first_of_months(clock.today(), MONTHS_OF_YEAR)
    places = range(first.month - 1, first.month - 1 + MONTHS_OF_YEAR)
    sums = {f"{first.year + at // MONTHS_OF_YEAR}-{at % MONTHS_OF_YEAR + 1:02}": [0, 0] for at in places}
    for _, month, count, kg in agreed:
        sums[month][0] += count
        sums[month][1] += kg
    return {month: (count, kg) for month, (count, kg) in sums.items()}


def _indicators(found: Cockpit) -> list[dict[str, Any]]:
    """Shares with their targets, each with the part and the whole that it is made of."""
    total: Counter[str] = Counter()
    for each in found.districts.values():
        total.update({name: each[name] for name in (*COUNTED, "enterprises")})
        total["good"] += sum(each["grades"][grade.value] for grade in GOOD_GRADES)
    parts = {
        "closing_rate": (total["closed"], total["issued"]),
        "on_time": (total["under_way"] - total["late"], total["under_way"]),
        "good_credit": (total["good"], total["enterprises"]),
        "same_city": (found.sent_within_city_kg, found.sent_kg),
    }
    return [
        {"name": name, "target": TARGETS[name], "present": _share(*part), "part": part[0], "whole": part[1]}
        for name, part in parts.items()
    ]
