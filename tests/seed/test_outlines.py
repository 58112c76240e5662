"""The outlines as they are read: today's codes, closed rings, and none at all without the package."""

import json
from importlib.metadata import PackageNotFoundError

import pytest

from marketplace.catalogue import service as catalogue
from seed.catalogue import Outlines, SeedError, read_outlines, read_regions, read_successors
from seed.catalogue import outlines as reader
from seed.demo import demo_city
from tests.marketplace import TODAY

KNOWN = {row.adcode for row in read_regions()}
SQUARE = [[120.0, 30.0], [121.0, 30.0], [121.0, 31.0], [120.0, 30.0]]


def outlines(tmp_path, code, ring, successors=None, kind="MultiPolygon"):
    feature = {
        "properties": {"gb": code, "name": "x"},
        "geometry": {"type": kind, "coordinates": [[ring]]},
    }
    path = tmp_path / "district.geojson"
    path.write_text(json.dumps({"features": [feature]}), encoding="utf-8")
    return Outlines("test", "0", path, frozenset(KNOWN), successors or {})


@pytest.mark.slow
def test_the_outlines_that_are_installed_cover_nearly_every_district():
    found = {adcode for adcode, _ in read_outlines(KNOWN).rings()}
    assert found <= KNOWN
    districts = {row.adcode for row in read_regions() if row.level == "district"}
    assert districts - found == {653228, 653229}
    assert {710000, 810000, 820000, 441900, 460400} <= found


@pytest.mark.parametrize(
    ("code", "adcode"),
    [("156330604", 330604), ("156632857", 632800), ("156629700", 620000), ("156810118", 810000)],
)
def test_an_outline_counts_for_its_region_or_the_one_above(tmp_path, code, adcode):
    assert list(outlines(tmp_path, code, SQUARE).rings()) == [(adcode, tuple(map(tuple, SQUARE)))]


def test_an_outline_of_an_older_code_counts_for_its_successor(tmp_path):
    successors = read_successors(known=KNOWN)
    assert successors[500112] == 500157
    ((adcode, _),) = outlines(tmp_path, "156500112", SQUARE, successors).rings()
    assert adcode == 500157


def test_a_border_line_is_no_area(tmp_path):
    assert list(outlines(tmp_path, "", SQUARE, kind="MultiLineString").rings()) == []


@pytest.mark.parametrize(
    ("code", "ring"),
    [
        ("156990000", SQUARE), ("x", SQUARE), ("156330604", SQUARE[:3]), ("156330604", SQUARE[:3] * 2),
        ("156330604", [[30.0, 120.0]] * 4), ("156330604", [[0.0, 0.0]] * 4),
    ],
)  # fmt: skip
def test_what_is_no_outline_is_refused(tmp_path, code, ring):
    with pytest.raises(SeedError):
        list(outlines(tmp_path, code, ring).rings())


@pytest.mark.parametrize("row", ["330604,330602,x,x", "500112,999999,x,x", "5001,500157,x,x"])
def test_a_wrong_successor_is_refused(tmp_path, row):
    path = tmp_path / "codes.csv"
    path.write_text(f"outline,adcode,name_zh,because\n{row}\n", encoding="utf-8")
    with pytest.raises(SeedError):
        read_successors(path, known=KNOWN)


def test_without_the_package_there_are_no_outlines(monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(reader, "distribution", missing)
    assert read_outlines(KNOWN) is None


def test_the_demo_city_lies_where_it_says(app):
    with app.app_context():
        astray = {
            (row.name, row.region, district)
            for row in demo_city(TODAY).enterprises
            if (district := catalogue.district_at(row.lon, row.lat, row.region)) != row.region
        }
    assert astray == set()
