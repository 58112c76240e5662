"""Each gate over HTTP: the answer names what stops a pairing, and the next one shows what frees it."""

from typing import Any

import pytest

from tests.listings.sheets import SUPPLY, csv_of, send

ACID = {"scheme": "cn-hw", "code": "900-349-34"}
DYE = {"scheme": "cn-hw", "code": "900-300-34"}
STEEL = {"scheme": "cn-sw", "code": "SW17"}
VALID = {"valid_from": "2026-01-01", "valid_until": "2028-12-31"}
EXEMPT_ITEM = 20
KUNSHAN = {"region": "320583", "location": {"lon": 120.98, "lat": 31.39, "crs": "wgs84"}}
HONG_KONG = {"region": "810000", "location": {"lon": 114.16, "lat": 22.28, "crs": "wgs84"}}
TAIWAN = {"region": "710000", "location": {"lon": 121.51, "lat": 25.04, "crs": "wgs84"}}
MACAO = {"region": "820000", "location": {"lon": 113.54, "lat": 22.19, "crs": "wgs84"}}


@pytest.fixture
def generator(marketplace):
    return marketplace.enterprise("generator")


def the_item(party, listing: dict[str, Any]) -> dict[str, Any]:
    """The only match of a listing."""
    (item,) = party.get(f"/listings/{listing['id']}/matches").json["items"]
    return item


def basis(party, listing: dict[str, Any]) -> tuple[str, str | None]:
    about = the_item(party, listing)["legal_basis"]
    return about["kind"], about["reference"]


def warned(party, listing: dict[str, Any]) -> list[str]:
    return [warning["code"] for warning in the_item(party, listing)["warnings"]]


def enter(marketplace, path: str, **body: Any) -> dict[str, Any]:
    answer = marketplace.admin.post(path, {**VALID, **body})
    assert answer.status_code == 201, answer.json
    return answer.json


def channel(marketplace, generator, receiver, **about: Any) -> dict[str, Any]:
    terms = {"use": "制盐", "tonnes_per_year": 500, "approval_number": "点对点1号", **ACID, **about}
    return enter(marketplace, "/channels", generator_id=generator.id, receiver_id=receiver.id, **terms)


def white_list(marketplace, receiver, **about: Any) -> dict[str, Any]:
    terms = {"scheme": "cn-hw", "code": "HW34", "from_province": "330000", **about}
    return enter(marketplace, "/white-list", receiver_id=receiver.id, **terms)


def count(marketplace, path: str, **usage: Any) -> None:
    answer = marketplace.admin.post(f"{path}/usage", usage)
    assert answer.status_code == 201, answer.json


# ---------------------------------------------------------------- prohibited


@pytest.mark.parametrize("border", [HONG_KONG, MACAO, TAIWAN], ids=["hong kong", "macao", "taiwan"])
@pytest.mark.parametrize("waste", [ACID, STEEL], ids=["hazardous", "general"])
def test_nothing_crosses_a_customs_border(marketplace, generator, border, waste):
    recycler = marketplace.recycler(**border)
    white_list(marketplace, recycler)
    channel(marketplace, generator, recycler)
    demand = marketplace.demand(recycler, accepts=[waste])
    supply = marketplace.supply(generator, waste=waste)
    assert marketplace.matches(generator, supply) == marketplace.matches(recycler, demand) == []
    assert marketplace.why_not(generator, supply, demand) == {"prohibited": "customs_border"}

    neighbour = marketplace.enterprise("generator", **border)
    assert marketplace.matches(neighbour, marketplace.supply(neighbour, waste=waste)) == [demand["id"]]


# ---------------------------------------------------------------- code


