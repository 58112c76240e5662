"""What the receiver signs for: weights, differences, refusals, excess; and who corrects what afterwards."""

import pytest

from tests.manifests.trade import ok, refused


def test_any_difference_reaches_the_sender_and_the_receivers_authority(trade):
    received = trade.received(20.0, weight=19.98)
    assert received["warnings"][0]["code"] == "weight_differs"
    (difference,) = received["differences"]
    assert (difference["expected"], difference["found"]) == ("20.000", "19.980")
    assert not difference["beyond_tolerance"]
    trade.marketplace.settle()
    assert trade.supplier.inbox("manifest.differed")
    regulator = trade.marketplace.regulator("330600")
    assert [item["id"] for item in regulator.get("/manifests", differing="true").json["items"]] == [
        received["id"]
    ]
    refused(trade.supplier.post(f"/manifests/{received['id']}/close", {}), "not_your_turn")


def test_beyond_tolerance_an_explanation_is_asked_for_and_given_once(trade):
    received = trade.received(20.0, weight=18.0)
    assert received["warnings"][0]["code"] == "explanation_needed"
    assert received["differences"][0]["significant"]
    explained = trade.by(trade.carrier, received, "explain", reason="途中蒸发")
    assert explained["differences"][0]["explanation"] == "途中蒸发"
    refused(
        trade.supplier.post(f"/manifests/{received['id']}/explain", {"reason": "x"}), "nothing_to_explain"
    )


def test_more_than_was_received_cannot_be_refused_and_a_refusal_has_a_reason(trade):
    path = f"/manifests/{trade.moving()['id']}/receive"
    body = {"weight_t": 20.0, "refused_t": 20.001, "reason": "x"}
    refused(trade.receiver.post(path, body), "refused_more_than_received", 422)
    refused(trade.receiver.post(path, {"weight_t": 20.0, "refused_t": 5.0}), "field_required", 422)
    assert ok(trade.receiver.post(path, {**body, "refused_t": 20.0}))["status"] == "refused"


def test_what_exceeds_the_deal_beyond_tolerance_counts_as_refused_until_it_is_explained(trade):
    trade.tonnes = 20.0
    moving = trade.moving(20.0, picked_up=22.0)
    trade.by(trade.receiver, moving, "receive", weight_t=22.0)
    closed = trade.by(trade.receiver, moving, "close")
    assert (closed["accepted_t"], closed["refused_t"]) == (20.0, 2.0)
    assert closed["warnings"][0]["code"] == "excess_held"
    explained = trade.by(trade.supplier, moving, "explain", reason="装车过满")
    assert (explained["accepted_t"], explained["refused_t"]) == (22.0, 0.0)
    assert trade.deal_now()["accepted_t"] == 22.0


def test_what_was_refused_comes_back_and_is_free_again(trade):
    received = trade.received(20.0, refused_t=5.0, reason="太浑")
    closed = trade.by(trade.receiver, received, "close")
    assert (closed["status"], closed["accepted_t"], trade.deal_now()["left_t"]) == ("closed", 15.0, 40.0)
    back = trade.by(trade.supplier, closed, "follow", kind="return")
    assert (back["kind"], back["origin_id"], back["planned_t"]) == ("return", closed["id"], 5.0)
    assert back["receiver"]["id"] == trade.supplier.id
    refused(trade.supplier.post(f"/manifests/{closed['id']}/follow", {"kind": "return"}), "followed_already")
    trade.come_back(back, 5.0)
    assert trade.deal_now()["left_t"] == 45.0
    assert trade.show(closed)["followed_by"] == back["id"]


def test_what_was_refused_goes_onward_to_another_deal(trade):
    other = trade.marketplace.recycler()
    demand = trade.marketplace.demand(other, quantity_t=500.0, min_lot_t=1.0)
    supply = trade.marketplace.supply(trade.supplier, quantity_t=60.0, min_lot_t=1.0)
    second = trade.agree(supply, demand, other)
    moving = trade.by(trade.receiver, trade.moving(), "refuse", reason="成分不符")
    assert (moving["status"], moving["refused_t"]) == ("refused", 20.0)
    wrong = {"kind": "onward", "deal_id": trade.deal["id"]}
    refused(trade.supplier.post(f"/manifests/{moving['id']}/follow", wrong), "deal_does_not_fit", 422)
    onward = trade.by(trade.supplier, moving, "follow", kind="onward", deal_id=second["id"])
    assert trade.deal_now()["left_t"] == 40.0
    trade.go_on(onward, 20.0, other)
    assert trade.deal_now()["left_t"] == 60.0
    assert ok(trade.supplier.get(f"/deals/{second['id']}"))["accepted_t"] == 20.0


@pytest.mark.parametrize("field", ["number", "official_number", "receiver_id"])
def test_neither_a_party_nor_a_number_is_corrected(trade, field):
    path = f"/manifests/{trade.received()['id']}/corrections"
    problem = refused(
        trade.receiver.post(path, {"changes": {field: "x"}, "reason": "x"}), "invalid_input", 422
    )
    assert "Parties and numbers are never corrected" in problem["errors"][f"changes.{field}"][0]


def test_a_correction_waits_for_the_other_side_and_every_version_is_kept(trade):
    received = trade.received(20.0, weight=19.9)
    path = f"/manifests/{received['id']}"
    body = {"changes": {"weight_t": 20.0}, "reason": "磅单看错"}
    asked = ok(trade.receiver.post(f"{path}/corrections", body), 201)
    refused(
        trade.supplier.post(f"{path}/corrections", {**body, "changes": {"packages": 3}}), "correction_open"
    )
    refused(trade.receiver.post(f"{path}/close", {}), "correction_open")
    refused(trade.receiver.post(f"/corrections/{asked['id']}/approve", {}), "not_your_turn")
    assert ok(trade.supplier.post(f"/corrections/{asked['id']}/approve", {}))["status"] == "approved"
    refused(trade.supplier.post(f"/corrections/{asked['id']}/reject", {}), "wrong_state")
    assert trade.show(received)["received_t"] == 20.0
    versions = ok(trade.supplier.get(f"{path}/versions"))["items"]
    assert {"field": "weight_t", "before": 19.9, "after": 20.0} in versions[-1]["changes"]
    trade.by(trade.receiver, received, "close")
    assert trade.deal_now()["accepted_t"] == 20.0
    late = {"changes": {"weight_t": 19.0}, "reason": "x"}
    refused(trade.receiver.post(f"{path}/corrections", late), "weight_is_final")


def test_each_party_corrects_what_it_signed_and_the_sender_agrees_for_the_carrier(trade):
    moving = trade.moving(20.0, picked_up=21.0)
    path = f"/manifests/{moving['id']}/corrections"
    wrong = {"changes": {"refused_t": 1.0}, "reason": "x"}
    refused(trade.carrier.post(path, wrong), "not_your_field", 422)
    asked = ok(trade.carrier.post(path, {"changes": {"weight_t": 20.0}, "reason": "皮重漏扣"}), 201)
    assert asked["approver"] == "sender"
    ok(trade.supplier.post(f"/corrections/{asked['id']}/approve", {}))
    trade.by(trade.receiver, moving, "receive", weight_t=20.0)
    assert trade.by(trade.receiver, moving, "close")["differences"] == []
    assert trade.deal_now()["left_t"] == 40.0
