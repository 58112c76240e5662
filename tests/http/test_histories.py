"""The history of listings and enterprises: what was done, by whom, from what to what, and who may read it."""

import ast
from pathlib import Path

import pytest

from marketplace.deals.models import DEAL_LIFE, OFFER_LIFE
from marketplace.http.histories import NAMED_IN
from marketplace.messages.names import names
from tests.http.responses import refused

SOURCE = Path("marketplace")


@pytest.fixture
def owner(marketplace):
    return marketplace.enterprise("generator")


def lines(party, path, **query):
    response = party.get(f"{path}/history", **query)
    assert response.status_code == 200, response.json
    return response.json["items"]


def test_a_listings_history_tells_each_change_with_both_values(marketplace, owner):
    listing = marketplace.supply(owner, price_cny_per_t=-150.0)
    path = f"/listings/{listing['id']}"
    marketplace.wait(minutes=5)
    owner.patch(path, {"quantity_t": 900.0, "title": listing["title"], "price_cny_per_t": None})
    owner.patch(path, {"waste": {"scheme": "cn-hw", "code": "900-300-34"}})
    owner.post(f"{path}/withdraw", {"reason": "sold elsewhere"})

    withdrawn, recoded, changed, published, created = lines(owner, path)
    assert [line["action"] for line in (created, published)] == ["create", "publish"]
    assert {change["field"]: (change["before"], change["after"]) for change in changed["changes"]} == {
        "quantity_t": (listing["quantity_t"], 900.0),
        "price_cny_per_t": (-150.0, None),
    }
    assert recoded["changes"] == [
        {"field": "waste", "before": listing["waste"], "after": {"scheme": "cn-hw", "code": "900-300-34"}}
    ]
    assert (withdrawn["reason"], withdrawn["summary"], withdrawn["actor"]) == (
        "sold elsewhere", "withdrawn", "enterprise",
    )  # fmt: skip
    assert withdrawn["at"] > created["at"]


def test_an_enterprises_history_tells_what_staff_and_the_firm_did_but_no_contact(marketplace, owner):
    path = f"/enterprises/{owner.id}"
    owner.patch(path, {"contact": {"name": "李四", "email": "li@example.com", "phone": "0575-85000001"}})
    marketplace.admin.post(f"{path}/suspend", {"reason": "licence under review"})

    suspended, changed, approved, registered = lines(marketplace.admin, path)
    assert (suspended["action"], suspended["actor"], suspended["reason"]) == (
        "suspend", "admin", "licence under review",
    )  # fmt: skip
    assert changed["changes"] == [{"field": "contact", "before": None, "after": None}]
    assert (approved["action"], registered["action"]) == ("approve", "register")
    assert "li@example.com" not in str(lines(marketplace.admin, path))


def test_a_history_is_read_by_the_owner_and_its_overseers_only(marketplace, owner):
    listing = marketplace.supply(owner)
    neighbour = marketplace.enterprise("recycler")
    inside, outside = marketplace.regulator("330600"), marketplace.regulator("310000")

    for path in (f"/listings/{listing['id']}", f"/enterprises/{owner.id}"):
        for party in (neighbour, outside):
            refused(party.get(f"{path}/history"), 404, "not_found")
        for party in (owner, inside, marketplace.admin):
            assert lines(party, path)


def test_a_history_is_read_page_by_page(marketplace, owner):
    path = f"/listings/{marketplace.supply(owner)['id']}"
    for number in range(4):
        owner.patch(path, {"title": f"title {number}"})

    first = owner.get(f"{path}/history", limit=4).json
    second = owner.get(f"{path}/history", limit=4, cursor=first["next"]).json
    assert [line["action"] for line in first["items"] + second["items"]] == ["change"] * 4 + [
        "publish",
        "create",
    ]
    assert second["next"] is None


def test_a_history_speaks_the_readers_language(marketplace, owner):
    path = f"/listings/{marketplace.supply(owner)['id']}"
    response = owner.call("GET", f"{path}/history", headers={"Accept-Language": "zh-CN"})

    assert [line["summary"] for line in response.json["items"]] == ["发布", "新建草稿"]


def recorded_actions():
    """The actions that the source writes into the audit about rows with a history, as literals."""
    for room in (
        "listings", "enterprises", "matches/service/feedback", "notifications",
        "appeals", "deals", "transfers",
    ):  # fmt: skip
        for path in (SOURCE / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                is_audit = isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "audit"
                if is_audit and isinstance(node.args[1], ast.Constant):
                    yield node.args[1].value, ast.unparse(node.args[2])


def is_settled(move):
    """Whether a move ends a dispute: those are all recorded as that."""
    return move.name.startswith("settle_")


def test_every_action_on_a_row_with_a_history_has_its_name():
    subjects = {"row", "listing", "enterprise", "enterprises.own(actor)", "offer", "deal", "appeal", "repair"}
    found = {action for action, subject in recorded_actions() if subject in subjects}
    found |= {move.name for life in (OFFER_LIFE, DEAL_LIFE) for move in life.moves if not is_settled(move)}
    named = {action for group in NAMED_IN for action in names()[group]}

    assert {"create", "publish", "change", "register", "counter", "rate", "extend"} <= found
    lacking = found - named - {"read", "read_all", "delete", "import", "create_key", "revoke_key"}
    assert not lacking, f"add to [action] in marketplace/messages/names.toml: {lacking}"
