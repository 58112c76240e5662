"""Which person did it: in histories, events, rounds and signatures; keys that are bound to a person."""

import pytest
from sqlalchemy import select

from marketplace.database import db
from marketplace.errors import Invalid
from marketplace.events.actor import SCOPES
from marketplace.events.models import Event
from tests.console.people import browser_of
from tests.marketplace import Party
from tests.persons.people import bound, member

PHONE = "13800138000"
TERMS = {"quantity_t": 20.0, "price_cny_per_t": -120.0, "valid_until": "2026-12-20T10:00:00Z"}


@pytest.fixture
def firm(marketplace):
    return marketplace.enterprise("generator", name="绍兴一厂")


@pytest.fixture
def trader(firm):
    member(firm, "13800138099", "owner")
    return member(firm, PHONE, "trader", name="王工")


def test_history_names_the_person_to_its_own_and_to_staff_alone(marketplace, firm, trader):
    own = bound(firm, trader, ["read", "listings:write"])
    listing = marketplace.supply(own)
    for reader in (firm, own, marketplace.admin):
        line = reader.get(f"/listings/{listing['id']}/history").json["items"][-1]
        assert line["by_person"] == {"no": 2, "name": "王工"}
    with marketplace.app.app_context():
        published = db.session.scalars(select(Event).where(Event.person_id.is_not(None))).all()
        assert {event.name for event in published} >= {"listing.published"}


def test_a_key_of_nobody_leaves_the_person_open(marketplace, firm, trader):
    listing = marketplace.supply(firm)
    (line, *_) = firm.get(f"/listings/{listing['id']}/history").json["items"]
    assert line["by_person"] is None
    with marketplace.app.app_context():
        told = select(Event).where(Event.name == "listing.published")
        assert db.session.scalars(told).all()[-1].person_id is None


def test_a_round_says_which_person_named_the_terms_to_its_own_side_only(marketplace, firm, trader):
    own = bound(firm, trader, ["read", "listings:write", "deals:write"])
    supply, demand, other = market(marketplace, own)
    offer = other.post("/offers", {"supply_id": supply["id"], "demand_id": demand["id"], **TERMS})
    assert offer.status_code == 201, offer.json
    countered = own.post(f"/offers/{offer.json['id']}/counter", TERMS)
    assert countered.status_code == 200, countered.json
    path = f"/offers/{offer.json['id']}"
    assert [one["by_person"] for one in own.get(path).json["rounds"]] == [None, {"no": 2, "name": "王工"}]
    assert [one["by_person"] for one in other.get(path).json["rounds"]] == [None, None]
    listed = firm.get("/offers").json["items"][0]["rounds"]
    assert listed[-1]["by_person"]["name"] == "王工"
    assert "person_id" not in listed[-1]


def test_the_history_of_offer_and_deal_names_the_own_people_and_of_others_the_enterprise(
    marketplace, firm, trader
):
    own = bound(firm, trader, ["read", "listings:write", "deals:write"])
    supply, demand, other = market(marketplace, own)
    theirs = bound(other, member(other, "13800138077", name="赵工"), ["read", "deals:write"])
    offer = theirs.post("/offers", {"supply_id": supply["id"], "demand_id": demand["id"], **TERMS}).json
    deal = own.post(f"/offers/{offer['id']}/accept", {"reason": "条件合适"}).json["deal"]
    theirs.post(f"/deals/{deal['id']}/cancel", {"reason": "停产", "fault": "receiver"})

    accept, make = (("accept", firm.id, "王工"), ("make", other.id, "赵工"))
    cancel = ("cancel", other.id, "赵工")
    assert done(firm, f"/offers/{offer['id']}") == [accept, (*make[:2], None)]
    assert done(other, f"/offers/{offer['id']}") == [(*accept[:2], None), make]
    assert done(marketplace.admin, f"/offers/{offer['id']}") == [accept, make]
    assert done(firm, f"/deals/{deal['id']}")[0] == (*cancel[:2], None)
    assert done(other, f"/deals/{deal['id']}")[0] == cancel
    with marketplace.at_its_time():
        browser = browser_of(firm, "13800138066", "viewer")
        for path, shown in ((f"/offers/{offer['id']}", "王工"), (f"/deals/{deal['id']}", "绍兴二厂")):
            history = browser.get(path).page.text.rpartition("操作记录")[2]
            assert shown in history
            assert "赵工" not in history


def done(reader, path):
    """(what, which enterprise, which person) of each line, newest first."""
    lines = reader.get(f"{path}/history").json["items"]
    return [
        (line["action"], line["enterprise_id"], line["by_person"] and line["by_person"]["name"])
        for line in lines
    ]


def market(marketplace, own):
    other = marketplace.recycler(name="绍兴二厂")
    supply = marketplace.supply(own)
    demand = marketplace.demand(other)
    return supply, demand, other


def test_a_bound_key_does_no_more_than_the_person_may_and_ends_with_it(marketplace, firm, trader):
    with pytest.raises(Invalid, match="right_covers_less"):
        bound(firm, trader, ["read", "admin"])
    own = bound(firm, trader, ["read", "listings:write"])
    assert firm.patch(f"/members/{trader['id']}", {"right": "viewer"}).status_code == 200
    assert own.get("/me/person").json["name"] == "王工"
    assert own.post("/listings", {}).json["code"] == "scope_missing"
    assert firm.delete(f"/members/{trader['id']}").status_code == 204
    assert own.get("/me/person").json["code"] == "key_revoked"


def test_what_a_bound_key_creates_is_bound_to_the_same_person(marketplace, firm):
    owner = member(firm, PHONE, "owner")
    other = member(firm, "13800138001", "trader")
    own = bound(firm, owner, SCOPES)
    child = own.post("/api-keys", {"name": "二", "scopes": ["read"]})
    assert child.json["person_id"] == owner["person_id"]
    in_anothers = {"name": "三", "scopes": ["read"], "person_id": other["person_id"]}
    assert own.post("/api-keys", in_anothers).json["code"] == "key_of_another"
    member(firm, "13800138002", "owner")
    assert firm.delete(f"/members/{owner['id']}").status_code == 204
    grandchild = Party(marketplace, child.json["api_key"], firm.id)
    assert grandchild.get("/me/person").status_code == 401


def test_nobody_makes_a_key_in_the_name_of_another(marketplace, firm, trader):
    stranger = marketplace.enterprise("recycler", name="邻居")
    ask = {"name": "秤", "scopes": ["read"], "person_id": trader["person_id"]}
    for party in (firm, stranger):
        refused = party.post("/api-keys", ask)
        assert (refused.status_code, refused.json["code"]) == (422, "key_of_another")
        assert party.get("/api-keys").json["items"][0]["person_id"] is None
    with pytest.raises(Invalid, match="person_no_member"):
        bound(stranger, trader)
