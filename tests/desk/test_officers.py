"""To whom an item can be assigned: admins and the regulators over its region, and nothing more of them."""

from uuid import UUID

import pytest

from tests.cases import FORBIDDEN

ASSIGNABLE = {"id", "kind", "name", "region", "is_me"}


@pytest.fixture
def officers(desk):
    """The desk with regulators of the province, the city, a district, and of another province."""
    for region in ("330000", "330602", "330604"):
        desk.marketplace.regulator(region)
    assert desk.regulator.id != desk.stranger.id
    assert desk.second
    return desk


def regions(party, **query):
    """Regions of the officers that a party is shown, None for each admin."""
    response = party.get("/desk/officers", limit=100, **query)
    assert response.status_code == 200, response.json
    return sorted((one["region"] for one in response.json["items"]), key=str)


def regulated(party, **query):
    return [region for region in regions(party, **query) if region is not None]


def test_an_item_may_go_to_admins_and_to_the_regulators_over_its_region(officers):
    assert regulated(officers.admin, region="330602") == ["330000", "330600", "330602"]
    assert regulated(officers.admin, region="330600") == ["330000", "330600"]
    assert regulated(officers.admin) == ["310000", "330000", "330600", "330602", "330604"]
    assert regions(officers.admin, region="330602").count(None) >= 2


def test_a_regulator_is_shown_the_officers_over_its_own_region_only(officers):
    assert regulated(officers.regulator) == ["330000", "330600"]
    assert regulated(officers.regulator, region="330602") == ["330000", "330600", "330602"]
    assert regulated(officers.regulator, region="310000") == []
    assert regulated(officers.stranger, region="330602") == []
    assert None in regions(officers.stranger, region="330602")


def test_no_more_is_shown_of_an_officer_than_assigning_needs_and_everyone_shown_can_be_assigned(officers):
    subject_id = officers.make("registration")
    page = officers.regulator.get("/desk/officers", region="330602", limit=100).json
    assert {name for one in page["items"] for name in one} == ASSIGNABLE
    assert [UUID(one["id"]) for one in page["items"] if one["is_me"]] == [UUID(officers.regulator.id)]
    for one in page["items"]:
        assert officers.assign("registration", subject_id, one["id"]).status_code == 200, one


def test_officers_come_by_pages_and_members_see_none(officers):
    whole = [one["id"] for one in officers.admin.get("/desk/officers", limit=100).json["items"]]
    found, cursor = [], {}
    while True:
        page = officers.admin.get("/desk/officers", limit=2, **cursor).json
        found += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert found == whole
    member = officers.marketplace.enterprise("generator")
    assert member.get("/desk/officers").status_code == FORBIDDEN
