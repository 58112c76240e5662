"""The load that nobody received: delivered three weeks ago, and late when the demo begins.

It is of the past like all others, and so real: the scheduler finds it at its first tick, and credit hears of
it by an event. Its receiver is one point above grade B.
"""

from __future__ import annotations

from dataclasses import replace

from seed.city import City, DemoFleet, DemoListing, DemoPerson
from seed.history import LIQUID_VEHICLE, DemoDeal, DemoLoad, of_the_past
from seed.lawful_trade import LawfulTrade
from seed.showcase import LATE_RECEIVER

OFFERED_DAY, AGREED_DAY, LOADED_DAY, DELIVERED_DAY = -27, -25, -23, -22
"""Longer ago than any holiday takes from the working days in which a load is to be received."""
OPEN_UNTIL = 60
TONNES = 21.6
PRICE = -240.0
CODE = "900-349-34"


def late_load(city: City) -> DemoDeal:
    """A deal of waste acid with one load, which its carrier has delivered."""
    (demand,) = [one for one in city.listings if one.enterprise_key == LATE_RECEIVER]
    supply, fleet = _supply(city, demand), _fleet(city)
    vehicle = next(one for one in fleet.vehicles if one.kind == LIQUID_VEHICLE and one.payload_t > TONNES)
    load = DemoLoad(
        carrier_key=fleet.enterprise_key,
        vehicle=vehicle.plate,
        driver=_of_job(fleet, "driver").name,
        escort=_of_job(fleet, "escort").name,
        planned_t=TONNES,
        picked_up_t=TONNES,
        received_t=TONNES,
        refused_t=0.0,
        reason=None,
        steps=(("issue", LOADED_DAY), ("pickup", LOADED_DAY), ("deliver", DELIVERED_DAY)),
        return_day=None,
    )
    return DemoDeal(
        key="late",
        supply=replace(
            of_the_past(supply, "late-s", TONNES, TONNES, AGREED_DAY, OPEN_UNTIL, PRICE), title="废硫酸"
        ),
        demand=of_the_past(demand, "late-d", TONNES, 1.0, AGREED_DAY, OPEN_UNTIL, None),
        offered_day=OFFERED_DAY,
        agreed_day=AGREED_DAY,
        first_price=PRICE + 20.0,
        price=PRICE,
        end="running",
        end_day=-1,
        loads=(load,),
        ratings=(None, None),
        invoice="none",
    )


def _supply(city: City, demand: DemoListing) -> DemoListing:
    """The first supply of the acid that the receiver may take."""
    trade = LawfulTrade(city)
    supplies = (one for one in city.listings if one.kind == "supply" and one.code == CODE)
    return next(one for one in supplies if one.form == "liquid" and trade.may(one, demand))


def _fleet(city: City) -> DemoFleet:
    return next(fleet for fleet in city.fleets if fleet.hazardous)


def _of_job(fleet: DemoFleet, job: str) -> DemoPerson:
    return next(person for person in fleet.crew if person.cards[0].kind == job)
