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


def settle() -> dict[str, int]:
    """Write the demo city, unless it is there. Returns rows by kind.

    Everything goes through the services that the API uses, so that every rule holds here too; nobody
    is told of its listings, for the city stands as it did this morning.
    """
    city = demo_city(clock.today())
    with unit_of_work() as work:
        if enterprises.uscc_known(city.enterprises[0].uscc):
            return {"already there": 1}
        work.mute_events()
        ids = {one.key: _enterprise(work, one) for one in city.enterprises}
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


def _enterprise(work: Work, one: DemoEnterprise) -> UUID:
    row, _, _ = enterprises.register(
        {
            "uscc": one.uscc,
            "name": one.name,
            "roles": list(one.roles),
            "region": one.region,
            "location": {"lon": one.lon, "lat": one.lat, "crs": "wgs84"},
            "contact": {
                "name": one.contact_name,
                "email": one.contact_email,
                "phone": one.contact_phone,
            },
        }
    )
    enterprises.move(PLATFORM, row.id, "approve", "demo data")
    row.small_generator = one.small_generator
    return row.id


def _partners(work: Work, city: City, ids: dict[str, UUID]) -> None:
    for one in city.enterprises:
        if one.partner_key:
            work.session.get_one(Enterprise, ids[one.key]).partner_id = ids[one.partner_key]


def _credit(city: City, ids: dict[str, UUID]) -> None:
    for one in city.enterprises:
        about = {"enterprise_id": ids[one.key], "note": "演示数据 demo data"}
        if one.established:
            credit.publish_evaluation(PLATFORM, {**about, "published_on": city.day(-90)})
        for rule, days_ago in one.credit_events:
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


def _listing(city: City, one: DemoListing, ids: dict[str, UUID]) -> None:
    data: dict[str, Any] = {
        "kind": one.kind,
        "title": one.title,
        "quantity_t": _kg(one.quantity_t),
        "min_lot_t": _kg(one.min_lot_t),
        "price_cny_per_t": None if one.price_cny_per_t is None else round(one.price_cny_per_t * 100),
        "max_distance_km": one.max_distance_km,
        "available_from": city.day(one.from_day),
        "available_until": city.day(one.until_day),
        "form": one.form,
        "packaging": one.packaging,
        "publish": True,
    }
    if one.kind == "supply":
        data["waste"] = {"scheme": one.scheme, "code": one.code}
        data["composition"] = [_component(part) for part in one.composition]
    else:
        data["accepts"] = [{"scheme": scheme, "code": code} for scheme, code in one.accepts]
        data["requires"] = [_component(part) for part in one.requires]
        data["treatment"] = one.treatment
        data["exemption_item"] = one.exemption_item
    listings.create(Actor(ENTERPRISE, ids[one.enterprise_key]), data)


def _component(part: Any) -> dict[str, Any]:
    return {"component": part.component, "min": part.min, "max": part.max, "unit": part.unit}


def _kg(tonnes: float) -> int:
    return round(tonnes * 1000)
