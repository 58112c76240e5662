"""Search says what a plain look at every listing would say, in the same order, page by page."""

import random
import unicodedata
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from marketplace.database import db
from marketplace.listings.models import Listing
from marketplace.listings.schemas import ListingQuery
from marketplace.listings.service import conditions
from marketplace.listings.service.listing_search import search
from marketplace.listings.service.presentation import coarse
from matching.model import sphere_km
from tests.effort import tries
from tests.http.cursors import walked
from tests.http.responses import refused, verdict
from tests.marketplace import SHAOXING

CODES = {"900-349-34": "HW34", "336-064-17": "HW17", "900-214-08": "HW08"}
NAMES = ["废酸", "稀硫酸 20%", "ＨＣＬ 废液", "hcl_A", "污泥（含水率60%）", "油泥", 'it\'s "a\\b"', "ｱｲｳ 酸"]
WORDS = ["酸", "废酸", "hcl", "ＨＣl 废", "%", "_", "\\", '"', "20%", "酸 20", "a\\b", "アイ", "泥", "没有"]
REGIONS = ["330602", "330604", "310115"]
DAYS = ["2026-12-01", "2026-12-20", "2027-01-15", "2027-03-01"]
REGION_OF = {
    (120.58, 30.03): "330602", (120.5849, 30.0349): "330602", (120.61, 30.1): "330604",
    (121.47, 31.23): "310115", (116.4, 39.9): "110101",
}  # fmt: skip
"""What listings of these places say of their region; some lie in the next county."""
PLACES = list(REGION_OF)
PRICES = [None, -300.0, -150.5, 0.0, 80.25]
TONNES = [1.0, 20.5, 20.501, 1200.0]


def fold(text):
    return unicodedata.normalize("NFKC", text).lower()


# ---------------------------------------------------------------- search as anyone would write it


def rough(place):
    return round(place["lon"] * 100) / 100, round(place["lat"] * 100) / 100


def kilometres(listing, query):
    lon, lat = rough(listing["location"])
    return float(sphere_km(query["lat"], query["lon"], lat, lon))


def codes_of(listing):
    return [code["code"] for code in ([listing["waste"]] if listing["waste"] else listing["accepts"])]


def asked_code(listing, code):
    return any(own == code or CODES.get(own) == code for own in codes_of(listing))


CHECKS = {
    "kind": lambda it, kind, _: it["kind"] == kind,
    "status": lambda it, status, _: it["status"] == status,
    "region": lambda it, region, _: it["region"].startswith(region.rstrip("0") or region),
    "code": lambda it, code, _: asked_code(it, code),
    "q": lambda it, q, _: all(word in fold(it["title"]) for word in fold(q).split()),
    "price_min": lambda it, least, _: it["price_cny_per_t"] is not None and it["price_cny_per_t"] >= least,
    "price_max": lambda it, most, _: it["price_cny_per_t"] is not None and it["price_cny_per_t"] <= most,
    "quantity_min_t": lambda it, least, _: it["remaining_t"] >= least,
    "quantity_max_t": lambda it, most, _: it["remaining_t"] <= most,
    "available_from": lambda it, day, _: it["available_until"] >= day,
    "available_until": lambda it, day, _: it["available_from"] <= day,
    "grade": lambda it, grades, _: it["enterprise"]["grade"] in grades.split(","),
    "within_km": lambda it, km, query: kilometres(it, query) <= km,
    "mine": lambda it, mine, query: it["enterprise"]["id"] == query["asker"],
}


def sort_key(query):
    def by_price(it):
        return (it["price_cny_per_t"] is None, it["price_cny_per_t"], it["id"])

    def by_price_down(it):
        return (it["price_cny_per_t"] is not None, it["price_cny_per_t"] or 0, it["id"])

    orders = {
        "newest": (lambda it: it["id"], True),
        "price": (by_price, False),
        "-price": (by_price_down, True),
        "distance": (lambda it: (kilometres(it, query), it["id"]), False),
    }
    return orders[query["sort"]]


