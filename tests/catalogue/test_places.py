"""Where a place lies: by the outlines of districts, by the nearest seat where there are none."""

import math
import random

import pytest
from sqlalchemy import delete, select, text

from marketplace.catalogue import service as catalogue
from marketplace.catalogue.models import OutlineRing, OutlineSource, Region
from marketplace.catalogue.service.places import BORDER_KM, districts_near
from marketplace.database import db
from marketplace.errors import Invalid
from matching import geodesic_km
from seed.catalogue import read_outlines
from tests import places


@pytest.fixture
def tables(app):
    """The database, as it was afterwards."""
    with app.app_context():
        yield db.session
        db.session.rollback()


def lies_in(place, stated=110000):
    return catalogue.district_at(place["lon"], place["lat"], stated)


KNOWN = [
    ("the example of the issue", places.JINSHAN, 310116),
    ("a plant of Shangyu", places.SHANGYU, 330604),
    ("an exclave between two other provinces", places.SANHE, 131082),
    ("Hong Kong", places.YUEN_LONG, 810000),
    ("the south of Taiwan, 300 km from its seat", places.KAOHSIUNG, 710000),
    ("Macao", {"lon": 113.54, "lat": 22.19}, 820000),
    ("a county directly under its province", {"lon": 113.45, "lat": 30.37}, 429004),
    ("a city without districts", {"lon": 113.75, "lat": 23.02}, 441900),
    (
        "a district of which only the outline of its predecessor is known",
        {"lon": 106.63, "lat": 29.72},
        500157,
    ),
    ("a county that became a city with a new code", {"lon": 94.21, "lat": 29.22}, 540481),
    ("an outline without a region of its own: the prefecture's", {"lon": 95.36, "lat": 37.85}, 632800),
    ("an enclave in the hole of another district", {"lon": 114.0556, "lat": 38.0644}, 130107),
    ("at sea, near an island", places.OFF_SHENGSI, 330922),
    ("abroad", places.TOKYO, None),
    ("on the high sea", places.HIGH_SEA, None),
    ("nowhere", {"lon": 0, "lat": 0}, None),
    ("the pole", {"lon": -180, "lat": 90}, None),
]


@pytest.mark.parametrize(("_", "place", "district"), KNOWN, ids=[what for what, *_ in KNOWN])
def test_the_district_of_a_place_is_that_whose_outline_holds_it(tables, _, place, district):
    assert lies_in(place) == district


def test_every_seat_lies_in_its_own_region_or_in_a_district_of_it(tables):
    for region in tables.scalars(select(Region).order_by(Region.adcode)).all()[::37]:
        district = catalogue.district_at(region.lon, region.lat, region.adcode)
        assert catalogue.region_covers(region.adcode, district), region.name


def test_nearly_every_seat_lies_in_the_outline_of_its_district(tables):
    """The files come from different hands: what they agree on was not arranged."""
    seats = tables.scalars(
        select(Region).where(Region.level == "district", Region.coord_source == "seat")
    ).all()
    near = districts_near([(seat.lon, seat.lat) for seat in seats])
    right = sum(seat.adcode in found for seat, found in zip(seats, near, strict=True))
    assert right / len(seats) > 0.995
    provinces = sum(
        seat.adcode // 10_000 == found[0] // 10_000 for seat, found in zip(seats, near, strict=True)
    )
    assert len(seats) - provinces <= 2


def border_point(tables, inside, outside, left, right):
    """The points either side of a border between two districts on a straight line, a metre or so apart."""
    for _ in range(40):
        middle = ((left[0] + right[0]) / 2, (left[1] + right[1]) / 2)
        if catalogue.district_at(*middle, 110000) == inside:
            left = middle
        else:
            right = middle
    assert catalogue.district_at(*right, 110000) == outside
    return left, right


