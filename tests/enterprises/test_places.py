"""Where an enterprise lies, and what it leaves behind when it moves."""

import pytest

from tests import places
from tests.http.responses import refused
from tests.marketplace import new_uscc
from tests.places import codes

CONTACT = {"name": "王厂长", "email": "wang@example.com", "phone": "0575-85000000"}


def register(marketplace, **about):
    body = {"uscc": new_uscc(), "name": "绍兴印染", "roles": ["generator"], "contact": CONTACT, **about}
    return marketplace.client.post("/api/v1/enterprises", json=body)


@pytest.mark.parametrize(
    ("place", "region"),
    [
        (places.JINSHAN, "330604"), (places.JINSHAN, "330000"), (places.YUEN_LONG, "440305"),
        (places.TOKYO, "310000"), ({"lon": 87.6, "lat": 43.8}, "330602"),
    ],
)  # fmt: skip
def test_nobody_registers_in_another_province_than_its_place(marketplace, place, region):
    refused(register(marketplace, region=region, location=place), 422, "place_not_in_region", "location")
    assert marketplace.admin.get("/enterprises").json["items"] == []


def test_another_county_is_warned_of_to_itself_and_to_staff(marketplace):
    made = register(marketplace, region="330604", location=places.KEQIAO)
    assert (made.status_code, codes(made.json["warnings"])) == (201, ["place_in_other_county"])
    assert made.json["region"] == "330604"
    path = f"/enterprises/{made.json['id']}"
    for staff in (marketplace.admin, marketplace.regulator("330604")):
        assert codes(staff.get(path).json["warnings"]) == ["place_in_other_county"]
    assert "warnings" not in marketplace.enterprise("recycler").get(path).json


@pytest.mark.parametrize("region", ["330604", "330600", "330000", "429004", "441900", "653228", "140931"])
def test_the_seat_of_a_region_lies_in_it(marketplace, region):
    made = register(marketplace, region=region)
    assert (made.status_code, made.json["warnings"]) == (201, [])


def test_a_region_alone_does_not_move_the_pin(marketplace):
    firm = marketplace.enterprise("generator", region="330604", location=places.SHANGYU, approved=False)
    path = f"/enterprises/{firm.id}"
    refused(firm.patch(path, {"region": "310116"}), 422, "place_not_in_region", "region")
    assert firm.get(path).json["region"] == "330604"
    refused(firm.patch(path, {"location": places.JINSHAN}), 422, "place_not_in_region", "location")
    both = {"region": "330604", "location": places.JINSHAN}
    refused(firm.patch(path, both), 422, "place_not_in_region", "location")
    county = firm.patch(path, {"region": "330603"})
    assert (county.status_code, codes(county.json["warnings"])) == (200, ["place_in_other_county"])
    moved = firm.patch(path, {"region": "310116", "location": places.JINSHAN})
    assert (moved.status_code, moved.json["region"], moved.json["warnings"]) == (200, "310116", [])


def test_a_moved_pin_says_which_listings_stay_behind(marketplace):
    firm = marketplace.enterprise("generator", region="330604", location=places.SHANGYU)
    draft = marketplace.supply(firm, title="废酸一", publish=False)
    own = marketplace.supply(firm, title="废酸二", location=places.SHANGYU)
    depot = marketplace.supply(firm, title="仓库", location=places.KEQIAO)
    closed = marketplace.supply(firm, title="已撤")
    marketplace.withdraw(firm, closed)
    marketplace.supply(marketplace.enterprise("generator", location=places.SHANGYU), title="邻居")

    path = f"/enterprises/{firm.id}"
    moved = firm.patch(path, {"location": {"lon": 120.9, "lat": 30.1}})
    (warning,) = moved.json["warnings"]
    assert (warning["code"], warning["field"]) == ("listings_left_behind", "location")
    for listing in (draft, own):
        assert listing["title"] in warning["detail"]
        assert firm.get(f"/listings/{listing['id']}").json["location"] == listing["location"]
    for listing in (depot, closed):
        assert listing["title"] not in warning["detail"]
    assert "邻居" not in warning["detail"]
    assert "2 (" in warning["detail"]

    for listing in (draft, own):
        taken = firm.patch(f"/listings/{listing['id']}", {"location": None, "region": None})
        assert taken.json["location"]["lon"] == 120.9


@pytest.mark.parametrize("change", [{"name": "新名"}, {"region": "330604"}, {"location": places.SHANGYU}])
def test_who_does_not_move_leaves_nothing_behind(marketplace, change):
    firm = marketplace.enterprise("generator", region="330604", location=places.SHANGYU)
    marketplace.supply(firm)
    assert firm.patch(f"/enterprises/{firm.id}", change).json["warnings"] == []


def test_a_firm_that_moves_to_another_province_leaves_its_waste_in_the_old_one(marketplace):
    firm = marketplace.enterprise("generator", region="330604", location=places.SHANGYU)
    supply = marketplace.supply(firm)
    there = {"region": "310116", "location": places.JINSHAN}
    proposed = firm.patch(f"/enterprises/{firm.id}", there).json
    assert codes(proposed["warnings"]) == ["listings_left_behind"]
    confirm = f"/enterprise-changes/{proposed['proposal']['id']}/confirm"
    assert marketplace.admin.post(confirm).status_code == 200
    receiver = marketplace.recycler(region="330604", location=places.SHANGYU)
    demand = marketplace.demand(receiver)
    assert marketplace.matches(firm, supply) == [demand["id"]]
    assert marketplace.supply(firm)["region"] == "310116"
