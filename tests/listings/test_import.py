"""Listings from sheets: what is understood, what is refused and how, once and all or nothing."""

import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import request
from openpyxl import load_workbook

from marketplace.database import db
from marketplace.http.bodies import fingerprint
from marketplace.listings.models import Listing
from marketplace.listings.service.sheets import write_rows
from tests.http.responses import refused
from tests.listings.sheets import CSV, DEMAND, SUPPLY, XLSX, csv_of, faults, send, xlsx_of
from tests.marketplace import ACID, TODAY, Marketplace


@pytest.fixture
def trader(marketplace):
    return marketplace.enterprise("generator", "recycler")


def mine(party):
    return party.get("/listings", mine=True, limit=100).json["items"]


def count(marketplace):
    with marketplace.app.app_context():
        return db.session.query(Listing).count()


def numbered(many, **about):
    return [{**SUPPLY, "名称": f"稀硫酸 {number}", **about} for number in range(many)]


def test_a_row_becomes_the_draft_that_it_says(trader):
    answer = send(trader, csv_of(SUPPLY))

    assert answer.status_code == 201, answer.json
    assert (answer.json["status"], answer.json["rows_total"], answer.json["created"]) == ("done", 1, 1)
    row = trader.get(f"/listings/{answer.json['listing_ids'][0]}").json
    assert (row["kind"], row["status"], row["title"], row["waste"]) == ("supply", "draft", "稀硫酸 20%", ACID)
    assert (row["quantity_t"], row["min_lot_t"], row["price_cny_per_t"]) == (1200, 20, -150)
    assert (row["available_from"], row["available_until"]) == ("2026-12-01", "2027-05-31")


def test_a_demand_in_english_says_what_it_accepts_and_requires(trader):
    answer = send(trader, csv_of(DEMAND))

    row = mine(trader)[0]
    assert answer.status_code == 201
    assert [code["code"] for code in row["accepts"]] == ["HW34", "336-064-17"]
    assert row["requires"] == [
        {"component": "H2SO4", "min": 18, "max": 22, "unit": "%"},
        {"component": "Fe", "min": None, "max": 1, "unit": "%"},
    ]
    assert row["price_cny_per_t"] is None


def test_csv_may_be_utf_8_with_or_without_a_mark_or_gbk(trader):
    for encoding in ("utf-8", "utf-8-sig", "gbk"):
        assert send(trader, csv_of(SUPPLY, encoding=encoding)).status_code == 201
    assert [listing["title"] for listing in mine(trader)] == ["稀硫酸 20%"] * 3


def test_a_workbook_says_the_same_as_a_csv_with_numbers_and_days_as_such(trader):
    typed = {**SUPPLY, "数量": 1200, "最小批量": 20.0, "单价": 150, "起始日期": TODAY, "地区代码": 330604}

    assert send(trader, xlsx_of(typed)).status_code == 201
    row = mine(trader)[0]
    assert (row["quantity_t"], row["available_from"], row["region"]) == (1200, str(TODAY), "330604")


def test_a_form_with_one_file_is_taken_as_the_file(trader):
    def form(**parts):
        return trader.call("POST", "/listings/import", data=parts, content_type="multipart/form-data")

    assert form(file=(io.BytesIO(csv_of(SUPPLY)), "废酸.csv")).status_code == 201
    refused(form(sheet=(io.BytesIO(b"x"), "x.csv")), 422, "form_of_one_file", "file")
    refused(form(file=(io.BytesIO(b"x"), "x.csv"), publish="true"), 422, "form_of_one_file", "file")


def test_the_format_is_judged_by_content_not_by_name(trader):
    answer = trader.call("POST", "/listings/import", data=xlsx_of(SUPPLY), content_type=CSV)
    assert answer.status_code == 201


