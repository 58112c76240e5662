"""Registration, profiles, approval, and what others see of an enterprise."""

import pytest

from marketplace.enterprises.models import LIFE
from tests.http.responses import refused, verdict
from tests.marketplace import SHAOXING, new_uscc

CONTACT = {"name": "王厂长", "email": "wang@example.com", "phone": "0575-85000000"}


def about(**changes):
    body = {
        "uscc": new_uscc(), "name": "绍兴印染", "roles": ["generator"], "region": "330602",
        "contact": CONTACT, **changes,
    }  # fmt: skip
    return {name: value for name, value in body.items() if value != "left out"}


def register(marketplace, **changes):
    return marketplace.client.post("/api/v1/enterprises", json=about(**changes))


def test_a_newcomer_is_pending_and_gets_its_first_key_once(marketplace):
    response = register(marketplace)
    assert response.status_code == 201
    assert (response.json["status"], response.json["grade"], response.json["provisional"]) == (
        "pending",
        "B",
        True,
    )
    assert response.json["warnings"] == []

    bearer = {"Authorization": f"Bearer {response.json['api_key']}"}
    me = marketplace.client.get("/api/v1/enterprises/me", headers=bearer)
    assert me.headers["ETag"] == response.headers["ETag"]
    once = {"api_key": response.json["api_key"], "privacy_notice": response.json["privacy_notice"]}
    assert response.json == {**me.json, **once}
    assert "api_key" not in me.json


def test_without_a_location_it_is_at_its_regions_seat(marketplace):
    seat = marketplace.admin.get("/regions", parent="330600").json["items"]
    here = next(region for region in seat if region["adcode"] == "330604")
    for location in (None, "left out"):
        response = register(marketplace, region="330604", location=location)
        assert response.json["location"] == {"lon": here["lon"], "lat": here["lat"], "crs": "wgs84"}


WRONG_USCCS = [
    "91330600000000001X", "913306000000000011", "91330600000000001", "9133060000000000111", "", " " * 18,
    "91330600I00000001X", "９１330600000000001X", "91330600-00000001X", 913306000000000016, None,
]  # fmt: skip


def test_a_wrong_uscc_is_refused_by_name(marketplace):
    for uscc in WRONG_USCCS:
        assert verdict(register(marketplace, uscc=uscc)) == (422, "invalid_input", "uscc"), uscc
    assert marketplace.admin.get("/enterprises").json["items"] == []


def test_every_single_wrong_digit_of_a_uscc_is_noticed(marketplace):
    right = new_uscc()
    for place in range(18):
        wrong = "7" if right[place] != "7" else "3"
        response = register(marketplace, uscc=right[:place] + wrong + right[place + 1 :])
        assert verdict(response) == (422, "invalid_input", "uscc"), place


def test_a_uscc_is_kept_in_capitals_and_registered_once(marketplace):
    number = next(uscc for uscc in iter(new_uscc, "") if uscc[-1].isalpha())
    assert register(marketplace, uscc=number.lower()).json["uscc"] == number

    refused(register(marketplace, uscc=number), 409, "uscc_taken", "uscc")
    assert len(marketplace.admin.get("/enterprises").json["items"]) == 1


WRONG_FIELDS = [
        ("name", "left out", "name"), ("name", " ", "name"), ("name", "长" * 101, "name"),
        ("roles", [], "roles"), ("roles", ["king"], "roles.0"), ("roles", ["generator"] * 2, "roles"),
        ("roles", "generator", "roles"), ("region", "left out", "region"), ("region", 330602, "region"),
        ("contact", "left out", "contact"), ("contact", {**CONTACT, "email": "x"}, "contact.email"),
        ("contact", {**CONTACT, "email": "a@b\nBcc: c@d"}, "contact.email"),
        ("contact", {**CONTACT, "phone": "call me"}, "contact.phone"),
        ("contact", {**CONTACT, "name": ""}, "contact.name"),
        ("location", {"lon": 181, "lat": 0}, "location.lon"),
        ("location", {"lon": 0, "lat": 91}, "location.lat"), ("location", {"lon": 0}, "location.lat"),
        ("location", {**SHAOXING, "crs": "mars"}, "location.crs"),
        ("small_generator", True, "small_generator"),
        ("status", "approved", "status"), ("id", "x", "id"),
    ]  # fmt: skip


def test_a_wrong_field_of_a_registration_is_named(marketplace):
    for field, value, blamed in WRONG_FIELDS:
        assert verdict(register(marketplace, **{field: value})) == (422, "invalid_input", blamed), (
            field,
            value,
        )
    assert marketplace.admin.get("/enterprises").json["items"] == []


