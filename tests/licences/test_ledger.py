"""The permit ledger: whatever is reserved, moved, used and released, no permit is passed by a kilogram."""

import random
from collections import Counter
from contextlib import contextmanager
from datetime import date
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from marketplace.catalogue import service as catalogue
from marketplace.database import db
from marketplace.errors import Conflict
from marketplace.events.models import Event
from marketplace.events.work import unit_of_work
from marketplace.licences import service as ledger
from marketplace.licences.models import (
    LicenceLine,
    PermitKind,
    PermitUse,
    PermitYear,
    TransferApproval,
    UseKind,
)
from tests.effort import tries

T = 1_000


def line_of(licence) -> ledger.PermitRef:
    return ledger.PermitRef(PermitKind.LINE, UUID(licence["lines"][0]["id"]))


@pytest.fixture
def acid(app):
    with app.app_context():
        return catalogue.find_code("cn-hw", "900-349-34").id


@pytest.fixture
def book(app, acid):
    """Books in a unit of work of its own: `book("reserve", [line], kg, 2026, deal_id=...)`."""

    def book(verb, permits, *amounts, **about):
        with app.app_context(), unit_of_work() as work:
            return getattr(ledger, verb)(work, permits, acid, *amounts, **about)

    return book


@contextmanager
def refused(code, **facts):
    with pytest.raises(Conflict) as raised:
        yield
    assert raised.value.code == code
    assert {name: raised.value.facts[name] for name in facts} == facts


def balances(app) -> dict[tuple[int, int], tuple[int, int, int]]:
    with app.app_context():
        rows = db.session.scalars(select(PermitYear))
        return {
            (row.capacity_no, row.year): (row.reserved_kg, row.used_kg, row.over_kg)
            for row in rows
            if row.taken_kg
        }


def sums_of_entries(app) -> dict[tuple[int, int], tuple[int, int, int]]:
    sums: Counter[tuple[int, int, str]] = Counter()
    with app.app_context():
        capacity = func.coalesce(LicenceLine.capacity_no, LicenceLine.no)
        query = select(PermitUse, capacity).join(LicenceLine, LicenceLine.id == PermitUse.permit_id)
        for entry, number in db.session.execute(query):
            sums[number, entry.year, entry.kind] += entry.kg
    return {
        (number, year): found
        for number, year in {key[:2] for key in sums}
        if any(
            found := (
                sums[number, year, UseKind.RESERVED] - sums[number, year, UseKind.RELEASED],
                sums[number, year, UseKind.USED],
                sums[number, year, UseKind.OVER],
            )
        )
    }


def test_the_last_tonnes_are_reserved_once_and_free_again_when_released(app, marketplace, book):
    line = line_of(marketplace.licence(marketplace.enterprise("recycler"), tonnes=100))
    first, second = uuid4(), uuid4()
    book("reserve", [line], 60 * T, 2026, deal_id=first)
    with refused("not_enough_left", left_t=40.0, year=2026):
        book("reserve", [line], 40 * T + 1, 2026, deal_id=second)
    book("reserve", [line], 40 * T + 1, 2027, deal_id=second)
    book("release", [line], 1, 2026, deal_id=first)
    book("reserve", [line], 40 * T + 1, 2026, deal_id=second)
    with app.app_context():
        assert ledger.left_kg(line, 2026) == 0
        assert ledger.left_kg(line, 2027) == 60 * T - 1
        assert ledger.left_kg(line, 2029) == 0, "the licence has ended"


def test_a_load_is_counted_in_the_year_in_which_it_moves(app, marketplace, acid, book):
    line = line_of(marketplace.licence(marketplace.enterprise("recycler"), tonnes=100))
    deal, load = uuid4(), {"deal_id": uuid4(), "manifest_id": uuid4()}
    book("reserve", [line], 30 * T, 2026, deal_id=load["deal_id"])
    book("reserve", [line], 90 * T, 2027, deal_id=deal)
    with refused("not_enough_left", left_t=10.0, year=2027):
        book("move_reservation", [line], 20 * T, 2026, 2027, **load)
    book("move_reservation", [line], 10 * T, 2026, 2027, **load)
    assert book("use_reserved", [line], 9 * T, 2027, **load) == 0
    with app.app_context(), unit_of_work() as work:
        ledger.release_all(work, acid, deal_id=load["deal_id"])
    assert sorted(balances(app).values()) == [(90 * T, 9 * T, 0)]


