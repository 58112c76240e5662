"""A failed assessment counts to the next, whichever is entered first, and no longer than its rule says."""

from datetime import timedelta
from itertools import permutations
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from marketplace import clock
from marketplace.credit import service as credit
from marketplace.credit.models import CreditEvent
from marketplace.database import db
from marketplace.events.actor import ADMIN, Actor
from marketplace.events.models import Audit

FAIL = "site.assessed_fail"
ONE, OTHER = (Actor(ADMIN, uuid4(), frozenset({"admin"})) for _ in range(2))
DAYS_AGO = (300, 120, 20)


@pytest.fixture
def firm(marketplace):
    party = marketplace.enterprise("recycler")
    with marketplace.app.app_context():
        yield UUID(party.id)


def fail(firm, days_ago):
    """An assessment that failed so many days ago."""
    day = clock.today() - timedelta(days=days_ago)
    data = {"enterprise_id": firm, "rule": FAIL, "effective_on": day, "note": "x", "document": str(uuid4())}
    return credit.record_event(ONE, data)[0]


def terms(firm):
    """Of each failed assessment how many days ago it began and ended, the oldest first."""
    today = clock.today()
    rows = db.session.scalars(select(CreditEvent).filter_by(enterprise_id=firm, rule=FAIL, status="recorded"))
    return sorted(((today - row.effective_on).days, (today - row.lapses_on).days) for row in rows)[::-1]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_each_ends_with_the_next_in_whatever_order_they_are_entered(firm, order):
    for place in order:
        fail(firm, DAYS_AGO[place])
    assert [end for _, end in terms(firm)][:2] == [120, 20]
    assert terms(firm)[2][1] < -600, "the last counts for the months of its rule"


def test_an_assessment_ends_those_before_it_and_the_score_says_so(marketplace, firm):
    fail(firm, 20)
    party = marketplace.admin.get(f"/enterprises/{firm}/credit").json
    assert party["score"] == 60
    credit.end_assessed(OTHER, firm, clock.today(), "JC-7")
    assert terms(firm) == [(20, 0)]
    assert marketplace.admin.get(f"/enterprises/{firm}/credit").json["score"] == 80
    line = db.session.scalars(select(Audit).filter_by(action="set_end")).one()
    assert (line.actor_id, line.detail["reason"], line.detail["now"]) == (
        OTHER.id, "JC-7", clock.today().isoformat(),
    )  # fmt: skip
    credit.end_assessed(OTHER, firm, clock.today(), "JC-8")
    assert len(db.session.scalars(select(Audit).filter_by(action="set_end")).all()) == 1


def test_one_of_the_same_day_counts_that_day_and_no_longer(firm):
    fail(firm, 0)
    credit.end_assessed(OTHER, firm, clock.today(), "JC-7")
    assert terms(firm) == [(0, -1)]


def test_none_counts_longer_because_of_another(firm):
    """The next one comes after the term of the first is over."""
    fail(firm, 800)
    before = terms(firm)
    fail(firm, 1)
    assert terms(firm)[0] == before[0]


def test_what_is_taken_back_never_was_the_next(firm):
    fail(firm, 300)
    wrong, last = fail(firm, 120), fail(firm, 20)
    credit.withdraw_event(OTHER, wrong.id, "误录")
    assert [end for _, end in terms(firm)][:1] == [20]
    credit.withdraw_event(OTHER, last.id, "误录")
    assert terms(firm)[0][1] < 0, "the first counts again, for the months of its rule"


def test_other_enterprises_and_rules_keep_their_ends(marketplace, firm):
    other = UUID(marketplace.enterprise("recycler").id)
    fail(other, 300)
    before = terms(other)
    fail(firm, 20)
    credit.end_assessed(OTHER, firm, clock.today(), "JC-7")
    assert terms(other) == before
