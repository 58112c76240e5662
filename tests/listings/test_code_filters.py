"""Filters by code: every spelling, several at once, categories and local codes, and what cannot be found."""

import pytest

from tests.http.responses import refused

PAINT = {"code": "900-252-12"}
PAINTS = {"code": "HW12"}
ACIDS = {"code": "HW34"}
LOCAL = {"code": "ISW-05-01-01"}
SLUDGES = {"code": "SW07"}


def found(party, **query):
    response = party.get("/listings", **query)
    assert response.status_code == 200, response.json
    return {listing["title"] for listing in response.json["items"]}


def warned(party, path="/listings", **query):
    response = party.get(path, **query)
    assert response.status_code == 200, response.json
    return [(warning["code"], warning["field"]) for warning in response.json["warnings"]]


@pytest.fixture
def market(marketplace):
    owner = marketplace.enterprise("generator", "recycler")
    for title, code in {"paint": PAINT, "acid": ACIDS, "local": LOCAL}.items():
        marketplace.supply(owner, title=title, waste=code)
    accepted = {"paints": [PAINTS], "one paint": [PAINT], "acids": [ACIDS, SLUDGES], "local": [LOCAL]}
    for title, codes in accepted.items():
        marketplace.demand(owner, title=f"wants {title}", accepts=codes)
    return marketplace


FILTERS = [
    ("900-252-12", {"paint"}, {"wants paints", "wants one paint"}),
    ("HW12 900-252-12", {"paint"}, {"wants paints", "wants one paint"}),
    ("９０025212", {"paint"}, {"wants paints", "wants one paint"}),
    ("hw12", {"paint"}, {"wants paints", "wants one paint"}),
    ("900-253-12", set(), {"wants paints"}),
    ("SW07", {"local"}, {"wants acids", "wants local"}),
    ("isw050101", {"local"}, {"wants acids", "wants local"}),
    ("900-099-S07", set(), {"wants acids"}),
    ("HW34,900-252-12", {"acid", "paint"}, {"wants acids", "wants paints", "wants one paint"}),
    ("HW34；hw12", {"acid", "paint"}, {"wants acids", "wants paints", "wants one paint"}),
    ("HW34 HW12", {"acid", "paint"}, {"wants acids", "wants paints", "wants one paint"}),
    ("HW34, 999-999-99", {"acid"}, {"wants acids"}),
]


@pytest.mark.parametrize(("code", "supplies", "demands"), FILTERS)
def test_a_filter_by_code_finds_what_fits_it_both_ways(market, code, supplies, demands):
    reader = market.enterprise("recycler", grade="A")

    assert found(reader, kind="supply", code=code) == supplies
    assert found(reader, kind="demand", code=code) == demands
    assert found(reader, code=code) == supplies | demands


def test_a_contradiction_in_a_filter_is_refused(market):
    reader = market.enterprise("recycler")
    refused(reader.get("/listings", code="HW09 900-249-08"), 422, "code_contradicts", "code")
    refused(reader.get("/listings/export", code="17 04 05*"), 422, "star_contradicts", "code")


def test_a_filter_that_cannot_find_anything_says_so(market):
    reader, admin = market.enterprise("recycler"), market.admin
    regulator = market.regulator("330600")
    assert warned(reader, code="HW34") == []
    assert warned(reader, code="900-999-34") == [("filter_unknown_code", "code")]
    assert warned(reader, code="废酸, HW34, HW99") == [("filter_unknown_code", "code")] * 2
    assert warned(reader, code=" , ") == [("filter_unknown_code", "code")]
    assert warned(reader, code="HW01") == [("filter_not_traded", "code")]
    assert warned(reader, region="330699") == [("filter_unknown_region", "region")]
    assert warned(reader, region="330600") == []
    assert warned(regulator, region="440000") == [("filter_region_outside", "region")]
    assert warned(regulator, region="330604") == warned(regulator, region="330000") == []
    assert warned(reader, status="withdrawn") == [("filter_only_own", "status")]
    assert warned(reader, status="withdrawn", mine="true") == warned(admin, status="withdrawn") == []
    assert warned(admin, mine="true") == [("filter_mine_of_staff", "mine")]


