"""The demo city is the same every time, lawful in its data, and as mixed as a real one."""

import json
from collections import Counter
from dataclasses import asdict
from datetime import date

import pytest
from stdnum.cn import uscc

from seed.catalogue import SW_CODE, read_catalogue
from seed.city import RULE_POINTS, credit_grade, credit_score
from seed.demo import CARRIERS, COLLECTED, LICENCE_STATES, SHOWCASE, SHOWCASE_OWNER, demo_city, showcase
from seed.industries import RECEIVERS
from seed.showcase import CAST, CHANNEL_RECEIVER, LAWFUL, REFUSED
from tests.seed.lawful import as_listing, distance_km, failed_gates, legal_basis, point_distance_km

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def city():
    return demo_city(TODAY)


@pytest.fixture(scope="module")
def who(city):
    return {enterprise.key: enterprise for enterprise in city.enterprises}


@pytest.fixture(scope="module")
def catalogue():
    return read_catalogue()


@pytest.fixture(scope="module")
def acid(city):
    return as_listing(showcase(TODAY), SHOWCASE_OWNER, TODAY)


def demand_of(city, key):
    (demand,) = [listing for listing in city.listings if listing.enterprise_key == key]
    return demand


def test_two_runs_build_the_same_city_and_another_seed_another(city):
    assert demo_city(TODAY) == city
    assert demo_city(TODAY, seed=7).listings != city.listings


def test_another_day_moves_the_city_without_changing_it(city):
    later = demo_city(date(2027, 2, 28))
    assert later.listings == city.listings
    assert later.enterprises == city.enterprises
    assert later.day(1) == date(2027, 3, 1)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_seed_keeps_the_promises_of_the_showcase(seed):
    city = demo_city(TODAY, seed)
    supply = as_listing(showcase(TODAY), SHOWCASE_OWNER, TODAY)
    assert all(failed_gates(city, supply, demand_of(city, part.key)) == [] for part in LAWFUL)
    assert all(failed_gates(city, supply, demand_of(city, part.key)) == [part.why] for part in REFUSED)
    assert {credit_grade(enterprise) for enterprise in city.enterprises} == set("ABCDE")


def test_it_is_about_as_big_as_promised(city):
    assert 690 <= len(city.enterprises) <= 750
    assert 1500 <= len(city.listings) <= 1700
    assert {listing.kind for listing in city.listings} == {"supply", "demand"}
    assert {role for enterprise in city.enterprises for role in enterprise.roles} == {
        "generator",
        "recycler",
        "transporter",
        "collector",
    }


def test_generators_are_many_and_half_of_them_small(city):
    roles = Counter(role for enterprise in city.enterprises for role in enterprise.roles)
    small = sum(enterprise.small_generator for enterprise in city.enterprises)
    assert 6.5 <= roles["generator"] / roles["recycler"] <= 9
    assert 0.45 <= small / roles["generator"] <= 0.55
    assert (roles["transporter"], CARRIERS["危货运输"]) == (50, 20)


def test_all_five_classes_of_waste_are_offered_and_taken(city):
    """Industrial, hazardous, building, household and farm waste."""
    classes = {"cn-hw", "SW0", "SW6", "SW7", "SW8"}
    supplied = {one.code for one in city.listings if one.scheme == "cn-sw"} | {
        one.scheme for one in city.listings if one.scheme
    }
    wanted = {code for one in city.listings for _, code in one.accepts} | {
        scheme for one in city.listings for scheme, _ in one.accepts
    }
    assert all(any(code.startswith(group) for code in supplied) for group in classes)
    assert all(any(code.startswith(group) for code in wanted) for group in classes)


def test_keys_names_mail_and_usccs_are_unique_and_usccs_valid(city):
    for name in ("key", "uscc", "name", "contact_email", "contact_phone"):
        assert len({getattr(enterprise, name) for enterprise in city.enterprises}) == len(city.enterprises), (
            name
        )
    assert all(
        uscc.is_valid(enterprise.uscc) and enterprise.uscc[2:8] == str(enterprise.region)
        for enterprise in city.enterprises
    )
    assert len({listing.key for listing in city.listings}) == len(city.listings)
    assert len({licence.number for licence in city.licences}) == len(city.licences)


def test_everything_invented_says_so(city):
    assert all(enterprise.name.endswith("（演示）") for enterprise in city.enterprises)
    assert all(enterprise.contact_email.endswith("@example.com") for enterprise in city.enterprises)
    assert all(licence.number.startswith("演示") for licence in city.licences)
    assert all(channel.approval_number.startswith("演示") for channel in city.channels)


def test_every_code_is_in_the_catalogue_or_is_well_formed_below_a_category(city, catalogue):
    known = {(row.scheme, row.code) for row in catalogue.codes if row.tradable}
    used = {(listing.scheme, listing.code) for listing in city.listings if listing.kind == "supply"}
    used |= {pair for listing in city.listings for pair in listing.accepts}
    used |= {(line.scheme, line.code) for licence in city.licences for line in licence.lines}
    used |= {(row.scheme, row.code) for row in city.channels + city.white_list}
    strangers = used - known
    assert {scheme for scheme, _ in strangers} <= {"cn-sw"}
    assert all(SW_CODE.fullmatch(code) and ("cn-sw", f"SW{code[-2:]}") in known for _, code in strangers)


