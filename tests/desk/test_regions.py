"""However many enterprises a region has, and so whichever way its items are found, they are the same."""

import pytest

from marketplace.desk.service import regions
from tests.desk.world import KINDS, OF_ADMINS

WAYS = {"by_firm": (500, 5000), "by_set": (0, 5000), "by_item": (0, 0)}


@pytest.mark.parametrize("way", WAYS)
def test_each_way_finds_the_same_items_of_every_kind(desk, monkeypatch, way):
    made = {item for item in desk.make_all().items() if item[0] not in OF_ADMINS}
    shanghai = {"lon": 121.49, "lat": 31.23, "crs": "wgs84"}
    abroad = desk.make("registration", region="310101", location=shanghai)
    blocked = desk.make("provisional_block", region="310101", location=shanghai)
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
