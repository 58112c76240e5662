"""The past of the demo city: half a year of deals and loads, the same every time and carried lawfully."""

from collections import Counter
from datetime import date
from random import Random

import pytest

from seed.demo import SEED, demo_city
from seed.history import DEALS, ENDS, STAND_INS, history
from tests.seed.lawful import failed_gates

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def city():
    return demo_city(TODAY)


@pytest.fixture(scope="module")
def deals(city):
    return history(Random(SEED), city)


def test_the_same_seed_gives_the_same_past_and_another_another(city, deals):
    assert history(Random(SEED), city) == deals
    assert history(Random(7), city) != deals


def test_it_lasts_half_a_year_and_ends_yesterday(deals):
    days = [day for deal in deals for load in deal.loads for _, day in load.steps]
    assert len(deals) == DEALS
    assert min(deal.offered_day for deal in deals) < -160
    assert max(days) == -1
    for deal in deals:
        assert deal.offered_day < deal.agreed_day <= deal.end_day <= -1
        for load in deal.loads:
            moves = [day for _, day in load.steps]
            assert moves == sorted(moves)
            assert deal.agreed_day < moves[0]


def test_every_end_is_there_and_most_deals_come_to_a_good_one(deals):
    ends = Counter(deal.end for deal in deals)
    last = Counter(load.steps[-1][0] for deal in deals for load in deal.loads)
    refused = [load for deal in deals for load in deal.loads if load.refused_t]
    assert set(ends) == {"completed", "running", *ENDS}
    assert ends["completed"] > DEALS / 2
    assert set(last) >= {"outcome", "close", "receive", "issue", "cancel"}
    assert any(load.refused_t == load.received_t for load in refused)
    assert any(load.refused_t < load.received_t for load in refused)
    assert any(load.return_day for load in refused)


def test_partners_may_trade_and_stand_ins_have_no_past(city, deals):
    who = {one.key: one for one in city.enterprises}
    for deal in deals:
        supplier, receiver = who[deal.supply.enterprise_key], who[deal.demand.enterprise_key]
        assert not {supplier.key, receiver.key} & STAND_INS
        assert ("collector" in receiver.roles) == supplier.small_generator
        if deal.supply.scheme == "cn-hw":
            assert set(failed_gates(city, deal.supply, deal.demand)) <= {"licence"}, "it judges for today"


def test_a_load_goes_by_a_carrier_that_has_the_vehicle_and_the_people(city, deals):
    fleets = {fleet.enterprise_key: fleet for fleet in city.fleets}
    for deal in deals:
        for load in deal.loads:
            fleet = fleets[load.carrier_key]
            (vehicle,) = [one for one in fleet.vehicles if one.plate == load.vehicle]
            assert fleet.hazardous == (deal.supply.scheme == "cn-hw")
            assert load.planned_t <= vehicle.payload_t
            assert 0 < load.received_t <= load.picked_up_t <= load.planned_t
            assert 0 <= load.refused_t <= load.received_t
            assert {load.driver, load.escort} - {None} <= {person.name for person in fleet.crew}
            assert (load.escort is not None) == fleet.hazardous


def test_each_transporter_has_vehicles_and_people_with_papers_of_their_own(city):
    keys = {one.key for one in city.enterprises if "transporter" in one.roles}
    plates = [one.plate for fleet in city.fleets for one in fleet.vehicles]
    cards = [card.number for fleet in city.fleets for one in fleet.crew for card in one.cards]
    assert {fleet.enterprise_key for fleet in city.fleets} == keys
    assert len(set(plates)) == len(plates)
    assert len(set(cards)) == len(cards)
    for fleet in city.fleets:
        jobs = Counter(card.kind for one in fleet.crew for card in one.cards)
        assert jobs["driver"] == len(fleet.vehicles)
        assert bool(jobs["escort"]) == fleet.hazardous
