"""Vehicles and crews of the demo's transporters, invented: papers, people and plates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from seed.city import DemoCard, DemoEnterprise, DemoFleet, DemoPerson, DemoVehicle
from seed.identities import SURNAMES, given_names

FIRST_DAY, LAST_DAY = -400, 900
"""Days around today within which papers begin and end; some end within the month, so that they are told."""


@dataclass(frozen=True)
class _Kind:
    """What fleets of a trade are made of; vehicles as (kind, payload in tonnes)."""

    scope: str
    hazardous: bool
    vehicles: tuple[tuple[str, float], ...]


KINDS = {
    "危货运输": _Kind(
        "道路危险货物运输（危险废物）",
        True,
        (("罐式车", 30.0), ("厢式车", 12.0), ("厢式车", 4.0), ("罐式车", 28.0)),
    ),
    "物流运输": _Kind("道路普通货物运输", False, (("厢式车", 15.0), ("自卸车", 30.0), ("厢式车", 5.0))),
    "渣土运输": _Kind(
        "道路普通货物运输（建筑垃圾）", False, (("自卸车", 31.0), ("自卸车", 31.0), ("罐式车", 25.0))
    ),
}
"""By the trade in a transporter's name."""


def fleets(rng: Random, enterprises: Sequence[DemoEnterprise]) -> Iterator[DemoFleet]:
    """A fleet for each transporter among the enterprises."""
    names = given_names(rng)
    carriers = [enterprise for enterprise in enterprises if "transporter" in enterprise.roles]
    for number, carrier in enumerate(carriers, 1):
        kind = next(kind for trade, kind in KINDS.items() if trade in carrier.name)
        yield DemoFleet(
            enterprise_key=carrier.key,
            hazardous=kind.hazardous,
            permit_number=f"演示浙交运管许可绍字{number:04}号",
            permit_scope=kind.scope,
            insurance_number=f"演示PZCG{number:06}",
            from_day=FIRST_DAY - rng.randrange(300),
            until_day=_ends(rng),
            vehicles=tuple(
                DemoVehicle(f"浙DM{number:02}{turn}{'ABCDEFGH'[number % 8]}", name, payload, _ends(rng))
                for turn, (name, payload) in enumerate(kind.vehicles, 1)
            ),
            crew=tuple(_crew(rng, names, number, kind)),
        )


def _crew(rng: Random, names: Iterator[str], number: int, kind: _Kind) -> Iterator[DemoPerson]:
    """A driver for each vehicle, and where waste is hazardous as many escorts and a loader."""
    jobs = ["driver"] * len(kind.vehicles)
    if kind.hazardous:
        jobs += ["escort"] * (len(kind.vehicles) - 1) + ["loader"]
    for turn, job in enumerate(jobs, 1):
        card = DemoCard(job, f"演示从业{number:02}{turn:02}", _ends(rng))
        yield DemoPerson(rng.choice(SURNAMES) + next(names), (card,))


def _ends(rng: Random) -> int:
    """When a paper ends, in days from today: mostly in a year or more, one in twelve within five weeks."""
    return rng.randrange(8, 36) if rng.random() < 1 / 12 else rng.randrange(120, LAST_DAY)
