"""The demo city in the database: every word of it is one that the API takes, shows and exports."""

import csv
import io
from dataclasses import replace

import pytest
from openpyxl import load_workbook

from marketplace.enterprises.models import Role
from marketplace.licences.models import MODES, LicenceKind
from marketplace.listings.models import Form, Kind, Packaging
from seed.demo import demo_city
from seed.listing_bodies import body_of
from seed.load_demo import NEW_LISTING, load_city
from tests.listings.sheets import send
from tests.marketplace import TODAY

EXPORTS = ("csv", "xlsx", "geojson")


@pytest.fixture(scope="module")
def city():
    return demo_city(TODAY)


@pytest.fixture
def loaded(city, marketplace):
    """A part of the city with a listing of each kind, form and packaging, written to the database."""
    listings = {(one.kind, one.form, one.packaging): one for one in city.listings}.values()
    part = replace(city, listings=tuple(listings), licences=city.licences[:5], fleets=city.fleets[:2])
    owners = {one.enterprise_key for one in part.listings} | {one.enterprise_key for one in part.licences}
    owners |= {one.generator_key for one in part.channels} | {one.receiver_key for one in part.channels}
    owners |= {one.receiver_key for one in part.white_list} | {one.enterprise_key for one in part.fleets}
    known = {one.key: one for one in city.enterprises}
    owners |= {partner for key in owners if (partner := known[key].partner_key)}
    part = replace(part, enterprises=tuple(one for one in city.enterprises if one.key in owners))
    with marketplace.app.app_context():
        load_city(part, ())
    return part


def test_every_listing_of_the_demo_is_a_body_that_the_api_takes(city):
    for listing in city.listings:
        NEW_LISTING.load(body_of(city, listing))


def test_every_word_of_the_demo_is_a_word_of_the_api(city):
    words = {
        "kind": ({listing.kind for listing in city.listings}, Kind),
        "form": ({listing.form for listing in city.listings} - {None}, Form),
        "packaging": ({listing.packaging for listing in city.listings} - {None}, Packaging),
        "role": ({role for enterprise in city.enterprises for role in enterprise.roles}, Role),
        "licence": ({licence.kind for licence in city.licences}, LicenceKind),
        "mode": (
            {mode for licence in city.licences for line in licence.lines for mode in line.modes}, MODES),
    }  # fmt: skip
    assert not {name: extra for name, (used, known) in words.items() if (extra := used - set(known))}


def test_the_demo_city_can_be_exported_and_its_supplies_imported_again(marketplace, loaded):
    files = {name: marketplace.admin.get("/listings/export", format=name, kind="supply") for name in EXPORTS}
    lines = list(csv.DictReader(io.StringIO(files["csv"].data.decode("utf-8-sig"), newline="")))
    book = load_workbook(io.BytesIO(files["xlsx"].data))
    supplies = [listing for listing in loaded.listings if listing.kind == "supply"]

    assert [answer.status_code for answer in files.values()] == [200] * 3
    assert len(lines) == book.active.max_row - 1 == len(files["geojson"].json["features"]) == len(supplies)
    assert {line["packaging"] for line in lines} == {listing.packaging or "" for listing in supplies}
    factory = marketplace.enterprise("generator", "recycler")
    for name in ("csv", "xlsx"):
        assert send(factory, files[name].data).json["created"] == len(supplies)