def test_supplies_of_the_hazardous_catalogue_name_a_code_not_a_category(city):
    supplies = [listing for listing in city.listings if listing.scheme == "cn-hw"]
    assert supplies
    assert not any(listing.code.startswith("HW") for listing in supplies)


def test_demands_name_operations_and_exemption_items_that_exist_and_fit(city, catalogue):
    operations = {row.code for row in catalogue.treatments}
    for demand in (listing for listing in city.listings if listing.kind == "demand"):
        assert demand.treatment in operations
        assert demand.accepts
        if demand.exemption_item is not None:
            rows = [row for row in catalogue.exemptions if row.item == demand.exemption_item]
            exempt = {code for row in rows for code in row.codes if "use" in row.stages}
            assert demand.treatment.startswith("R")
            assert all(code in exempt or f"HW{code[-2:]}" in exempt for _, code in demand.accepts)


def test_a_listing_belongs_to_one_who_may_post_it_and_holds_together(city, who):
    may = {"supply": {"generator", "collector"}, "demand": {"recycler", "collector"}}
    for listing in city.listings:
        assert may[listing.kind] & set(who[listing.enterprise_key].roles), listing.key
        assert 0 < listing.min_lot_t <= listing.quantity_t, listing.key
        assert 0 <= listing.from_day < listing.until_day, listing.key
        assert (listing.code is None) == (listing.kind == "demand") == bool(listing.accepts), listing.key


def test_tonnes_and_prices_fit_the_precision_of_the_interface(city):
    for listing in city.listings:
        assert round(listing.quantity_t, 3) == listing.quantity_t
        assert round(listing.min_lot_t, 3) == listing.min_lot_t
        assert listing.price_cny_per_t is None or round(listing.price_cny_per_t, 2) == listing.price_cny_per_t


def test_every_enterprise_is_near_its_district(city, catalogue):
    seats = {row.adcode: row for row in catalogue.regions}
    for enterprise in city.enterprises:
        seat = seats[enterprise.region]
        assert seat.level == "district"
        assert point_distance_km(enterprise.lon, enterprise.lat, seat.lon, seat.lat) < 30, enterprise.key