def test_a_demand_takes_its_code_and_its_category(marketplace, generator):
    recycler = marketplace.recycler()
    by_code = marketplace.demand(recycler, accepts=[ACID])
    by_category = marketplace.demand(recycler)
    other = marketplace.demand(recycler, accepts=[DYE])
    supply = marketplace.supply(generator)
    items = generator.get(f"/listings/{supply['id']}/matches").json["items"]
    values = {match["listing"]["id"]: match["components"][0]["value"] for match in items}
    assert values == {by_code["id"]: 1.0, by_category["id"]: 0.9}
    assert marketplace.why_not(generator, supply, other) == {"code": "not_accepted"}


def test_a_local_code_fits_what_it_maps_to(marketplace, generator):
    recycler = marketplace.enterprise("recycler")
    ash, slag, steel = (
        marketplace.demand(recycler, accepts=[{"scheme": "cn-sw", "code": code}])
        for code in ("SW02", "SW03", "SW17")
    )
    for words, expected in (
        ("炉渣粉煤灰混合料", {ash["id"]: 0.6, slag["id"]: 0.6}),
        ("锅炉炉渣（示例）", {slag["id"]: 1.0}),
        ("废木托盘", {steel["id"]: 0.9}),
    ):
        codes = generator.get("/waste-codes", q=words).json["items"]
        local = {name: codes[0][name] for name in ("scheme", "code")}
        supply = marketplace.supply(generator, waste=local)
        items = generator.get(f"/listings/{supply['id']}/matches").json["items"]
        values = {match["listing"]["id"]: match["components"][0]["value"] for match in items}
        assert values == pytest.approx(expected), words


def test_a_supply_that_names_a_category_fits_that_category_only(marketplace, generator):
    recycler = marketplace.enterprise("recycler")
    category = marketplace.demand(recycler, accepts=[STEEL])
    below = marketplace.demand(recycler, accepts=[{"scheme": "cn-sw", "code": "900-001-S17"}])
    supply = marketplace.supply(generator, waste=STEEL)
    assert marketplace.matches(generator, supply) == [category["id"]]
    assert marketplace.why_not(generator, supply, below) == {"code": "not_accepted"}
    assert the_item(generator, supply)["components"][0]["value"] == 1.0


def test_a_demand_that_fits_in_two_ways_ranks_once_by_the_better(marketplace, generator):
    recycler = marketplace.recycler()
    demand = marketplace.demand(recycler, accepts=[{"scheme": "cn-hw", "code": "HW34"}, ACID])
    supply = marketplace.supply(generator)
    assert marketplace.matches(generator, supply) == [demand["id"]]
    assert the_item(generator, supply)["components"][0]["value"] == 1.0


# ---------------------------------------------------------------- licence


def test_a_licence_must_cover_the_code_the_mode_and_the_day(marketplace, generator):
    recycler = marketplace.enterprise("recycler")
    demand, supply = marketplace.demand(recycler), marketplace.supply(generator)

    def why() -> str | None:
        return marketplace.why_not(generator, supply, demand).get("licence")

    assert why() == "no_permit"
    marketplace.licence(recycler, "HW08")
    assert why() == "no_permit"
    marketplace.licence(recycler, "HW34", modes=["dispose", "store"])
    assert why() == "mode"
    marketplace.licence(recycler, "900-349-34", valid_until="2026-11-30")
    assert why() == "not_valid"
    assert marketplace.matches(generator, supply) == []
    marketplace.licence(recycler, "900-349-34", modes=["use"], number="证9", valid_from="2027-05-31")
    assert why() is None
    assert basis(generator, supply) == ("licence", "证9")
    assert the_item(generator, supply)["legal_basis"]["edition"]


def test_of_two_licences_the_one_that_lasts_longest_is_named_then_the_smaller_id(marketplace, generator):
    recycler = marketplace.enterprise("recycler")
    for number, until in (("证1", "2027-12-31"), ("证2", "2029-12-31"), ("证3", "2029-12-31")):
        marketplace.licence(recycler, number=number, valid_until=until)
    marketplace.demand(recycler)
    assert basis(generator, marketplace.supply(generator)) == ("licence", "证2")