def plainly(listings, asker, query):
    """Ids of what `asker` may see and asks for, in order."""
    seen = [
        listing
        for listing in listings
        if listing["status"] == "open" or listing["enterprise"]["id"] == asker.id
    ]
    key, down = sort_key(query)
    return [
        listing["id"]
        for listing in sorted(filter(lambda it: passes(it, query, asker), seen), key=key, reverse=down)
    ]


def passes(listing, query, asker):
    about = {**query, "asker": asker.id}
    return all(CHECKS[name](listing, value, about) for name, value in query.items() if name in CHECKS)


# ---------------------------------------------------------------- the property


def queries():
    """Searches of two or three filters, in any order."""
    numbers = st.sampled_from([-300, -150.5, 0, 80.25])
    tonnes = st.sampled_from(TONNES)
    filters = st.fixed_dictionaries(
        {},
        optional={
            "kind": st.sampled_from(["supply", "demand"]),
            "status": st.sampled_from(["open", "draft", "withdrawn"]),
            "region": st.sampled_from([*REGIONS, "330600", "330000", "110000"]),
            "code": st.sampled_from([*CODES, *CODES.values(), "HW99"]),
            "q": st.sampled_from(WORDS),
            "mine": st.just("true"),
            "grade": st.sampled_from(["A", "A,B", "C,B,A", "E"]),
            "within_km": st.sampled_from([0.001, 1.5, 12.5, 300, 20_100]),
            "price_min": numbers,
            "price_max": numbers,
            "quantity_min_t": tonnes,
            "quantity_max_t": tonnes,
            "available_from": st.sampled_from(DAYS),
            "available_until": st.sampled_from(DAYS),
        },
    )
    few = filters.map(lambda all_: dict(random.Random(str(all_)).sample(list(all_.items()), len(all_) // 3)))
    sorts = st.sampled_from(["newest", "price", "-price", "distance"])
    return st.builds(with_point, few, sorts).filter(in_order)


def with_point(query, sort):
    needs = sort == "distance" or "within_km" in query
    return {**query, "sort": sort, **({"lon": 120.6, "lat": 30.05} if needs else {})}


def in_order(query):
    pairs = [
        ("price_min", "price_max"),
        ("quantity_min_t", "quantity_max_t"),
        ("available_from", "available_until"),
    ]
    return all(low not in query or high not in query or query[low] <= query[high] for low, high in pairs)


@pytest.fixture
def market(marketplace):
    """Two dozen listings of three enterprises: (asker, all listings as their owners see them)."""
    chance = random.Random(7)
    owners = [marketplace.enterprise("generator", "recycler", grade=grade) for grade in (None, "A", "C")]
    listings = []
    for number in range(24):
        owner = owners[number % 3]
        begins, until = sorted(chance.choices(DAYS, k=2))
        lon, lat = chance.choice(PLACES)
        terms = {
            "title": chance.choice(NAMES), "quantity_t": chance.choice(TONNES), "min_lot_t": 1,
            "price_cny_per_t": chance.choice(PRICES), "region": REGION_OF[lon, lat],
            "location": {"lon": lon, "lat": lat}, "available_from": begins, "available_until": until,
            "publish": number % 7 != 0,
        }  # fmt: skip
        codes = [{"scheme": "cn-hw", "code": code} for code in chance.sample(list(CODES), 2)]
        made = marketplace.supply if chance.random() < 0.5 else marketplace.demand
        what = {"waste": codes[0]} if made == marketplace.supply else {"accepts": codes}
        listing = made(owner, **terms, **what)
        if number % 11 == 0:
            marketplace.withdraw(owner, listing)
        listings.append(owner.get(f"/listings/{listing['id']}").json)
    return owners[0], listings


def test_search_finds_what_a_plain_look_finds_on_pages_of_any_size(marketplace, market, monkeypatch):
    """And its conditions alone, as saved searches and exports ask them, mean the same."""
    asker, listings = market

    @settings(max_examples=tries(15), suppress_health_check=list(HealthCheck))
    @given(queries(), st.sampled_from([3, 50]), st.sampled_from([1, 4, 5000]))
    def holds(query, limit, stride):
        monkeypatch.setattr(search, "STRIDE", stride)
        expected = plainly(listings, asker, query)
        found = walked(asker, "/listings", **query, limit=limit)
        assert [listing["id"] for listing in found] == expected
        for listing in found:
            assert ("distance_km" in listing) == ("lon" in query)
            if "lon" in query:
                assert listing["distance_km"] == pytest.approx(kilometres(listing, query), abs=0.051)

        alone = {name: value for name, value in query.items() if name != "mine"}
        assert passing(marketplace, alone) == sorted(
            listing["id"] for listing in listings if passes(listing, alone, asker)
        )

    holds()


def passing(marketplace, query):
    """Ids of whatever meets the conditions of a search."""
    with marketplace.app.app_context():
        meant = conditions(ListingQuery().load({name: str(value) for name, value in query.items()}))
        return sorted(str(listing_id) for listing_id in db.session.scalars(select(Listing.id).where(*meant)))


# ---------------------------------------------------------------- words

TITLES = {
    "sulphuric": "稀硫酸 20%",
    "sludge": "电镀污泥_湿",
    "resin": "ＡＢＳ　树脂",
    "solvent": "Toluene 甲苯 C:\\tank",
    "quoted": '"O\'Brien" 酸',
    "one": "酸",
}


FOUND = {
    "硫酸": "sulphuric", "酸": "sulphuric quoted one", "%": "sulphuric", "0%": "sulphuric", "_": "sludge",
    "泥_": "sludge", "\\": "solvent", ":\\t": "solvent", "'": "quoted", "o'b": "quoted", '"': "quoted",
    "abs": "resin", "ＡＢＳ": "resin", "Abs 树脂": "resin", "树脂　ａ": "resin", "TOLUENE": "solvent",
    "苯 tolu": "solvent", "酸 稀": "sulphuric", "酸稀": "", "硫 酸 稀 2": "sulphuric", "２０％": "sulphuric",
    "toluene 酸": "", "%%": "", "--": "", "'; DROP TABLE listing; --": "",
}  # fmt: skip


@pytest.mark.parametrize("stride", [1, 5000])
def test_words_are_found_as_they_stand_whatever_their_case_and_width(marketplace, monkeypatch, stride):
    owner, asker = marketplace.enterprise("generator"), marketplace.enterprise("recycler")
    names = {marketplace.supply(owner, title=title)["id"]: name for name, title in TITLES.items()}
    monkeypatch.setattr(search, "STRIDE", stride)

    for q, found in FOUND.items():
        items = asker.get("/listings", q=q).json["items"]
        assert {names[listing["id"]] for listing in items} == set(found.split()), q


def test_a_title_follows_its_change(marketplace):
    owner = marketplace.enterprise("generator")
    listing = marketplace.supply(owner, title="废酸")
    marketplace.change(owner, listing, title="废碱")

    assert owner.get("/listings", q="废酸").json["items"] == []
    assert [listing["id"] for listing in owner.get("/listings", q="废碱").json["items"]] == [listing["id"]]


# ---------------------------------------------------------------- who finds what


def test_no_filter_finds_what_is_not_the_askers_to_see(marketplace):
    owner, asker = marketplace.enterprise("generator"), marketplace.enterprise("recycler")
    draft = marketplace.supply(owner, publish=False, price_cny_per_t=5)
    closed = marketplace.supply(owner, price_cny_per_t=5)
    marketplace.withdraw(owner, closed)
    suspended = marketplace.enterprise("generator")
    marketplace.supply(suspended, price_cny_per_t=5)
    assert marketplace.admin.post(f"/enterprises/{suspended.id}/suspend").status_code == 200

    point = {"lon": 120.58, "lat": 30.03}
    searches = (
        {}, {"q": "稀硫酸"}, {"code": "HW34"}, {"region": "330602"}, {**point, "within_km": 5},
        {"price_min": 5, "price_max": 5}, {"quantity_min_t": 1200}, {"available_from": "2026-12-05"},
        {"grade": "B"}, {"status": "draft"}, {"status": "withdrawn"}, {"sort": "price"}, {"sort": "-price"},
        {**point, "sort": "distance"},
    )  # fmt: skip
    pending = marketplace.enterprise("recycler", approved=False)
    for query in searches:
        assert asker.get("/listings", **query).json["items"] == [], query
        assert pending.get("/listings", **query).json["items"] == [], query
        mine = {listing["id"] for listing in owner.get("/listings", **query).json["items"]}
        wanted = {"draft": {draft["id"]}, "withdrawn": {closed["id"]}}
        assert mine == wanted.get(query.get("status"), {draft["id"], closed["id"]}), query
        assert len(marketplace.admin.get("/listings", **query).json["items"]) == (
            1 if "status" in query else 3
        ), query


def test_a_search_tells_no_more_of_a_place_than_a_listing_does(marketplace):
    """Two places that look the same to others are equally far, whatever the point, filter and order."""
    owner, asker = marketplace.enterprise("generator"), marketplace.enterprise("recycler")
    spots = [(120.5751, 30.0251), (120.5849, 30.0349), (120.58, 30.03)]
    ids = [marketplace.supply(owner, location={"lon": lon, "lat": lat})["id"] for lon, lat in spots]

    for lon, lat in [(120.5751, 30.0251), (120.5849, 30.0349), (120.3, 30.3)]:
        point = {"lon": lon, "lat": lat}
        for party in (asker, owner):
            items = party.get("/listings", **point, sort="distance").json["items"]
            assert [listing["id"] for listing in items] == ids
            assert len({listing["distance_km"] for listing in items}) == 1
            km = items[0]["distance_km"]
            for reach in (km - 0.06, km + 0.06):
                count = len(party.get("/listings", **point, within_km=reach).json["items"])
                assert count == (3 if reach > km else 0)


def test_a_point_may_be_given_in_any_of_the_three_systems(marketplace):
    owner = marketplace.enterprise("generator")
    marketplace.supply(owner, location=SHAOXING)
    # The same spot in GCJ-02 and BD-09, to about 100 m.
    for crs, lon, lat in (
        ("wgs84", 120.58, 30.03),
        ("gcj02", 120.5846, 30.0276),
        ("bd09", 120.5912, 30.0335),
    ):
        (one,) = owner.get("/listings", lon=lon, lat=lat, crs=crs).json["items"]
        assert one["distance_km"] < 0.2, crs


# ---------------------------------------------------------------- what is refused

WRONG = [
    ({"q": ""}, "q"), ({"q": "  "}, "q"), ({"q": "酸" * 51}, "q"), ({"lon": "181", "lat": "0"}, "lon"),
    ({"lon": "0", "lat": "-90.1"}, "lat"), ({"lon": "nan", "lat": "0"}, "lon"),
    ({"lon": "0", "lat": "inf"}, "lat"), ({"lon": "1_0", "lat": "0"}, "lon"),
    ({"lon": "１", "lat": "0"}, "lon"), ({"lon": "0", "lat": "0", "crs": "epsg"}, "crs"),
    ({"lon": "0", "lat": "0", "within_km": "0"}, "within_km"),
    ({"lon": "0", "lat": "0", "within_km": "20101"}, "within_km"), ({"price_min": "x"}, "price_min"),
    ({"price_min": "0.001"}, "price_min"), ({"price_max": "1000001"}, "price_max"),
    ({"price_max": "-Infinity"}, "price_max"), ({"price_min": "2", "price_max": "1"}, "price_max"),
    ({"quantity_min_t": "-1"}, "quantity_min_t"), ({"quantity_max_t": "1.0001"}, "quantity_max_t"),
    ({"quantity_min_t": "2", "quantity_max_t": "1"}, "quantity_max_t"),
    ({"available_from": "soon"}, "available_from"),
    ({"available_from": "2027-01-02", "available_until": "2027-01-01"}, "available_until"),
    ({"grade": "F"}, "grade"), ({"grade": "A,"}, "grade"), ({"grade": "A B"}, "grade"),
    ({"grade": ""}, "grade"),
    ({"sort": "best"}, "sort"), ({"colour": "red"}, "colour"),
]  # fmt: skip


def test_every_bound_of_a_search_names_its_field(marketplace):
    for query, field in WRONG:
        assert verdict(marketplace.admin.get("/listings", **query)) == (422, "invalid_input", field), query


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"sort": "distance"}, "lon"), ({"within_km": 5}, "lon"), ({"lon": 120}, "lat"), ({"lat": 30}, "lon"),
        ({"sort": "distance", "lon": 120}, "lat"),
    ],
)  # fmt: skip
def test_a_search_by_distance_needs_the_whole_point(marketplace, query, field):
    refused(marketplace.admin.get("/listings", **query), 422, "point_incomplete", field)


