"""The sheets that factories have: found, understood, told what is left out, and given back with marks."""

import io
from datetime import date, datetime

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font

from tests.listings.sheets import DEMAND, SUPPLY, XLSX, csv_of, faults, send, xlsx_of

HEADS = ["序号", "废物名称", "危废代码", "产生量", "包装方式", "物理形态", "有害成分", "预计转移时间", "备注"]
ACID = [1, "稀硫酸", "900-349-34", "1200", "吨桶", "液态", "H2SO4 18-22 %", "2026-12 至 2027-05", "急"]
OIL = [2, "废矿物油", "HW08 900-249-08", "50桶（200kg/桶）", "桶", "液态", None, "2026年12月", None]


@pytest.fixture
def factory(marketplace):
    return marketplace.enterprise("generator")


def book_of(*rows, change=None):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    if change:
        change(book.active)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def ledger(*rows, change=None):
    """A ledger with a merged title, a line of units, a total and a signature."""

    def shape(sheet):
        sheet.merge_cells("A1:I1")
        if change:
            change(sheet)

    title, units = ["上虞某厂危险废物产生情况表"], ["填报单位：上虞某厂", None, None, "单位：吨"]
    total, signature = ["合 计", None, None, "=SUM(D4:D5)"], ["填表人：张三"]
    return book_of(title, units, HEADS, *rows, total, signature, change=shape)


def mine(party):
    return {item["title"]: item for item in party.get("/listings", mine=True, limit=100).json["items"]}


def codes(answer):
    return [warning["code"] for warning in answer.json["warnings"]]


def test_a_factorys_ledger_is_imported_as_it_is(factory):
    answer = send(factory, ledger(ACID, OIL))

    assert (answer.status_code, answer.json["created"]) == (201, 2), answer.json
    acid, oil = mine(factory)["稀硫酸"], mine(factory)["废矿物油"]
    assert (acid["kind"], acid["quantity_t"], acid["min_lot_t"]) == ("supply", 1200, 1200)
    assert (acid["available_from"], acid["available_until"]) == ("2026-12-01", "2027-05-31")
    assert (acid["form"], acid["packaging"], oil["packaging"]) == ("liquid", "drum", "drum")
    assert (oil["quantity_t"], oil["waste"]["code"], oil["available_until"]) == (
        10,
        "900-249-08",
        "2026-12-31",
    )
    said = {warning["code"]: warning["detail"] for warning in answer.json["warnings"]}
    assert "6" in said["total_rows_left_out"]
    assert "7" in said["note_rows_left_out"]
    assert "1-2" in said["rows_above_left_out"]
    assert "序号, 备注" in said["columns_left_out"]
    assert codes(answer).count("min_lot_is_quantity") == 2


@pytest.mark.parametrize(
    "headings",
    [
        {"数量": "数量（吨）", "单位": None}, {"数量": "库存量(t)", "单位": None},
        {"数量": "产生量\n（吨）", "单位": None},
        {"起始日期": "开始日期", "截止日期": "结束时间"}, {"名称": " 废 物 名 称 *",
        "废物代码": "危险废物代码"},
        {"单价": "单价（元/吨）"}, {"数量": "quantity (t)", "单位": None, "名称": "waste name"},
        {"最小批量": "起运量（吨）"}, {"类型": None}, {"数量": "数量/吨", "单位": None},
        {"数量": "数量 吨", "单位": None}, {"起始日期": "起始日", "截止日期": "截至日期",
         "废物代码": "危废名录代码"},
    ],
)  # fmt: skip
def test_headings_are_understood_as_factories_write_them(factory, headings):
    row = {headings.get(name, name): value for name, value in SUPPLY.items() if headings.get(name, name)}
    answer = send(factory, csv_of(row))

    assert answer.status_code == 201, answer.json
    (item,) = mine(factory).values()
    assert (item["quantity_t"], item["min_lot_t"], item["price_cny_per_t"]) == (1200, 20, -150)
    assert (item["kind"], item["available_until"]) == ("supply", "2027-05-31")


