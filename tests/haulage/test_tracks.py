"""Tracks over HTTP: any order, again and with wrong clocks; seen by the parties and their overseers alone."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from marketplace.database import db
from marketplace.events.models import Event
from tests.http.responses import refused
from tests.manifests.trade import Trade
from tests.marketplace import NOON

ZHUJI = {"lon": 120.24, "lat": 29.71, "crs": "wgs84"}


@pytest.fixture
def trade(marketplace):
    found = Trade(marketplace)
    found.supplier.patch(f"/enterprises/{found.supplier.id}", {"location": ZHUJI})
    return found


@pytest.fixture
def moving(trade):
    return trade.moving()


def point(minute, lon, lat, **about):
    at = (NOON + timedelta(minutes=minute)).isoformat()
    return {"at": at, "lon": lon, "lat": lat, **about}


def drive(minutes=60, every=2):
    """An even drive from Zhuji to Shaoxing, from noon on."""
    share = [minute / minutes for minute in range(0, minutes + 1, every)]
    return [point(part * minutes, 120.24 + part * 0.34, 29.71 + part * 0.32, speed=50.0) for part in share]


def send(party, manifest, points):
    response = party.post(f"/manifests/{manifest['id']}/track", points)
    assert response.status_code == 200, response.json
    return response.json


def track(party, manifest):
    response = party.get(f"/manifests/{manifest['id']}/track")
    assert response.status_code == 200, response.json
    return response.json


def kinds(party, manifest):
    return [finding["kind"] for finding in track(party, manifest)["findings"]]


def test_points_come_in_any_order_again_and_with_wrong_clocks(marketplace, trade, moving):
    marketplace.now = NOON + timedelta(hours=1)
    points = drive()
    wrong = [point(-90, 120.0, 30.0), point(60 * 24, 120.0, 30.0)]
    assert send(trade.carrier, moving, points[20:] + wrong) == {
        "accepted": 13, "repeated": 0, "marked": 2, "points": 13,
    }  # fmt: skip
    assert send(trade.carrier, moving, list(reversed(points)))["repeated"] == 11

    shown = track(trade.supplier, moving)

    assert (shown["total"], shown["findings"]) == (33, [])
    assert [row["mark"] for row in shown["points"]] == ["before_pickup", *[None] * 31, "clock_ahead"]
    assert [row["lon"] for row in shown["line"]] == [120.24, 120.58]


def test_what_is_to_be_explained_is_said_with_time_and_place(marketplace, trade, moving):
    points = drive()[:8]
    stay = [point(15 + minute, 120.325, 29.79) for minute in range(45)]
    marketplace.now = NOON + timedelta(hours=2)
    send(trade.carrier, moving, [*points, *stay, point(61, 122.2, 29.9)])
    marketplace.settle()

    found = track(trade.receiver, moving)["findings"]

    assert [finding["kind"] for finding in found] == ["stop", "impossible_speed", "off_route", "silence"]
    assert (found[0]["lon"], found[0]["lat"], found[0]["figure"]) == (120.325, 29.79, 44)
    assert found[0]["at"] == "2026-12-01T04:15:00Z"
    assert "44" in found[0]["detail"]
    chinese = trade.receiver.call(
        "GET", f"/manifests/{moving['id']}/track", headers={"Accept-Language": "zh-CN"}
    )
    assert "停留 44 分钟" in chinese.json["findings"][0]["detail"]
    with marketplace.app.app_context():
        told = select(Event.payload).where(Event.name == "manifest.track_found")
        assert sorted(row["kind"] for row in db.session.scalars(told)) == sorted(
            kinds(trade.receiver, moving)
        )


def test_a_load_said_to_be_delivered_was_never_near(marketplace, trade, moving):
    send(trade.carrier, moving, drive()[:10])
    assert "never_near_receiver" not in kinds(trade.supplier, moving)
    marketplace.now = NOON + timedelta(minutes=30)
    trade.by(trade.carrier, moving, "deliver", reason="已送达")
    assert kinds(trade.supplier, moving) == ["never_near_receiver"]


def test_only_carriers_send_and_only_while_the_load_is_on_its_way(marketplace, trade):
    issued = trade.issued()
    path, points = f"/manifests/{issued['id']}/track", drive()[:2]
    refused(trade.carrier.post(path, points), 409, "wrong_state")
    trade.by(trade.carrier, issued, "pickup", weight_t=20.0, vehicle="浙D12345", driver="张三", escort="李四")
    refused(trade.supplier.post(path, points), 409, "not_your_turn")
    refused(marketplace.enterprise("transporter").post(path, points), 404, "not_found")
    refused(marketplace.enterprise("generator").get(path), 404, "not_found")
    refused(marketplace.regulator("310000").get(path), 404, "not_found")
    assert marketplace.regulator("330600").get(path).json["points"] == []


@pytest.mark.parametrize(
    ("points", "field"),
    [
        ([], "body"),
        ([point(0, 120.0, 30.0)] * 1001, "body"),
        ([point(0, 190.0, 30.0)], "0.lon"),
        ([point(0, 120.0, 30.0, speed=-1)], "0.speed"),
        ([point(0, 120.0, 30.0), {"at": "2026-12-01 04:00", "lon": 1, "lat": 1}], "1.at"),
        ([point(0, 120.0, 30.0, heading=3)], "0.heading"),
    ],
)
def test_bad_points_are_refused_and_nothing_is_kept(trade, moving, points, field):
    refused(trade.carrier.post(f"/manifests/{moving['id']}/track", points), 422, "invalid_input", field)
    assert track(trade.carrier, moving)["total"] == 0


def test_raw_points_are_deleted_after_thirty_days_and_the_line_stays(marketplace, trade, moving):
    marketplace.now = NOON + timedelta(hours=1)
    send(trade.carrier, moving, drive())
    trade.by(trade.carrier, moving, "deliver", lon=120.58, lat=30.03)
    before = track(trade.supplier, moving)
    assert before["findings"] == []

    marketplace.wait(days=29)
    assert track(trade.supplier, moving)["raw_deleted_at"] is None
    marketplace.wait(days=2)

    after = track(trade.supplier, moving)
    assert after["raw_deleted_at"] is not None
    assert (after["points"], after["total"], after["findings"]) == ([], 31, [])
    assert (after["line"], len(before["points"])) == (before["line"], 31)
    refused(trade.carrier.post(f"/manifests/{moving['id']}/track", drive()), 409, "track_closed")
    assert datetime.fromisoformat(after["line"][0]["at"]) == NOON.astimezone(UTC)
