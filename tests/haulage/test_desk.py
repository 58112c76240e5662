"""The desk of a transporter: requests that wait for it, and its trips of a day."""

from tests.http.responses import refused
from tests.manifests.trade import TRUCK


def test_a_request_waits_until_it_is_scheduled_or_declined(trade):
    first, second = trade.draft(), trade.draft()
    for drafted in (first, second):
        trade.by(trade.supplier, drafted, "request")
    path = f"/transporters/{trade.carrier.id}/requests"

    (shown, _) = trade.carrier.get(path).json["items"]

    assert (shown["id"], shown["planned_t"], shown["lines"][0]["code"]) == (second["id"], 20, "900-349-34")
    assert shown["supplier"]["enterprise"]["name"] == "酸厂"
    assert shown["supplier"]["location"]["lon"] == 120.58
    assert shown["supplier"]["contact"] is None
    trade.by(trade.carrier, first, "decline", reason="车辆已满")
    trade.by(trade.carrier, second, "schedule", planned_at="2026-12-02T01:00:00Z", **TRUCK)
    assert trade.carrier.get(path).json["items"] == []


def test_a_day_has_its_trips_by_time_with_whom_to_call(marketplace, trade):
    late, early, asked = trade.draft(), trade.draft(), trade.draft()
    for drafted, at in ((late, "2026-12-02T06:00:00Z"), (early, "2026-12-01T16:00:00Z"), (asked, None)):
        trade.by(trade.supplier, drafted, "request")
        if at:
            trade.by(trade.carrier, drafted, "schedule", planned_at=at, **TRUCK)
    path = f"/transporters/{trade.carrier.id}/day-plan"

    plan = trade.carrier.get(path, day="2026-12-02").json

    assert [trip["id"] for trip in plan["items"]] == [early["id"], late["id"]]
    assert (plan["total_t"], plan["vehicles"], plan["day"]) == (40, 1, "2026-12-02")
    assert plan["items"][0]["receiver"]["contact"]["phone"] == "0575-85000000"
    assert plan["items"][0]["driver"] == "张三"
    assert trade.carrier.get(path).json["items"] == []
    refused(trade.supplier.get(path), 404, "not_found")
    refused(marketplace.regulator("310000").get(path), 404, "not_found")
    assert len(marketplace.regulator("330600").get(path, day="2026-12-02").json["items"]) == 2
