"""What `GET .../matches` serves: the reference's ranking, page by page, explained, and fresh."""

import random
from typing import Any

import pytest

from marketplace.matches.service.ranking import database_search
from marketplace.matches.service.ranking.live_index import LiveIndex
from tests.counting import count_statements
from tests.matches.written import Market, write
from tests.matching import reference as ref

SORTS = ("score", "distance", "credit", "price")
WEIGHTS = {"code": 0.25, "distance": 0.25, "credit": 0.25, "price": 0.12, "quantity": 0.08, "time": 0.05}
RULES = ref.Rules(
    (250_000, 250_000, 250_000, 120_000, 80_000, 50_000), {"default": 100.0}, 300.0, "white_list"
)
RELAXED = ref.Rules(
    (200_000, 200_000, 150_000, 350_000, 50_000, 50_000),
    {"default": 80.0, "HW34": 7.0},
    50.0,
    "with_approval",
)


# ---------------------------------------------------------------- the reference and the API agree


def written(marketplace, seed: int) -> Market:
    with marketplace.app.app_context():
        return write(seed, 45)


def city(marketplace, seed: int, rules: ref.Rules = RULES):
    """A marketplace, the market in it, and the whole ranking of each seeker by each sort."""
    market = written(marketplace, seed)
    if rules is not RULES:
        put(marketplace, rules)
    rankings = {
        (seeker.id, sort): ref.rank(market.world, rules, seeker, sort)
        for seeker in seekers(market)
        for sort in SORTS
    }
    return marketplace, market, rankings


@pytest.fixture
def shown(kept):
    """For tests that only read."""
    with kept(city, 1) as shown:
        yield shown


ROUNDS = [None, database_search.SHORTLIST, 2]


@pytest.fixture(params=ROUNDS, ids="shortlist of {}".format)
def rounds(request, monkeypatch):
    """Whether the index answers; or the database, as it does while the index is built, and then whether all
    that could be lawful is read at once, or only what the bounds call for."""
    if request.param is not None:
        monkeypatch.setattr(LiveIndex, "find", lambda *_, **__: None)
        monkeypatch.setattr(database_search, "SHORTLIST", request.param)


def put(marketplace, rules: ref.Rules) -> None:
    marketplace.policy(
        weights={name: weight / 1e6 for name, weight in zip(WEIGHTS, rules.weights, strict=True)},
        half_distance_km=rules.half_distance_km,
        price_scale_cny_per_t=rules.price_scale,
        cross_province=rules.cross_province,
    )


def served(marketplace, listing: ref.Listing, **query: Any) -> dict[str, Any]:
    answer = marketplace.admin.get(f"/listings/{listing.id}/matches", **query)
    assert answer.status_code == 200, answer.json
    return answer.json


def as_served(item: dict[str, Any]) -> tuple[Any, ...]:
    return (
        item["listing"]["id"],
        item["score"],
        tuple(part["value"] for part in item["components"]),
        item["legal_basis"]["kind"],
        item["legal_basis"]["reference"],
        item["legal_basis"].get("approval", {}).get("id"),
        {warning["code"] for warning in item["warnings"]},
    )


def as_expected(market: Market, seeker: ref.Listing, hit: tuple[ref.Listing, ref.Verdict]) -> tuple[Any, ...]:
    other, verdict = hit
    kind = next(name for name, basis in ref.KINDS.items() if basis == verdict.basis)
    reference = market.references[verdict.permit] if verdict.permit >= 0 else None
    if kind == "exempt":
        item = (other if isinstance(other, ref.Demand) else seeker).item
        reference = f"《危险废物豁免管理清单》第{item}项"
    values = tuple(value / 1e9 for value in verdict.values)
    approval = str(market.world.approvals[verdict.approval].id) if verdict.approval >= 0 else None
    return str(other.id), verdict.score / 1e15, values, kind, reference, approval, verdict.warnings


def seekers(market: Market) -> list[ref.Listing]:
    return [*market.world.supplies[:6], *market.world.demands[:6]]


@pytest.mark.parametrize("rounds", ROUNDS, ids="shortlist of {}".format, indirect=True)
@pytest.mark.parametrize(("seed", "rules"), [(9, RULES), (3, RELAXED)], ids=["default", "relaxed"])
def test_the_served_ranking_is_the_reference_s_on_both_sides_by_every_sort(kept, seed, rules, rounds):
    lawful = 0
    with kept(city, seed, rules) as (marketplace, market, rankings):
        for seeker in seekers(market):
            for sort in SORTS:
                expected = rankings[seeker.id, sort]
                answer = served(marketplace, seeker, limit=100, sort=sort)
                listed = [as_served(match) for match in answer["items"]]
                lawful_ones = [as_expected(market, seeker, hit) for hit in expected]
                assert [one for one in lawful_ones if one not in listed] == [], (seeker, sort)
                assert [one for one in listed if one not in lawful_ones] == [], (seeker, sort)
                assert listed == lawful_ones
                assert answer["total"] in (len(expected), None)
                lawful += len(expected)
    assert lawful > 30


