"""Listings as files: what one may see, safe to open, and the same when imported again."""

import csv
import io
import json

from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from marketplace.listings.models import Form, Packaging
from marketplace.listings.service.sheets import exporting
from marketplace.listings.service.sheets.composition_cells import components_of, written_components
from marketplace.listings.service.sheets.row_to_listing import NEW_LISTING, listing_from_row
from marketplace.listings.service.sheets.sheet_rows import open_sheet
from marketplace.listings.service.sheets.vocabulary import WORDS
from marketplace.plain_text import BadText, one_line
from tests.effort import tries
from tests.http.responses import refused
from tests.listings.sheets import DEMAND, SUPPLY, XLSX, csv_of, send

CONTENT = (
    "kind", "title", "waste", "accepts", "quantity_t", "min_lot_t", "price_cny_per_t", "region", "location",
    "max_distance_km", "available_from", "available_until", "form", "packaging", "composition", "requires",
    "treatment", "exemption_item",
)  # fmt: skip


def exported(party, language="en", **query):
    answer = party.call("GET", "/listings/export", query_string=query, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.json
    return answer


def lines(answer):
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def contents(party):
    items = party.get("/listings", mine=True, limit=100).json["items"]
    return sorted(
        ({name: listing[name] for name in CONTENT} for listing in items), key=lambda one: one["title"]
    )


def test_what_is_exported_and_imported_elsewhere_is_the_same(marketplace):
    owner = marketplace.enterprise("generator", "recycler")
    special = {
        **SUPPLY,
        "名称": '=HYPERLINK("http://x")',
        "形态": "液体",
        "包装": "桶装",
        "成分": "Fe <1 %; 水 80",
    }
    assert (
        send(
            owner,
            csv_of({**special, "名称": "'" + special["名称"]}, {**SUPPLY, "付款方": "面议", "单价": ""}),
        ).status_code
        == 201
    )
    assert send(owner, csv_of(DEMAND)).status_code == 201
    for kind in ("csv", "xlsx"):
        for language in ("en", "zh-CN"):
            other = marketplace.enterprise("generator", "recycler")
            file = exported(owner, language, format=kind, mine="true").data
            answer = send(other, file)
            assert answer.status_code == 201, answer.json
            assert contents(other) == contents(owner)


def test_a_text_that_could_run_as_a_formula_is_shown_as_text(marketplace):
    owner = marketplace.enterprise("generator", name="+企业")
    for title in ("=1+1", "+1", "-1", "@SUM(1)", "'x", "plain"):
        marketplace.supply(owner, title=title)
    titles = [row["title"] for row in lines(exported(owner))]
    assert sorted(titles) == ["''x", "'+1", "'-1", "'=1+1", "'@SUM(1)", "plain"]
    assert {row["enterprise"] for row in lines(exported(owner))} == {"'+企业"}

    sheet = load_workbook(io.BytesIO(exported(owner, format="xlsx").data)).active
    assert not [cell for row in sheet for cell in row if cell.data_type == "f"]


def test_everybody_exports_what_they_may_see_and_others_places_are_coarse(marketplace):
    owner, reader = marketplace.enterprise("generator"), marketplace.enterprise("recycler")
    shown = marketplace.supply(owner, location={"lon": 120.58765, "lat": 30.03456})
    marketplace.supply(owner, publish=False)

    assert [(row["id"], row["lon"]) for row in lines(exported(reader))] == [(shown["id"], "120.59")]
    assert {row["lon"] for row in lines(exported(owner))} == {"120.58765", "120.58"}
    assert lines(exported(marketplace.enterprise("recycler", approved=False))) == []
    assert len(lines(exported(owner, status="draft"))) == 1
    collection = json.loads(exported(reader, format="geojson").data)
    feature = collection["features"][0]
    assert (collection["type"], len(collection["features"])) == ("FeatureCollection", 1)
    assert feature["geometry"] == {"type": "Point", "coordinates": [120.59, 30.03]}
    assert (feature["id"], feature["properties"]["kind"]) == (shown["id"], "supply")
    assert json.loads(exported(reader, format="geojson", kind="demand").data)["features"] == []


def test_an_export_has_the_headings_type_and_name_that_fit(marketplace):
    owner = marketplace.enterprise("generator")
    marketplace.supply(owner)

    assert exported(owner, "zh-CN").data.decode("utf-8-sig").startswith('"类型","名称","废物代码"')
    assert exported(owner, format="xlsx").mimetype == XLSX
    assert exported(owner, format="geojson").mimetype == "application/geo+json"
    assert "huanliu-listings.csv" in exported(owner).headers["Content-Disposition"]
    refused(owner.get("/listings/export", format="pdf"), 422, "invalid_input", "format")
    refused(owner.get("/listings/export", limit=5), 422, "invalid_input", "limit")


def test_an_export_reads_in_batches_and_a_workbook_has_a_limit(marketplace, monkeypatch):
    monkeypatch.setattr(exporting, "BATCH", 2)
    owner = marketplace.enterprise("generator")
    ids = [marketplace.supply(owner, title=f"酸 {number}")["id"] for number in range(5)]

    assert [row["id"] for row in lines(exported(owner))] == ids[::-1]
    assert len(json.loads(exported(owner, format="geojson").data)["features"]) == 5
    monkeypatch.setattr(exporting, "MOST_XLSX_ROWS", 4)
    refused(owner.get("/listings/export", format="xlsx"), 422, "export_too_long", "format")


# ---------------------------------------------------------------- any listing there and back

LETTERS = st.characters(exclude_categories=["Cc", "Cf", "Cs", "Co", "Cn"])


def is_taken(text):
    """Whether a title may be so."""
    try:
        return bool(one_line(text))
    except BadText:
        return False


TEXTS = st.text(LETTERS, min_size=1, max_size=20).filter(is_taken)
TONNES = st.integers(1, 10**11).map(lambda kg: kg / 1000)
PRICES = st.none() | st.integers(-(10**8), 10**8).map(lambda fen: fen / 100)
SHARES = st.floats(0, 1e9)
REFS = st.sampled_from(
    [
        ("cn-hw", "HW34"),
        ("cn-hw", "900-349-34"),
        ("cn-sw", "SW17"),
        ("eu-low", "06 01 01"),
        ("e-town", "ISW-01"),
    ]
)


@st.composite
def components(draw):
    low, high = sorted([draw(SHARES), draw(SHARES)])
    low, high = draw(st.sampled_from([(low, high), (None, high), (low, None)]))
    return {"component": draw(TEXTS), "min": low, "max": high, "unit": draw(TEXTS)}


@st.composite
def bodies(draw):
    """Bodies of POST /listings of any content that its schema takes."""
    codes = draw(st.lists(REFS, min_size=1, max_size=4, unique=True))
    refs = [{"scheme": scheme, "code": code} for scheme, code in codes]
    shares = {
        (component["component"].lower(), component["unit"]): component
        for component in draw(st.lists(components(), max_size=3))
    }
    body = {
        "title": draw(TEXTS),
        "quantity_t": draw(TONNES),
        "min_lot_t": draw(TONNES),
        "available_from": "2026-12-01",
        "available_until": "2027-05-31",
        "price_cny_per_t": draw(PRICES),
        "location": {name: round(draw(st.floats(-90, 90)), 9) for name in ("lon", "lat")},
        "max_distance_km": draw(st.none() | st.integers(1, 20_000_000).map(lambda metres: metres / 1000)),
        "region": draw(st.sampled_from(["330602", "110105"])),
        "form": draw(st.none() | st.sampled_from(list(Form))),
        "packaging": draw(st.none() | st.sampled_from(list(Packaging))),
    }
    if draw(st.booleans()):
        return {**body, "kind": "supply", "waste": refs[0], "composition": list(shares.values())}
    item = draw(st.none() | st.integers(1, 999))
    wanted = {"accepts": refs, "treatment": "R5", "exemption_item": item, "requires": list(shares.values())}
    return {**body, "kind": "demand", **wanted}


def presented(data):
    """Loaded data as `present` shows a listing of it."""
    columns = {"quantity_t": "quantity_kg", "min_lot_t": "min_lot_kg", "price_cny_per_t": "price_fen"}
    return {
        **dict.fromkeys(("waste", "accepts", "treatment", "exemption_item")),
        **{"composition": [], "requires": []},
        **{columns.get(name, name): value for name, value in data.items()},
        "remaining_kg": data["quantity_t"],
        "enterprise": {"name": "=x"},
        "id": "00000000-0000-0000-0000-000000000000",
        "status": "open",
    }


def stated(data):
    """What is stated, without what was left open."""
    return {name: value for name, value in data.items() if value not in (None, [])}


@settings(max_examples=tries(12))
@given(st.lists(bodies(), min_size=1, max_size=3), st.sampled_from(["en", "zh"]), st.booleans())
def test_any_listing_is_the_same_after_a_file(written, language, as_workbook):
    before = [NEW_LISTING.load(body) for body in written]
    rows = [exporting.row_of(presented(data), language) for data in before]
    file = io.BytesIO()
    if as_workbook:
        exporting.write_xlsx(file, exporting.headings(language), rows)
    else:
        file.write(exporting.csv_lines([exporting.headings(language), *rows]))

    after = [listing_from_row(row) for row in open_sheet(file.getvalue()).rows()]
    assert [(stated(data), faults) for data, faults, _ in after] == [(stated(data), []) for data in before]


def test_a_quotation_mark_in_one_component_does_not_swallow_the_next():
    inch = {"component": "pipe", "min": 1.0, "max": 2.0, "unit": '"'}
    iron = {"component": "Fe", "min": None, "max": 3.0, "unit": "%"}

    assert components_of(written_components([inch, iron])) == [inch, iron]


def test_a_sheet_has_a_word_for_every_form_and_packaging():
    assert (set(WORDS["form"]), set(WORDS["packaging"])) == (set(Form), set(Packaging))