def test_an_unknown_region_is_refused_by_name(marketplace):
    refused(register(marketplace, region="999999"), 422, "unknown_region", "region")


@pytest.mark.parametrize("crs", ["wgs84", "gcj02", "bd09"])
def test_its_place_may_be_given_in_any_of_three_systems(marketplace, crs):
    shown = register(marketplace, location={**SHAOXING, "crs": crs}).json["location"]

    assert shown["crs"] == "wgs84"
    assert (shown == SHAOXING) == (crs == "wgs84")
    assert abs(shown["lon"] - SHAOXING["lon"]) < 0.02


# ---------------------------------------------------------------- approval


def test_a_pending_enterprise_may_draft_and_not_publish(marketplace):
    newcomer = marketplace.enterprise("generator", approved=False)
    draft = marketplace.supply(newcomer, publish=False)
    assert draft["status"] == "draft"
    refused(newcomer.post(f"/listings/{draft['id']}/publish"), 403, "enterprise_pending")
    assert newcomer.patch(f"/listings/{draft['id']}", {"title": "稀酸"}).status_code == 200

    assert marketplace.admin.post(f"/enterprises/{newcomer.id}/approve").json["status"] == "approved"
    assert newcomer.post(f"/listings/{draft['id']}/publish").json["status"] == "open"


def test_a_pending_enterprise_sees_no_listing_of_others(marketplace):
    marketplace.supply(marketplace.enterprise("generator"))
    newcomer = marketplace.enterprise("recycler", approved=False)
    assert newcomer.get("/listings").json["items"] == []

    marketplace.admin.post(f"/enterprises/{newcomer.id}/approve")
    assert len(newcomer.get("/listings").json["items"]) == 1


def test_a_suspended_enterprise_leaves_matches_and_lists_until_it_is_approved_again(marketplace):
    generator, recycler, other = (
        marketplace.enterprise("generator"),
        marketplace.recycler(),
        marketplace.enterprise("recycler"),
    )
    demand, supply = marketplace.demand(recycler), marketplace.supply(generator)
    assert marketplace.matches(generator, supply) == [demand["id"]]

    suspended = marketplace.admin.post(f"/enterprises/{recycler.id}/suspend", {"reason": "倾倒"})
    assert suspended.json["status"] == "suspended"
    assert marketplace.matches(generator, supply) == []
    refused(other.get(f"/listings/{demand['id']}"), 404, "not_found")
    assert [listing["id"] for listing in other.get("/listings").json["items"]] == [supply["id"]]
    assert recycler.get(f"/listings/{demand['id']}").json["status"] == "open"

    assert marketplace.admin.post(f"/enterprises/{recycler.id}/approve").status_code == 200
    assert marketplace.matches(generator, supply) == [demand["id"]]


def test_a_suspended_enterprise_may_withdraw_and_nothing_else(marketplace):
    owner = marketplace.enterprise("generator")
    listing, draft = marketplace.supply(owner), marketplace.supply(owner, publish=False)
    marketplace.admin.post(f"/enterprises/{owner.id}/suspend")

    refused(owner.post("/listings", {"kind": "supply"}), 403, "enterprise_suspended")
    refused(owner.patch(f"/listings/{listing['id']}", {"title": "x"}), 403, "enterprise_suspended")
    refused(owner.post(f"/listings/{draft['id']}/publish"), 403, "enterprise_suspended")
    assert owner.post(f"/listings/{listing['id']}/withdraw").json["status"] == "withdrawn"


def test_the_moves_of_an_enterprise_are_those_of_its_table(marketplace):
    for status in ("pending", "approved", "suspended"):
        for verb in ("approve", "suspend"):
            party = marketplace.enterprise("generator", approved=status == "approved")
            if status == "suspended":
                marketplace.admin.post(f"/enterprises/{party.id}/suspend")
            move = next((move for move in LIFE.moves if (move.name, move.source) == (verb, status)), None)
            response = marketplace.admin.post(f"/enterprises/{party.id}/{verb}")
            if move:
                assert response.json["status"] == move.target
            else:
                refused(response, 409, "wrong_state")


# ---------------------------------------------------------------- profiles


def test_what_may_change_of_a_profile(marketplace):
    me = marketplace.enterprise("generator", approved=False)
    body = {
        "name": "新名", "region": "330604", "location": {"lon": 120.87, "lat": 30.03},
        "contact": {**CONTACT, "name": "李"},
    }  # fmt: skip
    changed = me.patch(f"/enterprises/{me.id}", body)

    assert changed.status_code == 200
    assert changed.json == {**me.get("/enterprises/me").json, "warnings": []}
    assert {name: changed.json[name] for name in ("name", "region")} == {"name": "新名", "region": "330604"}
    assert changed.json["contact"]["name"] == "李"


