"""Small worlds full of ties and border cases, and the columns that stand for them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

import numpy as np
from hypothesis import strategies as st

import matching as m
from tests.matching import reference as ref

T = TypeVar("T")
Pick = Callable[[Sequence[Any]], Any]

ACID, HW34, MEDICAL, SLAG, SW17, LOCAL_SLAG, LOCAL_ACID = 1, 2, 3, 4, 5, 6, 7

BOOK = {
    it.number: it
    for it in (
        ref.WasteCode(ACID, "cn-hw", "900-349-34", "HW34", True, True, {ACID: 1.0, HW34: 0.9}),
        ref.WasteCode(HW34, "cn-hw", "HW34", "HW34", True, True, {HW34: 1.0}),
        ref.WasteCode(MEDICAL, "cn-hw", "841-001-01", "HW01", True, False, {MEDICAL: 1.0}),
        ref.WasteCode(SLAG, "cn-sw", "900-001-S17", "SW17", False, True, {SLAG: 1.0, SW17: 0.9}),
        ref.WasteCode(SW17, "cn-sw", "SW17", "SW17", False, True, {SW17: 1.0}),
        ref.WasteCode(LOCAL_SLAG, "isw", "ISW-17-01", "ISW-17", False, True, {6: 1.0, SLAG: 0.8, SW17: 0.72}),
        ref.WasteCode(LOCAL_ACID, "isw", "ISW-34-01", "ISW-34", True, True, {7: 1.0, ACID: 0.7, HW34: 0.63}),
    )
}

SHAOXING = (30.0, 120.6)
PLACES = [SHAOXING] * 20 + [
    *[(30.1, 120.6), (30.0, 120.7), (29.9, 120.6), (31.2, 121.5)],
    *[(29.9951, 120.6049), (30.005, 120.595), (30.0149, 120.6), (-0.0049, 179.9951), (89.996, 3.0)],
    *[(0.0, 180.0), (0.0, -180.0), (0.5, 179.9), (90.0, 0.0), (90.0, 77.0), (-90.0, 10.0), (-30.0, -59.4)],
]
NEW_YEAR = 365
HALVES = ["cn-hw", "cn-sw", "isw", "HW", "HW34", "900", "900-349", "SW1", "SW17", "ISW-3", "HW340"]


def a_listing(pick: Pick, number: int, enterprises: Sequence[int]) -> dict[str, Any]:
    first = pick([0, 0, 0, 0, 9, 10, 11, 360, NEW_YEAR])
    return {
        "number": number,
        "id": UUID(int=(pick([0, 0, 1, 255]) << 120) + (pick([0, 0, 3, 1 << 63]) << 8) + number),
        "enterprise": pick(enterprises),
        "province": pick([33] * 20 + [32] * 6 + [81, 82, 71]),
        **dict(zip(("lat", "lon"), pick(PLACES), strict=True)),
        "remaining_kg": pick([100, 1_000, 1_000, 3_000, 3_000, 1_024_000]),
        "min_lot_kg": pick([0, 1, 1, 100, 1_000]),
        "price_fen": pick([None, None, None, None, -15_000, -15_000, -15_001, 0, 20_000]),
        "max_km": pick([None] * 16 + [0.0, 11.119, 20.0, 20_100.0]),
        "first_day": first,
        "last_day": first + pick([0, 1, 355, 400, 400, 400, 400, 400, 400]),
        "credit_milli": pick([80_000, 80_000, 80_001, 100_000, 0]),
        "grade": pick("AAABBBCDE"),
        "blocked": pick([False] * 15 + [True]),
    }


def ranges(pick: Pick) -> tuple[ref.Range, ...]:
    bounds = [(1.0, 2.0), (2.0, 3.0), (1.5, 1.75), (2.5, np.inf), (-np.inf, np.inf)]
    return tuple(
        ref.Range(pick([5, 5, 6, -7]), *map(float, pick(bounds))) for _ in range(pick([0, 0, 0, 1, 1, 2]))
    )


def a_supply(pick: Pick, number: int, codes: Sequence[int]) -> ref.Supply:
    return ref.Supply(
        **a_listing(pick, number, [1, 1, 1, 2, 3]),
        ranges=ranges(pick),
        code=pick(codes),
        small_generator=pick([True, False]),
    )


ACCEPTS = [(ACID,), (HW34,), (HW34, ACID), (ACID, HW34, ACID), (LOCAL_ACID, ACID), (SLAG, ACID), (SLAG, SW17)]
ACCEPTS += [(SW17, LOCAL_SLAG), (SLAG,), (MEDICAL, HW34, SW17), (MEDICAL, HW34, SW17)]


def a_demand(pick: Pick, number: int) -> ref.Demand:
    return ref.Demand(
        **a_listing(pick, number, [3, 3, 3, 4, 1]),
        ranges=ranges(pick),
        accepts=pick(ACCEPTS),
        mode=pick(["use", "use", "dispose", "store"]),
        item=pick([0, 0, 20, 31]),
        review=pick(["none", "none", "accepted", "refused"]),
    )


def validity(pick: Pick) -> dict[str, int]:
    return {"first_day": pick([0, 0, 0, 10, 11, NEW_YEAR]), "last_day": pick([9, 10, 11, 365, 900, 900, 900])}


def modes(pick: Pick) -> tuple[str, ...]:
    return pick([("use",), ("use", "dispose", "store"), ("use", "dispose", "store"), ("dispose", "store")])


def a_permit(pick: Pick, number: int) -> ref.Permit:
    kind = pick(["licence", "licence", "channel", "collector"])
    return ref.Permit(
        kind=kind,
        receiver=pick([3, 3, 3, 4, 1]),
        generator=pick([1, 1, 2]) if kind == "channel" else pick([None, None, None, 1]),
        code=pick([ACID, HW34, HW34, LOCAL_ACID, SLAG]),
        modes=modes(pick),
        **validity(pick),
        kg_per_year=pick([0, 999, 1_000, 1_000, 5_000, 5_000]),
        id=UUID(int=(pick([0, 1, 1 << 127]) + number)),
        usage=tuple((pick([1970, 1970, 1971, 1969]), pick([0, 1, 4_000])) for _ in range(pick([0, 0, 1, 2]))),
        paused=pick([False] * 5 + [True]),
    )


def an_approval(pick: Pick, number: int) -> ref.Approved:
    return ref.Approved(
        generator=pick([1, 1, 1, 2]),
        receiver=pick([3, 3, 3, 4]),
        code=pick([ACID, ACID, LOCAL_ACID, SLAG]),
        way=pick(["use", "use", "dispose", "store"]),
        **validity(pick),
        left_kg=pick([0, 999, 1_000, 5_000]),
        id=UUID(int=(pick([0, 1, 1 << 127]) + number)),
    )


def a_world(pick: Pick, supplies: int, demands: int, lines: int) -> ref.World:
    codes = pick([[ACID], [ACID, LOCAL_ACID, HW34], [SLAG, LOCAL_SLAG, SW17], list(BOOK)])
    numbers = [3 + (7 * n) % 11 + 11 * (n // 11) for n in range(supplies + demands)]
    return ref.World(
        book=BOOK,
        supplies=[a_supply(pick, number, codes) for number in numbers[:supplies]],
        demands=[a_demand(pick, number) for number in numbers[supplies:]],
        permits=[a_permit(pick, number) for number in range(lines)],
        approvals=[an_approval(pick, number) for number in range(lines // 2)],
        white_list=[
            ref.WhiteListed(pick([1, 3, 3, 4]), pick([ACID, HW34]), pick([32, 33, 33]), **validity(pick))
            for _ in range(lines // 2)
        ],
        exemptions=[
            ref.ExemptionItem(pick([20, 31]), pick([ACID, HW34]), modes(pick)) for _ in range(lines // 3)
        ],
        verified=[
            ref.Verified(pick([1, 3, 3, 4]), pick([20, 31]), pick([ACID, HW34]), **validity(pick))
            for _ in range(lines // 4)
        ],
        today=pick([10, 10, 10, NEW_YEAR - 1, NEW_YEAR]),
    )


def some_rules(pick: Pick) -> ref.Rules:
    cuts = sorted(pick([0, 1, 125_000, 333_333, 500_000, 777_777, 1_000_000]) for _ in range(5))
    weights = tuple(high - low for low, high in zip([0, *cuts], [*cuts, 1_000_000], strict=True))
    named = {pick(HALVES): pick([0.01, 30.0, 100.0, 5_000.0]) for _ in range(pick([0, 1, 3]))}
    relaxed = pick(["white_list", "white_list", "with_approval"])
    return ref.Rules(weights, {"default": 100.0, **named}, pick([0.01, 300.0]), relaxed)


@st.composite
def cases(draw: st.DrawFn) -> tuple[ref.World, ref.Rules]:
    def pick(options: Sequence[Any]) -> Any:
        return options[draw(st.integers(0, len(options) - 1))]

    world = a_world(pick, pick([1, 2, 4]), pick([1, 3, 4]), pick([0, 4, 8]))
    return world, some_rules(pick)


def crowded(seed: int) -> tuple[ref.World, ref.Rules]:
    pick = random.Random(seed).choice
    return a_world(pick, 12, 12, pick([8, 40])), some_rules(pick)


def policy(rules: ref.Rules) -> m.Policy:
    return m.Policy(1, rules.weights, rules.half_distance_km, rules.price_scale, rules.cross_province)


def halves(ids: Sequence[UUID]) -> dict[str, Any]:
    return {
        "id_hi": np.array([identity.int >> 64 for identity in ids], np.uint64),
        "id_lo": np.array([identity.int & (1 << 64) - 1 for identity in ids], np.uint64),
    }


def mask(names: Sequence[str]) -> int:
    return sum(1 << ref.MODES.index(name) for name in names)


def of(rows: Sequence[Any], *names: str) -> dict[str, list[Any]]:
    return {name: [getattr(row, name) for row in rows] for name in names}


def shared(rows: Sequence[ref.Listing]) -> dict[str, Any]:
    plain = "enterprise province lat lon remaining_kg min_lot_kg first_day last_day credit_milli"
    return {
        **of(rows, *plain.split()),
        **halves([row.id for row in rows]),
        "key": [row.number for row in rows],
        "price_fen": [m.NO_PRICE if row.price_fen is None else row.price_fen for row in rows],
        "max_km": [np.inf if row.max_km is None else row.max_km for row in rows],
        "grade": ["ABCDE".index(row.grade) for row in rows],
        "blocked": np.array([row.blocked for row in rows], bool),
    }


def supply_columns(supplies: Sequence[ref.Supply]) -> m.Supplies:
    small = np.array([supply.small_generator for supply in supplies], bool)
    return m.Supplies(**shared(supplies), **of(supplies, "code"), small_generator=small)


def demand_columns(demands: Sequence[ref.Demand]) -> m.Demands:
    """One row for each accepted code, all the first ones first, so that a demand's rows lie apart."""
    most = max((len(demand.accepts) for demand in demands), default=0)
    rows = [(demand, demand.accepts[n]) for n in range(most) for demand in demands if n < len(demand.accepts)]
    listings = [row for row, _ in rows]
    return m.Demands(
        **shared(listings),
        accepts=[accepted for _, accepted in rows],
        mode=[ref.MODES.index(listing.mode) for listing in listings],
        exemption_item=[listing.item for listing in listings],
        exemption_review=[("none", "accepted", "refused").index(listing.review) for listing in listings],
    )


