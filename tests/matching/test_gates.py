"""Each gate in sentences, with its days and figures at the border."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

import matching as m
from tests.matching import reference as ref
from tests.matching import worlds
from tests.matching.worlds import ACID, HW34, LOCAL_ACID, MEDICAL, SLAG, SW17

TODAY = (date(2026, 12, 1) - date(1970, 1, 1)).days
YESTERDAY, TOMORROW = TODAY - 1, TODAY + 1
NEW_YEAR = (date(2027, 1, 1) - date(1970, 1, 1)).days
SPRING = NEW_YEAR + 90
ZHEJIANG, JIANGSU = 33, 32
GENERATOR, RECEIVER = 1, 2
ALL = ("use", "dispose", "store")

SUPPLY = ref.Supply(1, UUID(int=1), GENERATOR, first_day=TODAY - 30, last_day=SPRING, code=ACID)
DEMAND = ref.Demand(
    2, UUID(int=2), RECEIVER, first_day=TODAY - 30, last_day=SPRING, accepts=(ACID, SLAG, SW17)
)
LICENCE = ref.Permit("licence", RECEIVER, None, ACID, ALL, TODAY - 300, SPRING, 5_000_000, UUID(int=9))
CHANNEL = replace(LICENCE, kind="channel", generator=GENERATOR, modes=("use",))
COLLECTOR = replace(LICENCE, kind="collector")
LISTED = ref.WhiteListed(RECEIVER, ACID, ZHEJIANG, TODAY - 300, SPRING)
RULES = ref.Rules(m.DEFAULT.weights, {"default": 100.0}, 300.0, "white_list")
RELAXED = replace(RULES, cross_province="with_approval")
STRICT_WORLD = ref.World(worlds.BOOK, permits=[LICENCE], today=TODAY)


def ask(supply=SUPPLY, demand=DEMAND, rules=RULES, **world) -> m.Pairing:
    """One pairing, told by the columns and held against the reference."""
    here = replace(STRICT_WORLD, supplies=[supply], demands=[demand], **world)
    columns = worlds.Columns(here, rules)
    told = columns.explain(supply, demand)
    expected = ref.judge(here, rules, supply, demand, "supply")
    assert [failure.gate for failure in told.failed] == expected.failed
    assert (told.basis, told.permit, set(told.warnings.names)) == (
        expected.basis,
        expected.permit,
        expected.warnings,
    )
    return told


def why(*args, **what) -> dict[str, str]:
    return {failure.gate: failure.reason for failure in ask(*args, **what).failed}


def facts(*args, **what) -> dict[str, object]:
    (failure,) = ask(*args, **what).failed
    return dict(failure.facts)


def test_a_licensed_recycler_of_the_same_province_is_lawful():
    told = ask()

    assert told.lawful
    assert told.basis == m.Basis.LICENCE
    assert told.permit == 0
    assert not told.warnings


# prohibited, code


def test_medical_waste_is_never_traded():
    demand = replace(DEMAND, accepts=(MEDICAL,))
    permits = [replace(LICENCE, code=MEDICAL)]
    assert why(replace(SUPPLY, code=MEDICAL), demand, permits=permits) == {"prohibited": "not_tradable"}


@pytest.mark.parametrize("province", [81, 82, 71])
def test_nothing_crosses_a_customs_border_and_inside_one_no_line_is_crossed(province):
    abroad = replace(DEMAND, province=province)
    assert why(demand=abroad) == {"prohibited": "customs_border"}
    assert why(demand=abroad, rules=RELAXED) == {"prohibited": "customs_border"}
    assert facts(demand=abroad) == {"from_province": ZHEJIANG, "to_province": province}
    assert ask(replace(SUPPLY, province=province), abroad).lawful


def test_hong_kong_and_macao_are_apart():
    assert "prohibited" in why(replace(SUPPLY, province=81), replace(DEMAND, province=82))


def test_a_demand_for_another_code_is_not_met():
    assert facts(demand=replace(DEMAND, accepts=(SW17, SLAG))) == {"code": "900-349-34"}


@pytest.mark.parametrize(
    ("code", "accepts", "value"),
    [
        (ACID, (ACID,), 1.0),
        (ACID, (HW34,), 0.9),
        (ACID, (HW34, ACID), 1.0),
        (LOCAL_ACID, (ACID,), 0.7),
        (LOCAL_ACID, (HW34,), 0.63),
    ],
)
def test_the_best_accepted_code_counts(code, accepts, value):
    permits = [replace(LICENCE, code=HW34)]
    told = ask(replace(SUPPLY, code=code), replace(DEMAND, accepts=accepts), permits=permits)

    assert told.lawful
    assert told.values[0] == round(value * m.VALUE_UNIT)


def test_a_supply_named_by_category_does_not_fit_a_demand_for_one_code_below_it():
    assert why(replace(SUPPLY, code=SW17), replace(DEMAND, accepts=(SLAG,))) == {"code": "not_accepted"}


# licence


def test_a_licence_holds_until_its_last_day():
    assert ask(permits=[replace(LICENCE, last_day=TODAY)]).lawful


def test_a_licence_that_ended_yesterday_is_none():
    ended = {"permits": [replace(LICENCE, last_day=YESTERDAY)]}

    assert why(**ended) == {"licence": "not_valid"}
    assert facts(**ended)["last_day"] == "2026-11-30"


def test_a_licence_that_begins_on_the_last_day_of_the_window_serves_and_a_day_later_does_not():
    assert ask(permits=[replace(LICENCE, first_day=SPRING, last_day=SPRING + 9)]).lawful
    assert why(permits=[replace(LICENCE, first_day=SPRING + 1, last_day=SPRING + 9)]) == {
        "licence": "not_valid"
    }


def test_general_waste_needs_no_licence():
    told = ask(replace(SUPPLY, code=SLAG), permits=[])

    assert told.lawful
    assert told.basis == m.Basis.GENERAL
    assert told.permit == -1


def test_a_licence_for_the_category_covers_the_code_and_one_for_another_code_does_not():
    assert ask(permits=[replace(LICENCE, code=HW34)]).lawful
    assert why(permits=[replace(LICENCE, code=LOCAL_ACID)]) == {"licence": "no_permit"}
    assert why(permits=[replace(LICENCE, receiver=3)]) == {"licence": "no_permit"}


def test_a_licence_must_allow_the_mode_of_the_treatment():
    to_use = [replace(LICENCE, modes=("use",))]
    assert ask(permits=to_use).lawful
    assert why(demand=replace(DEMAND, mode="dispose"), permits=to_use) == {"licence": "mode"}
    assert facts(demand=replace(DEMAND, mode="store"), permits=to_use) == {
        "permit": 0,
        "mode": "store",
        "allowed": "use",
    }


def test_a_licence_needs_tonnes_left_for_the_larger_smallest_lot():
    demand = replace(DEMAND, min_lot_kg=2_000)
    assert ask(demand=demand, permits=[replace(LICENCE, usage=((2026, 4_998_000),))]).lawful
    short = {"demand": demand, "permits": [replace(LICENCE, usage=((2026, 4_998_000), (2026, 1)))]}
    assert why(**short) == {"licence": "tonnes"}
    assert facts(**short) == {
        "permit": 0,
        "first_permit": 0,
        "year": 2026,
        "left_kg": 1_999,
        "needed_kg": 2_000,
        "kg_per_year": 5_000_000,
    }


def test_tonnes_are_those_of_the_year_of_the_first_possible_day():
    used_up = [replace(LICENCE, usage=((2026, 5_000_000),))]
    assert why(permits=used_up) == {"licence": "tonnes"}
    assert ask(replace(SUPPLY, first_day=NEW_YEAR), permits=used_up).lawful
    assert why(replace(SUPPLY, first_day=NEW_YEAR - 1), permits=used_up) == {"licence": "tonnes"}
    next_year = [replace(LICENCE, usage=((2027, 5_000_000),))]
    assert ask(permits=next_year).lawful
    assert why(permits=[replace(next_year[0], first_day=NEW_YEAR)]) == {"licence": "tonnes"}


def test_tonnes_of_two_lines_are_not_added():
    halves = [replace(LICENCE, kg_per_year=600, id=UUID(int=n)) for n in (1, 2)]
    assert why(permits=halves) == {"licence": "tonnes"}
    more_left = {"permits": [halves[0], replace(halves[1], kg_per_year=700)]}
    assert (facts(**more_left)["first_permit"], facts(**more_left)["permit"]) == (0, 1)


def test_the_latest_to_expire_is_named_and_then_the_smallest_id():
    first = replace(LICENCE, last_day=SPRING, id=UUID(int=1 << 127))
    second = replace(LICENCE, last_day=SPRING, id=UUID(int=1 << 64))
    sooner = replace(LICENCE, last_day=SPRING - 1, id=UUID(int=0))
    assert ask(permits=[sooner, first, second]).permit == 2


def test_a_channel_is_for_exactly_its_generator_receiver_and_code():
    assert ask(permits=[CHANNEL]).basis == m.Basis.CHANNEL
    for other in ({"generator": 3}, {"receiver": 3}, {"code": LOCAL_ACID}):
        assert why(permits=[replace(CHANNEL, **other)]) == {"licence": "no_permit"}


def test_a_licence_is_named_before_a_channel_a_channel_before_an_exemption_and_that_before_a_collector():
    small = replace(SUPPLY, small_generator=True)
    demand = replace(DEMAND, item=20, review="accepted")
    exemptions = [ref.ExemptionItem(20, ACID, ("use",))]
    expected = [m.Basis.LICENCE, m.Basis.CHANNEL, m.Basis.EXEMPT]
    for permits, basis in zip(
        ([COLLECTOR, CHANNEL, LICENCE], [COLLECTOR, CHANNEL], [COLLECTOR]), expected, strict=True
    ):
        assert ask(small, demand, permits=permits, exemptions=exemptions).basis == basis
    assert ask(small, demand, permits=[COLLECTOR]).basis == m.Basis.COLLECTOR


def test_a_collector_receives_from_small_generators_only():
    assert ask(replace(SUPPLY, small_generator=True), permits=[COLLECTOR]).basis == m.Basis.COLLECTOR
    assert why(permits=[COLLECTOR]) == {"licence": "small_generator_only"}


@pytest.mark.parametrize(
    ("mode", "stages", "lawful"),
    [
        ("use", ("use",), True),
        ("dispose", ("use",), False),
        ("dispose", ("dispose",), True),
        ("store", ALL, True),
    ],
)
def test_an_exemption_frees_only_the_stage_it_names(mode, stages, lawful):
    demand = replace(DEMAND, mode=mode, item=20)
    told = ask(demand=demand, permits=[], exemptions=[ref.ExemptionItem(20, HW34, stages)])

    assert told.lawful == lawful
    assert [failure.reason for failure in told.failed] == ([] if lawful else ["exemption_stage"])
    assert told.warnings == (m.Warn.EXEMPTION_UNVERIFIED if lawful else 0)


def test_an_exemption_must_be_named_be_for_the_code_and_not_be_refused():
    exemptions = [ref.ExemptionItem(20, ACID, ALL)]
    known = {"permits": [], "exemptions": exemptions}
    assert why(**known) == {"licence": "no_permit"}
    assert why(demand=replace(DEMAND, item=31), **known) == {"licence": "exemption_item"}
    assert why(demand=replace(DEMAND, item=20, review="refused"), **known) == {"licence": "exemption_refused"}


def test_an_exemption_is_unverified_until_an_admin_accepted_it_for_the_demand_or_for_the_holder():
    demand = replace(DEMAND, item=20)
    known = {"permits": [], "exemptions": [ref.ExemptionItem(20, ACID, ALL)]}
    verified = ref.Verified(RECEIVER, 20, HW34, 0, TODAY)
    assert ask(demand=demand, **known).warnings == m.Warn.EXEMPTION_UNVERIFIED
    assert not ask(demand=replace(demand, review="accepted"), **known).warnings
    assert not ask(demand=demand, verified=[verified], **known).warnings
    for other in ({"last_day": YESTERDAY}, {"item": 31}, {"receiver": 3}, {"code": SLAG}):
        assert ask(demand=demand, verified=[replace(verified, **other)], **known).warnings


# region

ACROSS = replace(DEMAND, province=JIANGSU)


def test_hazardous_waste_crosses_a_province_line_only_by_white_list_or_channel():
    assert why(demand=ACROSS) == {"region": "not_white_listed"}
    assert ask(demand=ACROSS, white_list=[LISTED]).lawful
    assert not ask(demand=ACROSS, white_list=[LISTED]).warnings
    assert ask(demand=ACROSS, white_list=[replace(LISTED, code=HW34)]).lawful
    for other in ({"receiver": 3}, {"code": SLAG}, {"from_province": JIANGSU}):
        assert why(demand=ACROSS, white_list=[replace(LISTED, **other)]) == {"region": "not_white_listed"}


def test_a_channel_opens_the_line_although_a_licence_is_the_basis():
    told = ask(demand=ACROSS, permits=[CHANNEL, LICENCE])
    assert told.lawful
    assert told.basis == m.Basis.LICENCE
    spent = replace(CHANNEL, usage=((2026, 5_000_000),))
    assert why(demand=ACROSS, permits=[spent, LICENCE]) == {"region": "not_white_listed"}


def test_a_white_listing_holds_until_its_last_day_and_must_meet_the_windows():
    assert ask(demand=ACROSS, white_list=[replace(LISTED, last_day=TODAY)]).lawful
    ended = {"demand": ACROSS, "white_list": [replace(LISTED, last_day=YESTERDAY)]}
    assert why(**ended) == {"region": "white_list_not_valid"}
    assert facts(**ended)["last_day"] == "2026-11-30"
    assert why(demand=ACROSS, white_list=[replace(LISTED, first_day=SPRING + 1, last_day=SPRING + 2)])


def test_a_relaxed_policy_lets_it_cross_with_approval():
    told = ask(demand=ACROSS, rules=RELAXED)
    assert told.lawful
    assert told.warnings == m.Warn.TRANSFER_APPROVAL_REQUIRED
    assert not ask(demand=ACROSS, rules=RELAXED, white_list=[LISTED]).warnings


@pytest.mark.parametrize(
    ("mode", "warning"),
    [
        ("use", m.Warn.ADVANCE_NOTICE_REQUIRED),
        ("dispose", m.Warn.TRANSFER_APPROVAL_REQUIRED),
        ("store", m.Warn.TRANSFER_APPROVAL_REQUIRED),
    ],
)
def test_general_waste_crosses_with_a_notice_for_use_and_else_with_approval(mode, warning):
    told = ask(replace(SUPPLY, code=SLAG), replace(ACROSS, mode=mode))
    assert told.lawful
    assert told.warnings == warning | m.Warn.VERIFY_RECEIVER


def test_general_waste_reminds_of_the_duty_to_verify_the_receiver_and_hazardous_waste_does_not():
    assert ask(replace(SUPPLY, code=SLAG)).warnings == m.Warn.VERIFY_RECEIVER
    assert not ask().warnings


# credit


def test_a_receiver_of_grade_e_or_blocked_is_not_matched():
    assert why(demand=replace(DEMAND, grade="E")) == {"credit": "receiver_grade"}
    assert why(demand=replace(DEMAND, grade="A", blocked=True)) == {"credit": "receiver_blocked"}
    assert ask(demand=replace(DEMAND, grade="D")).lawful


@pytest.mark.parametrize("fallen", [{"grade": "E"}, {"grade": "A", "blocked": True}])
def test_a_fallen_generator_has_receivers_of_a_and_b_only_and_is_supervised(fallen):
    supply = replace(SUPPLY, **fallen)
    for grade in "AB":
        told = ask(supply, replace(DEMAND, grade=grade))
        assert told.lawful
        assert told.warnings == m.Warn.SUPERVISED
    assert why(supply, replace(DEMAND, grade="C")) == {"credit": "generator_supervised"}
    assert why(supply, replace(DEMAND, grade="B", blocked=True)) == {"credit": "receiver_blocked"}


# quantity, time, price, distance, composition, self


def test_what_remains_on_both_sides_must_reach_both_smallest_lots():
    big = replace(DEMAND, min_lot_kg=5_000)
    assert ask(replace(SUPPLY, remaining_kg=5_000), big).lawful
    assert why(replace(SUPPLY, remaining_kg=4_999), big) == {"quantity": "supply_short"}
    assert why(replace(SUPPLY, min_lot_kg=9_000), replace(DEMAND, remaining_kg=8_999)) == {
        "quantity": "demand_short"
    }
    none = replace(SUPPLY, remaining_kg=0, min_lot_kg=0)
    assert why(none, replace(DEMAND, remaining_kg=0, min_lot_kg=0)) == {"quantity": "both_short"}


def test_windows_that_share_one_day_meet():
    assert ask(replace(SUPPLY, last_day=TOMORROW), replace(DEMAND, first_day=TOMORROW)).lawful
    assert (
        why(replace(SUPPLY, last_day=TODAY), replace(DEMAND, first_day=TOMORROW))["time"] == "no_shared_day"
    )


def test_a_window_ends_with_its_last_day():
    slag = replace(SUPPLY, code=SLAG)
    assert ask(replace(slag, last_day=TODAY)).lawful
    assert why(replace(slag, last_day=YESTERDAY)) == {"time": "over"}


def test_a_demand_may_not_pay_less_than_the_supply_asks():
    asks = replace(SUPPLY, price_fen=-15_000)
    assert ask(asks, replace(DEMAND, price_fen=-15_000)).lawful
    assert facts(asks, replace(DEMAND, price_fen=-15_001)) == {
        "supply_price_fen": -15_000,
        "demand_price_fen": -15_001,
    }
    assert ask(asks).lawful
    assert ask(demand=replace(DEMAND, price_fen=-(10**9))).lawful


def test_the_smaller_limit_of_both_sides_holds():
    there = replace(DEMAND, lat=30.1)
    assert ask(replace(SUPPLY, max_km=11.12), there).lawful
    assert why(replace(SUPPLY, max_km=11.11), replace(there, max_km=500.0)) == {"distance": "too_far"}
    assert why(demand=replace(there, max_km=11.11)) == {"distance": "too_far"}
    assert ask(replace(SUPPLY, max_km=0.0), DEMAND).lawful


ACID_RANGE = ref.Range(5, 18.0, 22.0)


@pytest.mark.parametrize(
    ("required", "outcome"),
    [
        ((15.0, 25.0), 0),
        ((18.0, 22.0), 0),
        ((20.0, float("inf")), m.Warn.COMPOSITION_PARTIAL),
        ((22.0, 30.0), m.Warn.COMPOSITION_PARTIAL),
        ((22.1, 30.0), None),
    ],
)
def test_ranges_of_a_component_must_meet(required, outcome):
    demand = replace(DEMAND, ranges=(ref.Range(5, *required),))
    told = ask(replace(SUPPLY, ranges=(ACID_RANGE,)), demand)

    assert told.lawful == (outcome is not None)
    assert told.warnings == (outcome or 0)


def test_silence_on_a_required_component_is_a_warning_and_nothing_required_is_none():
    demand = replace(DEMAND, ranges=(ACID_RANGE,))
    assert ask(demand=demand).warnings == m.Warn.COMPOSITION_UNKNOWN
    assert ask(replace(SUPPLY, ranges=(ref.Range(6, 0, 1),)), demand).warnings == m.Warn.COMPOSITION_UNKNOWN
    assert not ask(replace(SUPPLY, ranges=(ACID_RANGE,))).warnings


def test_an_open_end_is_no_fact():
    demand = replace(DEMAND, ranges=(ref.Range(5, 30.0, float("inf")),))
    assert facts(replace(SUPPLY, ranges=(ACID_RANGE,)), demand) == {
        "component": 5,
        "required_low": 30.0,
        "stated_low": 18.0,
        "stated_high": 22.0,
    }


def test_an_enterprise_never_matches_itself():
    assert why(replace(SUPPLY, enterprise=RECEIVER)) == {"self": "same_enterprise"}


def test_every_failed_gate_is_told_in_the_order_of_the_gates():
    supply = replace(SUPPLY, code=MEDICAL, enterprise=RECEIVER, price_fen=0, max_km=1.0, last_day=YESTERDAY)
    supply = replace(supply, remaining_kg=1, ranges=(ACID_RANGE,))
    demand = replace(ACROSS, accepts=(ACID,), grade="E", price_fen=-1, lat=40.0, ranges=(ref.Range(5, 0, 1),))

    assert tuple(why(supply, demand)) == m.GATES