def test_tonnes_used_up_this_year_are_free_again_in_the_next(marketplace, generator):
    recycler = marketplace.enterprise("recycler")
    licence = marketplace.licence(recycler, tonnes=100)
    demand = marketplace.demand(recycler)
    now, later = marketplace.supply(generator), marketplace.supply(generator, available_from="2027-01-01")
    path, line = f"/licences/{licence['id']}", licence["lines"][0]["id"]

    count(marketplace, path, line_id=line, year=2026, tonnes=80)
    assert marketplace.matches(generator, now) == [demand["id"]]
    count(marketplace, path, line_id=line, year=2026, tonnes=0.001)
    assert marketplace.why_not(generator, now, demand) == {"licence": "tonnes"}
    assert marketplace.matches(generator, later) == [demand["id"]]
    count(marketplace, path, line_id=line, year=2027, tonnes=81)
    assert marketplace.why_not(generator, later, demand) == {"licence": "tonnes"}
    count(marketplace, path, line_id=line, year=2026, tonnes=-1)
    assert marketplace.matches(generator, now) == [demand["id"]]
    assert sorted(marketplace.matches(recycler, demand)) == [now["id"]]


def test_general_waste_needs_no_permit(marketplace, generator):
    marketplace.demand(marketplace.enterprise("recycler"), accepts=[STEEL])
    assert basis(generator, marketplace.supply(generator, waste=STEEL)) == ("general", None)


def test_a_channel_serves_its_generator_receiver_code_and_quota_only(marketplace, generator):
    recycler, other = marketplace.enterprise("recycler"), marketplace.enterprise("generator")
    demand, supply = marketplace.demand(recycler), marketplace.supply(generator)
    made = channel(marketplace, generator, recycler)
    assert basis(generator, supply) == ("channel", "点对点1号")
    assert marketplace.why_not(other, marketplace.supply(other), demand) == {"licence": "no_permit"}
    assert marketplace.why_not(generator, marketplace.supply(generator, waste=DYE), demand) == {
        "licence": "no_permit"
    }
    count(marketplace, f"/channels/{made['id']}", year=2026, tonnes=490)
    assert marketplace.why_not(generator, supply, demand) == {"licence": "tonnes"}
    count(marketplace, f"/channels/{made['id']}", year=2026, tonnes=-10)
    assert basis(generator, supply) == ("channel", "点对点1号")
    assert marketplace.admin.delete(f"/channels/{made['id']}").status_code == 204
    assert marketplace.why_not(generator, supply, demand) == {"licence": "no_permit"}


def test_an_exemption_holds_until_an_admin_refuses_it(marketplace, generator):
    recycler = marketplace.enterprise("recycler")
    demand = marketplace.demand(recycler, exemption_item=EXEMPT_ITEM)
    supply = marketplace.supply(generator)
    review = f"/listings/{demand['id']}/exemption-review"

    assert basis(generator, supply) == ("exempt", "《危险废物豁免管理清单》第20项")
    assert warned(generator, supply) == ["exemption_unverified"]
    assert (
        marketplace.admin.post(review, {"decision": "refuse", "reason": "no test report"}).status_code == 200
    )
    assert marketplace.why_not(generator, supply, demand) == {"licence": "exemption_refused"}
    assert marketplace.admin.post(review, {"decision": "accept", "reason": "report seen"}).status_code == 200
    assert warned(generator, supply) == [] == warned(recycler, demand)


def test_an_exemption_must_be_of_the_code_and_the_stage(marketplace, generator):
    recycler = marketplace.enterprise("recycler")
    supply = marketplace.supply(generator)
    burnt = marketplace.demand(recycler, exemption_item=EXEMPT_ITEM, treatment="D10")
    wrong = marketplace.demand(recycler, exemption_item=21)
    assert marketplace.why_not(generator, supply, burnt) == {"licence": "exemption_stage"}
    assert marketplace.why_not(generator, supply, wrong) == {"licence": "exemption_item"}
    assert marketplace.matches(generator, supply) == []


