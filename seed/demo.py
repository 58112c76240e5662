"""The demo city: Shaoxing and its neighbours, drawn from the tables of `industries` and the showcase cast.

The same seed gives the same city on every machine; days are offsets, so `today` only anchors it. Names,
persons, licences and approvals are invented and marked 演示.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from math import exp, log
from random import Random

from seed.city import (
    City,
    Component,
    DemoChannel,
    DemoEnterprise,
    DemoLicence,
    DemoListing,
    DemoWhiteList,
    LicenceLine,
)
from seed.directed_use import DIRECTED_USES, SHOWCASE_CHANNEL_T
from seed.fleets import fleets
from seed.identities import SURNAMES, demo_uscc, invented_names, record
from seed.industries import INDUSTRIES, PARKS, RECEIVERS, Park, Range, Trade, Want, Waste, scheme_of
from seed.showcase import CAST, CHANNEL_RECEIVER, SHOWCASE, SHOWCASE_OWNER, Part, showcase

__all__ = ["SEED", "SHOWCASE", "SHOWCASE_OWNER", "demo_city", "showcase"]

SEED = 330600

COLLECTORS = 8
CARRIERS = {"危货运输": 20, "物流运输": 18, "渣土运输": 12}
"""Transporters by trade; the first kind carries hazardous waste."""
PARTNERS = ("oil-001", "incinerator-001")
"""Licensed operators that collectors work for; their licences are always sound, their credit good."""

COLLECTED = {
    "oil-001": ("900-214-08", "900-249-08"),
    "incinerator-001": ("900-041-49", "900-047-49", "900-252-12", "900-253-12"),
}

LICENCE_STATES = ("none",) * 3 + ("expired",) * 3 + ("small",) * 3
"""What is wrong with the licences of so many receivers; all others hold a sound one."""

GRADE_QUOTA = {"E": 1, "D": 3, "C": 46, "B": 250}
"""Enterprises of each grade outside the cast; the rest are A."""


def demo_city(today: date, seed: int = SEED) -> City:
    """The demo city as of `today`, everything in it valid against the catalogues that ship."""
    rng = Random(seed)
    town = _Town(rng, invented_names(rng), _grades(rng))
    _add_generators(town)
    _add_receivers(town)
    _add_directed_uses(town)
    _add_collectors(town)
    _add_transporters(town)
    _add_cast(town)
    return City(
        today,
        tuple(town.enterprises),
        tuple(town.listings),
        tuple(town.licences),
        tuple(town.channels),
        tuple(town.white_list),
        tuple(fleets(Random(f"fleets {seed}"), town.enterprises)),
    )


@dataclass
class _Town:
    """A city under construction, with what is still to be handed out."""

    rng: Random
    names: Iterator[str]
    grades: Iterator[str]
    enterprises: list[DemoEnterprise] = field(default_factory=list)
    listings: list[DemoListing] = field(default_factory=list)
    licences: list[DemoLicence] = field(default_factory=list)
    channels: list[DemoChannel] = field(default_factory=list)
    white_list: list[DemoWhiteList] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def _add_generators(town: _Town) -> None:
    for industry in INDUSTRIES:
        for number in range(1, industry.count + 1):
            key = f"{industry.key}-{number:03}"
            park = PARKS[town.rng.choice(industry.parks)]
            _enterprise(town, key, industry.trade, ("generator",), park, small=industry.small)
            for waste in town.rng.sample(industry.wastes, town.rng.randint(*industry.posts)):
                _supply(town, key, waste)


def _add_receivers(town: _Town) -> None:
    licensed = sum(trade.count for trade in RECEIVERS if trade.licence) - len(PARTNERS)
    states = list(LICENCE_STATES) + ["sound"] * (licensed - len(LICENCE_STATES))
    town.rng.shuffle(states)
    for trade in RECEIVERS:
        for number in range(1, trade.count + 1):
            key = f"{trade.key}-{number:03}"
            park = PARKS[town.rng.choice(trade.parks)]
            _enterprise(town, key, trade.trade, ("recycler",), park)
            if trade.licence:
                _licence(town, key, trade, "sound" if key in PARTNERS else states.pop())
            for turn in range(town.rng.randint(4, 6)):
                _demand(town, key, trade.wants[turn % len(trade.wants)])


def _add_directed_uses(town: _Town) -> None:
    """A receiver, a channel and listings on both sides for each directed use."""
    for number, directed in enumerate(DIRECTED_USES, 1):
        key, waste = f"directed-{number:03}", directed.waste
        _enterprise(town, key, directed.trade, ("recycler",), PARKS[directed.park])
        _supply(town, directed.generator_key, waste)
        _demand(
            town, key, Want(waste.code, f"收{waste.title}", directed.treatment, waste.tonnes, directed.price)
        )
        town.channels.append(
            DemoChannel(
                generator_key=directed.generator_key,
                receiver_key=key,
                scheme=scheme_of(waste.code),
                code=waste.code,
                use=directed.use,
                tonnes_per_year=directed.tonnes_per_year,
                approval_number=_approval(town),
                from_day=-200 - number,
                until_day=500 + number,
            )
        )


def _approval(town: _Town) -> str:
    return f"演示绍环点对点第{len(town.channels) + 1:04}号"


def _add_collectors(town: _Town) -> None:
    for number in range(1, COLLECTORS + 1):
        key, partner = f"collector-{number:03}", PARTNERS[number % len(PARTNERS)]
        park = PARKS[("paojiang", "qianqing", "caoe", "zhuji", "shengzhou", "xinchang")[number % 6]]
        _enterprise(town, key, "小微危废收运", ("collector",), park, grade="AB"[number % 2], partner=partner)
        codes = COLLECTED[partner]
        lines = tuple(LicenceLine("cn-hw", code, ("store",), 300.0) for code in codes)
        town.licences.append(DemoLicence(key, _number(town, park.region), "collection", -200, 500, lines))
        _demand(town, key, Want(";".join(codes), "小微企业危废代收代运", "R13", (80, 260), None), min_lot=0.1)
        _supply(town, key, Waste(codes[0], "集中收集的小微企业危废", (20, 60), None, ("mixed", "drum")))


def _add_transporters(town: _Town) -> None:
    trades = [trade for trade, count in CARRIERS.items() for _ in range(count)]
    for number, trade in enumerate(trades, 1):
        park = PARKS[town.rng.choice(("paojiang", "binhai", "hangzhouwan", "zhuji", "xinchang", "xiaoshan"))]
        _enterprise(town, f"transporter-{number:03}", trade, ("transporter",), park)


def _add_cast(town: _Town) -> None:
    where = SHOWCASE["location"]
    maker = Park("上虞演澜", 330604, where["lon"], where["lat"])
    _enterprise(town, SHOWCASE_OWNER, "染料化工", ("generator",), maker, grade="A", name="上虞演澜染料化工")
    for part in CAST:
        park = Park(part.name, part.region, part.lon, part.lat)
        roles = ("generator", "recycler") if part.key == CHANNEL_RECEIVER else ("recycler",)
        _enterprise(town, part.key, "", roles, park, grade=part.grade, name=part.name, history=part.record)
        town.listings.append(_cast_demand(part))
        if part.licence:
            line = LicenceLine("cn-hw", part.licence, ("use", "store"), part.licence_t)
            number = _number(town, part.region)
            town.licences.append(
                DemoLicence(part.key, number, "comprehensive", -700, part.licence_until, (line,))
            )
        if part.white_listed:
            town.white_list.append(DemoWhiteList(part.key, "cn-hw", "900-349-34", 330000, -60, 700))
    town.channels.append(
        DemoChannel(
            generator_key=SHOWCASE_OWNER,
            receiver_key=CHANNEL_RECEIVER,
            scheme="cn-hw",
            code="900-349-34",
            use="替代新硫酸，用于染整废水中和与生产",
            tonnes_per_year=SHOWCASE_CHANNEL_T,
            approval_number=_approval(town),
            from_day=-90,
            until_day=640,
        )
    )


def _cast_demand(part: Part) -> DemoListing:
    return DemoListing(
        key=f"{part.key}-d1",
        enterprise_key=part.key,
        kind="demand",
        title="收稀硫酸",
        scheme=None,
        code=None,
        accepts=_accepts(part.accepts),
        quantity_t=part.quantity_t,
        min_lot_t=part.min_lot_t,
        price_cny_per_t=part.price,
        max_distance_km=part.max_distance_km,
        from_day=part.from_day,
        until_day=part.until_day,
        form=None,
        packaging=None,
        composition=(),
        requires=part.requires,
        treatment=part.treatment,
        exemption_item=part.exemption_item,
    )


def _enterprise(
    town: _Town,
    key: str,
    trade: str,
    roles: tuple[str, ...],
    park: Park,
    *,
    small: bool = False,
    grade: str | None = None,
    partner: str | None = None,
    name: str | None = None,
    history: tuple[bool, tuple[tuple[str, int], ...]] | None = None,
) -> None:
    """Add one enterprise; without a name it gets an invented one and a place somewhere in the park."""
    rng, number = town.rng, len(town.enterprises) + 1
    given = grade or ("A" if key in PARTNERS else next(town.grades))
    established, events = history or record(rng, given)
    form = "专业合作社" if trade.endswith("合作社") else "有限公司"
    trade = trade.removesuffix("合作社")
    town.enterprises.append(
        DemoEnterprise(
            key=key,
            uscc=demo_uscc(park.region, number),
            name=f"{name or park.place + next(town.names) + trade}{form}（演示）",
            roles=roles,
            region=park.region,
            lon=park.lon if name else round(park.lon + park.spread * rng.uniform(-0.03, 0.03), 6),
            lat=park.lat if name else round(park.lat + park.spread * rng.uniform(-0.025, 0.025), 6),
            contact_name=f"{rng.choice(SURNAMES)}经理",
            contact_email=f"{key}@example.com",
            contact_phone=f"0575-0000{number:04}",
            small_generator=small,
            partner_key=partner,
            established=established,
            credit_events=events,
        )
    )


def _supply(town: _Town, key: str, waste: Waste) -> None:
    quantity = _tonnes(town.rng, waste.tonnes)
    listing = _listing(town, key, "supply", waste.title, quantity, _price(town.rng, waste.price))
    town.listings.append(
        replace(
            listing,
            scheme=scheme_of(waste.code),
            code=waste.code,
            min_lot_t=_lot(quantity, town.rng.choice((0.02, 0.05, 0.1)), 30.0),
            form=waste.carried[0],
            packaging=waste.carried[1],
            composition=_about(town.rng, waste.composition),
        )
    )


def _demand(town: _Town, key: str, want: Want, min_lot: float | None = None) -> None:
    quantity = _tonnes(town.rng, want.tonnes)
    listing = _listing(town, key, "demand", want.title, quantity, _price(town.rng, want.price))
    town.listings.append(
        replace(
            listing,
            accepts=_accepts(want.accepts),
            min_lot_t=min_lot or _lot(quantity, 0.002, 20.0),
            requires=want.requires,
            treatment=want.treatment,
            exemption_item=want.exemption_item,
        )
    )


def _listing(
    town: _Town, key: str, kind: str, title: str, quantity: float, price: float | None
) -> DemoListing:
    """What both kinds share; the window opens within six weeks and stays open two to ten months."""
    rng, opens = town.rng, town.rng.randrange(0, 46)
    town.counts[key] += 1
    return DemoListing(
        key=f"{key}-{kind[0]}{town.counts[key]}",
        enterprise_key=key,
        kind=kind,
        title=title,
        scheme=None,
        code=None,
        accepts=(),
        quantity_t=quantity,
        min_lot_t=quantity,
        price_cny_per_t=price,
        max_distance_km=rng.choice((None, None, 60, 100, 150, 200, 300)),
        from_day=opens,
        until_day=opens + rng.randrange(60, 300),
        form=None,
        packaging=None,
        composition=(),
        requires=(),
        treatment=None,
        exemption_item=None,
    )


def _licence(town: _Town, key: str, trade: Trade, state: str) -> None:
    """A licence for all categories of the trade, unless `state` says it is missing or something is wrong."""
    if state == "none":
        return
    rng = town.rng
    until = rng.randrange(-200, -10) if state == "expired" else rng.randrange(120, 1500)
    tonnes = (1.0, 4.0) if state == "small" else (2000.0, 30000.0)
    modes = (
        ("dispose", "store") if any(want.treatment[0] == "D" for want in trade.wants) else ("use", "store")
    )
    lines = tuple(
        LicenceLine("cn-hw", category, modes, _tonnes(rng, tonnes)) for category in trade.licence.split(";")
    )
    number = _number(town, town.enterprises[-1].region)
    town.licences.append(
        DemoLicence(key, number, "comprehensive", until - rng.randrange(1500, 1800), until, lines)
    )


def _number(town: _Town, region: int) -> str:
    province = {31: "沪", 32: "苏", 33: "浙"}[region // 10000]
    return f"演示{province}危废经第{len(town.licences) + 1:04}号"


def _accepts(codes: str) -> tuple[tuple[str, str], ...]:
    return tuple((scheme_of(code), code) for code in codes.split(";"))


def _about(rng: Random, usual: Sequence[Component]) -> tuple[Component, ...]:
    """The usual composition; one supply in five states none."""
    return () if rng.random() < 0.2 else tuple(usual)


def _tonnes(rng: Random, between: Range) -> float:
    """Log-uniform within the range, rounded as a person would write it, never out of the range."""
    low, high = between
    tonnes = exp(rng.uniform(log(low), log(high)))
    step = 10.0 if tonnes >= 100 else 1.0 if tonnes >= 10 else 0.1
    return min(high, max(low, round(round(tonnes / step) * step, 3)))


def _lot(quantity: float, part: float, most: float) -> float:
    return round(min(quantity, most, max(0.1, quantity * part)), 1)


def _price(rng: Random, between: Range | None) -> float | None:
    """A price to the next ten yuan; one in six is left to negotiation."""
    if between is None or rng.random() < 1 / 6:
        return None
    return float(round(rng.uniform(*between) / 10) * 10)


def _grades(rng: Random) -> Iterator[str]:
    """Grades for everyone outside the cast, the quota exactly, in random order."""
    fixed = len(PARTNERS)
    drawn = sum(x.count for x in INDUSTRIES) + sum(x.count for x in RECEIVERS) + sum(CARRIERS.values())
    drawn += len(DIRECTED_USES) - fixed
    grades = [grade for grade, count in GRADE_QUOTA.items() for _ in range(count)]
    grades += ["A"] * (drawn - len(grades))
    rng.shuffle(grades)
    return iter(grades)
