"""Appeals and repairs walked at random by a firm and three officers: four eyes hold, the record adds up."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from marketplace.appeals.models import APPEAL_LIFE, REPAIR_LIFE, UNDECIDED, Appeal, AppealStatus, Repair
from marketplace.credit.models import Block, CreditEvent, EventStatus
from marketplace.database import db
from marketplace.enterprises.models import Enterprise
from tests.appeals.course import LIGHT, SERIOUS, WHY, Course, decide
from tests.effort import tries
from tests.marketplace import Marketplace

REFUSALS = {"wrong_state", "second_officer_needed", "already_appealed", "repair_under_way"}
STEPS = {life: {(move.source, move.target) for move in life.moves} for life in (APPEAL_LIFE, REPAIR_LIFE)}
OFFICERS = st.sampled_from(["admin", "second", "third"])
WHICH = st.integers(0, 30)


class Life(RuleBasedStateMachine):
    """A firm with a few events; two officers record."""

    marketplace: Marketplace

    def __init__(self):
        super().__init__()
        self.marketplace.__enter__()
        self.course = Course(self.marketplace, LIGHT)
        self.events, self.appeals, self.repairs = [self.course.event], [], []
        self.before = {}

    def one(self, rows, which):
        return rows[which % len(rows)] if rows else None

    def made(self, answer):
        """What an answer says; None if it is one of the refusals that there are."""
        if answer.status_code in (200, 201):
            return answer.json
        assert (answer.status_code, answer.json["code"] in REFUSALS) == (409, True), answer.json
        return None

    @rule(officer=OFFICERS, grave=st.booleans())
    def record(self, officer, grave):
        body = {
            "enterprise_id": self.course.firm.id, "rule": SERIOUS if grave else LIGHT, "note": "x",
            "effective_on": "2025-06-01" if grave else "2026-12-01",
            "document": f"〔2026〕{len(self.events)}号",
        }  # fmt: skip
        answer = getattr(self.course, officer).post("/credit/events", body)
        assert answer.status_code == 201, answer.json
        self.events.append(answer.json)

    @rule(which=WHICH)
    def appeal(self, which):
        if made := self.made(self.course.appeal(self.one(self.events, which))):
            self.appeals.append(f"/credit/appeals/{made['id']}")

    @rule(which=WHICH)
    def ask(self, which):
        if made := self.made(self.course.repair(self.one(self.events, which))):
            self.repairs.append(f"/credit/repairs/{made['id']}")

    @rule(officer=OFFICERS, which=WHICH)
    def check(self, officer, which):
        if path := self.one(self.repairs, which):
            self.made(getattr(self.course, officer).post(f"{path}/check", {"note": "x"}))

    @rule(officer=OFFICERS, which=WHICH, decision=st.sampled_from(["uphold", "overturn"]))
    def decide_appeal(self, officer, which, decision):
        if path := self.one(self.appeals, which):
            self.made(decide(getattr(self.course, officer), path, decision))

    @rule(officer=OFFICERS, which=WHICH, decision=st.sampled_from(["grant", "grant", "refuse"]))
    def decide_repair(self, officer, which, decision):
        if path := self.one(self.repairs, which):
            self.made(decide(getattr(self.course, officer), path, decision))

    @rule(which=WHICH)
    def take_back(self, which):
        if path := self.one(self.appeals + self.repairs, which):
            self.made(self.course.firm.post(f"{path}/withdraw"))

    @rule(officer=OFFICERS, which=WHICH)
    def withdraw_event(self, officer, which):
        path = f"/credit/events/{self.one(self.events, which)['id']}/withdraw"
        self.made(getattr(self.course, officer).post(path, WHY))

    @rule()
    def settle(self):
        """What hangs on an event that no longer counts has ended by then."""
        self.marketplace.settle()
        with self.marketplace.app.app_context():
            for model, states in ((Appeal, [AppealStatus.OPEN]), (Repair, UNDECIDED)):
                statuses = select(CreditEvent.status).join(model).where(model.status.in_(states))
                assert set(db.session.scalars(statuses)) <= {EventStatus.RECORDED}

    @invariant()
    def four_eyes_hold(self):
        with self.marketplace.app.app_context():
            for model in (Appeal, Repair):
                rows = select(model.decided_by, CreditEvent.recorded_by).join(CreditEvent)
                for decided_by, recorded_by in db.session.execute(rows.where(model.decided_by.is_not(None))):
                    assert decided_by != recorded_by
            for repair in db.session.scalars(select(Repair)):
                assert repair.decided_by is None or repair.decided_by != repair.checked_by

    @invariant()
    def the_record_adds_up(self):
        with self.marketplace.app.app_context():
            events = {event.id: event for event in db.session.scalars(select(CreditEvent))}
            firm = db.session.get_one(Enterprise, self.course.firm.id)
            standing = [event for event in events.values() if event.status == EventStatus.RECORDED]
            points = sum(event.points_milli for event in standing)
            assert firm.credit_milli == min(100_000, max(0, 100_000 + points))
            blocking = {event.id for event in standing if event.rule == SERIOUS}
            assert firm.blocked == bool(blocking)
            unlifted = select(Block.event_id).where(Block.lifted_at.is_(None))
            assert set(db.session.scalars(unlifted)) == blocking
            taken_back = [event.withdraws for event in events.values() if event.withdraws]
            withdrawn = [event.id for event in events.values() if event.status == EventStatus.WITHDRAWN]
            assert sorted(taken_back) == sorted(withdrawn)

    @invariant()
    def states_follow_the_tables_and_say_what_became_of_the_event(self):
        became = {"overturned": {"withdrawn"}, "granted": {"repaired"}, "ended": {"withdrawn", "repaired"}}
        with self.marketplace.app.app_context():
            for model, life in ((Appeal, APPEAL_LIFE), (Repair, REPAIR_LIFE)):
                rows = select(model.id, model.status, CreditEvent.status).join(CreditEvent)
                for row_id, status, of_event in db.session.execute(rows):
                    before = self.before.setdefault(row_id, status)
                    assert status == before or (before, status) in STEPS[life], (before, status)
                    assert of_event in became.get(status, {of_event})
                    self.before[row_id] = status

    def teardown(self):
        self.marketplace.__exit__(None, None, None)


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
def test_whatever_anybody_does_four_eyes_hold_and_the_score_is_that_of_the_record(app):
    class Here(Life):
        marketplace = property(lambda self: self.__dict__.setdefault("_city", Marketplace(app)))

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=tries(8), stateful_step_count=30, suppress_health_check=list(HealthCheck)
        ),
    )
