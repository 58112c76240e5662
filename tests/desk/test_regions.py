"""However many enterprises a region has, and so whichever way its items are found, they are the same."""

import pytest
from sqlalchemy import text

from marketplace.desk.models import DeskKind
from marketplace.desk.service import regions
from marketplace.desk.service.queue import Asked, _page_statement
from tests.counting import rows_read
from tests.desk.conftest import make_full
from tests.desk.world import KINDS, OF_ADMINS
from tests.marketplace import as_owner

WAYS = {"by_firm": (500, 5000), "by_set": (0, 5000), "by_item": (0, 0)}


def make_two_regions(marketplace):
    """A full desk, and two items of another region."""
    desk = make_full(marketplace)
    shanghai = {"lon": 121.49, "lat": 31.23, "crs": "wgs84"}
    desk.abroad = desk.make("registration", region="310101", location=shanghai)
    desk.blocked = desk.make("provisional_block", region="310101", location=shanghai)
    return desk


@pytest.mark.parametrize("way", WAYS)
def test_each_way_finds_the_same_items_of_every_kind(kept, monkeypatch, way):
    with kept(make_two_regions) as desk:
        holds_by(way, desk, monkeypatch)


def holds_by(way, desk, monkeypatch):
    made = {item for item in desk.made.items() if item[0] not in OF_ADMINS}
    abroad, blocked = desk.abroad, desk.blocked
    few, some = WAYS[way]
    monkeypatch.setattr(regions, "FEW", few)
    monkeypatch.setattr(regions, "SOME", some)
    with desk.marketplace.app.app_context():
        assert regions.region_between(330600, 330699).way.value == way

    assert made <= set(desk.ids(desk.regulator))
    assert set(desk.ids(desk.stranger)) == {("registration", abroad), ("provisional_block", blocked)}
    for sort in ("since", "due"):
        of_region = [item for item in desk.ids(sort=sort) if item[1] not in (abroad, blocked)]
        in_order = [item for item in of_region if item[0] not in OF_ADMINS]
        assert desk.ids(desk.regulator, sort=sort) == in_order
    assert set(desk.counts(desk.regulator)) == set(KINDS) - set(OF_ADMINS)
    assert desk.counts(desk.stranger) == {"registration": 1, "provisional_block": 1}


HANGZHOU = {"region": "330102", "location": {"lon": 120.17, "lat": 30.25, "crs": "wgs84"}}


def make_moving(marketplace):
    """A move from Shaoxing to Hangzhou that is proposed, with the regulators of both."""
    desk = make_full(marketplace)
    desk.there = marketplace.regulator("330100")
    desk.moving = ("profile_change", desk.make("profile_change", proposed=HANGZHOU))
    return desk


@pytest.mark.parametrize("way", WAYS)
def test_the_region_that_an_enterprise_would_move_to_has_the_change_in_its_queue(kept, monkeypatch, way):
    with kept(make_moving) as desk:
        few, some = WAYS[way]
        monkeypatch.setattr(regions, "FEW", few)
        monkeypatch.setattr(regions, "SOME", some)
        for sort in ("since", "due"):
            assert desk.ids(desk.there, sort=sort) == [desk.moving]
        assert desk.counts(desk.there) == {"profile_change": 1}
        assert desk.ids(desk.there, region="330102") == [desk.moving]
        assert desk.ids(desk.there, region="330106") == []
        assert desk.moving in desk.ids(desk.regulator), "whence it would move"
        assert desk.ids(region="330102") == [desk.moving]
        assert desk.ids(desk.stranger) == []


def test_officers_of_either_region_take_a_move(desk):
    there = desk.marketplace.regulator("330100")
    moving = ("profile_change", desk.make("profile_change", proposed=HANGZHOU))
    staying = ("profile_change", desk.make("profile_change"))
    assert desk.assign(*moving, "me", by=there).status_code == 200
    assert desk.ids(there, assigned="me") == [moving]
    assert desk.assign(*moving, desk.regulator.id, by=there).status_code == 200
    assert desk.assign(*staying, there.id).json["code"] == "unknown_officer"
    assert desk.decide((*moving, "confirm"), by=there) == [(403, "role_forbids")]
    assert desk.decide((*moving, "confirm")) == [(200, None)]
    assert desk.ids(there) == []


@pytest.mark.parametrize("way", WAYS)
def test_the_region_of_the_receiver_has_a_transfer_in_its_queue_while_it_is_asked(desk, monkeypatch, way):
    few, some = WAYS[way]
    monkeypatch.setattr(regions, "FEW", few)
    monkeypatch.setattr(regions, "SOME", some)
    shanghai = {"region": "310101", "location": {"lon": 121.49, "lat": 31.23, "crs": "wgs84"}}
    receiver = desk.marketplace.enterprise("recycler", **shanghai)
    application = desk.make("transfer_application", receiver=receiver)
    path = f"/transfer-applications/{application}"
    seen = {}
    for step in ("accept-papers", "forward", "agree"):
        assert desk.admin.post(f"{path}/{step}", {}).status_code == 200
        seen[step] = desk.ids(desk.stranger)
        assert desk.ids(desk.regulator) == [("transfer_application", application)]
    assert seen == {"accept-papers": [], "forward": [("transfer_application", application)], "agree": []}


COPIES = """
    INSERT INTO credit_unmatched SELECT (jsonb_populate_record(entry, jsonb_build_object(
        'id', gen_random_uuid(), 'reference', number::text, 'uscc', '91310101' || lpad(number::text, 10, '0')
    ))).* FROM credit_unmatched AS entry, generate_series(1, 20000) AS number
"""


def test_a_page_of_a_narrow_region_passes_over_no_entries_of_others_though_sorting_seems_dear(desk):
    desk.make("unmatched_entry")
    with desk.marketplace.app.app_context():
        asked = Asked((DeskKind.UNMATCHED_ENTRY,), region=regions.region_between(330600, 330699))
        words, fixed = _page_statement(asked.shape, None, 21)._compiled
    with as_owner(desk.marketplace.app) as connection:
        connection.execute(text(COPIES))
        connection.execute(text("ANALYZE credit_unmatched"))
        for setting in ("plan_cache_mode = force_generic_plan", "enable_sort = off"):
            connection.execute(text(f"SET LOCAL {setting}"))
        plan = connection.connection.driver_connection.execute(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {words}", {**fixed, **asked.values}, prepare=True
        ).fetchone()[0]
        connection.rollback()
    assert rows_read(plan[0]["Plan"]) < 100
