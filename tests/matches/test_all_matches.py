"""Matches over all one's listings, one row an enterprise, many answers at once, and matches as files."""

import csv
import io

import openpyxl
import pytest

from tests.http.cursors import walked

ANY_ID = "019ad7c8-3a00-7000-8000-000000000001"


@pytest.fixture
def generator(marketplace):
    return marketplace.enterprise("generator", "recycler")


# ---------------------------------------------------------------- all listings in one ranking


def test_matches_of_all_listings_are_one_ranking(marketplace, generator):
    receivers = [marketplace.recycler("A"), marketplace.recycler()]
    demands = [
        marketplace.demand(receiver, price_cny_per_t=price) for receiver in receivers for price in (0, -90)
    ]
    supplies = [marketplace.supply(generator, price_cny_per_t=price) for price in (-100, -50, None)]
    marketplace.supply(generator, publish=False)
    expected = [
        (item["score"], supply["id"], item["listing"]["id"])
        for supply in supplies
        for item in generator.get(f"/listings/{supply['id']}/matches").json["items"]
    ]
    assert len(expected) == 10
    for limit in (1, 3, 100):
        items = walked(generator, "/matches", limit=limit)
        found = [(item["score"], item["own_listing"]["id"], item["listing"]["id"]) for item in items]
        assert sorted(found) == sorted(expected)
        assert [score for score, *_ in found] == sorted((score for score, *_ in found), reverse=True)
        assert [item["rank"] for item in items] == list(range(1, 11))
    assert {demand["id"] for demand in demands} == {item["listing"]["id"] for item in items}


def test_equal_matches_of_two_listings_are_each_shown_once(marketplace, generator):
    supplies = [marketplace.supply(generator) for _ in range(3)]
    recycler = marketplace.recycler()
    demands = [marketplace.demand(recycler) for _ in range(2)]
    items = walked(generator, "/matches", limit=1)
    pairs = [(item["own_listing"]["id"], item["listing"]["id"]) for item in items]
    assert sorted(pairs) == sorted((supply["id"], demand["id"]) for supply in supplies for demand in demands)


def test_they_are_filtered_by_kind_code_listing_and_score(marketplace, generator):
    recycler, other = marketplace.recycler(), marketplace.enterprise("generator")
    supply = marketplace.supply(generator)
    marketplace.demand(recycler)
    steel = {"scheme": "cn-sw", "code": "SW17"}
    wanted = marketplace.demand(generator, accepts=[steel])
    marketplace.supply(other, waste=steel)

    def own(**query):
        return [item["own_listing"]["id"] for item in generator.get("/matches", **query).json["items"]]

    assert sorted(own()) == sorted([supply["id"], wanted["id"]])
    assert own(kind="supply") == own(code="HW34") == own(listing_id=supply["id"]) == [supply["id"]]
    assert own(kind="demand") == own(code="SW17") == [wanted["id"]]
    assert own(min_score=1) == own(listing_id=ANY_ID) == []
    assert recycler.get("/matches", listing_id=supply["id"]).json["items"] == []
    assert marketplace.admin.get("/matches").status_code == 403


# ---------------------------------------------------------------- one row an enterprise


def test_a_row_an_enterprise_has_its_best_offer_and_the_others_folded(marketplace, generator):
    first, second = marketplace.recycler("A"), marketplace.recycler()
    supply = marketplace.supply(generator, price_cny_per_t=-100)
    offers = [marketplace.demand(first, price_cny_per_t=price) for price in (-90, 50, 0)]
    other = marketplace.demand(second)
    path = f"/listings/{supply['id']}/matches"
    for limit in (1, 20):
        items = walked(generator, path, group="enterprise", limit=limit)
        assert [item["listing"]["enterprise"]["id"] for item in items] == [first.id, second.id]
        assert [item["rank"] for item in items] == [1, 2]
        assert items[0]["listing"]["id"] == offers[1]["id"]
        assert [offer["id"] for offer in items[0]["others"]] == [offers[2]["id"], offers[0]["id"]]
        assert (items[0]["others_total"], items[1]["others_total"]) == (2, 0)
        assert items[1]["listing"]["id"] == other["id"]
    assert generator.get(path, group="enterprise").json["total"] == 2
    assert "others" not in generator.get(path).json["items"][0]


