"""Look-up of codes and regions, and the loader behind it."""

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from marketplace.catalogue import service
from marketplace.catalogue.models import Crosswalk, ExemptionItem, Region, Scheme, Treatment, WasteCode
from marketplace.database import db
from marketplace.errors import Invalid
from seed.catalogue import CrosswalkRow, read_catalogue
from tests.counting import count_statements
from tests.http.responses import refused


def codes(marketplace, **query):
    response = marketplace.admin.get("/waste-codes", limit=100, **query)
    assert response.status_code == 200, response.json
    return {item["code"] for item in response.json["items"]}


def test_a_code_is_found_by_a_chinese_substring_of_its_name(marketplace):
    found = marketplace.admin.get("/waste-codes", scheme="cn-hw", q="废酸", limit=100).json["items"]

    assert "HW34" in {code["code"] for code in found}
    assert all("废酸" in code["name_zh"] for code in found)
    assert codes(marketplace, q="没有这种废物") == set()


def test_a_code_is_found_by_its_beginning(marketplace):
    assert "900-349-34" in codes(marketplace, q="900-349")
    assert codes(marketplace, q="hw34") == {"HW34"}


def test_a_pattern_is_text_and_not_a_pattern(marketplace):
    for typed in ("%", "_", "\\", "'", "900%34"):
        assert codes(marketplace, q=typed) == {code for code in codes(marketplace, q=typed) if typed in code}


def test_codes_can_be_narrowed_to_a_scheme_and_a_category(marketplace):
    acids = codes(marketplace, category="HW34")
    assert {"HW34", "900-349-34"} <= acids
    assert all(code == "HW34" or code.endswith("-34") for code in acids)
    assert codes(marketplace, scheme="eu-low", category="HW34") == set()
    assert codes(marketplace, scheme="cn-sw")
    assert codes(marketplace, scheme="no-such") == set()


def test_a_code_says_what_it_is(marketplace):
    acid = marketplace.admin.get("/waste-codes/cn-hw/900-349-34").json

    assert (acid["category"], acid["level"], acid["hazardous"]) == ("HW34", "code", True)
    assert (acid["edition"], acid["provisional"], acid["tradable"]) == ("2021", False, True)
    assert acid["name"] == acid["name_zh"]
    assert marketplace.admin.get("/waste-codes/cn-hw/HW01").json["tradable"] is False


@pytest.mark.parametrize(
    "path",
    ["cn-hw/000-000-00", "cn-sw/900-349-34", "nowhere/HW34", "cn-hw/HW34/x", "cn-hw/HW09 900-249-08"],
)
def test_an_unknown_code_is_404(marketplace, path):
    refused(marketplace.admin.get(f"/waste-codes/{path}"), 404, "not_found")


def test_a_european_code_with_its_spaces_and_star_is_found(marketplace):
    with marketplace.app.app_context():
        code = (
            db.session.query(WasteCode.code)
            .filter_by(scheme="eu-low", level="code", hazardous=True)
            .first()[0]
        )

    assert marketplace.admin.get(f"/waste-codes/eu-low/{code}").json["code"] == code


def test_a_local_code_says_what_it_maps_to(marketplace):
    with marketplace.app.app_context():
        local, national = (
            db.session.query(WasteCode.scheme, WasteCode.code, Crosswalk.national_id)
            .join(Crosswalk, Crosswalk.local_id == WasteCode.id)
            .first()[:2],
            db.session.query(WasteCode.code)
            .join(Crosswalk, Crosswalk.national_id == WasteCode.id)
            .order_by(Crosswalk.local_id)
            .first()[0],
        )
    shown = marketplace.admin.get(f"/waste-codes/{local[0]}/{local[1]}").json

    assert shown["maps_to"]
    assert all(set(mapping) == {"scheme", "code", "confidence"} for mapping in shown["maps_to"])
    assert all(0 < mapping["confidence"] <= 1 for mapping in shown["maps_to"])
    assert national


def test_rows_of_unproven_evidence_are_shown_as_provisional(marketplace):
    shown = marketplace.admin.get("/waste-codes", scheme="cn-sw", limit=100).json["items"]

    assert {code["evidence"] in service.CERTAIN for code in shown} == {True, False}
    for code in shown:
        assert code["provisional"] == (code["evidence"] not in service.CERTAIN), code["code"]


