"""Near misses over HTTP: beside the matches, in findings, in both languages."""

import pytest

ACCEPTING_STEEL = {"accepts": [{"scheme": "cn-sw", "code": "SW17"}]}
STEEL = {"waste": {"scheme": "cn-sw", "code": "SW17"}}


def near_misses(party, listing, **query):
    return party.get(f"/listings/{listing['id']}/matches", **query).json["near_misses"]


@pytest.fixture
def generator(marketplace):
    return marketplace.enterprise("generator")


@pytest.fixture
def recycler(marketplace):
    return marketplace.enterprise("recycler")


def test_the_first_page_says_what_a_change_opens(marketplace, generator, recycler):
    for quantity in (20.2, *[21.3] * 5):
        marketplace.demand(recycler, **ACCEPTING_STEEL, min_lot_t=quantity)
    supply = marketplace.supply(generator, **STEEL, quantity_t=20, min_lot_t=1)
    found = near_misses(generator, supply)
    assert [(miss["field"], miss["value"], miss["change"], miss["opens"]) for miss in found] == [
        ("quantity_t", 20.2, 0.2, 1),
        ("quantity_t", 21.3, 1.3, 6),
    ]
    assert found[1]["detail"] == "With 1.3 t more, 21.3 t in all, 6 more matches."
    marketplace.change(generator, supply, quantity_t=found[1]["value"])
    assert len(marketplace.matches(generator, supply)) == 6
    assert near_misses(generator, supply) == []


@pytest.mark.parametrize(
    ("mine", "theirs", "field", "value"),
    [
        ({"price_cny_per_t": -2000}, {"price_cny_per_t": -2550}, "price_cny_per_t", -2550),
        ({"min_lot_t": 50}, {"quantity_t": 8.5, "min_lot_t": 1}, "min_lot_t", 8.5),
        ({"max_distance_km": 3}, {"location": {"lon": 120.58, "lat": 30.13, "crs": "wgs84"}},
         "max_distance_km", 12),
        ({"available_until": "2026-12-20"}, {"available_from": "2026-12-25"},
         "available_until", "2026-12-25"),
        ({"available_from": "2026-12-20"}, {"available_until": "2026-12-15"},
         "available_from", "2026-12-15"),
    ],
)  # fmt: skip
def test_each_term_that_is_changed_as_said_opens_as_many(
    marketplace, generator, recycler, mine, theirs, field, value
):
    for _ in range(2):
        marketplace.demand(recycler, **ACCEPTING_STEEL, **theirs)
    supply = marketplace.supply(generator, **STEEL, **mine)
    assert marketplace.matches(generator, supply) == []
    (miss,) = near_misses(generator, supply)
    assert (miss["field"], miss["value"], miss["opens"]) == (field, value, 2)
    (finding,) = generator.get("/findings").json["items"]
    assert finding["near_misses"] == [miss]
    chinese = generator.call(
        "GET", f"/listings/{supply['id']}/matches", headers={"Accept-Language": "zh-CN"}
    ).json["near_misses"][0]["detail"]
    assert "可新增 2 条匹配" in chinese
    marketplace.change(generator, supply, **{field: value})
    assert len(marketplace.matches(generator, supply)) == 2


def test_what_is_left_of_a_licence_is_never_told(marketplace, generator, recycler):
    marketplace.licence(recycler, tonnes=5)
    marketplace.demand(recycler)
    supply = marketplace.supply(generator, min_lot_t=20)
    assert near_misses(generator, supply) == []
    (finding,) = generator.get("/findings").json["items"]
    assert (finding["gate"], finding["near_misses"]) == ("licence", [])


def test_only_the_first_page_has_them_and_only_if_wanted(marketplace, generator, recycler):
    for _ in range(2):
        marketplace.demand(recycler, **ACCEPTING_STEEL)
    supply = marketplace.supply(generator, **STEEL)
    path = f"/listings/{supply['id']}/matches"
    first = generator.get(path, limit=1).json
    assert first["near_misses"] == []
    assert generator.get(path, limit=1, cursor=first["next"]).json["near_misses"] is None
    assert near_misses(generator, supply, near_misses="false") is None
    assert near_misses(generator, supply, near_misses="true", sort="price") == []
