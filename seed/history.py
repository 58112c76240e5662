"""Half a year of trade in the demo city: who dealt with whom, and the loads that went.

Days are offsets from `City.today`. Each deal is over a supply of its own, and its loads are such as the rules
allow; the platform itself judges them when they are loaded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from seed.city import City, DemoFleet, DemoListing, DemoPerson, credit_grade
from seed.lawful_trade import LawfulTrade
from seed.showcase import CAST, SHOWCASE_OWNER

FIRST_DAY, RECENT_DAY, LAST_DAY = -178, -24, -3
"""Between which days deals are agreed; a quarter of them recently, so that much is on its way."""
DEALS = 100
MOST_OF_A_GENERATOR, MOST_OF_A_RECEIVER = 2, 7
STAND_INS = frozenset({SHOWCASE_OWNER, *(part.key for part in CAST)})
"""Who has no past, so that the demo plays alike on every day."""
ENDS = ("cancelled", "disputed", "unshipped", "rejected", "withdrawn", "waiting")
"""How every sixth ends, in turn; the last three remain offers. All others run until they are completed."""
REFUSALS = ("含水率超过约定，无法入炉", "包装破损渗漏", "检出未申报组分", "实物与联单所载名称不符")
LIQUID_VEHICLE = "罐式车"
Points = tuple[int, int, int, int]
"""Punctual, as described, cooperation, safety; 1 to 5."""


@dataclass(frozen=True)
class DemoLoad:
    """A manifest of a deal; `steps` are the moves that it made until yesterday, each with its day.

    Tonnes are planned, at the sender's weighbridge, at the receiver's, and refused of the latter. What was
    refused is fetched back on `return_day`.
    """

    carrier_key: str
    vehicle: str
    driver: str
    escort: str | None
    planned_t: float
    picked_up_t: float
    received_t: float
    refused_t: float
    reason: str | None
    steps: tuple[tuple[str, int], ...]
    return_day: int | None

    @property
    def days(self) -> list[int]:
        """The days on which anything of it was done."""
        return [*(day for _, day in self.steps), *([] if self.return_day is None else [self.return_day])]

    @property
    def is_done(self) -> bool:
        """Whether nothing of it is on its way."""
        if not self.steps or (self.refused_t and self.return_day is None):
            return False
        return self.steps[-1][0] in ("close", "outcome", "cancel") or self.refused_t == self.received_t


@dataclass(frozen=True)
class DemoDeal:
    """An offer over listings of its own, and what came of it.

    `end` is one of `ENDS`, completed, or running. Ratings are by the supplier and by the receiver, None where
    a side gave none.
    """

    key: str
    supply: DemoListing
    demand: DemoListing
    offered_day: int
    agreed_day: int
    first_price: float
    price: float
    end: str
    end_day: int
    loads: tuple[DemoLoad, ...]
    ratings: tuple[Points | None, Points | None]
    invoice: str


def history(rng: Random, city: City) -> tuple[DemoDeal, ...]:
    """Half a year of the city's trade, in the order of its offers; the same for the same city and chance."""
    deals = list(_deals(rng, city))
    return tuple(sorted(deals, key=lambda deal: deal.offered_day))


def _deals(rng: Random, city: City) -> Iterator[DemoDeal]:
    trade, number = LawfulTrade(city), 0
    for supply, demand in _pairs(rng, city, trade):
        agreed = rng.randrange(RECENT_DAY if number % 4 == 3 else FIRST_DAY, LAST_DAY)
        loads = tuple(_loads(rng, city, agreed, supply))
        if loads and trade.take(supply, demand, sum(load.planned_t for load in loads)):
            number += 1
            yield _deal(rng, number, agreed, supply, demand, loads)
            if number == DEALS:
                return


def _pairs(rng: Random, city: City, trade: LawfulTrade) -> Iterator[tuple[DemoListing, DemoListing]]:
    """Supplies and demands that may be dealt, in random order, nobody too often."""
    counts: Counter[str] = Counter()
    good = {one.key for one in city.enterprises if credit_grade(one) in "ABC"} - STAND_INS
    listings = [one for one in city.listings if one.enterprise_key in good]
    rng.shuffle(listings)
    listings.sort(key=lambda listing: not trade.has_channel(listing))
    demands = [one for one in listings if one.kind == "demand"]
    for supply in listings:
        if supply.kind == "demand" or counts[supply.enterprise_key] == MOST_OF_A_GENERATOR:
            continue
        for demand in demands:
            if counts[demand.enterprise_key] < MOST_OF_A_RECEIVER and trade.may(supply, demand):
                counts.update((supply.enterprise_key, demand.enterprise_key))
                yield supply, demand
                break


