"""The gates of one supply and one demand, read plainly from the domain's rules: a second opinion for tests.

Only what a hazardous supply of a generator needs; the collector's rule is left out.
"""

from datetime import date
from math import asin, cos, radians, sin, sqrt

from seed.city import City, Component, DemoEnterprise, DemoListing, LicenceLine, credit_grade


def failed_gates(city: City, supply: DemoListing, demand: DemoListing) -> list[str]:
    """Names of all gates that refuse this pairing."""
    who = {enterprise.key: enterprise for enterprise in city.enterprises}
    giver, taker = who[supply.enterprise_key], who[demand.enterprise_key]
    checks = {
        "code": any(_fits(supply.code, code) for _, code in demand.accepts),
        "licence": legal_basis(city, supply, demand) is not None,
        "region": _may_cross(city, giver, taker, supply.code),
        "credit": credit_grade(taker) != "E",
        "quantity": min(supply.quantity_t, demand.quantity_t) >= max(supply.min_lot_t, demand.min_lot_t),
        "time": max(supply.from_day, demand.from_day) <= min(supply.until_day, demand.until_day),
        "price": None in (supply.price_cny_per_t, demand.price_cny_per_t)
        or demand.price_cny_per_t >= supply.price_cny_per_t,
        "distance": distance_km(giver, taker)
        <= min(supply.max_distance_km or 1e9, demand.max_distance_km or 1e9),
        "composition": all(
            _meet(want, has)
            for want in demand.requires
            for has in supply.composition
            if want.component == has.component
        ),
    }
    return [gate for gate, passed in checks.items() if not passed]


def legal_basis(city: City, supply: DemoListing, demand: DemoListing) -> str | None:
    """licence, channel or exempt: the first that holds for this pairing."""
    mode = "use" if demand.treatment.startswith("R") else "dispose"
    lot = max(supply.min_lot_t, demand.min_lot_t)
    opens, closes = max(supply.from_day, demand.from_day, 0), min(supply.until_day, demand.until_day)
    for licence in city.licences:
        if licence.enterprise_key == demand.enterprise_key and licence.kind == "comprehensive":
            valid = max(opens, licence.from_day) <= min(closes, licence.until_day)
            if valid and any(_covers(line, supply.code, mode, lot) for line in licence.lines):
                return "licence"
    for channel in city.channels:
        pair = (channel.generator_key, channel.receiver_key, channel.code)
        if (
            pair == (supply.enterprise_key, demand.enterprise_key, supply.code)
            and channel.tonnes_per_year >= lot
        ):
            return "channel"
    return "exempt" if demand.exemption_item == 20 and supply.code.endswith("-34") and mode == "use" else None


def distance_km(one: DemoEnterprise, other: DemoEnterprise) -> float:
    """Great circle on a sphere of 6371.0088 km."""
    return point_distance_km(one.lon, one.lat, other.lon, other.lat)


def point_distance_km(lon_a: float, lat_a: float, lon_b: float, lat_b: float) -> float:
    lon_a, lat_a, lon_b, lat_b = map(radians, (lon_a, lat_a, lon_b, lat_b))
    chord = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin((lon_b - lon_a) / 2) ** 2
    return 2 * 6371.0088 * asin(sqrt(chord))


def as_listing(body: dict, owner: str, today: date) -> DemoListing:
    """An API-shaped supply as a row of the city."""
    return DemoListing(
        key="showcase",
        enterprise_key=owner,
        kind=body["kind"],
        title=body["title"],
        scheme=body["waste"]["scheme"],
        code=body["waste"]["code"],
        accepts=(),
        quantity_t=body["quantity_t"],
        min_lot_t=body["min_lot_t"],
        price_cny_per_t=body["price_cny_per_t"],
        max_distance_km=body["max_distance_km"],
        from_day=(date.fromisoformat(body["available_from"]) - today).days,
        until_day=(date.fromisoformat(body["available_until"]) - today).days,
        form=body["form"],
        packaging=body["packaging"],
        composition=tuple(Component(**part) for part in body["composition"]),
        requires=(),
        treatment=None,
        exemption_item=None,
    )


def _fits(code: str, accepted: str) -> bool:
    return code == accepted or (accepted.startswith("HW") and code[-2:] == accepted[2:])


def _covers(line: LicenceLine, code: str, mode: str, lot: float) -> bool:
    return _fits(code, line.code) and mode in line.modes and line.tonnes_per_year >= lot


def _may_cross(city: City, giver: DemoEnterprise, taker: DemoEnterprise, code: str) -> bool:
    if giver.region // 10000 == taker.region // 10000:
        return True
    listed = {(entry.receiver_key, entry.code, entry.from_province // 10000) for entry in city.white_list}
    return (taker.key, code, giver.region // 10000) in listed


def _meet(want, has) -> bool:
    above = want.min is None or has.max is None or has.max >= want.min
    return above and (want.max is None or has.min is None or has.min <= want.max)
