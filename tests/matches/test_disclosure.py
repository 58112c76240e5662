"""Why not, for others: every failed gate and its rule, and no figure that is the other side's to know.

The neighbour tries: whether what he reads has a figure, and whether it moves with what he may not know. The
owner and the staff over it see the figures.
"""

import pytest

from tests.matches.test_gates_served import channel, count

STEEL = {"scheme": "cn-sw", "code": "SW17"}
FAR = {"lon": 120.87, "lat": 30.03, "crs": "wgs84"}


@pytest.fixture
def generator(marketplace):
    return marketplace.enterprise("generator")


def gates(party, mine, theirs, language="en"):
    path = f"/listings/{mine['id']}/matches/{theirs['id']}"
    answer = party.call("GET", path, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.json
    return answer.json["failed_gates"]


def detail(party, mine, theirs, language="en"):
    (gate,) = gates(party, mine, theirs, language)
    return gate["detail"]


# ---------------------------------------------------------------- tonnes of a permit


@pytest.fixture
def short(marketplace, generator):
    """A recycler whose licence has 12.5 t left of 100, its demand, a supply in lots of 20 t, and the path of
    the licence's usage."""
    recycler = marketplace.enterprise("recycler")
    licence = marketplace.licence(recycler, number="证9", tonnes=100)
    usage = {"line_id": licence["lines"][0]["id"], "year": 2026}
    count(marketplace, f"/licences/{licence['id']}", **usage, tonnes=87.5)
    this_year = {"available_until": "2026-12-31"}
    demand = marketplace.demand(recycler, min_lot_t=1)
    supply = marketplace.supply(generator, min_lot_t=20, **this_year)
    return recycler, demand, supply, (f"/licences/{licence['id']}", usage)


def test_a_neighbour_learns_that_too_few_tonnes_are_left_and_no_figure(marketplace, generator, short):
    _, demand, supply, _ = short
    assert detail(generator, supply, demand) == "Too few tonnes are left on its licence 证9 for this lot."
    assert detail(generator, supply, demand, "zh-CN") == "许可证 证9 的剩余数量不足以接收该批。"
    path = f"/listings/{supply['id']}/matches/{demand['id']}"
    for figure in ("12.5", "87.5", "100 t"):
        assert figure not in generator.get(path).text


def test_what_a_neighbour_reads_does_not_move_with_the_tonnes(marketplace, generator, short):
    _, demand, supply, (path, usage) = short
    before = gates(generator, supply, demand)
    count(marketplace, path, **usage, tonnes=12)
    assert gates(generator, supply, demand) == before


def test_holder_and_staff_see_the_tonnes_and_staff_the_lot_too(marketplace, generator, short):
    recycler, demand, supply, _ = short
    whole = "Licence 证9 has 12.5 t left in 2026; the minimum quantity is 20 t."
    for staff in (marketplace.admin, marketplace.regulator("330602"), marketplace.regulator("330000")):
        assert detail(staff, supply, demand) == detail(staff, demand, supply) == whole
    assert detail(recycler, demand, supply) == (
        "Licence 证9 has 12.5 t left in 2026, which is less than the other side's minimum quantity."
    )
    marketplace.change(recycler, demand, min_lot_t=20)
    assert detail(recycler, demand, supply) == whole


def test_staff_of_the_suppliers_region_alone_reads_as_the_supplier_does(marketplace, generator):
    recycler = marketplace.enterprise("recycler", region="330604", location=FAR)
    marketplace.licence(recycler, number="证8", tonnes=10)
    demand, supply = marketplace.demand(recycler, min_lot_t=1), marketplace.supply(generator)
    here = marketplace.regulator("330602")
    assert detail(here, supply, demand) == "Too few tonnes are left on its licence 证8 for this lot."
    assert "10 t left" in detail(marketplace.regulator("330600"), supply, demand)


def test_the_quota_of_a_channel_is_for_both_of_its_sides(marketplace, generator):
    recycler, third = marketplace.enterprise("recycler"), marketplace.enterprise("generator")
    demand, supply = marketplace.demand(recycler), marketplace.supply(generator)
    made = channel(marketplace, generator, recycler)
    count(marketplace, f"/channels/{made['id']}", year=2026, tonnes=490)
    for party, mine, theirs in ((generator, supply, demand), (recycler, demand, supply)):
        assert "has 10 t left in 2026" in detail(party, mine, theirs)
    assert "no licence" in detail(third, marketplace.supply(third), demand)


def test_which_of_two_licences_has_more_left_is_not_said(marketplace, generator):
    """The one that lasts longest is named, as where it is the legal basis."""
    recycler = marketplace.enterprise("recycler")
    marketplace.licence(recycler, number="证2", tonnes=5, valid_until="2029-12-31")
    marketplace.licence(recycler, number="证1", tonnes=8, valid_until="2028-12-31")
    demand, supply = marketplace.demand(recycler), marketplace.supply(generator)
    assert detail(generator, supply, demand) == "Too few tonnes are left on its licence 证2 for this lot."
    assert "Licence 证1 has 8 t left" in detail(marketplace.admin, supply, demand)


def test_what_the_authority_publishes_of_a_permit_is_said(marketplace, generator):
    recycler = marketplace.enterprise("recycler")
    marketplace.licence(recycler, number="证1", modes=["dispose", "store"])
    demand, supply = marketplace.demand(recycler), marketplace.supply(generator)
    assert detail(generator, supply, demand).startswith("Licence 证1 allows ")
    ended = marketplace.enterprise("recycler")
    marketplace.licence(ended, number="证3", valid_until="2026-11-30")
    assert "is valid from 2026-01-01 to 2026-11-30" in detail(generator, supply, marketplace.demand(ended))


# ---------------------------------------------------------------- credit


def test_grade_e_and_the_blocked_list_read_alike_to_others(marketplace, generator):
    fallen, blocked = marketplace.recycler("E"), marketplace.recycler("A")
    marketplace.credit_event(blocked, "law.illegal_dumping")
    supply = marketplace.supply(generator)
    demands = [marketplace.demand(party) for party in (fallen, blocked)]
    for language in ("en", "zh-CN"):
        first, second = (gates(generator, supply, demand, language) for demand in demands)
        assert first == second
    elsewhere = marketplace.supply(marketplace.enterprise("generator", region="330604", location=FAR))
    outside = marketplace.regulator("330604")
    assert [gates(outside, elsewhere, demand)[0]["reason"] for demand in demands] == ["receiver_credit"] * 2


def test_the_receiver_and_staff_see_which_of_the_two_it_is(marketplace, generator):
    fallen, blocked = marketplace.recycler("E"), marketplace.recycler("A")
    marketplace.credit_event(blocked, "law.illegal_dumping")
    supply = marketplace.supply(generator)
    for party, reason in ((fallen, "receiver_grade"), (blocked, "receiver_blocked")):
        demand = marketplace.demand(party)
        assert [gate["reason"] for gate in gates(party, demand, supply)] == [reason]
        for staff in (marketplace.admin, marketplace.regulator("330602")):
            assert [gate["reason"] for gate in gates(staff, supply, demand)] == [reason]


def test_a_fallen_generator_reads_alike_to_receivers(marketplace):
    fallen, blocked = marketplace.enterprise("generator", grade="E"), marketplace.enterprise("generator")
    marketplace.credit_event(blocked, "law.illegal_dumping")
    receiver = marketplace.recycler("C")
    demand = marketplace.demand(receiver)
    read = [gates(receiver, demand, marketplace.supply(party)) for party in (fallen, blocked)]
    assert read[0] == read[1]
    trusted = marketplace.recycler("A")
    good = marketplace.demand(trusted)
    warnings = [item["warnings"] for item in trusted.get(f"/listings/{good['id']}/matches").json["items"]]
    assert len(warnings) == 2
    assert warnings[0] == warnings[1]


# ---------------------------------------------------------------- the other's own limits


@pytest.mark.parametrize(
    ("mine", "theirs", "tighter", "told", "figure"),
    [
        ({"quantity_t": 90, "min_lot_t": 1}, {"min_lot_t": 137.5, "quantity_t": 900}, {"min_lot_t": 211.5},
         "The supply has less left than the other side's minimum quantity.", "137.5"),
        ({"min_lot_t": 1}, {"min_lot_t": 137.5, "quantity_t": 137.5}, None, None, None),
        ({"min_lot_t": 100.5}, {"min_lot_t": 10, "quantity_t": 90}, None,
         "The minimum quantity is 100.5 t; the demand can take 90 t.", None),
        ({}, {"max_distance_km": 17.25}, {"max_distance_km": 3},
         "which is beyond the distance limit that the other side has set.", "17.2"),
        ({"max_distance_km": 9}, {"max_distance_km": 17.25}, {"max_distance_km": 12}, "the limit is 9.0 km.",
         "17.2"),
        ({"composition": [{"component": "Fe", "min": 3, "max": 5}]},
         {"requires": [{"component": "Fe", "max": 1.75}]},
         {"requires": [{"component": "Fe", "max": 0.5}]}, "Fe is outside the required range.", "1.75"),
    ],
)  # fmt: skip
def test_the_others_own_limits_are_told_without_figures(
    marketplace, generator, mine, theirs, tighter, told, figure
):
    recycler = marketplace.enterprise("recycler", region="330604", location=FAR)
    about = {"accepts": [STEEL], "location": FAR, "region": "330604", **theirs}
    demand, supply = marketplace.demand(recycler, **about), marketplace.supply(generator, waste=STEEL, **mine)
    if told is None:
        assert gates(generator, supply, demand) == []
        return
    before = gates(generator, supply, demand)
    assert before[0]["detail"].endswith(told)
    assert figure is None or figure not in str(before)
    if tighter:
        marketplace.change(recycler, demand, **tighter)
        assert gates(generator, supply, demand) == before


def test_owner_and_staff_see_the_limits(marketplace, generator):
    recycler = marketplace.enterprise("recycler", region="330604", location=FAR)
    about = {"accepts": [STEEL], "location": FAR, "region": "330604"}
    supply = marketplace.supply(generator, waste=STEEL, quantity_t=90, min_lot_t=1)
    near = marketplace.demand(recycler, **about, max_distance_km=17.5)
    big = marketplace.demand(recycler, **about, min_lot_t=137.5, quantity_t=900)
    for party in (recycler, marketplace.admin, marketplace.regulator("330604")):
        assert detail(party, near, supply).endswith("the limit is 17.5 km.")
        assert "The minimum quantity is 137.5 t" in detail(party, big, supply)


def test_a_supplys_limits_are_as_private_as_a_demands(marketplace, generator):
    recycler = marketplace.enterprise("recycler", region="330604", location=FAR)
    supply = marketplace.supply(generator, waste=STEEL, max_distance_km=7.75, min_lot_t=437.5)
    demand = marketplace.demand(
        recycler, accepts=[STEEL], location=FAR, region="330604", quantity_t=90, min_lot_t=1
    )
    told = {gate["gate"]: gate["detail"] for gate in gates(recycler, demand, supply)}
    assert set(told) == {"distance", "quantity"}
    assert told["quantity"] == "The demand can take less than the other side's minimum quantity."
    assert "7.7" not in told["distance"]
    assert "7.8" not in told["distance"]


def test_findings_near_misses_and_refusals_say_no_more(marketplace, generator, short):
    _, demand, supply, _ = short
    near = generator.get(f"/listings/{supply['id']}/matches", near_misses="true").json
    assert (near["items"], near["near_misses"]) == ([], [])
    (finding,) = generator.get("/findings").json["items"]
    assert (finding["gate"], finding["near_misses"]) == ("licence", [])
    refused = generator.post(
        f"/listings/{supply['id']}/matches/{demand['id']}/feedback", {"verdict": "interested"}
    )
    assert (refused.status_code, refused.json["code"]) == (409, "pairing_not_lawful")
    for answer in (finding["detail"], refused.text):
        assert "12.5" not in answer