def component_columns(listings: Sequence[ref.Listing]) -> m.Components:
    rows = [(listing.number, each) for listing in listings for each in listing.ranges]
    stated = [each for _, each in rows]
    return m.Components(key=[number for number, _ in rows], **of(stated, "component", "low", "high"))


def permit_columns(permits: Sequence[ref.Permit]) -> m.Permits:
    used = [(row, year, kg) for row, it in enumerate(permits) for year, kg in it.usage]
    numbers = {permit.id: number for number, permit in enumerate(permits)}
    return m.Permits(
        capacity=[numbers[permit.id] for permit in permits],
        **of(permits, "receiver", "code", "first_day", "last_day", "kg_per_year"),
        **halves([permit.id for permit in permits]),
        kind=[ref.KINDS[permit.kind] for permit in permits],
        paused=np.array([permit.paused for permit in permits], bool),
        generator=[m.ANY_GENERATOR if permit.generator is None else permit.generator for permit in permits],
        modes=[mask(permit.modes) for permit in permits],
        usage_permit=[row for row, _, _ in used],
        usage_year=[year for _, year, _ in used],
        usage_kg=[kg for _, _, kg in used],
    )


def approval_columns(approvals: Sequence[ref.Approved]) -> m.Approvals:
    return m.Approvals(
        **of(approvals, "generator", "receiver", "code", "first_day", "last_day", "left_kg"),
        **halves([approval.id for approval in approvals]),
        modes=[mask([approval.way]) for approval in approvals],
    )


