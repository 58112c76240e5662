"""Within a tier messages go out over the time that the policy says, the better the earlier."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from marketplace.database import db
from marketplace.enterprises.models import Grade
from marketplace.notifications.models import Notification
from marketplace.notifications.service.planning.messages import Standing, Tiers
from tests.http.responses import refused
from tests.marketplace import NOON

DELAYS = {
    grade: timedelta(seconds=seconds) for grade, seconds in zip(Grade, (0, 60, 90, 90, 400), strict=True)
}
standings = st.builds(
    Standing, st.sampled_from(Grade), st.integers(0, 5), st.sampled_from([0.5, 0.625, 0.75, 1.0])
)


@given(st.lists(standings, max_size=12), st.integers(0, 30))
def test_within_a_tier_credit_decides_and_then_the_score_and_no_tier_reaches_into_the_next(
    receivers, seconds
):
    spread = timedelta(seconds=seconds)
    told = list(zip(receivers, Tiers(DELAYS, spread).moments(receivers, NOON), strict=True))

    for standing, moment in told:
        begins = NOON + DELAYS[standing.grade]
        assert begins <= moment <= begins + spread
        assert moment == begins or moment < begins + spread, "the last is told before the time is over"
        for other, later in told:
            if DELAYS[other.grade] < DELAYS[standing.grade]:
                assert later <= moment
            elif DELAYS[other.grade] == DELAYS[standing.grade]:
                assert (other.order < standing.order) <= (later < moment or not seconds)
                assert (other.order == standing.order) <= (later == moment)


@given(st.lists(standings, max_size=12), st.randoms())
def test_the_order_in_which_receivers_are_found_changes_nothing(receivers, random):
    tiers = Tiers(DELAYS, timedelta(seconds=20))
    told = dict(zip(receivers, tiers.moments(receivers, NOON), strict=True))
    shuffled = random.sample(receivers, len(receivers))
    assert dict(zip(shuffled, tiers.moments(shuffled, NOON), strict=True)) == told


def planned(marketplace):
    """By enterprise, seconds from now until its message is released."""
    with marketplace.app.app_context():
        rows = db.session.execute(select(Notification.enterprise_id, Notification.release_at)).all()
    return {str(enterprise_id): (at - marketplace.now).total_seconds() for enterprise_id, at in rows}


@pytest.fixture
def receivers(marketplace):
    """Recyclers of grade B, the best credit last, and a reader whose search finds the waste."""
    found = [marketplace.recycler("B") for _ in range(4)]
    for points, recycler in enumerate(found):
        for _ in range(points):
            marketplace.credit_event(recycler, "fulfilment.completed")
        marketplace.demand(recycler)
    reader = marketplace.enterprise("recycler")
    reader.save_search({"kind": "supply", "code": "HW34"})
    marketplace.settle()
    return [*reversed(found), reader]


def test_the_best_credit_of_a_tier_has_the_message_first_and_searches_come_after(marketplace, receivers):
    marketplace.policy(spread_within_tier_s=400)
    marketplace.supply(marketplace.enterprise("generator"))
    marketplace.settle()
    assert planned(marketplace) == {
        party.id: 1800 + later for party, later in zip(receivers, (0, 100, 200, 300, 400), strict=True)
    }
    marketplace.wait(seconds=1900)
    assert [bool(party.inbox()) for party in receivers] == [True, True, False, False, False]


def test_without_a_spread_a_tier_is_one_release(marketplace, receivers):
    marketplace.supply(marketplace.enterprise("generator"))
    marketplace.settle()
    assert planned(marketplace) == {party.id: 1800 for party in receivers}


def test_a_policy_whose_tiers_would_overlap_is_refused(marketplace):
    policy = marketplace.admin.get("/matching-policy").json
    assert policy["spread_within_tier_s"] == 0
    for seconds, code in ((1801, "spread_over_gap"), (-1, "invalid_input"), (1.5, "invalid_input")):
        refused(
            marketplace.admin.put("/matching-policy", {**policy, "spread_within_tier_s": seconds}),
            422, code, "spread_within_tier_s",
        )  # fmt: skip
    marketplace.policy(spread_within_tier_s=1800)
    marketplace.policy(spread_within_tier_s=7, push_delay_s={"A": 5, "B": 5, "C": 5, "D": 5})
    del policy["spread_within_tier_s"]
    assert marketplace.admin.put("/matching-policy", policy).json["spread_within_tier_s"] == 0