@pytest.mark.parametrize(
    ("units", "quantity"),
    [
        ([None, None, "吨", "元/吨"], 1200),
        ([None, None, "（kg）", None], 1_200_000),
        ([None, None, "万吨", "元"], 0.12),
    ],
)
def test_a_row_of_units_below_the_headings_is_read_as_their_units(factory, units, quantity):
    heads, rest = ["废物名称", "废物代码", "数量", "单价"], ["付款方", "预计转移时间"]
    cells = ["稀硫酸", "900-349-34", quantity, 150, "产废方", "1-3月"]
    rows = [["台账"], heads + rest, units, cells]
    answer = send(factory, book_of(*rows, change=lambda sheet: sheet.merge_cells("A2:A3")))

    assert answer.status_code == 201, answer.json
    acid = mine(factory)["稀硫酸"]
    assert (acid["quantity_t"], acid["price_cny_per_t"]) == (1200, -150)
    assert (acid["available_from"], acid["available_until"]) == ("2027-01-01", "2027-03-31")
    assert "heading_rows_left_out" in codes(answer)


@pytest.mark.parametrize("below", [[None, None, "吨", "元/桶"], ["稀硫酸", None, "吨", None]])
def test_a_row_of_more_than_units_is_a_row_like_others(factory, below):
    row = ["稀硫酸", "900-349-34", 1200, 150, "产废方", "1-3月"]
    heads = ["废物名称", "废物代码", "数量", "单价", "付款方", "预计转移时间"]
    assert 2 in {number for number, _, _ in faults(send(factory, book_of(heads, below, row)))}


@pytest.mark.parametrize(
    ("word", "packaging"),
    [("200L铁桶", "drum"), ("200升/桶", "drum"), ("25kg袋装", "bag"), ("集装袋", "bag")],
)
def test_the_size_of_a_package_says_nothing_of_its_kind(factory, word, packaging):
    assert send(factory, csv_of({**SUPPLY, "包装": word, "形态": "液态（L）"})).status_code == 201
    (item,) = mine(factory).values()
    assert (item["packaging"], item["form"]) == (packaging, "liquid")
    assert faults(send(factory, csv_of({**SUPPLY, "包装": "200L"}))) == {(2, "packaging", "one_of")}


def test_headings_that_say_the_same_twice_or_something_unknown_are_refused(factory):
    answer = send(factory, csv_of({**SUPPLY, "库存量": "3", "数量（桶子）": "1", "转移时间": "2026-12"}))
    assert faults(answer) == {
        (1, "quantity", "repeated_heading"), (1, "数量(桶子)".replace("(", "（").replace(")", "）"),
        "unknown_heading"),
        (1, "transfer_period", "repeated_heading"),
    }  # fmt: skip
    assert "库存量" in answer.json["errors"]["row 1.quantity"][0]


def test_a_lot_without_a_unit_has_that_of_the_quantity(factory):
    rows = [
        {**SUPPLY, "名称": "a", "单位": "", "数量": "50桶（200kg/桶）", "最小批量": "5"},
        {**SUPPLY, "名称": "b", "单位": "", "数量": "12吨", "最小批量": "500公斤"},
        {**SUPPLY, "名称": "c", "单位": "桶", "单桶重量（kg）": "200", "数量": "50", "最小批量": "5"},
    ]
    assert send(factory, csv_of(*rows)).status_code == 201
    amounts = {title: (item["quantity_t"], item["min_lot_t"]) for title, item in mine(factory).items()}
    assert amounts == {"a": (10, 1), "b": (12, 0.5), "c": (10, 1)}


def test_a_receivers_rows_are_demands_and_a_collector_must_say_which(marketplace):
    demand = {name: value for name, value in DEMAND.items() if name != "kind"}
    receiver, collector = marketplace.enterprise("recycler"), marketplace.enterprise("collector")

    assert send(receiver, csv_of(demand)).status_code == 201
    assert next(iter(mine(receiver).values()))["kind"] == "demand"
    assert faults(send(collector, csv_of(demand))) == {(1, "kind", "missing_heading")}