@pytest.mark.parametrize("sort", ["score", "distance", "credit", "price"])
def test_pages_of_enterprises_go_by_every_sort_and_stay_stable(marketplace, generator, sort):
    places = [{"lon": 120.58, "lat": 30.03 + step / 50, "crs": "wgs84"} for step in range(4)]
    firms = [marketplace.recycler() for _ in range(4)]
    for firm, place in zip(firms, places, strict=True):
        for price in (-80, -60):
            marketplace.demand(firm, location=place, price_cny_per_t=price)
    supply = marketplace.supply(generator, price_cny_per_t=-100)
    path = f"/listings/{supply['id']}/matches"
    plain = walked(generator, path, sort=sort)
    by_firm: dict[str, list[str]] = {}
    for item in plain:
        by_firm.setdefault(item["listing"]["enterprise"]["id"], []).append(item["listing"]["id"])
    rows = generator.get(path, group="enterprise", sort=sort).json["items"]
    folded = [[row["listing"]["id"], *[other["id"] for other in row["others"]]] for row in rows]
    assert folded == list(by_firm.values())
    least = sorted(item["score"] for item in plain)[3]
    rows = generator.get(path, group="enterprise", sort=sort, min_score=round(least - 1e-6, 6)).json["items"]
    assert sum(1 + row["others_total"] for row in rows) == sum(
        item["score"] >= least - 1e-6 for item in plain
    )
    order = list(dict.fromkeys(item["listing"]["enterprise"]["id"] for item in plain))
    first = generator.get(path, group="enterprise", sort=sort, limit=2).json
    marketplace.now += marketplace.now.resolution * 1000
    marketplace.demand(firms[3], price_cny_per_t=200, location=places[0])
    marketplace.demand(firms[2], price_cny_per_t=200, location=places[0])
    rest = generator.get(path, group="enterprise", sort=sort, limit=2, cursor=first["next"]).json
    assert rest["next"] is None
    assert [item["listing"]["enterprise"]["id"] for item in first["items"] + rest["items"]] == order


# ---------------------------------------------------------------- many answers


def test_many_answers_have_each_their_own_result(marketplace, generator):
    recycler = marketplace.recycler("A")
    supply = marketplace.supply(generator, price_cny_per_t=0)
    good, bad = marketplace.demand(recycler), marketplace.demand(recycler, price_cny_per_t=-5)
    recycler.feedback(good, supply, "interested")
    items = [
        {"listing_id": supply["id"], "counterpart_id": other, "verdict": verdict}
        for other, verdict in (
            (bad["id"], "interested"), (good["id"], "interested"), (ANY_ID, "not_suitable"),
        )
    ]  # fmt: skip
    answer = generator.post("/matches/feedback", {"items": items}, Idempotency_Key="many")
    assert answer.status_code == 200
    results = answer.json["items"]
    assert [(result["status"], result["code"]) for result in results] == [
        (409, "pairing_not_lawful"), (200, None), (404, "not_found"),
    ]  # fmt: skip
    assert results[1]["contact"] == recycler.get("/enterprises/me").json["contact"]
    assert all(result["detail"] for result in results if result["status"] != 200)
    again = generator.post("/matches/feedback", {"items": items}, Idempotency_Key="many")
    without_contact = {**results[1], "contact": None}  # never kept for a replay
    assert again.json == {**answer.json, "items": [results[0], without_contact, results[2]]}
    assert again.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    "items", [[], [{"listing_id": ANY_ID, "counterpart_id": ANY_ID, "verdict": "maybe"}]]
)
def test_a_wrong_body_of_many_answers_is_refused_whole(generator, items):
    assert generator.post("/matches/feedback", {"items": items}).status_code == 422


# ---------------------------------------------------------------- files


def rows_of(response, kind):
    assert response.status_code == 200, response.json
    if kind == "csv":
        return list(csv.reader(io.StringIO(response.get_data().decode("utf-8-sig"))))
    sheet = openpyxl.load_workbook(io.BytesIO(response.get_data())).active
    return [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_matches_are_exported_for_one_listing_and_for_all(marketplace, generator, kind):
    recycler = marketplace.recycler("A", name="越州酸业")
    supply = marketplace.supply(generator, title="=稀酸")
    demands = [marketplace.demand(recycler, title=f"收酸 {number}") for number in range(3)]
    generator.feedback(supply, demands[0], "interested")
    recycler.feedback(demands[0], supply, "interested")
    for path in (f"/listings/{supply['id']}/matches/export", "/matches/export"):
        head, *rows = rows_of(generator.get(path, format=kind), kind)
        assert head[:3] == ["Own listing", "Other side's listing", "Enterprise"]
        assert sorted(row[1] for row in rows) == ["收酸 0", "收酸 1", "收酸 2"]
        assert {(row[0], row[2]) for row in rows} == {("'=稀酸", "越州酸业")}
        assert [row[head.index("Phone")] for row in rows if row[1] == "收酸 0"] == ["0575-85000000"]
        assert {row[head.index("Phone")] for row in rows if row[1] != "收酸 0"} == {""}
    chinese = generator.call("GET", "/matches/export", headers={"Accept-Language": "zh-CN"})
    assert rows_of(chinese, "csv")[0][0] == "我方信息"


def test_a_strangers_matches_are_not_exported(marketplace, generator):
    supply = marketplace.supply(generator)
    path = f"/listings/{supply['id']}/matches/export"
    assert marketplace.enterprise("recycler").get(path).status_code == 404
    assert marketplace.admin.get(path).status_code == 200
    assert generator.get(path, format="pdf").status_code == 422
