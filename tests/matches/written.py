"""A small random market written into the database, and the same market as the reference reads it."""

import math
import random
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.catalogue.models import Crosswalk, ExemptionItem, WasteCode
from marketplace.database import db
from marketplace.enterprises.models import Enterprise
from marketplace.licences.models import (
    MODES,
    Channel,
    Licence,
    LicenceLine,
    PermitYear,
    TransferApproval,
    VerifiedExemption,
    WhiteListEntry,
)
from marketplace.listings.models import Accept, Listing
from tests.marketplace import NOON, TODAY, new_uscc
from tests.matching import reference as ref

EPOCH = date(1970, 1, 1)
CODES = ("900-349-34", "HW34", "900-300-34", "ISW-06-01-03", "SW17", "ISW-06-01-01", "900-249-08", "HW08")
ACCEPTED = (("HW34",), ("HW34", "900-349-34"), ("900-300-34", "HW08"), ("SW17",), ("SW17", "HW34", "HW08"))
PLACES = {
    330602: (29.99, 120.58),
    330604: (30.03, 120.87),
    310115: (31.22, 121.54),
    320583: (31.39, 120.98),
    810000: (22.28, 114.16),
}
TREATMENTS = {"R5": "use", "D10": "dispose", "D15": "store"}
REVIEWS = {None: "none", "accept": "accepted", "refuse": "refused"}
COMPONENTS = {
    ("H2SO4", "%"): ("acid", 1.0), ("硫酸", "g/kg"): ("acid", 0.1), ("h₂so₄", "％"): ("acid", 1.0),
    ("Fe", "mg/L"): ("iron in water", 1.0), ("iron", "g/L"): ("iron in water", 1000.0),
    ("铁", "%"): ("iron", 1.0),
}  # fmt: skip
"""Names and units as owners write them: which are the same, and how they convert, by the domain's words."""
RANGES = ((1.0, 2.0), (2.0, 3.0), (1.5, 1.75), (2.5, None), (None, 1.25), (10.0, 20.0), (17.5, None))
STAGES = {"use": ("use",), "dispose": ("dispose",), "all": ("use", "dispose")}


@dataclass
class Market:
    """`world` is what the reference reads of the open listings of approved enterprises."""

    world: ref.World
    references: list[str] = field(default_factory=list)
    suspended: set[UUID] = field(default_factory=set)


def write(seed: int, size: int) -> Market:
    """Write `size` supplies and `size` demands of twelve enterprises, drawn by `seed`."""
    return _Writer(seed).write(size)