def test_a_verified_holder_needs_no_review_of_each_demand(marketplace, generator):
    recycler = marketplace.enterprise("recycler")
    marketplace.demand(recycler, exemption_item=EXEMPT_ITEM)
    supply = marketplace.supply(generator)
    assert warned(generator, supply) == ["exemption_unverified"]
    code = {"scheme": "cn-hw", "code": "HW34"}
    proof = enter(marketplace, "/exemptions", enterprise_id=recycler.id, item=EXEMPT_ITEM, **code)
    assert warned(generator, supply) == []
    assert marketplace.admin.delete(f"/exemptions/{proof['id']}").status_code == 204
    assert warned(generator, supply) == ["exemption_unverified"]


def test_a_collector_gathers_from_small_generators_what_its_partner_may_take_too(marketplace, generator):
    operator, collector = marketplace.enterprise("recycler"), marketplace.enterprise("collector")
    marketplace.licence(collector, "HW34", kind="collection", number="集1")
    demand, supply = marketplace.demand(collector), marketplace.supply(generator)

    assert marketplace.why_not(generator, supply, demand) == {"licence": "no_permit"}
    assert (
        marketplace.admin.patch(f"/enterprises/{collector.id}", {"partner_id": operator.id}).status_code
        == 200
    )
    assert marketplace.why_not(generator, supply, demand) == {"licence": "no_permit"}
    marketplace.licence(operator, "900-300-34")
    assert marketplace.why_not(generator, supply, demand) == {"licence": "no_permit"}
    marketplace.licence(operator, "900-349-34")
    assert marketplace.why_not(generator, supply, demand) == {"licence": "small_generator_only"}
    assert (
        marketplace.admin.patch(f"/enterprises/{generator.id}", {"small_generator": True}).status_code == 200
    )
    assert basis(generator, supply) == ("collector", "集1")
    assert marketplace.matches(collector, demand) == [supply["id"]]


# ---------------------------------------------------------------- region


def test_hazardous_waste_crosses_a_province_line_by_white_list_only(marketplace, generator):
    recycler = marketplace.recycler(**KUNSHAN)
    demand, supply = marketplace.demand(recycler), marketplace.supply(generator)

    def why() -> dict[str, str]:
        return marketplace.why_not(generator, supply, demand)

    assert why() == {"region": "not_white_listed"}
    white_list(marketplace, recycler, from_province="310000")
    white_list(marketplace, recycler, code="HW08")
    white_list(marketplace, marketplace.enterprise("recycler"))
    assert why() == {"region": "not_white_listed"}
    white_list(marketplace, recycler, valid_until="2026-11-30")
    assert why() == {"region": "white_list_not_valid"}
    entry = white_list(marketplace, recycler)
    assert marketplace.matches(generator, supply) == [demand["id"]]
    assert warned(generator, supply) == []
    assert marketplace.admin.delete(f"/white-list/{entry['id']}").status_code == 204
    assert "region" in why()
    assert marketplace.matches(generator, supply) == []


def test_a_channel_crosses_a_province_line_too(marketplace, generator):
    recycler = marketplace.recycler(**KUNSHAN)
    demand, supply = marketplace.demand(recycler), marketplace.supply(generator)
    made = channel(marketplace, generator, recycler)
    assert basis(generator, supply)[0] == "licence"
    assert warned(generator, supply) == []
    marketplace.admin.delete(f"/channels/{made['id']}")
    assert marketplace.why_not(generator, supply, demand) == {"region": "not_white_listed"}


def test_the_policy_may_let_hazardous_waste_cross_with_approval(marketplace, generator):
    recycler = marketplace.recycler(**KUNSHAN)
    demand, supply = marketplace.demand(recycler), marketplace.supply(generator)
    marketplace.policy(cross_province="with_approval")
    assert marketplace.matches(recycler, demand) == [supply["id"]]
    assert warned(generator, supply) == ["transfer_approval_required"]
    marketplace.policy(cross_province="white_list")
    assert marketplace.matches(generator, supply) == []


