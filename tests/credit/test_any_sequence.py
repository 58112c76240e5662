"""Whatever happens to a record, in whatever order: what is written is what the events say, computed anew."""

from datetime import timedelta
from random import Random
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from marketplace import clock
from marketplace.credit import service as credit
from marketplace.credit.models import CreditEvent, EventStatus
from marketplace.credit.service.sums import sums_of
from marketplace.database import db
from marketplace.enterprises.models import Enterprise
from marketplace.events.actor import ADMIN, Actor
from tests.effort import tries

CODES = (
    "law.penalty_minor", "law.penalty_major", "manifest.late_close", "reporting.missing",
    "site.over_capacity", "site.defect", "site.honour", "site.assessed_fail", "fulfilment.completed",
)  # fmt: skip
ONE, OTHER = (Actor(ADMIN, uuid4(), frozenset({"admin"})) for _ in range(2))


class Record:
    """What may happen to the record of one enterprise."""

    def __init__(self, marketplace, firm, seed):
        self.marketplace, self.firm, self.random = marketplace, UUID(firm.id), Random(seed)

    def record(self):
        """By an official, of some day of the last two years."""
        day = clock.today() - timedelta(days=self.random.choice([0, 1, 30, 360, 365, 366, 700, 730]))
        code = self.random.choice(CODES)
        data = {"enterprise_id": self.firm, "rule": code, "effective_on": day, "note": "x",
                "document": f"〔2026〕{self.random.random()}号",
                "is_self_reported": code == "site.defect" and self.random.random() < 0.5}  # fmt: skip
        credit.record_event(ONE, data)

    def record_by_itself(self):
        cause, part = f"manifest:{self.random.randint(1, 4)}", self.random.choice(["receipt", "track"])
        code = self.random.choice(
            ["manifest.late_close", "manifest.weight_unexplained", "fulfilment.no_show"]
        )
        credit.record_automatic(self.firm, code, cause, "1", part)

    def withdraw(self):
        event = self._standing_event()
        if event is not None:
            credit.withdraw_event(OTHER, event.id, "x")

    def repair(self):
        event = self._standing_event()
        if event is not None:
            credit.repair_event(OTHER, event.id, "x")

    def change_rules(self):
        rules = [dict(rule) for rule in credit.current_rules().rules]
        rule = self.random.choice([rule for rule in rules if rule["code"] in CODES])
        rule |= {"months": self.random.choice([11, 12, 24]), "points": rule["points"] * 1.5}
        credit.publish_rules(ONE, rules, None, None)

    def assess(self):
        """By an officer who finds nothing that fails."""
        credit.end_assessed(ONE, self.firm, clock.today(), "x")

    def evaluate(self):
        about = {"enterprise_id": self.firm, "published_on": clock.today(), "note": ""}
        credit.publish_evaluation(ONE, about)

    def pass_days(self):
        self.marketplace.now += timedelta(days=self.random.choice([1, 20, 200]))
        credit.refresh_lapsed()

    def _standing_event(self):
        query = select(CreditEvent.id).filter_by(enterprise_id=self.firm, status=EventStatus.RECORDED)
        ids = sorted(db.session.scalars(query))
        return db.session.get(CreditEvent, self.random.choice(ids)) if ids else None

    def act(self):
        acts = [self.record] * 4 + [self.record_by_itself] * 3 + [self.withdraw, self.repair] + [
            self.change_rules, self.assess, self.evaluate, self.pass_days, self.pass_days,
        ]  # fmt: skip
        act = self.random.choice(acts)
        act()
        return act.__name__


@pytest.mark.parametrize("seed", range(tries(5)))
def test_what_is_written_is_what_the_events_say_after_any_sequence(marketplace, seed):
    record = Record(marketplace, marketplace.enterprise("recycler"), seed)
    with marketplace.app.app_context():
        for _ in range(40):
            done = record.act()
            db.session.expire_all()
            row = db.session.get_one(Enterprise, record.firm)
            now = credit.standing_of(row)
            written = (row.credit_milli, row.grade, row.provisional, row.credit_valid_until)
            assert written == (now.score, now.grade, now.is_provisional, now.valid_until), done
            (each,) = sums_of([record.firm], clock.today())
            assert each.standing == each.written, done
            assert _failed_at_once(record.firm) <= 1, done
            assert 0 <= row.credit_milli <= 100_000
            assert row.grade != "E" or _recorded_alone(now) < 40_000, done


def _recorded_alone(now):
    """Base and recorded points, without what the platform recorded."""
    return now.base + sum(line.points for line in now.lines if line.recorded_as not in ("system", None))


def _failed_at_once(firm):
    """How many days of failed assessments count today; several of one day are one."""
    query = select(CreditEvent).filter_by(enterprise_id=firm, rule="site.assessed_fail")
    today = clock.today()
    return len({event.effective_on for event in db.session.scalars(query) if credit.counts(event, today)})
