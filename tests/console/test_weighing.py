"""Several kinds of waste weighed one by one at a gate; and files of a form whose session had ended."""

import pytest

from tests.console.hand import Hand
from tests.console.people import Browser
from tests.console.reader import read
from tests.console.trading import HOSTILE, PHONES, Trading, photo
from tests.manifests.trade import TRUCK, official_number, ok


@pytest.fixture
def town(marketplace):
    town = Trading(marketplace)
    with marketplace.at_its_time():
        yield town


def load_of_two(trade):
    lines = [{"deal_id": trade.deal["id"], "quantity_t": 10.0}] * 2
    body = {"transporter_id": trade.carrier.id, "planned_on": "2026-12-01", "lines": lines}
    load = ok(trade.supplier.post("/manifests", body), 201)
    ok(trade.supplier.patch(f"/manifests/{load['id']}", {"official_number": official_number()}))
    trade.by(trade.supplier, load, "issue")
    return load


def weights(trade, load, name):
    return [line[name] for line in trade.show(load)["lines"]]


def test_each_kind_is_weighed_and_what_does_not_add_up_is_said(town):
    load = load_of_two(town.trade)
    path = f"/loads/{load['id']}"
    hand = (
        Hand(town.driver, f"{path}/pickup").fill(**TRUCK, **{"lines.1.weight_t": "9.5"}).press("签署并装运")
    )
    assert town.driver.status == 422
    assert read(town.driver.response).faults == []
    assert hand.parts.forms[0].fields["lines.1.weight_t"] == "9.5"
    hand.fill(**{"lines.1.weight_t": HOSTILE, "lines.2.weight_t": "10"}).press("签署并装运")
    assert town.driver.status == 422
    hand.fill(weight_t="30", **{"lines.1.weight_t": "9.5", "lines.2.weight_t": "10"}).press("签署并装运")
    assert "合计须等于总重量" in hand.page.text
    hand.fill(weight_t="", **{"lines.1.weight_t": "60", "lines.2.weight_t": "60"}).press("签署并装运")
    assert town.driver.status == 422
    hand.fill(**{"lines.1.weight_t": "9.5", "lines.2.weight_t": "10"}).press("签署并装运")
    hand.again()
    assert weights(town.trade, load, "picked_up_t") == [9.5, 10.0]
    gate = Hand(town.gate, f"{path}/receipt").fill(
        weight_t="19", **{"lines.1.weight_t": "9", "lines.2.weight_t": "10"}
    )
    gate.fill(**{"lines.1.refused_t": "2"}, reason="太浑").press("签收")
    assert weights(town.trade, load, "received_t") == [9.0, 10.0]
    assert weights(town.trade, load, "refused_t") == [2.0, 0.0]


def test_a_load_of_one_kind_is_asked_for_one_weight(town):
    load = town.trade.issued(planned_on="2026-12-01")
    hand = Hand(town.driver, f"/loads/{load['id']}/pickup")
    assert "逐种称重" not in hand.page.text
    hand.fill(**TRUCK).press("签署并装运")
    assert town.driver.status == 422


def test_who_logs_in_again_is_told_to_choose_the_file_again(town):
    listing = f"/listings/{town.trade.supply['id']}"
    for more, is_kept in ((0, True), (2_000_000, False)):
        stranger = Browser(town.marketplace)
        sent = {
            "title": f"废酸{HOSTILE}",
            "file": (photo()[0](), "x.png", "image/png"),
            "idempotency_key": "x" * more,
        }
        assert stranger.post("/post/photo", **sent).status == 401
        assert "重新选择" in stranger.page.text
        fields = {f["name"]: f.get("value", "") for f in stranger.page.all("input") if f.get("name")}
        assert ("kept.title" in fields) == is_kept
        again = stranger.post("/login", **{**fields, "login": PHONES["supplier"], "password": "x"})
        assert "重新选择" in again.page.text
        shown = stranger.log_in(
            PHONES["supplier"], **{k: v for k, v in fields.items() if k not in ("login", "password")}
        )
        assert "请打开表单重新选择" in shown.page.text
        assert "/post/photo" in {link.get("href") for link in shown.page.all("a")}
        assert ("废酸" in shown.page.text) == is_kept
        assert stranger.get("/post/photo").location.endswith("/post")
        assert stranger.get(f"{listing}/photos").location.endswith(listing)
    stranger = Browser(town.marketplace)
    assert "重新选择" not in stranger.post("/post", title="x").page.text