AS_TYPED = [
    ({"数量": "１，２００．５"}, 1200.5),
    ({"数量": "1,200,300", "单位": " ＫＧ ", "最小批量": "2000"}, 1200.3),
    ({"数量": "100", "单位": "立方米", "密度": "1.14", "最小批量": "1"}, 114),
    ({"数量": "33", "单位": "m³", "密度": "0.8333", "最小批量": "1"}, 27.499),
    ({"起始日期": "２０２６／１２／１", "截止日期": "2027年5月31日"}, 1200),
    ({"起始日期": "2026.12.01", "截止日期": "20270531"}, 1200),
    ({"付款方": "供货方付款 / supplier pays", "废物代码": "９００－３４９－３４"}, 1200),
    (
        {"名称": "'=1+1", "形态": "液体", "包装": "drum", "坐标系": "GCJ-02", "经度": "120.6", "纬度": "30"},
        1200,
    ),
]


def test_units_digits_days_and_words_are_taken_as_people_type_them(trader):
    answer = send(trader, csv_of(*({**SUPPLY, **typed} for typed, _ in AS_TYPED)))

    assert answer.status_code == 201, answer.json
    rows = list(reversed(mine(trader)))
    assert [row["quantity_t"] for row in rows] == [quantity for _, quantity in AS_TYPED]
    assert {row["available_from"] for row in rows} == {"2026-12-01"}
    assert {row["available_until"] for row in rows} == {"2027-05-31"}
    assert (rows[-1]["title"], rows[-1]["form"], rows[-1]["packaging"]) == ("=1+1", "liquid", "drum")


def test_who_pays_gives_the_price_its_sign(trader):
    payments = [("收货方付款", "80"), ("supplier pays", "80"), ("面议", ""), ("", ""), ("收货方付款", "0")]
    assert (
        send(trader, csv_of(*({**SUPPLY, "付款方": who, "单价": much} for who, much in payments))).status_code
        == 201
    )
    assert [row["price_cny_per_t"] for row in reversed(mine(trader))] == [80, -80, None, None, 0]


FAULTY = {
    "an unknown kind": ({"类型": "赠送"}, ("kind", "one_of")),
    "no title": ({"名称": ""}, ("title", "field_required")),
    "an unknown code": ({"废物代码": "900-999-99"}, ("waste_codes", "unknown_code")),
    "no code of any scheme": ({"废物代码": "ISW-01"}, ("waste_codes", "unknown_code")),
    "a scheme that is none": ({"代码体系": "xx"}, ("scheme", "unknown_scheme")),
    "two codes of a supply": ({"废物代码": "HW34; HW17"}, ("waste_codes", "one_code_only")),
    "two schemes for a code": ({"代码体系": "cn-hw; cn-sw"}, ("scheme", "schemes_and_codes_differ")),
    "words for a number": ({"数量": "很多"}, ("quantity", "not_a_number")),
    "a unit nobody knows": ({"数量": "12石"}, ("quantity", "not_a_number")),
    "drums without a weight": ({"数量": "50桶", "单位": ""}, ("quantity", "weight_each_needed")),
    "two units": ({"数量": "1200公斤"}, ("quantity", "unit_differs")),
    "half a kilogram": ({"最小批量": "0.0005"}, ("min_lot", "range")),
    "no unit": ({"单位": ""}, ("unit", "field_required")),
    "a volume without density": ({"单位": "m3", "废物代码": "900-041-49"}, ("density", "density_needed")),
    "a lot over the quantity": ({"最小批量": "1201"}, ("min_lot", "lot_over_quantity")),
    "a negative price": ({"单价": "-150"}, ("price_per_tonne", "price_negative")),
    "a price nobody pays": ({"付款方": ""}, ("who_pays", "payer_missing")),
    "a payer without a price": ({"单价": ""}, ("price_per_tonne", "price_missing")),
    "a price to be negotiated": ({"付款方": "面议"}, ("price_per_tonne", "price_negotiable")),
    "an ambiguous day": ({"截止日期": "12/1/2027"}, ("available_until", "not_a_day")),
    "a day that is none": ({"截止日期": "2027-02-30"}, ("available_until", "field_invalid")),
    "an end before the start": ({"截止日期": "2026-11-30"}, ("available_until", "ends_before_start")),
    "a region that is none": ({"地区代码": "999999"}, ("region", "unknown_region")),
    "half a place": ({"经度": "120"}, ("lat", "field_required")),
    "a place off the globe": ({"经度": "200", "纬度": "30"}, ("lon", "range")),
    "a component without a share": ({"成分": "很酸"}, ("composition", "component_form")),
    "a treatment of a supply": ({"处置方式": "R5"}, ("treatment", "field_of_other_kind")),
    "a formula": ({"数量": "=1+1"}, ("quantity", "formula_in_cell")),
    "a text beyond measure": ({"名称": "酸" * 5000}, ("title", "cell_too_long")),
    "a fraction of an item": ({"豁免项": "1.5"}, ("exemption_item", "not_a_whole_number")),
}  # fmt: skip