def test_a_volume_takes_a_typical_density_and_says_so(factory):
    answer = send(factory, csv_of({**SUPPLY, "数量": "20方", "单位": "", "最小批量": "", "名称": "废酸"}))

    assert mine(factory)["废酸"]["quantity_t"] == 22
    assert codes(answer) == ["density_assumed", "min_lot_is_quantity"]
    assert "1.1" in answer.json["warnings"][0]["detail"]
    told = send(factory, csv_of({**SUPPLY, "数量": "20方", "单位": "", "密度": "1.2", "最小批量": "1方"}))
    assert (codes(told), mine(factory)["稀硫酸 20%"]["quantity_t"]) == ([], 24)


def test_an_empty_code_gets_suggestions(factory):
    answer = send(
        factory,
        csv_of(
            {**SUPPLY, "废物代码": "", "名称": "废矿物油"},
            {**SUPPLY, "废物代码": "废铅蓄电池", "名称": "废铅蓄电池"},
        ),
    )

    assert faults(answer) == {(2, "waste_codes", "code_suggested"), (3, "waste_codes", "code_suggested")}
    first = answer.json["rows"][0]
    assert "HW08" in {code["code"] for code in first["suggestions"]} | {
        c["code"][-2:].join(["HW", ""]) for c in first["suggestions"]
    }
    assert first["suggestions"][0]["code"] in first["detail"]


def test_a_category_beside_its_code_may_not_contradict_it(factory):
    good = {**SUPPLY, "废物类别": "HW34废酸"}
    assert send(factory, csv_of(good)).status_code == 201
    answer = send(factory, csv_of({**good, "废物类别": "HW08"}))
    assert faults(answer) == {(2, "waste_codes", "code_contradicts")}


# ---------------------------------------------------------------- what a workbook hides or shows otherwise


def test_what_is_hidden_is_left_out_and_named(factory):
    def hide(sheet):
        sheet.row_dimensions[3].hidden = True
        sheet.row_dimensions[4].hidden = True
        sheet.column_dimensions["H"].hidden = True
        sheet.parent.create_sheet("去年").append(["x"])
        sheet.parent.create_sheet("字典").sheet_state = "hidden"

    rows = [{**SUPPLY, "名称": f"酸{number}"} for number in range(4)]
    rows = [{**row, "付款方": "面议", "单价": "99"} for row in rows]
    answer = send(factory, xlsx_of(*rows, change=hide))

    assert answer.status_code == 201, answer.json
    assert set(mine(factory)) == {"酸0", "酸3"}
    said = {warning["code"]: warning["detail"] for warning in answer.json["warnings"]}
    assert "3-4" in said["hidden_rows_left_out"]
    assert "单价" in said["hidden_columns_left_out"]
    assert "Sheet" in said["sheets_left_out"]
    assert "去年" in said["sheets_left_out"]
    assert "字典" in said["sheets_left_out"]


def test_a_sheet_whose_rows_or_needed_columns_are_all_hidden_is_refused(factory):
    def hide_row(sheet):
        sheet.row_dimensions[2].hidden = True

    def hide_column(sheet):
        sheet.column_dimensions["D"].hidden = True

    assert send(factory, xlsx_of(SUPPLY, change=hide_row)).json["code"] == "sheet_rows_hidden"
    assert faults(send(factory, xlsx_of(SUPPLY, change=hide_column))) == {(1, "quantity", "hidden_heading")}


def test_the_sheet_with_the_headings_is_read_wherever_it_is(factory):
    def move(sheet):
        cover = sheet.parent.create_sheet("封面", 0)
        cover.append(["2026 年度"])

    answer = send(factory, xlsx_of(SUPPLY, change=move))
    assert (answer.status_code, codes(answer)) == (201, ["sheets_left_out"])
    assert "封面" in answer.json["warnings"][0]["detail"]