def test_a_cursor_belongs_to_its_search(marketplace):
    owner = marketplace.enterprise("generator")
    for price in (1, 2, 3):
        marketplace.supply(owner, price_cny_per_t=price)
    point = {"lon": 120.58, "lat": 30.03}
    searches = [{}, {"sort": "price"}, {"sort": "-price"}, {**point, "sort": "distance"}, {"q": "酸"}, point]
    cursors = [owner.get("/listings", **query, limit=1).json["next"] for query in searches]

    for number, query in enumerate(searches):
        for other, after in enumerate(cursors):
            answer = owner.get("/listings", **query, limit=2, cursor=after)
            if number == other:
                assert len(answer.json["items"]) == 2
            else:
                refused(answer, 422, "bad_cursor", "cursor")


def test_pages_by_price_stay_true_while_prices_are_added(marketplace):
    owner = marketplace.enterprise("generator")
    first = [marketplace.supply(owner, price_cny_per_t=price)["id"] for price in (10, 30, None, 20)]
    added = iter((5, 25, None, 15))

    def add():
        price = next(added, 1)
        marketplace.supply(owner, price_cny_per_t=price)

    read = [listing["id"] for listing in walked(owner, "/listings", between=add, sort="price", limit=1)]
    assert [listing for listing in read if listing in first] == [first[0], first[3], first[1], first[2]]
    assert len(read) == len(set(read))