def test_pages_put_together_are_the_whole_list(shown, rounds):
    marketplace, market, _ = shown
    for seeker in seekers(market)[::4]:
        for sort in SORTS:
            whole = served(marketplace, seeker, limit=100, sort=sort)["items"]
            pages, cursor = [], None
            while cursor is not None or not pages:
                page = served(
                    marketplace, seeker, limit=5, sort=sort, **({"cursor": cursor} if cursor else {})
                )
                pages += page["items"]
                cursor = page["next"]
                if not page["items"]:
                    break
            assert pages == whole


def test_least_scores_leave_out_exactly_what_is_below(shown, rounds):
    marketplace, market, _ = shown
    for seeker in seekers(market):
        for sort, least, limit in (("price", 0.55, 100), ("distance", 0.8, 2), ("price", 0.85, 3)):
            expected = ref.rank(market.world, RULES, seeker, sort, least)[:limit]
            answer = served(marketplace, seeker, limit=limit, sort=sort, min_score=least)
            assert [match["listing"]["id"] for match in answer["items"]] == [
                str(match.id) for match, _ in expected
            ]


def test_a_least_score_finds_the_far_and_good_behind_the_near_and_poor(marketplace, monkeypatch):
    monkeypatch.setattr(database_search, "SHORTLIST", 2)
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler()
    for _ in range(3):
        marketplace.demand(recycler, quantity_t=20)
    there = {"lon": 120.78, "lat": 30.03, "crs": "wgs84"}
    far = marketplace.demand(recycler, accepts=[{"scheme": "cn-hw", "code": "900-349-34"}], location=there)
    assert marketplace.matches(generator, marketplace.supply(generator), sort="distance", min_score=0.85) == [
        far["id"]
    ]


def test_the_explanation_agrees_with_the_list_and_names_every_failed_gate(shown):
    marketplace, market, _ = shown
    chance = random.Random(5)
    seen: set[str] = set()
    for seeker in chance.sample([*market.world.supplies, *market.world.demands], 12):
        side = "supply" if isinstance(seeker, ref.Supply) else "demand"
        items = {match["listing"]["id"]: match for match in served(marketplace, seeker, limit=100)["items"]}
        field = market.world.demands if side == "supply" else market.world.supplies
        for other in chance.sample(field, 15):
            pair = (seeker, other) if side == "supply" else (other, seeker)
            verdict = ref.judge(market.world, RULES, *pair, side)
            pairing = marketplace.admin.get(f"/listings/{seeker.id}/matches/{other.id}").json
            assert [gate["gate"] for gate in pairing["failed_gates"]] == sorted(
                verdict.failed, key=ref.GATES.index
            )
            assert all(gate["detail"] and gate["source"] for gate in pairing["failed_gates"])
            assert pairing["lawful"] == (str(other.id) in items) == (not verdict.failed)
            seen |= set(verdict.failed)
            if pairing["lawful"]:
                item = {name: part for name, part in items[str(other.id)].items() if name != "rank"}
                extra = ("lawful", "failed_gates", "policy_version", "as_of")
                assert {name: part for name, part in pairing.items() if name not in extra} == item
    assert {"prohibited", "code", "licence", "credit", "time"} <= seen


def test_contributions_add_up_to_the_score_and_distances_are_true(shown):
    marketplace, market, _ = shown
    for seeker in seekers(market):
        for item in served(marketplace, seeker, limit=100)["items"]:
            parts = item["components"]
            assert {component["name"]: component["weight"] for component in parts} == WEIGHTS
            assert sum(component["contribution"] for component in parts) == pytest.approx(
                item["score"], abs=1e-6
            )
            for component in parts:
                assert component["contribution"] == pytest.approx(
                    component["value"] * component["weight"], abs=1e-9
                )
            sphere = next(component["raw"] for component in parts if component["name"] == "distance")
            assert item["distance_km"] == pytest.approx(sphere, rel=0.006, abs=1e-6)


# ---------------------------------------------------------------- paging while the world moves


def test_a_cursor_goes_on_where_it_stood_while_better_and_worse_ones_come_in(marketplace):
    generator = marketplace.enterprise("generator")
    supply = marketplace.supply(generator)
    recyclers = [marketplace.recycler(grade) for grade in "ABC"]
    first = [
        marketplace.demand(recycler, quantity_t=tonnes)["id"]
        for recycler in recyclers
        for tonnes in (1200, 600)
    ]
    whole = marketplace.matches(generator, supply)
    assert sorted(whole) == sorted(first)

    page = generator.get(f"/listings/{supply['id']}/matches", limit=2).json
    marketplace.demand(recyclers[0], quantity_t=1200, title="a better one")
    low = marketplace.demand(recyclers[2], quantity_t=100, title="a worse one")["id"]
    rest = generator.get(f"/listings/{supply['id']}/matches", limit=10, cursor=page["next"]).json
    assert [match["listing"]["id"] for match in page["items"] + rest["items"]] == [*whole, low]
    assert [match["rank"] for match in page["items"] + rest["items"]] == list(range(1, 8))
    assert rest["next"] is None