@pytest.mark.parametrize(
    ("treatment", "warning"),
    [
        ("R5", "advance_notice_required"),
        ("D10", "transfer_approval_required"),
        ("R13", "transfer_approval_required"),
    ],
)
def test_general_waste_crosses_a_province_line_with_a_warning(marketplace, generator, treatment, warning):
    recycler = marketplace.enterprise("recycler", **KUNSHAN)
    demand = marketplace.demand(recycler, accepts=[STEEL], treatment=treatment)
    supply = marketplace.supply(generator, waste=STEEL)
    assert warned(generator, supply) == warned(recycler, demand) == [warning, "verify_receiver"]
    marketplace.change(recycler, demand, region="330602", location=None)
    assert warned(generator, supply) == ["verify_receiver"]


# ---------------------------------------------------------------- credit


def test_a_receiver_of_grade_e_neither_sees_nor_is_shown(marketplace, generator):
    recycler = marketplace.recycler()
    demand, supply = marketplace.demand(recycler), marketplace.supply(generator)
    assert marketplace.matches(generator, supply) == [demand["id"]]
    for _ in range(3):
        marketplace.credit_event(recycler, "law.penalty_major")
    assert marketplace.matches(generator, supply) == marketplace.matches(recycler, demand) == []
    assert marketplace.why_not(generator, supply, demand) == {"credit": "receiver_credit"}


def test_a_blocked_receiver_is_out_at_once(marketplace, generator):
    recycler = marketplace.recycler("A")
    demand, supply = marketplace.demand(recycler), marketplace.supply(generator)
    marketplace.credit_event(recycler, "law.illegal_dumping")
    assert marketplace.matches(generator, supply) == marketplace.matches(recycler, demand) == []
    assert marketplace.why_not(generator, supply, demand) == {"credit": "receiver_credit"}


@pytest.mark.parametrize("fall", ["grade", "block"])
def test_a_fallen_generator_sees_receivers_of_a_and_b_only_supervised(marketplace, generator, fall):
    demands = {grade: marketplace.demand(marketplace.recycler(grade)) for grade in "ABC"}
    if fall == "grade":
        marketplace.grade(generator, "E")
    else:
        marketplace.credit_event(generator, "law.illegal_dumping")
    supply = marketplace.supply(generator)
    items = generator.get(f"/listings/{supply['id']}/matches").json["items"]
    assert [match["listing"]["id"] for match in items] == [demands["A"]["id"], demands["B"]["id"]]
    assert all([warning["code"] for warning in match["warnings"]] == ["supervised"] for match in items)
    assert marketplace.why_not(generator, supply, demands["C"]) == {"credit": "generator_supervised"}


def test_a_change_of_credit_shows_in_the_next_order(marketplace, generator):
    near, far = marketplace.recycler("A"), marketplace.recycler("A")
    first, second = marketplace.demand(near), marketplace.demand(far)
    supply = marketplace.supply(generator)
    marketplace.credit_event(near, "law.penalty_minor")
    assert marketplace.matches(generator, supply) == [second["id"], first["id"]]
    marketplace.credit_event(far, "law.penalty_major")
    assert marketplace.matches(generator, supply) == [first["id"], second["id"]]


# ---------------------------------------------------------------- quantity, time, price, distance


def test_what_remains_must_reach_both_sides_smallest_lot(marketplace, generator):
    recycler = marketplace.recycler()
    small = marketplace.demand(recycler, quantity_t=30, min_lot_t=1)
    supply = marketplace.supply(generator, min_lot_t=31)
    assert marketplace.why_not(generator, supply, small) == {"quantity": "demand_short"}
    marketplace.change(generator, supply, min_lot_t=30)
    assert marketplace.matches(generator, supply) == [small["id"]]
    picky = marketplace.demand(recycler, quantity_t=9000, min_lot_t=1200.001)
    assert marketplace.why_not(generator, supply, picky) == {"quantity": "supply_short"}