def tables(world: ref.World) -> m.Tables:
    dated = ("first_day", "last_day")
    return m.Tables(
        permits=permit_columns(world.permits),
        approvals=approval_columns(world.approvals),
        white_list=m.WhiteList(**of(world.white_list, "receiver", "code", "from_province", *dated)),
        exemptions=m.ExemptionList(
            **of(world.exemptions, "item", "code"),
            modes=[mask(exemption.modes) for exemption in world.exemptions],
        ),
        verified=m.VerifiedExemptions(**of(world.verified, "receiver", "item", "code", *dated)),
        stated=component_columns(world.supplies),
        required=component_columns(world.demands),
        book={
            number: m.Code(it.scheme, it.code, it.category, it.hazardous, it.tradable, "2021", it.stands_for)
            for number, it in world.book.items()
        },
    )


class Columns:
    """A world in columns, asked through the public functions."""

    def __init__(self, world: ref.World, rules: ref.Rules) -> None:
        self.world, self.policy, self.tables = world, policy(rules), tables(world)
        self.supplies, self.demands = supply_columns(world.supplies), demand_columns(world.demands)

    def rank(self, seeker: ref.Listing, **how: Any) -> m.Ranking:
        if isinstance(seeker, ref.Supply):
            one = supply_columns([seeker])
            return m.rank_demands(self.policy, one, self.demands, self.tables, self.world.today, **how)
        one = demand_columns([seeker])
        return m.rank_supplies(self.policy, one, self.supplies, self.tables, self.world.today, **how)

    def explain(self, supply: ref.Supply, demand: ref.Demand, seeker: str = "supply") -> m.Pairing:
        one, rows = supply_columns([supply]), demand_columns([demand])
        return m.explain(self.policy, one, rows, self.tables, self.world.today, seeker=seeker)

    def hits(self, seeker: ref.Listing, ranking: m.Ranking) -> list[tuple[Any, ...]]:
        field = self.demands if isinstance(seeker, ref.Supply) else self.supplies
        return [
            (
                int(field.key[row]),
                int(ranking.scores[hit]),
                tuple(ranking.values[hit].tolist()),
                int(ranking.basis[hit]),
                int(ranking.permits[hit]),
                int(ranking.approvals[hit]),
                set(m.Warn(int(ranking.warnings[hit])).names),
                int(ranking.accepted[hit]),
                round(float(ranking.distance_km[hit]), 6),
            )
            for hit, row in enumerate(ranking.rows.tolist())
        ]


def reference_hits(found: list[tuple[ref.Listing, ref.Verdict]]) -> list[tuple[Any, ...]]:
    return [
        (
            result.number,
            v.score,
            v.values,
            v.basis,
            v.permit,
            v.approval,
            v.warnings,
            v.accepted,
            round(v.km, 6),
        )
        for result, v in found
    ]