def test_most_are_in_shaoxing_and_some_across_a_province_line(city):
    at_home = sum(enterprise.region // 100 == 3306 for enterprise in city.enterprises)
    assert at_home > len(city.enterprises) / 2
    assert {enterprise.region for enterprise in city.enterprises} >= {
        330602,
        330603,
        330604,
        330624,
        330681,
        330683,
    }
    assert {enterprise.region // 10000 for enterprise in city.enterprises} == {31, 32, 33}


def test_grades_are_spread_as_in_a_real_city(city):
    grades = Counter(credit_grade(enterprise) for enterprise in city.enterprises)
    assert set(grades) == set("ABCDE")
    assert grades["A"] + grades["B"] > 0.85 * len(city.enterprises)
    assert grades["B"] > grades["C"] > grades["D"] >= grades["E"]
    assert 2 <= grades["D"] + grades["E"] <= 8


def test_credit_events_use_known_rules_within_the_year_that_counts(city):
    for enterprise in city.enterprises:
        assert all(rule in RULE_POINTS and 0 < days < 365 for rule, days in enterprise.credit_events)
        assert 0 <= credit_score(enterprise) <= 100


def test_the_channels_are_those_of_shaoxing(city, who):
    """14 enterprises; waste acid 208,700 t, salt solution 18,000 t and residue 50,000 t a year."""
    tonnes = Counter()
    for channel in city.channels:
        tonnes[channel.code] += channel.tonnes_per_year
        assert {"generator"} <= set(who[channel.generator_key].roles)
        assert {"recycler"} <= set(who[channel.receiver_key].roles)
    assert tonnes == {"900-349-34": 208_700, "264-011-12": 18_000, "900-013-11": 50_000}
    assert len({key for one in city.channels for key in (one.generator_key, one.receiver_key)}) == 14


def test_each_channel_lets_its_own_supply_through(city):
    """By a channel alone: the receivers of directed use hold no licence."""
    for channel in city.channels:
        supply = next(
            (
                one
                for one in city.listings
                if one.enterprise_key == channel.generator_key and one.title.endswith("定向利用")
            ),
            None,
        )
        if supply is not None:
            demand = demand_of(city, channel.receiver_key)
            assert set(failed_gates(city, supply, demand)) <= {"region", "distance", "time", "price"}
            assert legal_basis(city, supply, demand) == "channel"


def test_there_is_exactly_one_channel_of_the_showcase_and_one_white_listed_receiver(city, who):
    (channel,) = [one for one in city.channels if one.generator_key == SHOWCASE_OWNER]
    assert channel.receiver_key == CHANNEL_RECEIVER
    assert channel.code == "900-349-34"
    assert distance_km(who[SHOWCASE_OWNER], who[CHANNEL_RECEIVER]) == pytest.approx(18, abs=0.5)
    (entry,) = city.white_list
    assert who[entry.receiver_key].region // 10000 != entry.from_province // 10000 == 33


def test_small_generators_stay_within_ten_tonnes_and_one_of_a_kind(city, who):
    assert any(enterprise.small_generator for enterprise in city.enterprises)
    for enterprise in (enterprise for enterprise in city.enterprises if enterprise.small_generator):
        kinds = Counter()
        for listing in city.listings:
            if listing.enterprise_key == enterprise.key:
                kinds[listing.code] += listing.quantity_t
        assert kinds.total() <= 10, enterprise.key
        assert max(kinds.values()) <= 1, enterprise.key


def test_a_collector_keeps_to_its_partners_scope(city, who):
    collectors = [enterprise for enterprise in city.enterprises if "collector" in enterprise.roles]
    licences = {licence.enterprise_key: licence for licence in city.licences}
    assert {enterprise.partner_key for enterprise in collectors} == set(COLLECTED)
    for enterprise in collectors:
        own, partner = licences[enterprise.key], licences[enterprise.partner_key]
        scope = {line.code for line in partner.lines if "store" in line.modes}
        assert own.kind == "collection"
        assert partner.kind == "comprehensive"
        assert partner.until_day > 0
        assert credit_grade(who[enterprise.partner_key]) == "A"
        assert all(line.code in scope or f"HW{line.code[-2:]}" in scope for line in own.lines)
        wanted = {
            code
            for listing in city.listings
            if listing.enterprise_key == enterprise.key
            for _, code in listing.accepts
        }
        assert wanted == {line.code for line in own.lines}
    assert all(
        enterprise.partner_key is None for enterprise in city.enterprises if enterprise not in collectors
    )


def test_some_receivers_lack_a_licence_some_let_it_lapse_some_have_few_tonnes(city):
    licensed = {
        f"{trade.key}-{n:03}" for trade in RECEIVERS if trade.licence for n in range(1, trade.count + 1)
    }
    held = {
        licence.enterprise_key: licence for licence in city.licences if licence.enterprise_key in licensed
    }
    ended = [licence for licence in held.values() if licence.until_day < 0]
    small = [licence for licence in held.values() if all(line.tonnes_per_year < 5 for line in licence.lines)]
    states = Counter(LICENCE_STATES)
    assert (len(licensed - set(held)), len(ended), len(small)) == (
        states["none"],
        states["expired"],
        states["small"],
    )
    assert all(licence.from_day < min(0, licence.until_day) for licence in held.values())


def test_the_showcase_is_a_whole_body_that_is_not_stored(city, who):
    body = showcase(TODAY)
    assert json.loads(json.dumps(body)) == body
    assert (body["available_from"], body["available_until"]) == ("2026-11-22", "2027-05-21")
    assert {key: body[key] for key in SHOWCASE} == SHOWCASE
    assert body["publish"] is True
    body["composition"].clear()
    assert SHOWCASE["composition"]
    maker = who[SHOWCASE_OWNER]
    assert maker.region == 330604
    assert credit_grade(maker) == "A"
    assert (maker.lon, maker.lat) == (SHOWCASE["location"]["lon"], SHOWCASE["location"]["lat"])
    assert not any(listing.enterprise_key == SHOWCASE_OWNER for listing in city.listings)


@pytest.mark.parametrize("part", LAWFUL, ids=lambda part: part.key)
def test_a_receiver_cast_as_lawful_passes_every_gate_on_its_basis(city, acid, part):
    demand = demand_of(city, part.key)
    assert failed_gates(city, acid, demand) == []
    assert legal_basis(city, acid, demand) == part.why


@pytest.mark.parametrize("part", REFUSED, ids=lambda part: part.key)
def test_a_receiver_cast_as_refused_fails_exactly_its_gate(city, acid, part):
    assert failed_gates(city, acid, demand_of(city, part.key)) == [part.why]


def test_the_cast_shows_every_basis_every_grade_and_many_refusals(who):
    assert len(LAWFUL) >= 8
    assert {part.why for part in LAWFUL} == {"licence", "channel", "exempt"}
    assert {credit_grade(who[part.key]) for part in LAWFUL} == set("ABCD")
    assert {part.why for part in REFUSED} >= {"licence", "region", "credit", "price", "distance", "quantity"}
    assert all(credit_grade(who[part.key]) == part.grade for part in CAST)


def test_many_supplies_of_the_city_find_a_lawful_counterpart(city):
    """The city is a market, not a showcase alone: hazardous supplies mostly have somewhere to go."""
    demands = [listing for listing in city.listings if listing.kind == "demand"]
    supplies = [listing for listing in city.listings if listing.scheme == "cn-hw"][::12]
    served = [
        supply
        for supply in supplies
        if any(
            failed_gates(city, supply, demand) == []
            for demand in demands
            if any(code == supply.code or code[2:] == supply.code[-2:] for _, code in demand.accepts)
        )
    ]
    assert 0.4 * len(supplies) < len(served)


def test_the_rows_are_plain_and_can_be_written_as_json(city):
    assert json.loads(json.dumps(asdict(city), default=str))["enterprises"][0]["key"] == "dyeing-001"