def test_windows_must_share_a_day_that_is_not_over(marketplace, generator):
    recycler, general = marketplace.enterprise("recycler"), {"accepts": [STEEL]}
    supply = marketplace.supply(generator, waste=STEEL, available_until="2026-12-31")
    late = marketplace.demand(recycler, available_from="2027-01-01", **general)
    touching = marketplace.demand(recycler, available_from="2026-12-31", **general)
    assert marketplace.matches(generator, supply) == [touching["id"]]
    assert marketplace.why_not(generator, supply, late) == {"time": "no_shared_day"}
    over = marketplace.demand(recycler, available_until="2026-12-02", **general)
    assert over["id"] in marketplace.matches(generator, supply)
    marketplace.now = marketplace.now.replace(day=3)
    assert over["id"] not in marketplace.matches(generator, supply)
    assert marketplace.why_not(generator, supply, over) == {"time": "over"}


def test_without_a_shared_day_no_licence_holds_on_it_either(marketplace, generator):
    demand = marketplace.demand(
        marketplace.recycler(), available_from="2027-06-01", available_until="2027-07-01"
    )
    supply = marketplace.supply(generator)
    assert marketplace.why_not(generator, supply, demand) == {"licence": "not_valid", "time": "no_shared_day"}


def test_where_both_name_a_price_the_demand_s_is_not_below(marketplace, generator):
    recycler = marketplace.recycler()
    supply = marketplace.supply(generator, price_cny_per_t=-100)
    low = marketplace.demand(recycler, price_cny_per_t=-100.01)
    even, open_price = marketplace.demand(recycler, price_cny_per_t=-100), marketplace.demand(recycler)
    good = marketplace.demand(recycler, price_cny_per_t=200)
    assert marketplace.why_not(generator, supply, low) == {"price": "below_asking"}
    by_price = marketplace.matches(generator, supply, sort="price")
    assert by_price == [good["id"], even["id"], open_price["id"]]
    parts = {
        match["listing"]["id"]: match["components"][3]
        for match in generator.get(f"/listings/{supply['id']}/matches").json["items"]
    }
    assert (parts[good["id"]]["value"], parts[good["id"]]["raw"]) == (0.75, 300)
    assert (parts[even["id"]]["value"], parts[even["id"]]["raw"]) == (0.5, 0)
    assert (parts[open_price["id"]]["value"], parts[open_price["id"]]["raw"]) == (0.5, None)


def test_the_smaller_limit_of_both_sides_bounds_the_distance(marketplace, generator):
    recycler = marketplace.recycler(region="330604", location={"lon": 120.87, "lat": 30.03, "crs": "wgs84"})
    demand, supply = marketplace.demand(recycler, max_distance_km=27), marketplace.supply(generator)
    assert marketplace.why_not(generator, supply, demand) == {"distance": "too_far"}
    marketplace.change(recycler, demand, max_distance_km=29)
    assert marketplace.matches(generator, supply) == [demand["id"]]
    assert the_item(generator, supply)["distance_km"] == pytest.approx(27.96, abs=0.05)
    marketplace.change(generator, supply, max_distance_km=10)
    assert marketplace.matches(recycler, demand) == []
    assert "10" in generator.pairing(supply, demand)["failed_gates"][0]["detail"]


# ---------------------------------------------------------------- composition, self


def test_ranges_of_a_component_must_meet(marketplace, generator):
    recycler = marketplace.recycler()
    need = {"component": "H2SO4", "min": 15, "max": 30, "unit": "%"}
    demand = marketplace.demand(recycler, requires=[need])
    supply = marketplace.supply(generator)

    def state(low: float | None, high: float | None, unit: str = "%") -> None:
        terms = [{"component": "h2so4", "min": low, "max": high, "unit": unit}]
        marketplace.change(generator, supply, composition=terms)

    assert warned(generator, supply) == ["composition_unknown"]
    state(18, 22)
    assert warned(generator, supply) == []
    state(10, 15)
    assert warned(generator, supply) == ["composition_partial"]
    state(18, 22, unit="g/L")
    assert warned(generator, supply) == ["composition_unknown"]
    state(None, 14.9)
    assert marketplace.why_not(generator, supply, demand) == {"composition": "out_of_range"}
    assert "H2SO4" in generator.pairing(supply, demand)["failed_gates"][0]["detail"]
    assert marketplace.matches(recycler, demand) == []