def test_what_was_accepted_beyond_the_permit_stands_as_over_and_leaves_nothing(app, marketplace, book):
    licence = marketplace.licence(marketplace.enterprise("recycler"), tonnes=100)
    line, load = line_of(licence), {"deal_id": uuid4(), "manifest_id": uuid4()}
    book("reserve", [line], 100 * T, 2026, deal_id=load["deal_id"])
    assert book("use_reserved", [line], 103 * T, 2026, **load) == 3 * T
    with app.app_context():
        events = db.session.scalars(select(Event).where(Event.name == "permit.over")).all()
        assert [(event.payload["kg"], event.payload["year"]) for event in events] == [(3 * T, 2026)]
    assert list(balances(app).values()) == [(0, 100 * T, 3 * T)]
    (shown,) = marketplace.admin.get(f"/licences/{licence['id']}").json["lines"]
    assert shown["years"] == [{"year": 2026, "reserved_t": 0, "used_t": 103, "left_t": 0}]
    assert (shown["reserved_t"], shown["used_t"], shown["left_t"]) == (0, 103, 0)


def test_what_an_official_counts_is_a_fact_and_what_is_promised_stays(app, marketplace, book):
    licence = marketplace.licence(marketplace.enterprise("recycler"), tonnes=100)
    line, usage = line_of(licence), {"line_id": licence["lines"][0]["id"], "year": 2026}
    book("reserve", [line], 70 * T, 2026, deal_id=uuid4())
    path = f"/licences/{licence['id']}/usage"
    assert marketplace.admin.post(path, {**usage, "tonnes": 50}).status_code == 201
    assert list(balances(app).values()) == [(70 * T, 30 * T, 20 * T)]
    with refused("not_enough_left", left_t=0.0):
        book("reserve", [line], 1, 2026, deal_id=uuid4())
    assert marketplace.admin.post(path, {**usage, "tonnes": -45}).status_code == 201
    assert list(balances(app).values()) == [(70 * T, 5 * T, 0)]
    assert marketplace.admin.post(path, {**usage, "tonnes": -6}).json["code"] == "usage_below_zero"
    assert balances(app) == sums_of_entries(app)


def test_capacities_that_turn_out_to_be_one_have_one_balance(app, marketplace, book):
    """Two lines for two modes, and a renewal that has both in one line."""
    holder = marketplace.enterprise("recycler")
    line = {"scheme": "cn-hw", "code": "HW34", "tonnes_per_year": 100}
    old = marketplace.licence(
        holder, number="危废7号", valid_until="2026-12-31",
        lines=[{**line, "modes": ["use"]}, {**line, "modes": ["dispose"]}],
    )  # fmt: skip
    use, dispose = (ledger.PermitRef(PermitKind.LINE, UUID(row["id"])) for row in old["lines"])
    deal = uuid4()
    book("reserve", [use], 80 * T, 2026, deal_id=uuid4())
    book("reserve", [dispose], 70 * T, 2026, deal_id=deal)
    new = line_of(marketplace.licence(holder, number="危废 7 号", valid_until="2031-12-31", tonnes=200))
    with app.app_context():
        assert [ledger.left_kg(ref, 2026) for ref in (use, dispose, new)] == [0, 0, 50 * T]
    book("reserve", [new], 50 * T, 2026, deal_id=uuid4())
    book("release", [dispose], 60 * T, 2026, deal_id=deal)
    assert list(balances(app).values()) == [(140 * T, 0, 0)]
    assert balances(app) == sums_of_entries(app)


def test_a_permit_counts_on_its_days_and_by_its_renewal_afterwards(app, marketplace):
    holder = marketplace.enterprise("recycler")
    old = marketplace.licence(holder, number="危废8号", valid_until="2026-12-31")
    line = line_of(old)
    with app.app_context():
        ledger.require_permit_on([line], date(2026, 12, 31))
        with refused("permit_not_valid", number="危废8号", valid_until=date(2026, 12, 31)):
            ledger.require_permit_on([line], date(2027, 1, 1))
    marketplace.licence(holder, number="危废8号", valid_from="2027-01-01", valid_until="2031-12-31")
    with app.app_context():
        ledger.require_permit_on([line], date(2027, 1, 1))
        assert ledger.left_kg(line, 2027) == 10_000 * T
    marketplace.admin.call("DELETE", f"/licences/{old['id']}")
    with app.app_context(), refused("permit_not_valid"):
        ledger.require_permit_on([line], date(2026, 12, 1))