def test_the_catalogue_says_so_too(market):
    assert warned(market.admin, "/waste-codes", q="160506") == []
    assert warned(market.admin, "/waste-codes", q="900-999-08") == [("filter_unknown_code", "q")]
    assert warned(market.admin, "/waste-codes", scheme="eu-low", q="HW08") == [("filter_other_scheme", "q")]
    assert warned(market.admin, "/waste-codes", scheme="eu-low", category="HW08") == [
        ("filter_other_scheme", "category")
    ]
    assert warned(market.admin, "/waste-codes", category="HW77") == [("filter_unknown_code", "category")]
    assert warned(market.admin, "/waste-codes", scheme="no-such") == [("filter_unknown_scheme", "scheme")]


SEARCHES = [
    ({"kind": "supply", "code": "ＨＷ34"}, "HW34", True),
    ({"code": "HW12, HW34"}, "900-349-34", True),
    ({"code": "HW34 900-349-34"}, "900-349-34", True),
    ({"code": "900-300-34"}, "900-349-34", False),
    ({"code": "SW07"}, "ISW-05-01-01", True),
    ({"code": "900-349-34"}, "ISW-05-01-01", False),
    ({"code": "900-607-S17"}, "900-607-S17", True),
]


@pytest.mark.parametrize(("query", "offered", "is_found"), SEARCHES)
def test_a_saved_search_finds_what_the_filter_finds(marketplace, query, offered, is_found):
    seeker, owner = marketplace.enterprise("transporter", grade="A"), marketplace.enterprise("generator")
    seeker.save_search(query)

    marketplace.supply(owner, title="new", waste={"code": offered})
    marketplace.settle()

    assert len(seeker.inbox("search.found")) == is_found
    assert found(seeker, **query) == ({"new"} if is_found else set())


@pytest.mark.parametrize(
    ("code", "accepted", "is_found"),
    [
        ("900-252-12", "HW12", True), ("HW12", "900-252-12", True), ("ISW-05-01-01", "SW07", True),
        ("HW12", "HW13", False),
    ],
)  # fmt: skip
def test_a_saved_search_finds_demands_that_accept_the_category(marketplace, code, accepted, is_found):
    seeker, owner = marketplace.enterprise("transporter", grade="A"), marketplace.enterprise("recycler")
    seeker.save_search({"kind": "demand", "code": code})

    marketplace.demand(owner, accepts=[{"code": accepted}])
    marketplace.settle()

    assert len(seeker.inbox("search.found")) == is_found


def test_a_saved_search_that_cannot_find_anything_says_so(marketplace):
    owner = marketplace.enterprise("recycler")

    made = owner.post("/saved-searches", {"name": "x", "query": {"code": "900-999-34", "region": "330699"}})
    changed = owner.patch(f"/saved-searches/{made.json['id']}", {"query": {"code": "HW34"}})

    about = [(warning["code"], warning["field"]) for warning in made.json["warnings"]]
    assert about == [("filter_unknown_code", "query.code"), ("filter_unknown_region", "query.region")]
    assert changed.json["warnings"] == []
    refused(
        owner.post("/saved-searches", {"name": "x", "query": {"code": "HW09 900-249-08"}}),
        422, "code_contradicts", "query.code",
    )  # fmt: skip


@pytest.mark.parametrize(("grade", "hits"), [("A", 1), ("B", 1), ("C", 0), ("D", 0), ("E", 0)])
def test_supplies_of_a_supervised_generator_are_told_to_grades_a_and_b_only(marketplace, grade, hits):
    seeker = marketplace.enterprise("recycler", grade=grade)
    seeker.save_search({"kind": "supply"})

    marketplace.supply(marketplace.enterprise("generator", grade="E"))
    marketplace.settle()
    marketplace.wait(hours=12)

    assert len(seeker.inbox("search.found")) == hits
