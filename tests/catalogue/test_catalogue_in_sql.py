"""What the catalogue answers in one way, it answers in the other: from rows and from memory, both ways."""

from random import Random

from sqlalchemy import select

from marketplace.catalogue import service as catalogue
from marketplace.catalogue.models import Region, WasteCode
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
        with catalogue.cached_lookups([code for _, code in codes], regions):
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


def test_a_code_is_found_by_itself_and_by_its_ancestors(marketplace):
    with marketplace.app.app_context():
        for code_id in Random(8).sample(catalogue.all_code_ids(), 40):
            names = catalogue.codes_with_ancestors([code_id])
            assert all(code_id in catalogue.ids_of_code(name) for name in names)
            (itself,) = catalogue.codes_by_id([code_id]).values()
            others = set(db.session.scalars(select(WasteCode.code).where(WasteCode.level == "category")))
            for name in Random(8).sample(sorted(others - names), 5):
                assert code_id not in catalogue.ids_of_code(name), (itself.code, name)