def test_an_unlisted_code_can_be_read_and_is_not_offered_in_searches(marketplace):
    owner = marketplace.enterprise("generator")
    marketplace.supply(owner, waste={"scheme": "cn-sw", "code": "900-123-S17"})

    shown = owner.get("/waste-codes/cn-sw/900-123-S17").json
    assert (shown["provisional"], shown["category"]) == (True, "SW17")
    assert "900-123-S17" not in codes(marketplace, q="900-123")


def test_regions_go_from_province_to_district(marketplace):
    def below(parent=None, **query):
        about = {"parent": parent} if parent else {}
        return {
            region["adcode"]: region
            for region in marketplace.admin.get("/regions", limit=100, **about, **query).json["items"]
        }

    assert {"330000", "310000", "650000"} <= set(below())
    assert all(region["level"] == "province" and region["parent"] is None for region in below().values())
    assert "330600" in below("330000")
    assert {"330602", "330604"} <= set(below("330600"))
    assert all(region["parent"] == "330600" for region in below("330600").values())
    assert below("999999") == {}
    assert set(below(q="绍兴")) >= {"330600"}


def test_loading_the_catalogue_again_changes_nothing(marketplace):
    tables = (Scheme, WasteCode, Crosswalk, Region, Treatment, ExemptionItem)

    def rows():
        named = {}
        for model in tables:
            columns = [
                column
                for column in model.__table__.columns
                if not (model is ExemptionItem and column.key == "id")
            ]
            named[model.__tablename__] = sorted(map(str, db.session.execute(db.select(*columns)).all()))
        return named

    with marketplace.app.app_context():
        before = rows()
        counts = service.load(read_catalogue())
        assert rows() == before
        assert counts == {name: len(those) for name, those in before.items()}


def mapped(shipped, local, national):
    """The shipped catalogue with one more line in its crosswalk."""
    line = CrosswalkRow("isw", local, national[0], national[1], 0.5)
    return replace(shipped, crosswalks=(*shipped.crosswalks, line))


@pytest.mark.parametrize("national", ["900-349-34", "HW34"])
def test_the_loader_refuses_to_map_a_general_scheme_to_hazardous_waste(marketplace, national):
    with marketplace.app.app_context():
        before = db.session.scalar(db.select(db.func.count()).select_from(Crosswalk))
        with pytest.raises(Invalid) as stopped:
            service.load(mapped(read_catalogue(), "ISW-06-01-01", ("cn-hw", national)))
        assert stopped.value.code == "scheme_is_general"
        assert db.session.scalar(db.select(db.func.count()).select_from(Crosswalk)) == before


def test_the_database_itself_refuses_it_from_either_end(marketplace):
    insert = text(
        "INSERT INTO crosswalk SELECT local.id, national.id, 0.5 FROM waste_code local, waste_code national"
        " WHERE local.code = 'ISW-06-01-01' AND national.code = '900-349-34'"
    )
    declare = text("UPDATE scheme SET waste = :waste WHERE scheme = 'isw'")
    with marketplace.app.app_context():
        with pytest.raises(IntegrityError, match="declared general"):
            db.session.execute(insert)
        db.session.rollback()
        db.session.execute(declare, {"waste": "both"})
        db.session.execute(insert)
        with pytest.raises(IntegrityError, match="declared general"):
            db.session.execute(declare, {"waste": "general"})
        db.session.rollback()


def test_every_example_code_maps_to_general_industrial_waste(marketplace):
    firm = marketplace.enterprise()
    items = firm.get("/waste-codes", scheme="isw", limit=100).json["items"]
    assert len(items) == 14
    for item in items:
        assert not item["hazardous"]
        assert {mapping["scheme"] for mapping in item["maps_to"]} == {"cn-sw"}


def test_many_codes_take_as_many_statements_as_few(marketplace):
    taken = []
    marketplace.admin.get("/waste-codes", category="HW34", limit=2)  # what the process keeps is kept then
    for limit in (2, 100):
        with count_statements() as sent:
            assert marketplace.admin.get("/waste-codes", category="HW34", limit=limit).status_code == 200
        taken.append(len(sent))

    assert taken[0] == taken[1]