NEEDS = {"component": "H2SO4", "min": 15, "max": 30, "unit": "%"}
AS_STATED = {
    "subscripts": ("H₂SO₄", 10, "%"),
    "full width": ("Ｈ２ＳＯ４", 10, "％"),
    "its name": ("硫酸", 10, "%"),
    "its other name": ("sulphuric acid", 10, "wt%"),
    "per mille": ("硫酸", 100, "‰"),
    "grams": ("硫酸", 100, "g/kg"),
    "parts per million": ("h2so4", 100_000, "ppm"),
    "milligrams": ("硫酸含量", 100_000, "毫克/千克"),
}


@pytest.mark.parametrize(("name", "share", "unit"), AS_STATED.values(), ids=AS_STATED)
def test_a_component_is_the_same_by_every_name_and_in_every_unit_of_its_kind(
    marketplace, generator, name, share, unit
):
    recycler = marketplace.recycler()
    demand = marketplace.demand(recycler, requires=[NEEDS])
    stated = {"component": name, "min": share, "max": share, "unit": unit}
    weak = marketplace.supply(generator, composition=[stated])
    strong = marketplace.supply(generator, composition=[{**stated, "min": 2 * share, "max": 2 * share}])

    assert marketplace.why_not(generator, weak, demand) == {"composition": "out_of_range"}
    assert "H2SO4" in generator.pairing(weak, demand)["failed_gates"][0]["detail"]
    assert marketplace.matches(generator, weak) == []
    assert warned(generator, strong) == []
    assert generator.get(f"/listings/{strong['id']}").json["composition"][0]["unit"] == unit


def test_units_of_another_kind_say_nothing_of_a_requirement(marketplace, generator):
    marketplace.demand(marketplace.recycler(), requires=[NEEDS])
    for unit in ("vol%", "g/L", "mol/L"):
        stated = {"component": "硫酸", "min": 1, "max": 1, "unit": unit}
        supply = marketplace.supply(generator, composition=[stated])
        assert warned(generator, supply) == ["composition_unknown"]


def test_what_people_write_in_a_sheet_meets_what_others_require(marketplace, generator):
    recycler = marketplace.recycler()
    demand = marketplace.demand(recycler, requires=[{**NEEDS, "component": "铁", "min": None, "max": 0.1}])
    sheet = csv_of({**SUPPLY, "成分": "硫酸 18-22%，铁 0.2%～0.5%"})
    (supply_id,) = send(generator, sheet, publish="true").json["listing_ids"]

    assert marketplace.why_not(generator, {"id": supply_id}, demand) == {"composition": "out_of_range"}


def test_an_enterprise_never_matches_itself(marketplace):
    both = marketplace.enterprise("generator", "recycler")
    marketplace.licence(both)
    demand, supply = marketplace.demand(both), marketplace.supply(both)
    assert marketplace.matches(both, supply) == marketplace.matches(both, demand) == []
    assert marketplace.why_not(both, supply, demand) == {"self": "same_enterprise"}


def test_every_failed_gate_is_named_at_once_in_the_order_of_the_gates(marketplace, generator):
    recycler = marketplace.enterprise("recycler", **KUNSHAN)
    need = {"component": "Fe", "min": 0, "max": 1, "unit": "%"}
    demand = marketplace.demand(
        recycler, quantity_t=5, min_lot_t=1, price_cny_per_t=-500, max_distance_km=1, requires=[need],
        available_from="2028-01-01", available_until="2028-02-01",
        accepts=[{"scheme": "cn-hw", "code": "HW08"}],
    )  # fmt: skip
    has = {"component": "Fe", "min": 2, "max": 3, "unit": "%"}
    supply = marketplace.supply(generator, price_cny_per_t=0, composition=[has])
    marketplace.credit_event(recycler, "law.illegal_dumping")
    pairing = generator.pairing(supply, demand)
    assert [gate["gate"] for gate in pairing["failed_gates"]] == [
        "code", "licence", "region", "credit", "quantity", "time", "price", "distance", "composition",
    ]  # fmt: skip
    assert not pairing["lawful"]
    assert "score" not in pairing


