"""The demo city, written to the database through the rooms' own services."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from marketplace import clock
from marketplace.credit import service as credit
from marketplace.enterprises import service as enterprises
from marketplace.enterprises.models import Enterprise
from marketplace.events.actor import ENTERPRISE, PLATFORM, Actor
from marketplace.events.work import Work, unit_of_work
from marketplace.licences import service as licences
from marketplace.listings import service as listings
from seed.city import City, DemoEnterprise, DemoListing
from seed.demo import demo_city


def load_demo() -> dict[str, int]:
    """Write the demo city, unless it is there already. Returns the number of rows by kind.

    Everything goes through the services that the API uses, so that every rule holds here too. Nobody is
    notified of its listings: the city has been there since this morning.
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
            _listing(city, listing, ids)
    return {
        "enterprises": len(city.enterprises),
        "listings": len(city.listings),
        "licences": len(city.licences),
        "channels": len(city.channels),
        "white list": len(city.white_list),
    }


def _enterprise(work: Work, enterprise: DemoEnterprise) -> UUID:
    row, _, _ = enterprises.register(
        {
            "uscc": enterprise.uscc,
            "name": enterprise.name,
            "roles": list(enterprise.roles),
            "region": enterprise.region,
            "location": {"lon": enterprise.lon, "lat": enterprise.lat, "crs": "wgs84"},
            "contact": {
                "name": enterprise.contact_name,
                "email": enterprise.contact_email,
                "phone": enterprise.contact_phone,
            },
        }
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
        lines = [
            {
                "scheme": line.scheme,
                "code": line.code,
                "modes": list(line.modes),
                "tonnes_per_year": _kg(line.tonnes_per_year),
            }
            for line in licence.lines
        ]
        licences.add_licence(
            PLATFORM,
            {
                "enterprise_id": ids[licence.enterprise_key],
                "number": licence.number,
                "kind": licence.kind,
                "lines": lines,
                **_validity(city, licence),
            },
        )
    for channel in city.channels:
        licences.add_channel(
            PLATFORM,
            {
                "generator_id": ids[channel.generator_key],
                "receiver_id": ids[channel.receiver_key],
                "scheme": channel.scheme,
                "code": channel.code,
                "use": channel.use,
                "tonnes_per_year": _kg(channel.tonnes_per_year),
                "approval_number": channel.approval_number,
                **_validity(city, channel),
            },
        )
    for entry in city.white_list:
        licences.add_white_list(
            PLATFORM,
            {
                "receiver_id": ids[entry.receiver_key],
                "scheme": entry.scheme,
                "code": entry.code,
                "from_province": entry.from_province,
                **_validity(city, entry),
            },
        )


def _validity(city: City, permit: Any) -> dict[str, date]:
    return {"valid_from": city.day(permit.from_day), "valid_until": city.day(permit.until_day)}


def _listing(city: City, listing: DemoListing, ids: dict[str, UUID]) -> None:
    data: dict[str, Any] = {
        "kind": listing.kind,
        "title": listing.title,
        "quantity_t": _kg(listing.quantity_t),
        "min_lot_t": _kg(listing.min_lot_t),
        "price_cny_per_t": None if listing.price_cny_per_t is None else round(listing.price_cny_per_t * 100),
        "max_distance_km": listing.max_distance_km,
        "available_from": city.day(listing.from_day),
        "available_until": city.day(listing.until_day),
        "form": listing.form,
        "packaging": listing.packaging,
        "publish": True,
    }
    if listing.kind == "supply":
        data["waste"] = {"scheme": listing.scheme, "code": listing.code}
        data["composition"] = [_component(part) for part in listing.composition]
    else:
        data["accepts"] = [{"scheme": scheme, "code": code} for scheme, code in listing.accepts]
        data["requires"] = [_component(part) for part in listing.requires]
        data["treatment"] = listing.treatment
        data["exemption_item"] = listing.exemption_item
    listings.create(Actor(ENTERPRISE, ids[listing.enterprise_key]), data)


def _component(part: Any) -> dict[str, Any]:
    return {"component": part.component, "min": part.min, "max": part.max, "unit": part.unit}


def _kg(tonnes: float) -> int:
    return round(tonnes * 1000)
