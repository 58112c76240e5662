"""What the demo city is made of: plain rows for the rooms to write to the database.

Days are offsets from `City.today`; tonnes are metric; prices are CNY/t from the supplier's side; points
are WGS-84 degrees. Everything here is invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

RULE_POINTS = {
    "law.penalty_minor": -6.0,
    "law.penalty_major": -15.0,
    "law.illegal_dumping": -60.0,
    "manifest.late_close": -2.0,
    "fulfilment.cancelled_by_fault": -4.0,
    "fulfilment.completed": 0.5,
}
"""The rules of the default credit table that the demo uses, and their points."""

GRADES = (("A", 90.0), ("B", 75.0), ("C", 60.0), ("D", 40.0), ("E", 0.0))


@dataclass(frozen=True)
class DemoEnterprise:
    """A legal person of the demo; `credit_events` are (rule code, days before today)."""

    key: str
    uscc: str
    name: str
    roles: tuple[str, ...]
    region: int
    lon: float
    lat: float
    contact_name: str
    contact_email: str
    contact_phone: str
    small_generator: bool
    partner_key: str | None
    established: bool
    credit_events: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Component:
    """A range of one component, stated by a supply or required by a demand; None leaves an end open."""

    component: str
    min: float | None
    max: float | None
    unit: str


@dataclass(frozen=True)
class DemoListing:
    """A supply (`scheme` and `code`) or a demand (`accepts`, pairs of scheme and code)."""

    key: str
    enterprise_key: str
    kind: str
    title: str
    scheme: str | None
    code: str | None
    accepts: tuple[tuple[str, str], ...]
    quantity_t: float
    min_lot_t: float
    price_cny_per_t: float | None
    max_distance_km: int | None
    from_day: int
    until_day: int
    form: str | None
    packaging: str | None
    composition: tuple[Component, ...]
    requires: tuple[Component, ...]
    treatment: str | None
    exemption_item: int | None


@dataclass(frozen=True)
class LicenceLine:
    """What a licence allows: a code or category, modes use, dispose, store, and tonnes a year."""

    scheme: str
    code: str
    modes: tuple[str, ...]
    tonnes_per_year: float


@dataclass(frozen=True)
class DemoLicence:
    """An operating licence, comprehensive or collection."""

    enterprise_key: str
    number: str
    kind: str
    from_day: int
    until_day: int
    lines: tuple[LicenceLine, ...]


@dataclass(frozen=True)
class DemoChannel:
    """A point-to-point channel: one generator, one receiver, one code, one use."""

    generator_key: str
    receiver_key: str
    scheme: str
    code: str
    use: str
    tonnes_per_year: float
    approval_number: str
    from_day: int
    until_day: int


@dataclass(frozen=True)
class DemoWhiteList:
    """A receiver that may take a code from another province."""

    receiver_key: str
    scheme: str
    code: str
    from_province: int
    from_day: int
    until_day: int


@dataclass(frozen=True)
class DemoVehicle:
    """A vehicle of a transporter; `until_day` is the last of its transport certificate."""

    plate: str
    kind: str
    payload_t: float
    until_day: int


@dataclass(frozen=True)
class DemoCard:
    """A card of a person: driver, escort or loader."""

    kind: str
    number: str
    until_day: int


@dataclass(frozen=True)
class DemoPerson:
    """A member of a transporter's crew."""

    name: str
    cards: tuple[DemoCard, ...]


@dataclass(frozen=True)
class DemoFleet:
    """What a transporter carries with, and its permit and insurance; all of it verified."""

    enterprise_key: str
    hazardous: bool
    permit_number: str
    permit_scope: str
    insurance_number: str
    from_day: int
    until_day: int
    vehicles: tuple[DemoVehicle, ...]
    crew: tuple[DemoPerson, ...]


@dataclass(frozen=True)
class City:
    """The whole demo city as of `today`."""

    today: date
    enterprises: tuple[DemoEnterprise, ...]
    listings: tuple[DemoListing, ...]
    licences: tuple[DemoLicence, ...]
    channels: tuple[DemoChannel, ...]
    white_list: tuple[DemoWhiteList, ...]
    fleets: tuple[DemoFleet, ...]

    def day(self, offset: int) -> date:
        """The date `offset` days after today."""
        return self.today + timedelta(days=offset)


def credit_score(enterprise: DemoEnterprise) -> float:
    """Base plus points of all events, clamped to 0..100; what the credit room should arrive at."""
    points = sum(RULE_POINTS[rule] for rule, _ in enterprise.credit_events)
    return min(100.0, max(0.0, (100.0 if enterprise.established else 80.0) + points))


def credit_grade(enterprise: DemoEnterprise) -> str:
    """A (90 and over), B (75), C (60), D (40), E."""
    score = credit_score(enterprise)
    return next(grade for grade, least in GRADES if score >= least)
