"""Enterprises that have to report: what is known of them is written as manifests would leave it."""

from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from itertools import count
from uuid import UUID

from marketplace.catalogue import service as catalogue
from marketplace.database import db
from marketplace.events.work import unit_of_work
from marketplace.manifests.models import Manifest, ManifestLine, ManifestStatus
from marketplace.reporting import jobs
from marketplace.reporting.models import ClassBasis, Declaration, ReportingClass, ReportKind
from marketplace.reporting.service.periods import Period

ACID, OIL = "900-349-34", "900-249-08"
_numbers = count(1)


def ok(response, status=200):
    """The body of a response that must have this status."""
    assert response.status_code == status, (response.status_code, response.json)
    return response.json


def refused(response, code, field=None, status=422):
    """A refusal that must have this code, of this field."""
    assert (response.status_code, response.json["code"]) == (status, code), response.json
    if field:
        assert field in response.json["errors"], response.json


def codes(shown):
    """The codes of the warnings of a response."""
    return [warning["code"] for warning in shown["warnings"]]


def at_noon(day):
    return datetime.combine(day, time(4), UTC)


def load(work, sender, receiver, day, kg, code=ACID, status=ManifestStatus.CLOSED, deal_id=None):
    """A load of one code that left on a day and came the same day, as it is once it was closed."""
    code_id = catalogue.find_code("cn-hw", code).id
    number = f"TEST{next(_numbers):08d}"
    row = Manifest(
        number=number, status=status, sender_id=UUID(sender.id), receiver_id=UUID(receiver.id),
        transporter_id=UUID(receiver.id), region=330602, hazardous=True, planned_on=day, planned_kg=kg,
        load_on=day, picked_up_kg=kg, received_kg=kg, refused_kg=0, accepted_kg=kg,
        received_at=at_noon(day), closed_at=at_noon(day), issued_on=day,
    )  # fmt: skip
    row.lines = [
        ManifestLine(
            no=1, deal_id=deal_id, code_id=code_id, name="废酸", quantity_kg=kg, picked_up_kg=kg,
            received_kg=kg, refused_kg=0, accepted_kg=kg,
        )
    ]  # fmt: skip
    work.add(row)
    return row


class Reports:
    """A generator, a licensed recycler, and loads between them, on a deal that stands for all of them."""

    def __init__(self, marketplace):
        self.marketplace = marketplace
        self.generator = marketplace.enterprise("generator", name="酸厂")
        self.recycler = marketplace.enterprise("recycler", name="染厂")
        marketplace.licence(self.recycler)
        self.supply = marketplace.supply(self.generator, quantity_t=5000.0)
        self.demand = marketplace.demand(self.recycler, quantity_t=5000.0)
        self.deal_id = self._deal()

    def _deal(self):
        terms = {
            "quantity_t": 3000.0, "price_cny_per_t": -120.0, "valid_until": "2026-12-20T10:00:00Z",
            "supply_id": self.supply["id"], "demand_id": self.demand["id"],
        }  # fmt: skip
        offer = ok(self.generator.post("/offers", terms), 201)
        return UUID(ok(self.recycler.post(f"/offers/{offer['id']}/accept", {}))["deal"]["id"])

    def load(self, day, tonnes, **about):
        """A load from the generator to the recycler on a day."""
        kg = round(tonnes * 1000)
        with self.marketplace.app.app_context(), unit_of_work() as work:
            load(work, self.generator, self.recycler, day, kg, deal_id=self.deal_id, **about)

    def on(self, year, month, day):
        """Move the clock to noon of a day, without running anything."""
        self.marketplace.now = at_noon(date(year, month, day))

    def open(self):
        """Open what is due now."""
        with self.marketplace.app.app_context():
            jobs.open_reports()

    def judge(self):
        """Judge the years that are over, and let credit hear of it."""
        with self.marketplace.app.app_context():
            jobs.judge_years()
        self.marketplace.settle()

    def declarations(self, party=None, **query):
        """The declarations that a party sees, by the name of their period."""
        items = ok((party or self.generator).get("/declarations", limit=100, **query))["items"]
        return {item["name"]: item for item in items}

    def show(self, declaration, party=None):
        return ok((party or self.generator).get(f"/declarations/{declaration['id']}"))

    def confirm(self, declaration, status=200, **body):
        return ok(self.generator.post(f"/declarations/{declaration['id']}/confirm", body), status)


def line(code=ACID, **tonnes):
    """A line of a declaration: figures by their names without `_t`."""
    figures = {"generated": 0, "own": 0, "closing": 0} | tonnes
    return {"scheme": "cn-hw", "code": code, **{f"{name}_t": value for name, value in figures.items()}}


def declaration_of(work, party, kind, first, last, due_on, **about):
    """A declaration as the job would open it."""
    fields = {
        "management_class": ReportingClass.KEY, "class_basis": ClassBasis.AMOUNT, "annual_kg": 120_000,
    }  # fmt: skip
    period = Period(ReportKind(kind), first, last)
    row = Declaration(
        enterprise_id=UUID(party.id), kind=period.kind, first_day=first, last_day=last, due_on=due_on,
        **{**fields, **about},
    )  # fmt: skip
    return work.add(row)


@contextmanager
def writing(marketplace):
    """A unit of work in the application of a marketplace."""
    with marketplace.app.app_context(), unit_of_work() as work:
        yield work
        db.session.flush()