class Book:
    """What the ledger must say: what is reserved by deal and year, and what was taken by year.

    The line of 100 t ends in 2027, its renewal of 120 t counts from 2027, the next one of 50 t in 2030.
    """

    LICENCES = (
        ("2026-01-01", "2027-06-30", 100),
        ("2027-01-01", "2029-12-31", 120),
        ("2030-01-01", "2030-12-31", 50),
    )
    LIMITS = {2026: 100, 2027: 100, 2028: 120, 2029: 120, 2030: 50, 2031: 0}

    def __init__(self) -> None:
        self.reserved: Counter[tuple[UUID, int]] = Counter()
        self.used: Counter[int] = Counter()
        self.over: Counter[int] = Counter()

    def of_year(self, year: int) -> tuple[int, int, int]:
        reserved = sum(kg for (_, in_year), kg in self.reserved.items() if in_year == year)
        return reserved, self.used[year], self.over[year]

    def left(self, year: int) -> int:
        return max(0, self.LIMITS[year] * T - sum(self.of_year(year)))

    def part(self, deal: UUID, kg: int, first: int, without: int | None = None) -> dict[int, int]:
        part = {}
        for year in sorted(self.LIMITS, key=lambda year: (year != first, year)):
            part[year] = 0 if year == without else min(kg, self.reserved[deal, year])
            kg -= part[year]
        return part

    def take(self, deal: UUID, part: dict[int, int]) -> None:
        for year, kg in part.items():
            self.reserved[deal, year] -= kg

    def reserve(self, deal: UUID, kg: int, year: int) -> bool:
        if enough := kg <= self.left(year):
            self.reserved[deal, year] += kg
        return enough

    def move_reservation(self, deal: UUID, kg: int, source: int, target: int) -> bool:
        part = {} if source == target else self.part(deal, kg, source, without=target)
        if sum(part.values()) > self.left(target):
            return not sum(part.values())
        self.take(deal, part)
        self.reserved[deal, target] += sum(part.values())
        return True

    def use_reserved(self, deal: UUID, kg: int, year: int) -> bool:
        part = self.part(deal, kg, year)
        self.take(deal, part)
        within = min(kg, max(part[year], self.left(year)))
        self.used[year] += within
        self.over[year] += kg - within
        return True

    def release(self, deal: UUID, kg: int, year: int) -> bool:
        self.take(deal, self.part(deal, kg, year))
        return True


@pytest.mark.parametrize("seed", range(tries(5)))
def test_no_sequence_passes_a_permit_or_loses_a_kilogram(app, marketplace, acid, seed):
    chance = random.Random(seed)
    holder = marketplace.enterprise("recycler")
    days = (
        ("2026-01-01", "2027-06-30", 100),
        ("2027-01-01", "2029-12-31", 120),
        ("2030-01-01", "2030-12-31", 50),
    )
    line, *_ = [
        line_of(
            marketplace.licence(holder, number="危废9号", valid_from=first, valid_until=last, tonnes=tonnes)
        )
        for first, last, tonnes in days
    ]
    deals, model = [uuid4() for _ in range(3)], Book()
    for _ in range(30):
        verb = chance.choice(["reserve", "reserve", "move_reservation", "use_reserved", "release"])
        deal, kg = chance.choice(deals), chance.choice([1, 10 * T, 33_333, 60 * T, 100 * T])
        years = chance.choices(list(Book.LIMITS), k=2 if verb == "move_reservation" else 1)
        about = {} if verb in ("reserve", "release") else {"manifest_id": uuid4()}
        with app.app_context():
            done = True
            try:
                with unit_of_work() as work:
                    getattr(ledger, verb)(work, [line], acid, kg, *years, deal_id=deal, **about)
            except Conflict:
                done = False
            assert done == getattr(model, verb)(deal, kg, *years), (verb, kg, years)
            rows = db.session.scalars(select(PermitYear)).all()
            found = {row.year: (row.reserved_kg, row.used_kg, row.over_kg) for row in rows}
            assert all(found.get(year, (0, 0, 0)) == model.of_year(year) for year in Book.LIMITS), verb
            assert ledger.left_kg(line, years[-1]) == model.left(years[-1])
    assert balances(app) == sums_of_entries(app)


def test_a_transfer_approval_is_counted_over_its_whole_life_beside_the_licence(app, marketplace, acid, book):
    generator, receiver = marketplace.enterprise("generator"), marketplace.enterprise("recycler")
    line = line_of(marketplace.licence(receiver, tonnes=100))
    with app.app_context():
        approval = TransferApproval(
            generator_id=UUID(generator.id), receiver_id=UUID(receiver.id), code_id=acid, way="use",
            kg=50 * T, number="沪批7号", valid_from=date(2026, 7, 1), valid_until=date(2027, 6, 30),
            asked_until=date(2027, 6, 30),
        )  # fmt: skip
        db.session.add(approval)
        db.session.commit()
        both = [line, ledger.PermitRef(PermitKind.APPROVAL, approval.id)]
    load = {"deal_id": uuid4(), "manifest_id": uuid4()}
    book("reserve", both, 30 * T, 2026, deal_id=load["deal_id"])
    with refused("not_enough_left", left_t=20.0, year=None):
        book("reserve", both, 21 * T, 2027, deal_id=uuid4())
    with app.app_context():
        assert ledger.left_kg(line, 2027) == 100 * T, "a refusal reserves nothing on any of the permits"
    book("move_reservation", both, 30 * T, 2026, 2027, **load)
    assert book("use_reserved", both, 30 * T, 2027, **load) == 0
    with app.app_context():
        assert [ledger.left_kg(both[1], year) for year in (2026, 2027)] == [20 * T, 20 * T]
        assert [ledger.left_kg(line, year) for year in (2026, 2027)] == [100 * T, 70 * T]