def test_the_days_of_a_window_count_both_ends(marketplace):
    owner = marketplace.enterprise("generator")
    marketplace.supply(owner, available_from="2026-12-10", available_until="2026-12-20")

    def found(first, last):
        window = {"available_from": first, "available_until": last}
        return len(owner.get("/listings", **{name: str(day) for name, day in window.items()}).json["items"])

    assert found(date(2026, 12, 20), date(2027, 1, 1)) == 1
    assert found(date(2026, 12, 1), date(2026, 12, 10)) == 1
    assert found(date(2026, 12, 21), date(2027, 1, 1)) == 0
    assert found(date(2026, 12, 1), date(2026, 12, 9)) == 0


def test_the_database_rounds_places_as_they_are_shown(marketplace):
    chance = random.Random(7)
    places = [(chance.uniform(-180, 180), chance.uniform(-90, 90)) for _ in range(500)]
    places += [(0.005, 0.015), (-0.005, 89.995), (120.585, 30.025)]
    shown = [coarse(lon, lat) for lon, lat in places]
    query = text(
        "SELECT lon, lat FROM unnest(CAST(:lon AS float8[]), CAST(:lat AS float8[]),"
        " CAST(:shown_lon AS float8[]), CAST(:shown_lat AS float8[]))"
        " AS place (lon, lat, shown_lon, shown_lat)"
        " WHERE coarse_place(lon, lat) <> unit_place(shown_lon, shown_lat)"
    )
    lon, lat = zip(*places, strict=True)
    shown_lon, shown_lat = zip(*shown, strict=True)
    values = {"lon": [*lon], "lat": [*lat], "shown_lon": [*shown_lon], "shown_lat": [*shown_lat]}
    with marketplace.app.app_context():
        assert db.session.execute(query, values).all() == []