def test_every_error_is_named_by_row_column_and_rule_and_nothing_is_stored(marketplace, trader):
    sheet = csv_of(SUPPLY, *({**SUPPLY, **cells} for cells, _ in FAULTY.values()))
    answer = send(trader, sheet)

    expected = {(row, *blamed) for row, (_, blamed) in enumerate(FAULTY.values(), start=3)}
    assert faults(answer) == expected
    assert answer.json["error_count"] == len(FAULTY)
    assert answer.json["errors"]["row 3.kind"]
    assert count(marketplace) == 0
    chinese = send(trader, sheet, headers={"Accept-Language": "zh-CN"})
    assert f"共 {len(FAULTY)} 处错误" in chinese.json["detail"]
    assert all(len(fault["detail"]) > 3 for fault in chinese.json["rows"])


def test_rows_are_counted_as_the_sheet_shows_them(trader):
    sheet = csv_of(SUPPLY, {}, {**SUPPLY, "名称": "两行\n标题"}, {**SUPPLY, "数量": "x"})
    assert faults(send(trader, sheet)) == {(5, "quantity", "not_a_number")}


def test_a_row_that_repeats_another_is_refused_by_both_numbers(trader):
    answer = send(trader, csv_of(SUPPLY, {**SUPPLY, "数量": "1201"}, SUPPLY))
    assert faults(answer) == {(4, "title", "duplicate_row")}
    assert "row 2" in answer.json["rows"][-1]["detail"]


def test_headings_are_refused_by_name(trader):
    row = {**SUPPLY, "颜色": "红", "数量 / quantity": "1"}
    del row["名称"]
    assert faults(send(trader, csv_of(row))) == {
        (1, "颜色", "unknown_heading"), (1, "quantity", "repeated_heading"), (1, "title", "missing_heading"),
    }  # fmt: skip
    assert faults(send(trader, csv_of({name: SUPPLY[name] for name in SUPPLY if name != "单位"}))) == {
        (2, "unit", "field_required")
    }


def test_a_dry_run_says_what_would_happen_and_changes_nothing(marketplace, trader):
    sheet = csv_of(SUPPLY, {**SUPPLY, "废物代码": "900-001-S17"})
    answer = send(trader, sheet, dry_run="true")

    assert (answer.status_code, answer.json["dry_run"], answer.json["created"]) == (200, True, 0)
    assert answer.json["warnings"][0]["field"] == "row 3.waste_codes"
    assert count(marketplace) == 0
    assert trader.get("/waste-codes/cn-sw/900-001-S17").status_code == 404
    assert send(trader, sheet).status_code == 201
    assert faults(send(trader, csv_of({**SUPPLY, "数量": "x"}), dry_run="true"))


def test_a_marketplace_begins_without_the_codes_that_an_earlier_one_added(marketplace, app):
    unlisted = {"scheme": "cn-sw", "code": "900-001-S17"}
    marketplace.supply(marketplace.enterprise("generator"), waste=unlisted)
    with Marketplace(app) as later:
        assert later.enterprise("generator").get("/waste-codes/cn-sw/900-001-S17").status_code == 404


def test_published_rows_are_matched_like_any_other(marketplace, trader):
    receiver = marketplace.recycler()
    marketplace.demand(receiver)
    answer = send(trader, csv_of(SUPPLY), publish="true")
    marketplace.settle()
    marketplace.wait(hours=1)

    assert answer.status_code == 201
    assert mine(trader)[0]["status"] == "open"
    assert len(receiver.inbox()) == 1