def test_a_cursor_of_another_sort_or_of_nobody_is_refused(marketplace):
    generator = marketplace.enterprise("generator")
    supply = marketplace.supply(generator)
    for recycler in (marketplace.recycler(), marketplace.recycler()):
        marketplace.demand(recycler)
    path = f"/listings/{supply['id']}/matches"
    ways = [{"sort": sort, **group} for sort in SORTS for group in ({}, {"group": "enterprise"})]
    cursors = [generator.get(path, limit=1, **way).json["next"] for way in ways]
    assert len(set(cursors)) == len(ways)
    elsewhere = f"/listings/{marketplace.supply(generator)['id']}/matches"
    mixed = [(path, way, cursor) for way in ways for cursor in cursors if cursor != cursors[ways.index(way)]]
    mixed += [(elsewhere, way, cursor) for way, cursor in zip(ways, cursors, strict=True)]
    mixed += [(path, {}, cursor) for cursor in ("x", "W10", "!!!!")]
    for where, way, cursor in mixed:
        answer = generator.get(where, cursor=cursor, **way)
        assert (answer.status_code, answer.json["code"]) == (422, "bad_cursor")


# ---------------------------------------------------------------- statements


def statements(party, path: str, **query: Any) -> tuple[int, int]:
    """Statements sent for a list, and its length."""
    party.get(path, **query)
    with count_statements() as sent:
        answer = party.get(path, **query)
    assert answer.status_code == 200, answer.json
    return len(sent), len(answer.json["items"])


def test_the_number_of_statements_does_not_grow_with_the_results(marketplace):
    generator = marketplace.enterprise("generator")
    supply = marketplace.supply(generator, composition=[{"component": "Fe", "min": 1, "max": 2, "unit": "%"}])
    recyclers = [marketplace.recycler() for _ in range(6)]
    terms = {"requires": [{"component": "Fe", "min": 1, "max": 3, "unit": "%"}]}
    demand = marketplace.demand(recyclers[0], **terms)
    paths = {
        f"/listings/{supply['id']}/matches": (generator, {}),
        "/listings": (generator, {"kind": "demand"}),
        "/enterprises": (marketplace.admin, {"role": "recycler"}),
    }
    one = {path: statements(party, path, limit=1, **query) for path, (party, query) in paths.items()}
    for number in range(1, 60):
        marketplace.demand(recyclers[number % 6], **terms)
    for _ in range(54):
        marketplace.enterprise("recycler")
    few = {path: statements(party, path, limit=1, **query) for path, (party, query) in paths.items()}
    many = {path: statements(party, path, limit=50, **query) for path, (party, query) in paths.items()}
    for path in paths:
        assert (one[path][1], few[path][1], many[path][1]) == (1, 1, 50), path
        assert few[path][0] == many[path][0] <= one[path][0] + 1, path

    for number in range(59):
        marketplace.supply(generator, title=f"{number}")
    path = f"/listings/{demand['id']}/matches"
    few_supplies, many_supplies = (statements(recyclers[0], path, limit=limit) for limit in (1, 60))
    assert few_supplies == (many_supplies[0], 1)
    assert many_supplies[1] == 60
    assert statements(marketplace.admin, path, limit=1) == few_supplies


def test_a_page_that_the_bounds_do_not_settle_costs_one_round_more_and_no_further(marketplace, monkeypatch):
    generator = marketplace.enterprise("generator")
    supply = marketplace.supply(generator)
    for _ in range(8):
        marketplace.demand(marketplace.enterprise("recycler"))
    recycler = marketplace.recycler(location={"lon": 120.9, "lat": 29.5, "crs": "wgs84"})
    far = [marketplace.demand(recycler)["id"] for _ in range(3)]
    path = f"/listings/{supply['id']}/matches"
    settled, _ = statements(generator, path, sort="distance")
    monkeypatch.setattr(database_search, "SHORTLIST", 2)
    counts = {statements(generator, path, limit=limit, sort="distance")[0] for limit in (1, 2, 3, 60)}
    assert sorted(marketplace.matches(generator, supply, sort="distance")) == sorted(far)
    assert settled < max(counts) <= 2 * settled


def test_a_seeker_s_statements_do_not_hang_on_who_holds_permits(marketplace):
    generator = marketplace.enterprise("generator")
    supply, demand = marketplace.supply(generator), marketplace.demand(marketplace.recycler())
    path = f"/listings/{supply['id']}/matches/{demand['id']}"
    generator.get(path)
    with count_statements() as before:
        generator.get(path)
    for _ in range(5):
        marketplace.recycler()
    with count_statements() as after:
        generator.get(path)
    assert len(before) == len(after)