def _deal(
    rng: Random,
    number: int,
    agreed: int,
    supply: DemoListing,
    demand: DemoListing,
    loads: tuple[DemoLoad, ...],
) -> DemoDeal:
    quantity = round(sum(load.planned_t for load in loads), 3)
    lot = min(load.planned_t for load in loads)
    price = supply.price_cny_per_t or demand.price_cny_per_t or float(rng.randrange(-40, 5) * 10)
    end = ENDS[number // 6 % len(ENDS)] if number % 6 == 0 else "completed"
    if end == "waiting":
        agreed = rng.randrange(RECENT_DAY, LAST_DAY)
    if end != "completed":
        half = loads[: len(loads) // 2] if end in ("cancelled", "disputed") else ()
        loads = tuple(load for load in half if load.is_done)
    elif not all(load.is_done for load in loads):
        end = "running"
    loads = tuple(load for load in loads if load.steps)
    last = max((day for load in loads for day in load.days), default=agreed)
    open_until = agreed + 75
    return DemoDeal(
        key=f"past-{number:03}",
        supply=of_the_past(supply, f"past-{number:03}-s", quantity, lot, agreed, open_until, price),
        demand=of_the_past(demand, f"past-{number:03}-d", quantity, 0.1, agreed, open_until, None),
        offered_day=agreed - rng.randrange(1, 4),
        agreed_day=agreed,
        first_price=price - 10.0 * rng.randrange(1, 6),
        price=price,
        end=end,
        end_day=min(-1, last + rng.randrange(1, 4)),
        loads=loads,
        ratings=(_points(rng), _points(rng)),
        invoice=rng.choice(("none", "issued", "paid", "paid", "paid")),
    )


def of_the_past(
    listing: DemoListing, key: str, tonnes: float, lot: float, agreed: int, until: int, price: float | None
) -> DemoListing:
    """A listing for one deal, posted a week before it was agreed."""
    return replace(
        listing,
        key=key,
        quantity_t=tonnes,
        min_lot_t=lot,
        price_cny_per_t=price,
        max_distance_km=None,
        from_day=agreed - 7,
        until_day=until,
    )


def _loads(rng: Random, city: City, agreed: int, supply: DemoListing) -> Iterator[DemoLoad]:
    """The loads of a deal, a few days apart, by one carrier that has the vehicles."""
    hazardous = supply.scheme == "cn-hw"
    fleet = rng.choice([fleet for fleet in city.fleets if fleet.hazardous == hazardous])
    day, small = agreed, supply.quantity_t <= 1
    for _ in range(1 if small else rng.randrange(1, 6)):
        day += rng.randrange(2, 9)
        yield _load(rng, fleet, day, supply)


def _load(rng: Random, fleet: DemoFleet, day: int, supply: DemoListing) -> DemoLoad:
    tank = supply.form in ("liquid", "slurry")
    suited = [one for one in fleet.vehicles if (one.kind == LIQUID_VEHICLE) == tank] or fleet.vehicles
    vehicle = rng.choice(suited)
    planned = round(min(supply.quantity_t, vehicle.payload_t * rng.uniform(0.6, 0.95)), 2)
    picked_up = max(0.01, round(planned * rng.uniform(0.975, 1.0), 2))
    received = max(0.01, round(picked_up * _lost(rng), 2))
    refused = 0.0
    if rng.random() < 0.07:
        refused = received if rng.random() < 0.3 else round(received * rng.uniform(0.05, 0.4), 2)
    steps = tuple(_steps(rng, day, refused == received))
    return_day = steps[-1][1] + rng.randrange(2, 9) if steps else 0
    is_settled = refused == received or any(move == "close" for move, _ in steps)
    return DemoLoad(
        carrier_key=fleet.enterprise_key,
        vehicle=vehicle.plate,
        driver=rng.choice(_of_job(fleet, "driver")).name,
        escort=rng.choice(_of_job(fleet, "escort")).name if fleet.hazardous else None,
        planned_t=planned,
        picked_up_t=picked_up,
        received_t=received,
        refused_t=refused,
        reason=rng.choice(REFUSALS) if refused else None,
        steps=steps,
        return_day=return_day if refused and is_settled and return_day < 0 else None,
    )


def _lost(rng: Random) -> float:
    """What arrives of a load: mostly all of it, by the receiver's weighbridge now and then a little less."""
    chance = rng.random()
    return 0.91 if chance < 0.03 else rng.uniform(0.994, 1.0) if chance < 0.3 else 1.0


def _steps(rng: Random, day: int, all_refused: bool) -> Iterator[tuple[str, int]]:
    """What became of a load until yesterday; some are cancelled, come late, or are forgotten."""
    if day >= 0:
        return
    fate, moves = rng.random(), ["pickup", "deliver", "receive", "close", "outcome"]
    late = {"receive": 9 if fate < 0.05 else 0, "close": 12 if 0.05 < fate < 0.1 else 0}
    waits = {"pickup": (0, 3), "deliver": (0, 2), "receive": (0, 2), "close": (0, 3), "outcome": (3, 25)}
    if fate > 0.975:
        moves = ["cancel"]
    elif fate > 0.95 or all_refused:
        moves = moves[:3]
    yield "issue", day
    for move in moves:
        day += rng.randrange(*waits.get(move, (0, 1))) + late.get(move, 0)
        if day >= 0:
            return
        yield move, day


def _of_job(fleet: DemoFleet, job: str) -> list[DemoPerson]:
    return [person for person in fleet.crew if person.cards[0].kind == job]


def _points(rng: Random) -> Points | None:
    """What one side says of the other; one in four says nothing."""
    if rng.random() < 0.25:
        return None
    return tuple(rng.choice((3, 4, 4, 5, 5, 5)) for _ in range(4))  # type: ignore[return-value]
