"""The demo city, written to the database through the rooms' own services."""

from __future__ import annotations

from dataclasses import asdict
from random import Random
from typing import Any
from uuid import UUID

from flask import current_app

from marketplace import clock
from marketplace.catalogue import service as catalogue
from marketplace.credit import service as credit
from marketplace.enterprises import service as enterprises
from marketplace.enterprises.models import Enterprise
from marketplace.enterprises.schemas import RegistrationSchema
from marketplace.events.actor import ENTERPRISE, PLATFORM, Actor
from marketplace.events.work import Work, unit_of_work
from marketplace.licences import service as licences
from marketplace.licences.schemas import ChannelSchema, LicenceSchema, WhiteListSchema
from marketplace.listings import service as listings
from marketplace.listings.schemas import NewListingSchema
from marketplace.settings import DEMO_LOGINS
from seed.city import City, DemoEnterprise
from seed.demo import SEED, demo_city
from seed.history import DemoDeal, history
from seed.late_load import late_load
from seed.listing_bodies import body_of
from seed.load_fleets import load_fleets
from seed.load_history import load_history
from seed.load_persons import load_persons
from seed.load_waiting import load_waiting
from seed.load_year import load_year
from seed.year import DemoYear, year_of

REGISTRATION, NEW_LISTING = RegistrationSchema(), NewListingSchema()
NO_YEAR = DemoYear()
ALREADY_THERE = {"already there": 1}
FIRST_EVALUATED, MONTHS, DAYS_OF_MONTH = -350, 12, 30
LICENCE, CHANNEL, WHITE_LIST = LicenceSchema(), ChannelSchema(), WhiteListSchema()


def load_demo() -> dict[str, int]:
    """Write the demo city, unless it is there already. Returns the number of rows by kind.

    Everything goes through the schemas and services that the API uses, so that every word and every rule
    holds here too. Nobody is notified of its listings: the city has been there since this morning.
    """
    city = demo_city(clock.today())
    past = (*history(Random(SEED), city), late_load(city))
    counts = load_city(city, past, year_of(Random(f"year {SEED}"), city))
    if counts != ALREADY_THERE:
        load_waiting(city)
        load_persons(city, current_app.config["SETTINGS"].data_dir / DEMO_LOGINS)
    return counts


def load_city(city: City, past: tuple[DemoDeal, ...], year: DemoYear = NO_YEAR) -> dict[str, int]:
    """Write a city, its past and its year of credit, unless it is there already.

    Returns:
        the number of rows by kind.
    """
    with unit_of_work() as work:
        if enterprises.is_registered(city.enterprises[0].uscc):
            return ALREADY_THERE
        work.mute_events()
        with catalogue.cached_lookups(_codes(city, past)):
            traded = _write(work, city, past, year)
    return {
        "enterprises": len(city.enterprises),
        "listings": len(city.listings),
        "licences": len(city.licences),
        "channels": len(city.channels),
        "white list": len(city.white_list),
        "fleets": len(city.fleets),
        **traded,
    }


def _codes(city: City, past: tuple[DemoDeal, ...]) -> set[str]:
    """Every code that something of the city or of its past names."""
    listed = [*city.listings, *(side for deal in past for side in (deal.supply, deal.demand))]
    named = {listing.code for listing in listed if listing.code}
    named.update(code for listing in listed for _, code in listing.accepts)
    named.update(line.code for licence in city.licences for line in licence.lines)
    return named.union(permit.code for permits in (city.channels, city.white_list) for permit in permits)


def _write(work: Work, city: City, past: tuple[DemoDeal, ...], year: DemoYear) -> dict[str, int]:
    """Write all rows. Returns the number of those of the past, by kind.

    The evaluations come after the year, and so compute the standings of all that it is about as of today.
    """
    ids = {enterprise.key: _enterprise(work, enterprise) for enterprise in city.enterprises}
    _partners(work, city, ids)
    counts = load_year(city, year, ids)
    _credit(city, ids)
    _permits(city, ids)
    load_fleets(city, ids)
    counts += load_history(city, past, ids)
    for listing in city.listings:
        owner = Actor(ENTERPRISE, ids[listing.enterprise_key])
        listings.create(owner, NEW_LISTING.load(body_of(city, listing)))
    return dict(counts)


def _enterprise(work: Work, enterprise: DemoEnterprise) -> UUID:
    row, _ = enterprises.register(
        REGISTRATION.load(
            {
                "uscc": enterprise.uscc,
                "name": enterprise.name,
                "roles": list(enterprise.roles),
                "region": str(enterprise.region),
                "location": {"lon": enterprise.lon, "lat": enterprise.lat, "crs": "wgs84"},
                "contact": {
                    "name": enterprise.contact_name,
                    "email": enterprise.contact_email,
                    "phone": enterprise.contact_phone,
                },
            }
        )
    )
    enterprises.approve(PLATFORM, row.id, "demo data")
    row.small_generator = enterprise.small_generator
    return row.id


def _partners(work: Work, city: City, ids: dict[str, UUID]) -> None:
    for enterprise in city.enterprises:
        if enterprise.partner_key:
            work.session.get_one(Enterprise, ids[enterprise.key]).partner_id = ids[enterprise.partner_key]


def _credit(city: City, ids: dict[str, UUID]) -> None:
    for number, enterprise in enumerate(city.enterprises):
        about = {"enterprise_id": ids[enterprise.key], "note": "演示数据 demo data"}
        if enterprise.established:
            credit.publish_evaluation(PLATFORM, {**about, "published_on": city.day(_evaluated(number))})
        for rule, days_ago in enterprise.credit_events:
            event = {**about, "rule": rule, "effective_on": city.day(-days_ago), "evidence": None}
            credit.record_event(PLATFORM, event)


def _evaluated(number: int) -> int:
    """On which day the enterprise of a number in the city was evaluated: some every month of the year."""
    return FIRST_EVALUATED + number % MONTHS * DAYS_OF_MONTH


def _permits(city: City, ids: dict[str, UUID]) -> None:
    for licence in city.licences:
        body: dict[str, Any] = {
            "enterprise_id": str(ids[licence.enterprise_key]),
            "number": licence.number,
            "kind": licence.kind,
            "lines": [{**asdict(line), "modes": list(line.modes)} for line in licence.lines],
            **_validity(city, licence),
        }
        licences.add_licence(PLATFORM, LICENCE.load(body))
    for channel in city.channels:
        body = {
            "generator_id": str(ids[channel.generator_key]),
            "receiver_id": str(ids[channel.receiver_key]),
            "scheme": channel.scheme,
            "code": channel.code,
            "use": channel.use,
            "tonnes_per_year": channel.tonnes_per_year,
            "approval_number": channel.approval_number,
            **_validity(city, channel),
        }
        licences.add_channel(PLATFORM, CHANNEL.load(body))
    for entry in city.white_list:
        body = {
            "receiver_id": str(ids[entry.receiver_key]),
            "scheme": entry.scheme,
            "code": entry.code,
            "from_province": str(entry.from_province),
            **_validity(city, entry),
        }
        licences.add_white_list(PLATFORM, WHITE_LIST.load(body))


def _validity(city: City, permit: Any) -> dict[str, str]:
    return {"valid_from": str(city.day(permit.from_day)), "valid_until": str(city.day(permit.until_day))}
