"""The demo city, written to the database through the rooms' own services."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from marketplace import clock
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
from seed.city import City, DemoEnterprise, DemoListing
from seed.demo import demo_city

REGISTRATION, NEW_LISTING = RegistrationSchema(), NewListingSchema()
LICENCE, CHANNEL, WHITE_LIST = LicenceSchema(), ChannelSchema(), WhiteListSchema()
SAME_NAME = (
    "kind", "title", "quantity_t", "min_lot_t", "price_cny_per_t", "max_distance_km", "form", "packaging",
)  # fmt: skip
"""What a listing of the demo calls as the API does."""


def load_demo() -> dict[str, int]:
    """Write the demo city, unless it is there already. Returns the number of rows by kind.

    Everything goes through the schemas and services that the API uses, so that every word and every rule
    holds here too. Nobody is notified of its listings: the city has been there since this morning.
    """
    city = demo_city(clock.today())
    with unit_of_work() as work:
        if enterprises.is_registered(city.enterprises[0].uscc):
            return {"already there": 1}
        work.mute_events()
        ids = {enterprise.key: _enterprise(work, enterprise) for enterprise in city.enterprises}
        _partners(work, city, ids)
        _credit(city, ids)
        _permits(city, ids)
        for listing in city.listings:
            owner = Actor(ENTERPRISE, ids[listing.enterprise_key])
            listings.create(owner, NEW_LISTING.load(body_of(city, listing)))
    return {
        "enterprises": len(city.enterprises),
        "listings": len(city.listings),
        "licences": len(city.licences),
        "channels": len(city.channels),
        "white list": len(city.white_list),
    }


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
    for enterprise in city.enterprises:
        about = {"enterprise_id": ids[enterprise.key], "note": "演示数据 demo data"}
        if enterprise.established:
            credit.publish_evaluation(PLATFORM, {**about, "published_on": city.day(-90)})
        for rule, days_ago in enterprise.credit_events:
            event = {**about, "rule": rule, "effective_on": city.day(-days_ago), "evidence": None}
            credit.record_event(PLATFORM, event)


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


def body_of(city: City, listing: DemoListing) -> dict[str, Any]:
    """The body of `POST /listings` that a listing of the demo is."""
    body: dict[str, Any] = {
        **{name: getattr(listing, name) for name in SAME_NAME},
        "available_from": str(city.day(listing.from_day)),
        "available_until": str(city.day(listing.until_day)),
        "publish": True,
    }
    if listing.kind == "supply":
        body["waste"] = {"scheme": listing.scheme, "code": listing.code}
        body["composition"] = [asdict(part) for part in listing.composition]
    else:
        body["accepts"] = [{"scheme": scheme, "code": code} for scheme, code in listing.accepts]
        body["requires"] = [asdict(part) for part in listing.requires]
        body["treatment"] = listing.treatment
        body["exemption_item"] = listing.exemption_item
    return body
