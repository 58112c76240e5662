"""The rules and the order once more, row by row in plain Python, sharing no code with `matching`."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

GATES = (
    "prohibited",
    "code",
    "licence",
    "region",
    "credit",
    "quantity",
    "time",
    "price",
    "distance",
    "composition",
    "self",
)
KINDS = {"general": 0, "licence": 1, "channel": 2, "exempt": 3, "collector": 4}
MODES = ("use", "dispose", "store")


@dataclass(frozen=True)
class WasteCode:
    number: int
    scheme: str
    code: str
    category: str
    hazardous: bool
    tradable: bool
    stands_for: dict[int, float]


@dataclass(frozen=True)
class Range:
    component: int
    low: float
    high: float

    def meets(self, other: Range) -> bool:
        return self.low <= other.high and other.low <= self.high

    def within(self, other: Range) -> bool:
        return other.low <= self.low and self.high <= other.high


@dataclass(frozen=True)
class Listing:
    number: int
    id: UUID
    enterprise: int
    province: int = 33
    lat: float = 30.0
    lon: float = 120.6
    remaining_kg: int = 100_000
    min_lot_kg: int = 1_000
    price_fen: int | None = None
    max_km: float | None = None
    first_day: int = 0
    last_day: int = 100
    credit_milli: int = 80_000
    grade: str = "B"
    blocked: bool = False
    ranges: tuple[Range, ...] = ()


@dataclass(frozen=True)
class Supply(Listing):
    code: int = 0
    small_generator: bool = False


@dataclass(frozen=True)
class Demand(Listing):
    accepts: tuple[int, ...] = ()
    mode: str = "use"
    item: int = 0
    review: str = "none"


@dataclass(frozen=True)
class Permit:
    kind: str
    receiver: int
    generator: int | None
    code: int
    modes: tuple[str, ...]
    first_day: int
    last_day: int
    kg_per_year: int
    id: UUID
    usage: tuple[tuple[int, int], ...] = ()
    paused: bool = False


@dataclass(frozen=True)
class Approved:
    generator: int
    receiver: int
    code: int
    way: str
    first_day: int
    last_day: int
    left_kg: int
    id: UUID


@dataclass(frozen=True)
class WhiteListed:
    receiver: int
    code: int
    from_province: int
    first_day: int
    last_day: int


@dataclass(frozen=True)
class ExemptionItem:
    item: int
    code: int
    modes: tuple[str, ...]


@dataclass(frozen=True)
class Verified:
    receiver: int
    item: int
    code: int
    first_day: int
    last_day: int


@dataclass(frozen=True)
class Rules:
    weights: tuple[int, ...]
    half_distance_km: dict[str, float]
    price_scale: float
    cross_province: str


@dataclass
class World:
    book: dict[int, WasteCode]
    supplies: list[Supply] = field(default_factory=list)
    demands: list[Demand] = field(default_factory=list)
    permits: list[Permit] = field(default_factory=list)
    approvals: list[Approved] = field(default_factory=list)
    white_list: list[WhiteListed] = field(default_factory=list)
    exemptions: list[ExemptionItem] = field(default_factory=list)
    verified: list[Verified] = field(default_factory=list)
    today: int = 10


@dataclass(frozen=True)
class Verdict:
    failed: list[str]
    basis: int
    permit: int
    approval: int
    warnings: set[str]
    km: float
    values: tuple[int, ...]
    score: int
    accepted: int


def fitting_day(world: World, supply: Supply, demand: Demand, thing) -> int | None:
    """The first day from today on that lies in both windows and in the thing's validity."""
    first = max(world.today, supply.first_day, demand.first_day, thing.first_day)
    return first if first <= min(supply.last_day, demand.last_day, thing.last_day) else None


def permit_holds(world: World, supply: Supply, demand: Demand, permit: Permit) -> bool:
    if permit.receiver != demand.enterprise or permit.paused:
        return False
    if permit.generator is not None and permit.generator != supply.enterprise:
        return False
    if permit.kind == "collector" and not supply.small_generator:
        return False
    if permit.code not in world.book[supply.code].stands_for or demand.mode not in permit.modes:
        return False
    day = fitting_day(world, supply, demand, permit)
    if day is None:
        return False
    year = (date(1970, 1, 1) + timedelta(days=day)).year
    left = permit.kg_per_year - sum(kg for used_in, kg in permit.usage if used_in == year)
    return left >= max(supply.min_lot_kg, demand.min_lot_kg, 1)


def exempted(world: World, supply: Supply, demand: Demand) -> bool:
    if demand.item == 0 or demand.review == "refused":
        return False
    for entry in world.exemptions:
        if (
            entry.item == demand.item
            and entry.code in world.book[supply.code].stands_for
            and demand.mode in entry.modes
        ):
            return True
    return False


def exemption_seen(world: World, supply: Supply, demand: Demand) -> bool:
    if demand.review == "accepted":
        return True
    for entry in world.verified:
        if (
            entry.receiver == demand.enterprise
            and entry.item == demand.item
            and entry.code in world.book[supply.code].stands_for
            and fitting_day(world, supply, demand, entry) is not None
        ):
            return True
    return False


