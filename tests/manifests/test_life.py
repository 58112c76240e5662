"""A load from its draft to its treatment, and who may do what when."""

import pytest

from tests.manifests.trade import TRUCK, official_number, ok, refused

PLAN = {**TRUCK, "planned_at": "2026-12-02T01:00:00Z"}


def test_a_load_goes_from_its_draft_to_its_treatment(trade):
    drafted = trade.draft()
    assert (drafted["status"], drafted["number"]) == ("draft", "33060220261201000001")
    assert drafted["lines"][0]["code"] == "900-349-34"
    assert trade.by(trade.supplier, drafted, "request")["next_step"] == {
        "by": "transporter",
        "move": "schedule",
    }
    scheduled = trade.by(trade.carrier, drafted, "schedule", **PLAN)
    assert scheduled["warnings"] == []
    issued = trade.by(trade.supplier, drafted, "issue")
    assert {warning["code"] for warning in issued["warnings"]} == {
        "plan_missing", "official_number_later", "due_diligence_missing",
    }  # fmt: skip
    assert trade.deal_now()["status"] == "moving"
    ok(trade.supplier.patch(f"/manifests/{drafted['id']}", {"official_number": official_number()}))
    trade.by(trade.carrier, drafted, "pickup", weight_t=20.1, **TRUCK)
    trade.by(trade.carrier, drafted, "deliver", lon=120.58, lat=30.03)
    received = trade.by(trade.receiver, drafted, "receive", weight_t=20.1)
    assert (received["received_t"], received["accepted_t"], received["refused_t"]) == (20.1, 20.1, 0.0)
    trade.by(trade.receiver, drafted, "close")
    assert trade.deal_now()["accepted_t"] == 20.1
    half = {"operation": "R5", "on": "2026-12-01", "quantity_t": 10.1}
    assert trade.by(trade.receiver, drafted, "outcome", **half)["status"] == "closed"
    treated = trade.by(trade.receiver, drafted, "outcome", **{**half, "quantity_t": 10.0, "product": "石膏"})
    assert (treated["status"], treated["treated_t"], len(treated["outcomes"])) == ("treated", 20.1, 2)
    assert [signature["part"] for signature in treated["signatures"]] == ["sender", "carrier", "receiver"]


def test_out_of_turn_says_who_must_do_what_next(trade):
    issued = trade.issued()
    path = f"/manifests/{issued['id']}"
    body = {"weight_t": 20.0, **TRUCK}
    answer = trade.supplier.call("POST", f"{path}/pickup", json=body, headers={"Accept-Language": "en"})
    assert "Next, the transporter picks the load up." in refused(answer, "not_your_turn")["detail"]
    assert (
        "Next, the transporter picks"
        in refused(trade.receiver.post(f"{path}/close", {}), "wrong_state")["detail"]
    )
    trade.by(trade.carrier, issued, "pickup", **body)
    refused(trade.carrier.post(f"{path}/pickup", body), "wrong_state")
    refused(trade.supplier.post(f"{path}/cancel", {"reason": "late"}), "wrong_state")


def test_strangers_do_not_learn_of_a_manifest(trade):
    drafted = trade.draft()
    for stranger in (trade.marketplace.enterprise("generator"), trade.marketplace.regulator("310000")):
        assert stranger.get(f"/manifests/{drafted['id']}").status_code == 404
        assert stranger.get("/manifests").json["items"] == []
    assert trade.marketplace.regulator("330600").get(f"/manifests/{drafted['id']}").status_code == 200


def test_a_draft_takes_no_more_than_the_deal_has_left(trade):
    trade.draft(40.0)
    body = {"transporter_id": trade.carrier.id, "quantity_t": 20.001, "planned_on": "2026-12-02"}
    refused(trade.supplier.post(f"/deals/{trade.deal['id']}/manifests", body), "not_enough_left")
    second = trade.draft(20.0)
    path = f"/manifests/{second['id']}"
    refused(trade.supplier.patch(path, {"quantity_t": 20.5}), "not_enough_left")
    assert ok(trade.supplier.patch(path, {"quantity_t": 15.0}))["planned_t"] == 15.0
    trade.by(trade.supplier, second, "cancel", reason="别的车")
    assert trade.deal_now()["left_t"] == 20.0


def test_several_kinds_of_one_sender_share_a_vehicle_and_its_manifest(trade):
    lines = [{"deal_id": trade.deal["id"], "quantity_t": tonnes} for tonnes in (10.0, 5.0)]
    body = {"transporter_id": trade.carrier.id, "planned_on": "2026-12-02", "lines": lines}
    drafted = ok(trade.supplier.post("/manifests", body), 201)
    ok(trade.supplier.patch(f"/manifests/{drafted['id']}", {"official_number": official_number()}))
    trade.by(trade.supplier, drafted, "issue")
    moving = trade.by(trade.carrier, drafted, "pickup", weight_t=15.001, **TRUCK)
    assert [line["picked_up_t"] for line in moving["lines"]] == [10.001, 5.0]
    weighed = [{"no": 1, "weight_t": 10.0, "refused_t": 10.0}, {"no": 2, "weight_t": 5.0}]
    receipt = {"weight_t": 15.0, "refused_t": 10.0, "reason": "太浑", "lines": weighed}
    received = trade.by(trade.receiver, drafted, "receive", **receipt)
    assert received["missing_delivery"]
    assert [line["accepted_t"] for line in received["lines"]] == [0.0, 5.0]