def test_who_may_import_what(marketplace):
    pending, driver = (
        marketplace.enterprise("generator", approved=False),
        marketplace.enterprise("transporter"),
    )
    generator = marketplace.enterprise("generator")

    refused(send(pending, csv_of(SUPPLY), publish="true"), 403, "enterprise_pending")
    for options in ({}, {"dry_run": "true"}, {"publish": "true", "dry_run": "true"}):
        refused(send(pending, csv_of(SUPPLY), **options), 403, "enterprise_pending")
    refused(send(pending, b"<html>"), 403, "enterprise_pending")
    refused(send(pending, b"PK" + bytes(2_000_000), dry_run="true"), 403, "enterprise_pending")
    refused(send(driver, b"<html>"), 403, "role_missing")
    refused(send(marketplace.admin, csv_of(SUPPLY)), 403, "role_forbids")
    assert faults(send(generator, csv_of(DEMAND))) == {(2, "kind", "role_missing")}


def test_what_is_no_sheet_by_its_type_or_size_is_said_before_its_content(trader):
    def posted(data, kind, **query):
        return trader.call("POST", "/listings/import", data=data, content_type=kind, query_string=query)

    refused(posted(b"{}", "application/json"), 415, "media_type_sheet")
    refused(posted(b"x" * 20_000_001, CSV), 413, "body_too_large")
    refused(posted(b"x" * 20_000_001, CSV, dry_run="perhaps"), 413, "body_too_large")
    refused(posted(b"x", CSV, dry_run="perhaps"), 422, "invalid_input", "dry_run")
    assert posted(b"x" * 2_000_000, CSV).status_code == 422


def test_the_same_sheet_sent_again_is_the_first_import_for_a_day(marketplace, trader):
    sheet = csv_of(SUPPLY)
    first = send(trader, sheet).json

    replay = send(trader, sheet)
    assert (replay.status_code, replay.json["id"]) == (200, first["id"])
    assert (replay.json["created"], replay.json["unchanged"], replay.json["listing_ids"]) == (
        0, 1, first["listing_ids"]
    )  # fmt: skip
    assert [warning["code"] for warning in replay.json["warnings"]] == ["sheet_imported_before"]
    assert send(trader, sheet, publish="true").json["id"] != first["id"]
    assert send(marketplace.enterprise("generator"), sheet).json["id"] != first["id"]
    assert count(marketplace) == 3
    marketplace.wait(hours=25)
    again = send(trader, sheet)
    assert (again.status_code, again.json["id"] != first["id"], count(marketplace)) == (201, True, 4)


def test_an_idempotency_key_holds_for_a_form_with_another_boundary(marketplace, trader):
    def form(sheet):
        parts = {"file": (io.BytesIO(sheet), "a.csv")}
        headers = {"Idempotency-Key": "monday"}
        return trader.call(
            "POST", "/listings/import", data=parts, content_type="multipart/form-data", headers=headers
        )

    first, again = form(csv_of(SUPPLY)), form(csv_of(SUPPLY))
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.headers["Idempotent-Replayed"], again.json) == ("true", first.json)
    refused(form(csv_of(DEMAND)), 422, "idempotency_key_reused", "Idempotency-Key")


def form_of(content, boundary, name="file"):
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="a.csv"\r\n\r\n'
    return {
        "data": head.encode() + content + f"\r\n--{boundary}--\r\n".encode(),
        "content_type": f"multipart/form-data; boundary={boundary}",
    }


def test_forms_that_say_something_else_are_told_apart_whatever_their_boundary(marketplace):
    def digest(*form):
        with marketplace.app.test_request_context("/x", method="POST", **form_of(*form)):
            return fingerprint(), request.files["file" if len(form) < 3 else form[2]].read()

    (first, content), (again, _) = digest(b"12,acid\n", "a7"), digest(b"12,acid\n", "b8")
    assert (first == again, content) == (True, b"12,acid\n")
    others = [(b"1a72,acid\n", "a7"), (b"12,acid\na7", "a7"), (b"12,cid\n", "a"), (b"12,acid\n", "a7", "x")]
    assert len({first, *(digest(*form)[0] for form in others)}) == 5


def test_two_uploads_of_one_sheet_at_once_make_its_listings_once(marketplace, trader):
    sheet = csv_of(*numbered(20))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: send(trader, sheet), range(4)))

    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert sum(answer.json["created"] for answer in answers) == 20
    assert len({answer.json["id"] for answer in answers}) == 1
    assert count(marketplace) == 20


