"""What the catalogue answers in one way, it answers in the other: from rows and from memory, both ways."""

from random import Random

from sqlalchemy import select

from marketplace.catalogue import service as catalogue
from marketplace.catalogue.models import Crosswalk, Region, WasteCode
from marketplace.database import db
from marketplace.errors import Invalid

UNKNOWN = [("cn-hw", "000-000-00"), ("no-such", "HW34"), ("cn-sw", "900-349-34"), ("cn-sw", "001-001-S99")]


def outcome(function, *arguments):
    """What a look-up returns or refuses, as plain values."""
    try:
        found = function(*arguments)
    except Invalid as refusal:
        return refusal.code, refusal.facts
    if isinstance(found, tuple):
        code, notices = found
        return code.id, notices
    return getattr(found, "adcode", found)


def look_everything_up(codes, regions):
    yield from (outcome(catalogue.resolve, scheme, code, "waste") for scheme, code in codes)
    yield from (outcome(catalogue.find_region, region) for region in regions)
    yield from (catalogue.exemption_exists(item) for item in range(1, 60))
    yield catalogue.treatments()


def test_look_ups_from_memory_agree_with_the_tables(marketplace):
    with marketplace.app.app_context():
        rows = db.session.scalars(select(WasteCode)).all()
        sample = Random(8).sample(rows, 120)
        codes = [*((row.scheme, row.code) for row in sample), *UNKNOWN]
        regions = [*Random(8).sample(db.session.scalars(select(Region.adcode)).all(), 40), 999999]
        from_tables = list(look_everything_up(codes, regions))
        with catalogue.cached_lookups(code for _, code in codes):
            assert list(look_everything_up(codes, regions)) == from_tables
            ids = {row.id for row in sample}
            assert {code_id: row.code for code_id, row in catalogue.codes_by_id(ids).items()} == {
                row.id: row.code for row in sample
            }
        assert catalogue.resolve("cn-sw", "900-124-S17", "")[0].unlisted


def test_a_demand_can_take_the_codes_that_one_of_its_codes_stands_for(marketplace):
    with marketplace.app.app_context():
        ids = catalogue.all_code_ids()
        stands_for = {}
        for alias in catalogue.aliases_of(ids):
            stands_for.setdefault(alias.alias_id, set()).add(alias.code_id)
        mapped = [alias.alias_id for alias in catalogue.aliases_of(ids) if alias.alias_id != alias.code_id]
        for code_id in Random(8).sample(ids, 60) + Random(8).sample(mapped, 60):
            assert catalogue.codes_that_fit([code_id]) == stands_for[code_id]


def test_the_codes_that_find_a_listing_are_those_whose_filter_finds_it(marketplace):
    with marketplace.app.app_context():
        mapped = db.session.scalars(select(Crosswalk.national_id).distinct()).all()
        every = set(db.session.scalars(select(WasteCode.code).where(~WasteCode.unlisted)))
        filters = {
            code: catalogue.read_code_filter(code, "code") for code in Random(8).sample(sorted(every), 60)
        }
        for code_id in Random(8).sample(catalogue.all_code_ids(), 30) + Random(8).sample(mapped, 10):
            by_supply, by_demand = catalogue.codes_finding([(code_id, []), (None, [code_id])])
            for code, found in filters.items():
                assert (code in by_supply) == (code_id in found.offered), code
                assert (code in by_demand) == (code_id in found.accepted), code