def test_a_declined_manifest_is_a_draft_again_and_its_seal_ends(trade):
    issued = trade.issued()
    declined = trade.by(trade.carrier, issued, "decline", reason="车坏了")
    assert (declined["status"], declined["signatures"]) == ("draft", [])
    other = trade.marketplace.enterprise("transporter")
    ok(trade.supplier.patch(f"/manifests/{issued['id']}", {"transporter_id": other.id}))
    assert trade.by(trade.supplier, issued, "issue")["transporter"]["id"] == other.id
    trade.marketplace.settle()
    (told,) = trade.supplier.inbox("manifest.declined")
    assert "车坏了" in told["detail"]


@pytest.mark.parametrize(
    ("number", "code"),
    [("2026310100001", "official_number_form"), ("20263101000001", "official_number_place")],
)
def test_an_official_number_of_another_place_is_refused(trade, number, code):
    path = f"/manifests/{trade.draft()['id']}"
    refused(trade.supplier.patch(path, {"official_number": number}), code, 422)


def test_an_official_number_is_that_of_one_load(trade):
    number = official_number()
    ok(trade.supplier.patch(f"/manifests/{trade.draft()['id']}", {"official_number": number}))
    path = f"/manifests/{trade.draft()['id']}"
    refused(trade.supplier.patch(path, {"official_number": number}), "official_number_taken")


def test_hazardous_waste_waits_for_its_official_number_and_a_permitted_carrier(trade):
    drafted = trade.by(trade.supplier, trade.draft(), "issue")
    path = f"/manifests/{drafted['id']}"
    body = {"weight_t": 20.0, **TRUCK}
    refused(trade.carrier.post(f"{path}/pickup", body), "official_number_missing")
    ok(trade.supplier.patch(path, {"official_number": official_number()}))
    refused(trade.carrier.post(f"{path}/pickup", {**body, "driver": "王五"}), "carrier_not_permitted")
    refused(trade.carrier.post(f"{path}/pickup", {**body, "containers": ["QR-别处"]}), "label_differs")
    for weight in (0, -1, 20100.0):
        problem = refused(
            trade.carrier.post(f"{path}/pickup", {**body, "weight_t": weight}), "invalid_input", 422
        )
        assert "kilograms" in problem["errors"]["weight_t"][0]
    trade.by(trade.carrier, drafted, "pickup", **body)


def test_an_admin_makes_the_move_of_any_party_and_says_why(trade):
    admin, issued = trade.marketplace.admin, trade.issued()
    refused(
        admin.post(f"/manifests/{issued['id']}/pickup", {"weight_t": 20.0, **TRUCK}), "field_required", 422
    )
    for move, body in (
        ("pickup", {"weight_t": 20.0, **TRUCK}), ("deliver", {}),
        ("receive", {"weight_t": 20.0}), ("close", {}),
        ("outcome", {"operation": "R5", "on": "2026-12-01", "quantity_t": 20.0}),
    ):  # fmt: skip
        status = trade.by(admin, issued, move, **body, reason="企业系统故障")["status"]
    assert status == "treated"


def test_a_copy_says_of_what_it_is_one(trade):
    first = trade.moving()
    copied = trade.by(trade.supplier, first, "copy")
    assert copied["copied_from_id"] == first["id"]
    assert (copied["status"], copied["planned_t"], copied["official_number"]) == ("draft", 20.0, None)


def test_a_load_passes_from_carrier_to_carrier(trade):
    other = trade.marketplace.enterprise("transporter", name="运输二号")
    from tests.manifests.trade import with_papers

    truck = {"vehicle": "浙A00001", "driver": "赵六", "escort": "钱七"}
    with_papers(trade.marketplace, other, truck)
    moving = trade.moving()
    hand_over = {"place": "绍兴服务区", "at": "2026-12-01T05:00:00Z"}
    ahead = {**hand_over, "at": "2099-12-01T05:00:00Z", "transporter_id": other.id}
    refused(trade.carrier.post(f"/manifests/{moving['id']}/hand-over", ahead), "hand_over_ahead", 422)
    trade.by(trade.carrier, moving, "hand-over", transporter_id=other.id, **hand_over)
    refused(trade.carrier.post(f"/manifests/{moving['id']}/deliver", {}), "not_your_turn")
    taken = trade.by(other, moving, "hand-over", transporter_id=trade.carrier.id, **hand_over, **truck)
    assert [leg["vehicle"] for leg in taken["legs"]] == ["浙D12345", "浙A00001"]
    assert trade.by(other, moving, "deliver", lon=120.58, lat=30.03)["status"] == "delivered"
    assert trade.carrier.get(f"/manifests/{moving['id']}").status_code == 200


def test_far_from_the_receiver_a_delivery_needs_a_reason(trade):
    path = f"/manifests/{trade.moving()['id']}/deliver"
    refused(trade.carrier.post(path, {"lon": 121.5, "lat": 31.2}), "far_from_receiver", 422)
    ok(trade.carrier.post(path, {"lon": 121.5, "lat": 31.2, "reason": "道路封闭，改在仓库交货"}))


def test_the_end_of_a_deal_cancels_what_is_not_issued(trade):
    drafted = trade.draft()
    ok(trade.supplier.post(f"/deals/{trade.deal['id']}/cancel", {"reason": "停产", "fault": "none"}))
    trade.marketplace.settle()
    assert trade.show(drafted)["status"] == "cancelled"