# ---------------------------------------------------------------- long sheets


def test_a_long_sheet_is_a_task_whose_progress_its_owner_sees(marketplace, trader):
    sheet = csv_of(*numbered(501))
    answer = send(trader, sheet)
    where = answer.headers["Location"].removeprefix("/api/v1")

    assert (answer.status_code, answer.json["status"], count(marketplace)) == (202, "queued", 0)
    assert trader.get(where).json["status"] == "queued"
    assert marketplace.enterprise("generator").get(where).status_code == 404
    assert send(trader, sheet).headers["Location"] == answer.headers["Location"]
    marketplace.settle()
    done = trader.get(where).json
    assert (done["status"], done["rows_total"], done["rows_done"], done["created"]) == ("done", 501, 501, 501)
    assert count(marketplace) == 501
    assert send(trader, sheet).json["id"] == done["id"]


def test_a_long_sheet_with_errors_is_refused_with_the_first_thousand(marketplace, trader):
    sheet = csv_of(*numbered(1001, 数量="x", 单价="-1"))
    where = send(trader, sheet).headers["Location"].removeprefix("/api/v1")
    marketplace.settle()

    ended = trader.get(where).json
    assert (ended["status"], ended["code"], ended["error_count"]) == ("refused", "import_refused", 2002)
    assert len(ended["errors"]) == 50
    assert count(marketplace) == 0
    assert ended["errors"][0]["row"] == 2
    again = send(trader, sheet)
    assert again.status_code == 202
    assert again.json["id"] != ended["id"]


def test_an_import_that_dies_half_way_leaves_nothing_and_is_done_once_later(marketplace, trader, monkeypatch):
    where = send(trader, csv_of(*numbered(1001))).headers["Location"].removeprefix("/api/v1")
    write, calls = write_rows._write_listings, []

    def dying(*args):
        calls.append(args)
        if len(calls) == 2:
            raise SystemError("killed")
        write(*args)

    monkeypatch.setattr(write_rows, "_write_listings", dying)
    marketplace.settle()
    assert trader.get(where).json["status"] == "running"
    assert count(marketplace) == 0
    marketplace.wait(minutes=1)
    assert trader.get(where).json["created"] == 1001 == count(marketplace)


def test_an_enterprise_has_so_many_long_imports_under_way_at_most(trader):
    sheets = [csv_of(*numbered(501, 数量=str(1000 + number))) for number in range(6)]
    answers = [send(trader, sheet) for sheet in sheets]

    assert [answer.status_code for answer in answers] == [202] * 5 + [409]
    refused(answers[-1], 409, "imports_waiting")
    assert send(trader, sheets[0]).status_code == 202


def test_a_long_dry_run_stores_nothing(marketplace, trader):
    where = send(trader, csv_of(*numbered(501)), dry_run="true").headers["Location"].removeprefix("/api/v1")
    marketplace.settle()
    ended = trader.get(where).json
    assert (ended["status"], ended["dry_run"], ended["created"], count(marketplace)) == ("done", True, 0, 0)


# ---------------------------------------------------------------- the template


def test_the_template_filled_in_can_be_imported(trader):
    answer = trader.get("/listings/template.xlsx")
    book = load_workbook(io.BytesIO(answer.data))
    sheet = book.worksheets[0]
    names = [cell.value for cell in sheet[1]]
    chinese = {name.split(" / ")[0]: place for place, name in enumerate(names, start=1)}

    assert answer.mimetype == XLSX
    assert {"kind *", "unit *", "who pays"} <= {name.split(" / ")[1] for name in names}
    assert "=codes" in {rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert "900-349-34" in {cell.value for cell in book.worksheets[1]["A"]}
    refused(send(trader, answer.data), 422, "sheet_empty", "file")
    for name, value in SUPPLY.items():
        sheet.cell(3, chinese[name]).value = value
    sheet.cell(3, chinese["单位"]).value = "吨 / t"
    out = io.BytesIO()
    book.save(out)
    filled = send(trader, out.getvalue())
    assert (filled.status_code, filled.json["created"]) == (201, 1), filled.json
    assert [warning["code"] for warning in filled.json["warnings"]] == ["example_row_left_out"]