def legal_basis(world: World, supply: Supply, demand: Demand) -> tuple[int, int]:
    """Kind and row of the permit; -1 where there is none."""
    if not world.book[supply.code].hazardous:
        return 0, -1
    for kind in ("licence", "channel", "exempt", "collector"):
        if kind == "exempt":
            if exempted(world, supply, demand):
                return KINDS[kind], -1
            continue
        holding = [
            (-permit.last_day, permit.id.bytes, row)
            for row, permit in enumerate(world.permits)
            if permit.kind == kind and permit_holds(world, supply, demand, permit)
        ]
        if holding:
            return KINDS[kind], min(holding)[2]
    return -1, -1


def white_listed(world: World, supply: Supply, demand: Demand) -> bool:
    for entry in world.white_list:
        if (
            entry.receiver == demand.enterprise
            and entry.from_province == supply.province
            and entry.code in world.book[supply.code].stands_for
            and fitting_day(world, supply, demand, entry) is not None
        ):
            return True
    return False


def zone(province: int) -> str:
    return {81: "hong kong", 82: "macao", 71: "taiwan"}.get(province, "mainland")


def sphere_km(a: Listing, b: Listing) -> float:
    """Angle between two unit vectors, by their sum and difference (Kahan), times the mean radius; of the
    places as others see them, to a hundredth of a degree."""

    def vector(it: Listing) -> tuple[float, float, float]:
        phi, lam = (math.radians(round(degrees * 100) / 100) for degrees in (it.lat, it.lon))
        return math.cos(phi) * math.cos(lam), math.cos(phi) * math.sin(lam), math.sin(phi)

    u, v = vector(a), vector(b)
    apart = math.sqrt(sum((x - y) ** 2 for x, y in zip(u, v, strict=True)))
    along = math.sqrt(sum((x + y) ** 2 for x, y in zip(u, v, strict=True)))
    return 6371.0088 * 2 * math.atan2(apart, along)


def mm(km: float) -> int:
    return round(km * 1_000_000)


def half_distance(rules: Rules, code: WasteCode) -> float:
    best = ""
    for key in rules.half_distance_km:
        begins = code.code[: len(key)] == key or code.category[: len(key)] == key
        if key != "default" and begins and len(key) > len(best):
            best = key
    for key in (best, code.scheme, "default"):
        if key in rules.half_distance_km:
            return rules.half_distance_km[key]
    raise AssertionError


def price_value(rules: Rules, supply: Supply, demand: Demand) -> float:
    if supply.price_fen is None or demand.price_fen is None:
        return 0.5
    gap = max(0, demand.price_fen - supply.price_fen)
    return 0.5 + 0.5 * (gap / (gap + rules.price_scale * 100))


def time_value(supply: Supply, demand: Demand) -> float:
    shared = min(supply.last_day, demand.last_day) - max(supply.first_day, demand.first_day) + 1
    shorter = min(side.last_day - side.first_day + 1 for side in (supply, demand))
    return max(0, shared) / shorter


def best_fit(world: World, supply: Supply, demand: Demand) -> tuple[float, int]:
    """How well the best accepted code fits, and that code: the first among equals."""
    stands_for = world.book[supply.code].stands_for
    fit, place = max((stands_for.get(accepted, 0.0), -place) for place, accepted in enumerate(demand.accepts))
    return fit, demand.accepts[-place]


def crosses_border(supply: Supply, demand: Demand) -> bool:
    return zone(supply.province) != zone(demand.province)


def approval_of(world: World, supply: Supply, demand: Demand) -> int:
    """The row of the approval by which the pair may cross its province line; -1 where there is none."""
    lot = max(supply.min_lot_kg, demand.min_lot_kg, 1)
    holding = [
        (-entry.last_day, entry.id.bytes, row)
        for row, entry in enumerate(world.approvals)
        if (entry.generator, entry.receiver) == (supply.enterprise, demand.enterprise)
        and entry.code in world.book[supply.code].stands_for
        and entry.way == demand.mode
        and entry.left_kg >= lot
        and fitting_day(world, supply, demand, entry) is not None
    ]
    return min(holding)[2] if holding else -1


def may_cross(world: World, rules: Rules, supply: Supply, demand: Demand) -> tuple[bool, set[str], int]:
    """Whether the pair may cross its province line, the warnings that go with it, and by which approval."""
    if supply.province == demand.province or crosses_border(supply, demand):
        return True, set(), -1
    if not world.book[supply.code].hazardous and demand.mode == "use":
        return True, {"advance_notice_required"}, -1
    approval = approval_of(world, supply, demand)
    if approval != -1:
        return True, set(), approval
    if not world.book[supply.code].hazardous:
        return True, {"transfer_approval_required"}, -1
    through_channel = any(
        permit.kind == "channel" and permit_holds(world, supply, demand, permit) for permit in world.permits
    )
    if through_channel or white_listed(world, supply, demand):
        return True, set(), -1
    if rules.cross_province == "with_approval":
        return True, {"transfer_approval_required"}, -1
    return False, set(), -1