def test_small_generator_and_partner_are_an_admins_to_set(marketplace):
    collector, operator = marketplace.enterprise("collector"), marketplace.enterprise("recycler")
    for field, value in (("small_generator", True), ("partner_id", operator.id)):
        refused(
            collector.patch(f"/enterprises/{collector.id}", {field: value}), 403, "admin_only_field", field
        )
        response = marketplace.admin.patch(f"/enterprises/{collector.id}", {field: value})
        assert response.json[field] == value
    assert (
        marketplace.admin.patch(f"/enterprises/{collector.id}", {"partner_id": None}).json["partner_id"]
        is None
    )


def test_a_partner_is_another_enterprise_that_there_is(marketplace):
    collector = marketplace.enterprise("collector")
    for partner in (collector.id, "01930000-0000-7000-8000-000000000000"):
        response = marketplace.admin.patch(f"/enterprises/{collector.id}", {"partner_id": partner})
        refused(response, 422, "unknown_enterprise", "partner_id")


@pytest.mark.parametrize("field", ["name", "region", "location", "contact"])
def test_a_profile_has_no_nulls(marketplace, field):
    me = marketplace.enterprise("generator")

    refused(me.patch(f"/enterprises/{me.id}", {field: None}), 422, "invalid_input", field)


def test_who_sees_what_of_an_enterprise(marketplace):
    me, other = marketplace.enterprise("generator"), marketplace.enterprise("recycler")
    here, above, elsewhere = (marketplace.regulator(region) for region in ("330602", "330000", "330604"))
    whole = me.get(f"/enterprises/{me.id}").json

    for party in (marketplace.admin, here, above):
        assert party.get(f"/enterprises/{me.id}").json == whole
    for party in (other, elsewhere):
        assert party.get(f"/enterprises/{me.id}").json == {
            name: whole[name] for name in ("id", "name", "region", "roles", "grade", "score", "status")
        }
    refused(marketplace.admin.get("/enterprises/me"), 403, "role_forbids")


# ---------------------------------------------------------------- review


def names(party, **query):
    response = party.get("/enterprises", **query)
    assert response.status_code == 200, response.json
    return {enterprise["name"] for enterprise in response.json["items"]}


def test_the_review_list_filters_by_what_an_officer_asks(marketplace):
    marketplace.enterprise("generator", name="印染甲", region="330602", grade="A")
    marketplace.enterprise("recycler", name="化工乙", region="330604", grade="D")
    shanghai = {"region": "310115", "location": None}
    last = marketplace.enterprise("collector", name="收运丙", approved=False, **shanghai)

    assert names(marketplace.admin) == {"印染甲", "化工乙", "收运丙"}
    assert names(marketplace.admin, grade="D") == {"化工乙"}
    assert names(marketplace.admin, region="330600") == {"印染甲", "化工乙"}
    assert names(marketplace.admin, region="330604") == {"化工乙"}
    assert names(marketplace.admin, status="pending") == {"收运丙"}
    assert names(marketplace.admin, role="recycler") == {"化工乙"}
    assert names(marketplace.admin, q="印染") == {"印染甲"}
    assert names(marketplace.admin, q=last.number[:17].lower()) == {"收运丙"}
    assert names(marketplace.admin, blocked="true") == set()
    assert names(marketplace.admin, q="%") == names(marketplace.admin, q="_") == set()
    assert names(marketplace.admin, grade="D", region="310000") == set()


def test_a_regulator_reviews_its_own_region_only(marketplace):
    marketplace.enterprise("generator", name="印染甲", region="330602")
    marketplace.enterprise("recycler", name="上海乙", region="310115", location=None)

    assert names(marketplace.regulator("330600")) == {"印染甲"}
    assert names(marketplace.regulator("330600"), region="310000") == set()
    assert names(marketplace.regulator("310000")) == {"上海乙"}
    refused(marketplace.enterprise("generator").get("/enterprises"), 403, "role_forbids")


def test_a_regulators_region_must_exist_and_only_an_admin_makes_one(marketplace):
    body = {"name": "局", "region": "330600"}

    refused(
        marketplace.admin.post("/regulators", {**body, "region": "990000"}), 422, "unknown_region", "region"
    )
    for party in (marketplace.regulator("330000"), marketplace.enterprise("generator")):
        refused(party.post("/regulators", body), 403, "role_forbids")