def test_a_raised_figure_is_no_digit_and_struck_text_no_text(factory):
    raised = CellRichText("1200", TextBlock(InlineFont(vertAlign="superscript"), "1"))
    struck = CellRichText(TextBlock(InlineFont(strike=True), "1200"), "800")

    def change(sheet):
        sheet["D2"], sheet["D3"] = raised, struck
        sheet["B4"].font = Font(strike=True)
        sheet["E5"] = CellRichText("m", TextBlock(InlineFont(vertAlign="superscript"), "3"))

    rows = [{**SUPPLY, "名称": f"酸{number}"} for number in range(4)]
    assert faults(send(factory, xlsx_of(*rows, change=change))) == {
        (2, "quantity", "not_a_number"), (3, "quantity", "struck_out"), (4, "title", "struck_out"),
    }  # fmt: skip


def test_numbers_are_taken_as_shown_or_the_answer_says_otherwise(factory):
    formats = {
        2: ("0", 1200.4),
        3: ('#,##0"公斤"', 1200),
        4: ('0!.0,"万"', 12000),
        5: ("0%", 0.2),
        6: ("General", 0.1 + 0.2),
    }

    def change(sheet):
        for row, (how, value) in formats.items():
            sheet.cell(row, 4).number_format, sheet.cell(row, 4).value = how, value
            sheet.cell(row, 6).value = 0.1

    rows = [{**SUPPLY, "名称": f"酸{number}", "单位": ""} for number in range(5)]
    assert faults(send(factory, xlsx_of(*rows, change=change))) >= {
        (4, "quantity", "number_shown_otherwise"),
        (5, "quantity", "not_a_number"),
    }
    del formats[4], formats[5]
    rows = [{**SUPPLY, "名称": f"酸{number}", "单位": "" if number == 1 else "吨"} for number in range(5)]
    rows[1]["最小批量"] = "1公斤"

    def change_some(sheet):
        change(sheet)
        sheet["F3"] = "1公斤"

    answer = send(factory, xlsx_of(*rows, change=change_some))
    assert answer.status_code == 201, answer.json
    assert [mine(factory)[f"酸{number}"]["quantity_t"] for number in (0, 1, 4)] == [1200.4, 1.2, 0.3]
    assert [w["field"] for w in answer.json["warnings"] if w["code"] == "number_shown_rounded"] == [
        "row 2.quantity"
    ]


def test_a_month_that_a_spreadsheet_made_a_day_is_a_month_again(factory):
    def change(sheet):
        for place in ("I2", "J2"):
            sheet[place] = datetime(2026, 12, 1)
            sheet[place].number_format = 'yyyy"年"m"月"'

    assert send(factory, xlsx_of(SUPPLY, change=change)).status_code == 201
    (item,) = mine(factory).values()
    assert (item["available_from"], item["available_until"]) == ("2026-12-01", "2026-12-31")


def test_serial_numbers_are_days_also_from_1904(factory):
    def old_macintosh(sheet):
        sheet.parent.epoch = datetime(1904, 1, 1)

    first = {**SUPPLY, "起始日期": (date(2026, 12, 1) - date(1899, 12, 30)).days}
    second = {**SUPPLY, "名称": "b", "起始日期": (date(2026, 12, 1) - date(1904, 1, 1)).days}
    assert send(factory, xlsx_of(first)).status_code == 201
    assert send(factory, xlsx_of(second, change=old_macintosh)).status_code == 201
    assert {item["available_from"] for item in mine(factory).values()} == {"2026-12-01"}


def test_a_quotation_mark_that_swallows_rows_is_refused(factory):
    head, row = csv_of(SUPPLY).decode().splitlines()
    broken = "\n".join([head, row.replace("稀硫酸 20%", '"稀硫酸'), row, row.replace("稀硫酸 20%", '酸"')])
    assert send(factory, broken.encode()).json["code"] == "sheet_csv_broken"


# ---------------------------------------------------------------- given back with marks