def test_at_a_border_the_stated_region_counts_within_a_kilometre(tables):
    """From Jinshan in Shanghai west to Pinghu in Zhejiang."""
    start, end = (121.2, 30.78), (121.0, 30.72)
    _, beyond = border_point(tables, 310116, 330482, start, end)
    direction = (end[0] - start[0], end[1] - start[1])
    whole = geodesic_km(start[1], start[0], end[1], end[0])

    def past(km):
        return beyond[0] + direction[0] * km / whole, beyond[1] + direction[1] * km / whole

    near, far = past(BORDER_KM * 0.3), past(BORDER_KM * 5)
    assert catalogue.locate(*near, 310116, "location") == 310116
    assert catalogue.locate(*near, 310000, "location") == 310116
    assert catalogue.locate(*near, 330482, "location") == 330482
    assert catalogue.locate(*far, 330482, "location") == 330482
    with pytest.raises(Invalid) as refusal:
        catalogue.locate(*far, 310116, "location")
    assert refusal.value.code == "place_not_in_region"


@pytest.mark.parametrize("province", [110000, 330000, 540000, 460000, 620000])
def test_any_point_in_an_outline_of_a_province_lies_in_it(tables, province):
    dice = random.Random(province)
    rings = tables.execute(
        text(
            "SELECT adcode, high[0], high[1], low[0], low[1] FROM outline_ring, box(shape) AS b,"
            " LATERAL (SELECT b[0] AS high, b[1] AS low) AS corners"
            " WHERE adcode BETWEEN :first AND :last ORDER BY id"
        ),
        {"first": province, "last": province + 9999},
    ).all()
    found = 0
    for _, east, north, west, south in dice.sample(rings, min(60, len(rings))):
        x, y = dice.uniform(west, east), dice.uniform(south, north)
        holding = text("SELECT adcode FROM outline_ring WHERE shape @> point(:x, :y)")
        holders = list(tables.scalars(holding, {"x": x, "y": y}))
        if len(holders) == 1 and holders[0] // 10_000 == province // 10_000:
            found += 1
            lat = latitude(y)
            assert catalogue.district_at(x, lat, 110000 if province != 110000 else 330000) == holders[0]
    assert found > 10


def latitude(y):
    """The latitude of Mercator's ordinate."""
    return math.degrees(math.atan(math.sinh(math.radians(y))))


def test_without_outlines_the_nearest_seat_says_it(tables):
    tables.execute(delete(OutlineSource))
    tables.execute(delete(OutlineRing))

    assert lies_in(places.JINSHAN) == 310116
    assert lies_in(places.SHANGYU) == 330604
    assert lies_in(places.TOKYO) is None
    with pytest.raises(Invalid, match="place_not_in_region"):
        catalogue.locate(**places.JINSHAN, stated=330604, at="location")


def test_without_outlines_a_stated_region_counts_whose_seat_is_about_as_near(tables):
    """Half-way between the seats of Shangyu (330604) and Yuecheng (330602)."""
    tables.execute(delete(OutlineSource))
    tables.execute(delete(OutlineRing))
    a, b = tables.get_one(Region, 330604), tables.get_one(Region, 330602)
    middle = (a.lon + b.lon) / 2 + 0.005, (a.lat + b.lat) / 2
    assert catalogue.district_at(*middle, 330602) == 330602
    assert catalogue.district_at(*middle, 330604) == 330604


def test_loading_the_outlines_twice_changes_nothing(app, monkeypatch):
    with app.app_context():
        known = set(db.session.scalars(select(Region.adcode)))
        before = db.session.execute(select(OutlineSource.digest, OutlineSource.rings)).all()
        assert catalogue.load_outlines(read_outlines(known)) is False
        assert catalogue.load_outlines(None) is False
        assert db.session.execute(select(OutlineSource.digest, OutlineSource.rings)).all() == before
        assert before[0].rings == db.session.scalar(text("SELECT count(*) FROM outline_ring")) > 3_500