# ---------------------------------------------------------------- the policy


def test_a_new_policy_is_in_force_for_the_next_answer(marketplace, generator):
    recycler = marketplace.recycler(location={"lon": 120.58, "lat": 29.13, "crs": "wgs84"})
    marketplace.demand(recycler)
    supply = marketplace.supply(generator)

    def distance_value() -> float:
        return the_item(generator, supply)["components"][1]["value"]

    assert distance_value() == pytest.approx(0.5, abs=0.001)
    for halves, value in (
        ({"default": 50}, 0.25),
        ({"default": 50, "cn-hw": 100}, 0.5),
        ({"default": 50, "cn-hw": 100, "HW34": 50, "HW3": 25}, 0.25),
        ({"default": 50, "HW34": 25, "900-349": 100}, 0.5),
    ):
        marketplace.policy(half_distance_km=halves)
        assert distance_value() == pytest.approx(value, abs=0.001), halves


def test_the_preset_cost_first_puts_the_better_price_before_the_better_credit(marketplace, generator):
    trusted = marketplace.demand(marketplace.recycler("A"), price_cny_per_t=0)
    paying = marketplace.demand(marketplace.recycler("C"), price_cny_per_t=600)
    supply = marketplace.supply(generator, price_cny_per_t=0)
    assert marketplace.matches(generator, supply) == [trusted["id"], paying["id"]]
    presets = {
        preset["name"]: preset["policy"]
        for preset in marketplace.admin.get("/matching-policy/presets").json["items"]
    }
    marketplace.policy(**presets["cost_first"])
    assert marketplace.matches(generator, supply) == [paying["id"], trusted["id"]]
    page = generator.get(f"/listings/{supply['id']}/matches").json
    assert page["policy_version"] == marketplace.admin.get("/matching-policy").json["version"]
    assert page["items"][0]["components"][3]["weight"] == 0.35


# ---------------------------------------------------------------- freshness


def test_whoever_is_suspended_is_gone_from_the_next_answer_and_back_when_approved(marketplace, generator):
    recycler = marketplace.recycler()
    demand, supply = marketplace.demand(recycler), marketplace.supply(generator)
    assert marketplace.matches(generator, supply) == [demand["id"]]
    suspend, approve = (f"/enterprises/{recycler.id}/{verb}" for verb in ("suspend", "approve"))
    assert marketplace.admin.post(suspend, {"reason": "inspection"}).status_code == 200
    assert marketplace.matches(generator, supply) == []
    assert generator.get(f"/listings/{supply['id']}/matches/{demand['id']}").status_code == 404
    assert marketplace.admin.post(approve).status_code == 200
    assert marketplace.matches(generator, supply) == [demand["id"]]


def test_a_closed_or_changed_listing_shows_in_the_next_answer(marketplace, generator):
    recycler = marketplace.recycler()
    demand, supply = marketplace.demand(recycler), marketplace.supply(generator)
    marketplace.change(recycler, demand, quantity_t=600)
    assert the_item(generator, supply)["listing"]["remaining_t"] == 600
    marketplace.change(recycler, demand, accepts=[{"scheme": "cn-hw", "code": "HW08"}])
    assert marketplace.matches(generator, supply) == []
    marketplace.change(recycler, demand, accepts=[ACID])
    assert marketplace.matches(generator, supply) == [demand["id"]]
    marketplace.withdraw(recycler, demand)
    assert marketplace.matches(generator, supply) == []
