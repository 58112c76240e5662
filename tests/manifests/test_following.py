"""What was refused, held back or corrected: every kilogram is counted once, in whatever order it happens."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.manifests.service.weights import divided_within
from tests.effort import tries
from tests.manifests.trade import TRUCK, Trade, official_number, ok, refused, with_papers

LINES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=5)
"""Share and limit of each line."""
PARTLY = {"refused_t": 5.0, "reason": "太浑"}


@pytest.fixture
def other(trade):
    """Another receiver with a deal of its own: (party, deal)."""
    party = trade.marketplace.recycler()
    demand = trade.marketplace.demand(party, quantity_t=500.0, min_lot_t=1.0)
    supply = trade.marketplace.supply(trade.supplier, quantity_t=60.0, min_lot_t=1.0)
    return party, trade.agree(supply, demand, party)


def two_lines(trade, weight, receipt):
    lines = [{"deal_id": trade.deal["id"], "quantity_t": 10.0}] * 2
    body = {"transporter_id": trade.carrier.id, "planned_on": "2026-12-02", "lines": lines}
    drafted = ok(trade.supplier.post("/manifests", body), 201)
    ok(trade.supplier.patch(f"/manifests/{drafted['id']}", {"official_number": official_number()}))
    trade.by(trade.supplier, drafted, "issue")
    trade.by(trade.carrier, drafted, "pickup", weight_t=weight, **TRUCK)
    return trade.by(trade.receiver, drafted, "receive", weight_t=weight, **receipt)


def test_a_return_may_come_home_before_the_receiver_closes(trade):
    received = trade.received(20.0, **PARTLY)
    trade.come_back(trade.by(trade.supplier, received, "follow", kind="return"), 5.0)
    trade.by(trade.receiver, received, "close")
    now = trade.deal_now()
    assert (now["accepted_t"], now["left_t"]) == (15.0, 45.0)


def test_a_part_may_go_onward_before_the_receiver_closes(trade, other):
    party, deal = other
    received = trade.received(20.0, **PARTLY)
    onward = trade.by(trade.supplier, received, "follow", kind="onward", deal_id=deal["id"])
    trade.go_on(onward, 5.0, party)
    trade.by(trade.receiver, received, "close")
    assert (trade.deal_now()["accepted_t"], trade.deal_now()["left_t"]) == (15.0, 45.0)
    assert ok(trade.supplier.get(f"/deals/{deal['id']}"))["accepted_t"] == 5.0


def test_what_follows_a_refusal_takes_all_of_it_and_may_be_packed_anew(trade, other):
    _, deal = other
    received = trade.received(20.0, **PARTLY)
    onward = trade.by(trade.supplier, received, "follow", kind="onward", deal_id=deal["id"])
    line = {"deal_id": deal["id"], "quantity_t": 30.0}
    for change in ({"quantity_t": 40.0}, {"quantity_t": 3.0}, {"lines": [line]}):
        refused(trade.supplier.patch(f"/manifests/{onward['id']}", change), "takes_what_was_refused")
    trade.by(trade.supplier, onward, "cancel", reason="退回")
    back = trade.by(trade.supplier, received, "follow", kind="return")
    packed = ok(trade.supplier.patch(f"/manifests/{back['id']}", {"packages": 3, "quantity_t": 5.0}))
    assert (packed["planned_t"], packed["lines"][0]["packages"]) == (5.0, 3)


def test_an_excess_is_held_once_though_two_lines_are_of_one_deal(trade):
    trade.tonnes = 20.0
    closed = trade.by(trade.receiver, two_lines(trade, 23.0, {}), "close")
    assert (closed["accepted_t"], closed["refused_t"]) == (20.0, 3.0)


def test_what_is_refused_of_a_load_is_no_excess(trade):
    trade.tonnes = 20.0
    moving = trade.moving(20.0, picked_up=22.0)
    trade.by(trade.receiver, moving, "receive", weight_t=22.0, **PARTLY)
    closed = trade.by(trade.receiver, moving, "close")
    assert (closed["accepted_t"], closed["refused_t"]) == (17.0, 5.0)


def test_an_excess_that_goes_back_already_is_not_accepted_by_explaining_it(trade):
    trade.tonnes = 20.0
    moving = trade.moving(20.0, picked_up=22.0)
    trade.by(trade.receiver, moving, "receive", weight_t=22.0)
    trade.by(trade.receiver, moving, "close")
    back = trade.by(trade.supplier, moving, "follow", kind="return")
    assert trade.by(trade.supplier, moving, "explain", reason="装车过满")["accepted_t"] == 20.0
    trade.come_back(back, 2.0)
    assert trade.deal_now()["accepted_t"] == 20.0


@pytest.mark.parametrize(
    ("changes", "shown"), [({"weight_t": 12.0}, [6.0, 3.0]), ({"refused_t": 15.0}, [10.0, 5.0])]
)
def test_a_correction_refuses_of_no_line_more_than_it_weighs(trade, changes, shown):
    by_line = [{"no": 1, "weight_t": 10.0, "refused_t": 9.0}, {"no": 2, "weight_t": 10.0}]
    received = two_lines(trade, 20.0, {"refused_t": 9.0, "reason": "太浑", "lines": by_line})
    path = f"/manifests/{received['id']}/corrections"
    asked = ok(trade.receiver.post(path, {"changes": changes, "reason": "磅单"}), 201)
    ok(trade.supplier.post(f"/corrections/{asked['id']}/approve", {}))
    assert [line["refused_t"] for line in trade.show(received)["lines"]] == shown


@settings(max_examples=tries(60))
@given(
    lines=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=5), data=st.data()
)
def test_a_division_within_limits_gives_everything_and_passes_none(lines, data):
    shares, limits = zip(*lines, strict=True)
    kg = data.draw(st.integers(0, sum(limits)))
    parts = divided_within(kg, shares, limits)
    assert sum(parts) == kg
    assert all(0 <= part <= limit for part, limit in zip(parts, limits, strict=True))


def test_who_carries_its_own_load_does_not_agree_to_its_own_correction(marketplace):
    own = marketplace.enterprise("generator", "transporter", name="自运厂")
    with_papers(marketplace, own)
    trade = Trade(marketplace)
    trade.__dict__ |= {"supplier": own, "carrier": own}
    path = f"/manifests/{trade.moving()['id']}/corrections"
    asked = ok(own.post(path, {"changes": {"driver": "王五"}, "reason": "换人"}), 201)
    assert asked["approver"] == "receiver"
    refused(own.post(f"/corrections/{asked['id']}/approve", {}), "not_your_turn")
    ok(trade.receiver.post(f"/corrections/{asked['id']}/approve", {}))


def test_a_carrier_corrects_nothing_before_it_has_signed(trade):
    moving = trade.moving()
    later = trade.marketplace.enterprise("transporter", name="二运")
    body = {"place": "站", "at": "2026-12-01T04:00:00Z"}
    trade.by(trade.carrier, moving, "hand-over", transporter_id=later.id, **body)
    path = f"/manifests/{moving['id']}/corrections"
    change = {"changes": {"weight_t": 12.0}, "reason": "x"}
    refused(later.post(path, change), "wrong_state")
    trade.by(later, moving, "hand-over", transporter_id=trade.carrier.id, **body)
    ok(later.post(path, change), 201)


def test_a_suspended_sender_issues_nothing_more(trade):
    drafted = trade.draft()
    trade.marketplace.admin.post(f"/enterprises/{trade.supplier.id}/suspend", {"reason": "停产"})
    refused(trade.supplier.post(f"/manifests/{drafted['id']}/issue", {}), "enterprise_suspended", 403)


def test_nothing_is_sent_to_a_suspended_receiver(trade):
    drafted, issued = trade.draft(), trade.issued()
    trade.marketplace.admin.post(f"/enterprises/{trade.receiver.id}/suspend", {"reason": "停产"})
    refused(trade.supplier.post(f"/manifests/{drafted['id']}/issue", {}), "receiver_may_not_trade")
    pickup = {"weight_t": 20.0, **TRUCK}
    refused(trade.carrier.post(f"/manifests/{issued['id']}/pickup", pickup), "receiver_may_not_trade")


@pytest.mark.parametrize("tail", ["20269926001", "abcdefgh0x1", "20271231001", "2026１126001"])
def test_a_label_whose_day_is_none_or_to_come_is_not_loaded(trade, tail):
    body = {"weight_t": 20.0, **TRUCK, "containers": [f"{trade.supplier.number}90034934{tail}"]}
    refused(trade.carrier.post(f"/manifests/{trade.issued()['id']}/pickup", body), "label_differs")