class _Writer:
    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.pick = self.chance.choice
        every = db.session.scalars(select(WasteCode)).all()
        self.codes = {row.code: row for row in every if row.code in CODES}
        self.by_id = {row.id: row for row in every}
        self.hazardous = [row for row in self.codes.values() if row.scheme == "cn-hw"]
        self.market = Market(ref.World(book={row.id: self._meaning(row) for row in self.codes.values()}))
        self.enterprises: list[Enterprise] = []
        self.licences: list[Licence] = []
        self.used: dict[UUID, tuple[tuple[int, int], ...]] = {}

    def write(self, size: int) -> Market:
        world = self.market.world
        world.today = days(TODAY)
        for place in range(12):
            self.enterprises.append(self._enterprise(place))
        for _ in range(24):
            self._licence()
            self._lists()
        for place in range(8):
            self._channel(paused=place == 7)
        for place in range(12):
            self._approval(place)
        self._collecting()
        world.exemptions = self._exemptions()
        for _ in range(size):
            world.supplies += self._seen(self._supply())
            world.demands += self._seen(self._demand())
        db.session.commit()
        return self.market

    def _add(self, row: Any) -> Any:
        db.session.add(row)
        db.session.flush()
        return row

    # ------------------------------------------------------------ codes

    def _meaning(self, row: WasteCode) -> ref.WasteCode:
        mappings = db.session.scalars(select(Crosswalk).where(Crosswalk.local_id == row.id))
        ancestors: dict[int, float] = {}
        for code, worth in [
            (row, 1.0),
            *((self.by_id[mapping.national_id], mapping.confidence) for mapping in mappings),
        ]:
            ancestors[code.id] = max(worth, ancestors.get(code.id, 0.0))
            if code.parent_id:
                ancestors[code.parent_id] = max(0.9 * worth, ancestors.get(code.parent_id, 0.0))
        category = self.by_id[row.parent_id].code if row.parent_id else row.code
        return ref.WasteCode(row.id, row.scheme, row.code, category, row.hazardous, row.tradable, ancestors)

    def _exemptions(self) -> list[ref.ExemptionItem]:
        found = []
        for row in db.session.scalars(select(ExemptionItem).where(ExemptionItem.code_id.is_not(None))):
            modes = tuple(mode for stage in row.stages.split(",") for mode in STAGES.get(stage, ()))
            found.append(ref.ExemptionItem(row.item, row.code_id, modes))
        return found

    # ------------------------------------------------------------ people and papers

    def _enterprise(self, place: int) -> Enterprise:
        region = self.pick([330602] * 4 + [330604] * 4 + [310115, 320583, 810000])
        collects = place in (8, 9)
        row = self._add(
            Enterprise(
                uscc=new_uscc(),
                name=f"企业 {place}",
                region=region,
                lat=PLACES[region][0],
                lon=PLACES[region][1],
                roles=["generator", "collector" if collects else "recycler"],
                contact_name="王",
                contact_email="a@example.com",
                contact_phone="0575-85000000",
                status="suspended" if place == 11 else "approved",
                small_generator=self.pick([True, False]),
                partner_id=self.enterprises[self.chance.randrange(4)].id if collects else None,
                credit_milli=self.pick([80_000, 80_000, 95_500, 61_000]),
                grade=self.pick("AAABBBCDE"),
                blocked=self.chance.random() < 0.08,
            )
        )
        if row.status == "suspended":
            self.market.suspended.add(row.id)
        return row

    def _validity(self) -> dict[str, date]:
        first = TODAY + timedelta(days=self.pick([-300, -300, 0, 40]))
        return {"valid_from": first, "valid_until": first + timedelta(days=self.pick([200, 300, 900, 900]))}

    def _licence(self) -> None:
        holder = self.pick(self.enterprises)
        collection = holder.partner_id is not None and self.chance.random() < 0.8
        lines = [
            LicenceLine(
                code_id=code.id, modes=self.pick([1, 1, 3, 7, 7]), kg_per_year=self.pick([900, 10_000, 10**7])
            )
            for code in self.chance.sample(self.hazardous, 2)
        ]
        row = self._add(
            Licence(
                enterprise_id=holder.id,
                number=f"证 {len(self.licences)}",
                kind="collection" if collection else "comprehensive",
                lines=lines,
                **self._validity(),
            )
        )
        self.licences.append(row)
        for line in row.lines:
            self.used[line.id] = self._usage("line", line)
            if not collection:
                self._permit("licence", row, line, line.code_id, row.valid_from, row.valid_until)

    def _usage(self, kind: str, row: Any) -> tuple[tuple[int, int], ...]:
        """What was taken of a permit in some years: reserved, used or beyond it, together."""
        years = self.chance.sample([2025, 2026, 2027], self.pick([0, 0, 1, 2]))
        entries = tuple((year, self.pick([1, 9_000])) for year in years)
        for year, kg in entries:
            reserved, used = sorted(self.chance.choices(range(kg + 1), k=2))
            self._add(
                PermitYear(
                    permit_kind=kind,
                    capacity_no=row.no,
                    year=year,
                    allowed_kg=kg,
                    reserved_kg=reserved,
                    used_kg=used - reserved,
                    over_kg=kg - used,
                )
            )
        return entries

    def _permit(
        self, kind: str, licence: Licence, line: LicenceLine, code: int, first: date, last: date
    ) -> None:
        self.market.references.append(licence.number)
        self.market.world.permits.append(
            ref.Permit(
                kind=kind,
                receiver=self._number(licence.enterprise_id),
                generator=None,
                code=code,
                modes=tuple(mode for mode, bit in MODES.items() if line.modes >> bit & 1),
                first_day=days(first),
                last_day=days(last),
                kg_per_year=line.kg_per_year,
                id=line.id,
                usage=self.used[line.id],
            )
        )

    def _number(self, enterprise_id: UUID) -> int:
        return next(enterprise.no for enterprise in self.enterprises if enterprise.id == enterprise_id)

    def _collecting(self) -> None:
        """A line of a collection licence counts as far as a line of the partner's licence meets it."""
        for mine in self.licences:
            holder = next(
                enterprise for enterprise in self.enterprises if enterprise.id == mine.enterprise_id
            )
            for theirs in self.licences:
                if (mine.kind, theirs.kind) != ("collection", "comprehensive"):
                    continue
                if theirs.enterprise_id != holder.partner_id:
                    continue
                first = max(mine.valid_from, theirs.valid_from)
                last = min(mine.valid_until, theirs.valid_until)
                for line in mine.lines:
                    for other in theirs.lines:
                        code = self._narrower(line.code_id, other.code_id)
                        if code and first <= last:
                            self._permit("collector", mine, line, code, first, last)

    def _narrower(self, one: int, other: int) -> int | None:
        if one == other or self.by_id[one].parent_id == other:
            return one
        return other if self.by_id[other].parent_id == one else None

    def _channel(self, *, paused: bool) -> None:
        generator, receiver = self.chance.sample(self.enterprises, 2)
        row = self._add(
            Channel(
                generator_id=generator.id,
                receiver_id=receiver.id,
                code_id=self.pick(self.hazardous).id,
                use="制盐",
                kg_per_year=self.pick([900, 10**7]),
                approval_number=f"点 {len(self.market.references)}",
                **self._validity(),
                **({"status": "paused", "paused_at": NOON, "pause_cause": "admin"} if paused else {}),
            )
        )
        self.market.references.append(row.approval_number)
        self.market.world.permits.append(
            ref.Permit(
                kind="channel",
                receiver=receiver.no,
                generator=generator.no,
                code=row.code_id,
                modes=("use",),
                first_day=days(row.valid_from),
                last_day=days(row.valid_until),
                kg_per_year=row.kg_per_year,
                id=row.id,
                usage=self._usage("channel", row),
                paused=paused,
            )
        )

    def _approval(self, place: int) -> None:
        """From a generator near Shaoxing to a receiver elsewhere, or back."""
        here, there = self.enterprises[place % 8], self.enterprises[(place * 5 + 3) % 12]
        if here is there:
            return
        row = self._add(
            TransferApproval(
                generator_id=here.id,
                receiver_id=there.id,
                code_id=list(self.codes.values())[place % len(self.codes)].id,
                way=("use", "use", "dispose")[place % 3],
                kg=(10**7, 900, 10**6)[place % 3],
                number=f"批 {place}",
                asked_until=TODAY + timedelta(days=300),
                valid_from=TODAY - timedelta(days=30),
                valid_until=TODAY + timedelta(days=300),
            )
        )
        taken = 0
        if place % 2:
            taken = row.kg - 1_500 * (place % 4)
            self._add(
                PermitYear(
                    permit_kind="approval", capacity_no=row.no, year=0, allowed_kg=row.kg,
                    reserved_kg=max(taken, 0),
                )
            )  # fmt: skip
        self.market.world.approvals.append(
            ref.Approved(
                generator=here.no,
                receiver=there.no,
                code=row.code_id,
                way=row.way,
                first_day=days(row.valid_from),
                last_day=days(row.valid_until),
                left_kg=row.kg - max(taken, 0),
                id=row.id,
            )
        )

    def _lists(self) -> None:
        """A line of the white list and a verified holder."""
        holder, code, province = (
            self.pick(self.enterprises),
            self.pick(self.hazardous),
            self.pick([31, 32, 33]),
        )
        when = self._validity()
        span = (days(when["valid_from"]), days(when["valid_until"]))
        entry = ref.WhiteListed(holder.no, code.id, province, *span)
        if not any(replace(one, first_day=entry.first_day) == entry for one in self.market.world.white_list):
            self._add(
                WhiteListEntry(
                    receiver_id=holder.id, code_id=code.id, from_province=province * 10_000, **when
                )
            )
            self.market.world.white_list.append(entry)
        holder, code = self.pick(self.enterprises), self.pick(self.hazardous)
        number = f"函 {len(self.market.world.verified)}"
        self._add(
            VerifiedExemption(enterprise_id=holder.id, item=20, code_id=code.id, reference=number, **when)
        )
        self.market.world.verified.append(ref.Verified(holder.no, 20, code.id, *span))

    # ------------------------------------------------------------ listings

    def _terms(self, kind: str, owner: Enterprise) -> dict[str, Any]:
        quantity = self.pick([2_000, 50_000, 50_000, 1_000_000])
        first = TODAY + timedelta(days=self.pick([-40, -40, 0, 0, 9, 35]))
        return {
            "enterprise_id": owner.id,
            "kind": kind,
            "status": "open",
            "title": kind,
            "quantity_kg": quantity,
            "remaining_kg": self.pick([quantity, quantity, quantity // 2]),
            "min_lot_kg": self.pick([1, 1_000, 2_000]),
            "price_fen": self.pick([None, None, -15_000, -15_000, 0, 20_000]),
            "region": owner.region,
            "place_region": self.pick([None, owner.region, owner.region, *PLACES]),
            "lat": owner.lat + self.pick([0, 0.0049, 0.1, 0.3751]),
            "lon": owner.lon - 0.0049,
            "max_distance_km": self.pick([None, None, None, 5.0, 60.0]),
            "available_from": first,
            "available_until": first + timedelta(days=self.pick([0, 30, 400, 400])),
        }

    def _ranges(self) -> list[dict[str, Any]]:
        chosen = [
            (self.pick(list(COMPONENTS)), self.pick(RANGES))
            for _ in range(self.chance.choice([0, 0, 0, 1, 2]))
        ]
        return [
            {"component": name, "unit": unit, "min": low, "max": high} for (name, unit), (low, high) in chosen
        ]

    def _supply(self) -> tuple[Listing, ref.Listing]:
        owner, code = self.pick(self.enterprises), self.pick(list(self.codes.values()))
        row = self._add(Listing(**self._terms("supply", owner), code_id=code.id, composition=self._ranges()))
        shared = _shared(row, owner, row.composition)
        return row, ref.Supply(**shared, code=code.id, small_generator=owner.small_generator)

    def _demand(self) -> tuple[Listing, ref.Listing]:
        owner, treatment = self.pick(self.enterprises), self.pick(["R5", "R5", "R5", "D10", "D15"])
        accepted = [self.codes[code].id for code in self.pick(ACCEPTED)]
        row = self._add(
            Listing(
                **self._terms("demand", owner),
                requires=self._ranges(),
                treatment=treatment,
                mode=MODES[TREATMENTS[treatment]],
                exemption_item=self.pick([None, None, 20, 20, 8]),
                exemption_review=self.pick([None, "accept", "refuse"]),
                accepts=[Accept(code_id=code, position=at) for at, code in enumerate(accepted)],
            )
        )
        return row, ref.Demand(
            **_shared(row, owner, row.requires),
            accepts=tuple(accepted),
            mode=TREATMENTS[treatment],
            item=row.exemption_item or 0,
            review=REVIEWS[row.exemption_review],
        )

    def _seen(self, written: tuple[Listing, ref.Listing]) -> list[Any]:
        row, listing = written
        return [] if row.enterprise_id in self.market.suspended else [listing]


def days(it: date) -> int:
    return (it - EPOCH).days


def _shared(row: Listing, owner: Enterprise, ranges: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "number": row.no,
        "id": row.id,
        "enterprise": owner.no,
        "province": (row.place_region or row.region) // 10_000,
        "lat": row.lat,
        "lon": row.lon,
        "remaining_kg": row.remaining_kg,
        "min_lot_kg": row.min_lot_kg,
        "price_fen": row.price_fen,
        "max_km": row.max_distance_km,
        "first_day": days(row.available_from),
        "last_day": days(row.available_until),
        "credit_milli": owner.credit_milli,
        "grade": owner.grade,
        "blocked": owner.blocked,
        "ranges": tuple(_range(part) for part in ranges),
    }


def _range(one: dict[str, Any]) -> ref.Range:
    kinds = sorted({kind for kind, _ in COMPONENTS.values()})
    kind, factor = COMPONENTS[one["component"], one["unit"]]
    return ref.Range(
        kinds.index(kind),
        -math.inf if one["min"] is None else one["min"] * factor,
        math.inf if one["max"] is None else one["max"] * factor,
    )