def fallen(supply: Supply) -> bool:
    return supply.grade == "E" or supply.blocked


def trusted(supply: Supply, demand: Demand) -> bool:
    if demand.grade == "E" or demand.blocked:
        return False
    return not fallen(supply) or demand.grade in ("A", "B")


def enough(supply: Supply, demand: Demand) -> bool:
    lot = max(supply.min_lot_kg, demand.min_lot_kg, 1)
    return supply.remaining_kg >= lot and demand.remaining_kg >= lot


def shares_a_day(world: World, supply: Supply, demand: Demand) -> bool:
    ours, theirs = (set(range(side.first_day, side.last_day + 1)) for side in (supply, demand))
    return any(day >= world.today for day in ours & theirs)


def price_is_met(supply: Supply, demand: Demand) -> bool:
    unpriced = supply.price_fen is None or demand.price_fen is None
    return unpriced or demand.price_fen >= supply.price_fen


def near_enough(supply: Supply, demand: Demand, km: float) -> bool:
    return all(limit is None or mm(km) <= mm(limit) for limit in (supply.max_km, demand.max_km))


def mixes(supply: Supply, demand: Demand) -> tuple[bool, set[str]]:
    """Whether all stated ranges meet the required ones, and the warnings that go with it."""
    meets, warnings = True, set()
    for required in demand.ranges:
        stated = [given for given in supply.ranges if given.component == required.component]
        if not stated:
            warnings.add("composition_unknown")
        for given in stated:
            if not given.meets(required):
                meets = False
            elif not given.within(required):
                warnings.add("composition_partial")
    return meets, warnings


def judge(world: World, rules: Rules, supply: Supply, demand: Demand, seeker: str) -> Verdict:
    code = world.book[supply.code]
    fit, accepted = best_fit(world, supply, demand)
    basis, permit = legal_basis(world, supply, demand)
    crosses, line_warnings, approval = may_cross(world, rules, supply, demand)
    meets, mixture_warnings = mixes(supply, demand)
    km = sphere_km(supply, demand)
    passes = {
        "prohibited": code.tradable and not crosses_border(supply, demand),
        "code": fit > 0,
        "licence": basis != -1,
        "region": crosses,
        "credit": trusted(supply, demand),
        "quantity": enough(supply, demand),
        "time": shares_a_day(world, supply, demand),
        "price": price_is_met(supply, demand),
        "distance": near_enough(supply, demand, km),
        "composition": meets,
        "self": supply.enterprise != demand.enterprise,
    }
    failed = [gate for gate, passed in passes.items() if not passed]
    warnings = line_warnings | mixture_warnings | ({"supervised"} if fallen(supply) else set())
    if basis == KINDS["exempt"] and not exemption_seen(world, supply, demand):
        warnings.add("exemption_unverified")
    if basis == KINDS["general"]:
        warnings.add("verify_receiver")
    other = demand if seeker == "supply" else supply
    values = (
        fit,
        2.0 ** (-km / half_distance(rules, code)),
        other.credit_milli / 100_000,
        price_value(rules, supply, demand),
        min(1.0, demand.remaining_kg / max(supply.remaining_kg, 1)),
        time_value(supply, demand),
    )
    counts = tuple(round(value * 1_000_000_000) for value in values)
    score = sum(weight * count for weight, count in zip(rules.weights, counts, strict=True))
    return Verdict(failed, basis, permit, approval, warnings, km, counts, score, accepted)


def ranking_key(seeker: str, sort: str, other: Listing, verdict: Verdict) -> tuple:
    default = (-verdict.score, -other.credit_milli, mm(verdict.km), other.id.bytes)
    if sort == "distance":
        return (mm(verdict.km), *default)
    if sort == "credit":
        return (-other.credit_milli, *default)
    if sort == "price":
        unpriced = other.price_fen is None
        price = other.price_fen or 0
        return (unpriced, -price if seeker == "supply" else price, *default)
    return default


def rank(
    world: World, rules: Rules, seeker: Listing, sort: str = "score", min_score: float = 0.0
) -> list[tuple[Listing, Verdict]]:
    """All lawful counterparts of a supply or of a demand, best first."""
    side = "supply" if isinstance(seeker, Supply) else "demand"
    found = []
    for other in world.demands if side == "supply" else world.supplies:
        supply, demand = (seeker, other) if side == "supply" else (other, seeker)
        verdict = judge(world, rules, supply, demand, side)
        if not verdict.failed and verdict.score >= round(min_score * 10**15):
            found.append((other, verdict))
    return sorted(found, key=lambda hit: ranking_key(side, sort, *hit))


def stopped(world: World, rules: Rules, seeker: Listing) -> dict[str, int]:
    """How many counterparts each gate stops."""
    side = "supply" if isinstance(seeker, Supply) else "demand"
    counts = dict.fromkeys(GATES, 0)
    for other in world.demands if side == "supply" else world.supplies:
        supply, demand = (seeker, other) if side == "supply" else (other, seeker)
        for gate in judge(world, rules, supply, demand, side).failed:
            counts[gate] += 1
    return counts