def marked(party, sheet, accept=None, **options):
    headers = {"Accept-Language": "zh-CN", **({"Accept": accept} if accept else {})}
    answer = send(party, sheet, headers=headers, **options)
    assert (answer.status_code, answer.mimetype) == (422, XLSX), answer.data[:300]
    return answer.data


def fills(sheet):
    return {cell.coordinate for row in sheet for cell in row if cell.fill.fill_type == "solid"}


def test_a_refused_workbook_comes_back_marked_and_goes_in_once_corrected(factory):
    wrong = [2, "废矿物油", "900-249-08", "50桶", "桶", "液态", None, "很快", None]

    def styled(sheet):
        sheet["B4"].font = Font(bold=True)
        sheet["H4"].number_format = "@"
        sheet.column_dimensions["B"].width = 33

    sent = ledger(ACID, wrong, change=styled)
    back = marked(factory, sent, marked="true")

    book = load_workbook(io.BytesIO(back))
    sheet = book.active
    assert [cell.value for cell in sheet[3]][9:] == ["需更正 / to correct", "错误说明 / faults"]
    assert sheet["J5"].value == "产生量、预计转移时间"
    assert "50桶（200kg/桶）" in sheet["K5"].value
    assert fills(sheet) == {"D5", "H5"}
    assert (sheet["J4"].value, sheet["K4"].value) == (None, None)
    assert (sheet["B4"].font.bold, sheet["H4"].number_format, sheet.column_dimensions["B"].width) == (
        True,
        "@",
        33,
    )
    assert [cell.value for cell in sheet[4]][:9] == ACID
    assert sheet.merged_cells.ranges
    assert mine(factory) == {}

    sheet["D5"], sheet["H5"] = "50桶（200kg/桶）", "2026年12月"
    out = io.BytesIO()
    book.save(out)
    answer = send(factory, out.getvalue())
    assert (answer.status_code, answer.json["created"]) == (201, 2), answer.json
    assert len(mine(factory)) == 2


def test_marks_of_the_last_time_are_replaced(factory):
    wrong = [*OIL[:3], "x", *OIL[4:7], "y", None]
    book = load_workbook(io.BytesIO(marked(factory, ledger(ACID, wrong), accept=XLSX)))
    book.active["D5"] = "10"
    out = io.BytesIO()
    book.save(out)

    sheet = load_workbook(
        io.BytesIO(marked(factory, out.getvalue(), accept=f"{XLSX}, application/json"))
    ).active
    assert (sheet["J5"].value, sheet.max_column, fills(sheet)) == ("预计转移时间", 11, {"H5"})


def test_a_csv_comes_back_as_a_workbook_with_its_headings_marked_too(factory):
    row = {name: value for name, value in SUPPLY.items() if name != "名称"}
    sheet = load_workbook(io.BytesIO(marked(factory, csv_of({**row, "颜色": "=红"}), marked="true"))).active

    assert sheet["J1"].fill.fill_type == "solid"
    assert (sheet["J2"].value, sheet["J2"].data_type) == ("=红", "s")
    assert "颜色" in sheet["K1"].value
    assert "名称" in sheet["L1"].value


def test_a_long_refused_sheet_is_fetched_with_its_marks(marketplace, factory):
    rows = [[number, f"酸{number}", *ACID[2:]] for number in range(501)]
    rows[300][3] = "x"
    where = send(factory, ledger(*rows)).headers["Location"].removeprefix("/api/v1")
    marketplace.settle()

    answer = factory.call("GET", where, headers={"Accept": XLSX})
    assert (answer.status_code, answer.mimetype) == (200, XLSX)
    sheet = load_workbook(io.BytesIO(answer.data)).active
    assert (fills(sheet), sheet["J304"].value) == ({"D304"}, "产生量")
    assert factory.get(where).json["status"] == "refused"


def test_what_is_no_table_is_a_problem_also_when_marks_are_asked_for(factory):
    answer = send(factory, b"<html>", marked="true")
    assert (answer.status_code, answer.json["code"]) == (422, "sheet_is_html")
