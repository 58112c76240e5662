"""However many enterprises a region has, and so whichever way its items are found, they are the same."""

import pytest

from marketplace.desk.service import regions
from tests.desk.conftest import make_full
from tests.desk.world import KINDS, OF_ADMINS

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
