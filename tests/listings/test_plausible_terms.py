"""What a listing hardly means is taken with a warning, through every door."""

import pytest

from tests.listings.sheets import SUPPLY, csv_of, send
from tests.marketplace import ACID, listing_terms

ODD = [
    ({"quantity_t": 50_000_000, "min_lot_t": 1_000}, "implausible_quantity", "quantity_t"),
    ({"price_cny_per_t": 1_000_000}, "implausible_price", "price_cny_per_t"),
    ({"price_cny_per_t": -1_000_000}, "implausible_price", "price_cny_per_t"),
    ({"quantity_t": 300_000, "min_lot_t": 0.005}, "implausible_lot", "min_lot_t"),
    ({"max_distance_km": 20_000}, "implausible_distance", "max_distance_km"),
    ({"available_until": "2066-12-31"}, "implausible_period", "available_until"),
    ({"available_until": "2126-12-31"}, "implausible_day", "available_until"),
    ({"available_from": "1996-12-01"}, "implausible_day", "available_from"),
]
WITHIN = [
    {"quantity_t": 500_000, "min_lot_t": 1},
    {"price_cny_per_t": -8_000},
    {"max_distance_km": 3_000},
    {"available_until": "2031-11-30"},
]


def supply(**about):
    return listing_terms(kind="supply", title="稀硫酸", **{"waste": ACID, **about})


def odd(response):
    assert response.status_code in (200, 201), response.json
    found = [(warning["code"], warning["field"]) for warning in response.json["warnings"]]
    return [warning for warning in found if warning[0].startswith("implausible_")]


@pytest.mark.parametrize(("terms", "code", "field"), ODD)
def test_it_is_warned_of_on_posting_changing_and_publishing(marketplace, terms, code, field):
    owner = marketplace.enterprise("generator")
    assert odd(owner.post("/listings", supply(**terms))) == [(code, field)]

    draft = owner.post("/listings", supply(publish=False)).json
    assert odd(owner.patch(f"/listings/{draft['id']}", terms)) == [(code, field)]
    assert odd(owner.post(f"/listings/{draft['id']}/publish")) == [(code, field)]


def test_it_is_warned_of_on_publishing_in_bulk(marketplace):
    owner = marketplace.enterprise("generator")
    ids = [owner.post("/listings", supply(publish=False, **terms)).json["id"] for terms, _, _ in ODD]
    items = owner.post("/listings/publish", {"ids": ids}).json["items"]
    assert [[(warning["code"], warning["field"]) for warning in item["warnings"]] for item in items] == [
        [(code, field)] for _, code, field in ODD
    ]


def test_what_honest_plants_state_is_not_warned_of(marketplace):
    owner = marketplace.enterprise("generator", "recycler")
    for terms in WITHIN:
        assert odd(owner.post("/listings", supply(**terms))) == []
    kiln = listing_terms(kind="demand", title="水泥窑协同处置", accepts=[ACID], quantity_t=500_000)
    assert odd(owner.post("/listings", kiln)) == []


def test_general_waste_comes_in_larger_heaps(marketplace):
    owner = marketplace.enterprise("generator")
    ash = {"scheme": "cn-sw", "code": "900-001-S02"}
    assert odd(owner.post("/listings", supply(quantity_t=5_000_000))) != []
    assert odd(owner.post("/listings", supply(waste=ash, quantity_t=5_000_000))) == []
    assert odd(owner.post("/listings", supply(waste=ash, quantity_t=50_000_000))) == [
        ("implausible_quantity", "quantity_t")
    ]


def test_a_row_of_a_sheet_is_warned_of_with_its_column(marketplace):
    owner = marketplace.enterprise("generator")
    sheet = csv_of(
        {**SUPPLY, "数量": "50000000"},
        {**SUPPLY, "单价": "1000000"},
        {**SUPPLY, "数量": "300000000", "最小批量": "5", "单位": "公斤"},
        {**SUPPLY, "数量": "300000", "最小批量": "0.005"},
        {**SUPPLY, "最大距离": "20000"},
        {**SUPPLY, "截止日期": "2126-05-31"},
        {**SUPPLY, "名称": "稀硫酸 21%"},
    )
    assert odd(send(owner, sheet)) == [
        ("implausible_quantity", "row 2.quantity"),
        ("implausible_price", "row 3.price_per_tonne"),
        ("implausible_lot", "row 4.min_lot"),
        ("implausible_lot", "row 5.min_lot"),
        ("implausible_distance", "row 6.max_distance_km"),
        ("implausible_day", "row 7.available_until"),
    ]


def test_the_sentence_says_which_figure_and_what_to_check(marketplace):
    owner = marketplace.enterprise("generator")

    def details(language):
        body = supply(quantity_t=50_000_000, price_cny_per_t=-1_000_000)
        response = owner.post("/listings", body, Accept_Language=language)
        return [warning["detail"] for warning in response.json["warnings"]]

    english, chinese = details("en"), details("zh")
    for details_of, words in (
        (english[0], ("50,000,000 t", "kilograms")),
        (english[1], ("-1,000,000 yuan", "sign")),
        (chinese[0], ("50,000,000 吨", "公斤")),
        (chinese[1], ("-1,000,000 元", "正负号")),
    ):
        assert all(word in details_of for word in words), details_of


def test_what_cannot_be_is_still_refused(marketplace):
    owner = marketplace.enterprise("generator")
    for terms in (
        {"quantity_t": -1}, {"price_cny_per_t": 1_000_001}, {"max_distance_km": -5},
        {"available_from": "2126-01-01"}, {"available_from": "1926-12-01"},
    ):  # fmt: skip
        assert owner.post("/listings", supply(**terms)).status_code == 422, terms
