"""Pictures of loads: photos at the gate and drawn signatures, kept once, seen by the parties alone."""

import pytest

from tests.manifests.trade import TRUCK, ok, refused
from tests.uploaded_files import made

PNG, JPEG = "image/png", "image/jpeg"


def send(party, manifest, content=made.PNG, media_type=PNG, **query):
    path = f"/manifests/{manifest['id']}/files"
    return party.call("POST", path, data=content, content_type=media_type, query_string=query)


def test_each_party_shows_the_load_and_sees_what_the_others_show(trade):
    issued = trade.issued()
    assert ok(send(trade.supplier, issued, made.png(7)), 201)["part"] == "sender"
    moving = trade.by(trade.carrier, issued, "pickup", weight_t=20.0, **TRUCK)
    kept = ok(send(trade.carrier, moving, name="车头.png"), 201)
    assert (kept["part"], kept["shows"], kept["name"]) == ("carrier", "photo", "车头.png")
    drawn = ok(send(trade.receiver, moving, made.JPEG, JPEG, shows="signature"), 201)
    shown = trade.show(moving)["files"]
    assert [(file["part"], file["shows"]) for file in shown] == [
        ("sender", "photo"), ("carrier", "photo"), ("receiver", "signature")
    ]  # fmt: skip
    for party in (trade.supplier, trade.carrier, trade.receiver, trade.marketplace.admin):
        answer = party.get(f"/manifests/files/{drawn['id']}")
        assert (answer.data, answer.content_type) == (made.JPEG, JPEG)
        assert answer.headers["Content-Disposition"].startswith("attachment;")
    stranger = trade.marketplace.enterprise("recycler")
    refused(stranger.get(f"/manifests/files/{drawn['id']}"), "not_found", 404)
    refused(send(stranger, moving), "not_found", 404)


def test_the_same_picture_is_kept_once(trade):
    issued = trade.issued()
    assert ok(send(trade.carrier, issued), 201)["id"] == ok(send(trade.carrier, issued), 201)["id"]
    assert len(trade.show(issued)["files"]) == 1


@pytest.mark.parametrize(
    ("content", "code", "status"),
    [
        (b"\x00\x00\x00\x18ftypheic" + b"x" * 40, "media_type_heic", 415),
        (made.PNG[:40], "file_incomplete", 422),
        (b"", "file_empty", 422),
    ],
)
def test_what_is_no_whole_picture_is_refused_in_words(trade, content, code, status):
    refused(send(trade.carrier, trade.issued(), content), code, status)


def test_a_draft_and_a_cancelled_load_show_nothing(trade):
    drafted = trade.draft()
    refused(send(trade.supplier, drafted), "wrong_state")
    trade.by(trade.supplier, drafted, "cancel", reason="改期")
    refused(send(trade.supplier, drafted), "wrong_state")


def test_who_signs_at_the_gate_is_sealed_by_name(trade):
    moving = trade.by(trade.carrier, trade.issued(), "pickup", weight_t=20.0, signed_name="张三", **TRUCK)
    received = trade.by(trade.receiver, moving, "receive", weight_t=20.0, signed_name="赵门卫")
    names = {item["part"]: item["signed_name"] for item in received["signatures"]}
    assert names == {"sender": None, "carrier": "张三", "receiver": "赵门卫"}
    newest = ok(trade.supplier.get(f"/manifests/{received['id']}/versions"))["items"][-1]
    assert (newest["signed_name"], newest["content"]["signed_name"]) == ("赵门卫", "赵门卫")


def test_the_loads_of_today_are_those_to_fetch_on_their_way_and_done_today(trade):
    later, moving = trade.issued(5.0, planned_on="2027-01-10"), trade.moving(5.0)
    drafted = trade.draft(5.0)
    due = trade.issued(5.0, planned_on=f"{trade.marketplace.now:%Y-%m-%d}")
    received = trade.by(trade.receiver, trade.moving(5.0), "receive", weight_t=5.0)

    def today():
        return {item["id"] for item in ok(trade.carrier.get("/manifests", today="true"))["items"]}

    assert today() == {moving["id"], due["id"], received["id"]}
    trade.marketplace.wait(days=1)
    assert received["id"] not in today()
    assert drafted["id"] not in today()
    assert later["id"] not in today()
