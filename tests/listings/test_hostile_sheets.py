"""Sheets that are broken, dangerous or none: each gets a clear answer, quickly, and nothing is stored."""

import io
import os
import resource
import struct
import zipfile
from contextlib import suppress
from datetime import datetime

from marketplace.errors import Invalid
from marketplace.listings.service.sheets.sheet_rows import open_sheet
from tests.http.responses import refused
from tests.listings.sheets import SUPPLY, csv_of, faults, send, xlsx_of

BILLION_LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol1 "&lol;&lol;&lol;">]><worksheet>&lol1;</worksheet>"""
NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def with_parts(book=None, method=zipfile.ZIP_DEFLATED, **parts):
    """A sound workbook with some of its parts replaced or added; `__` in a name is a slash, `_x` a dot."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book or xlsx_of(SUPPLY))) as old,
        zipfile.ZipFile(out, "w", method) as new,
    ):
        named = {name.replace("__", "/").replace("_x", ".x"): data for name, data in parts.items()}
        for entry in old.namelist():
            if entry not in named:
                new.writestr(entry, old.read(entry))
        for name, data in named.items():
            new.writestr(name, data)
    return out.getvalue()


def with_sheet(data):
    return with_parts(xl__worksheets__sheet1_xml=data)


def worksheet(rows, after=""):
    return f'<worksheet xmlns="{NAMESPACE}"><sheetData>{rows}</sheetData>{after}</worksheet>'.encode()


def merged(sheet):
    sheet.merge_cells("A2:B2")


def lying_directory():
    """A file whose directory claims half a gigabyte of entries."""
    data = bytearray(xlsx_of(SUPPLY))
    struct.pack_into("<I", data, data.rfind(b"PK\x05\x06") + 12, 500_000_000)
    return bytes(data)


def encrypted():
    data = bytearray(xlsx_of(SUPPLY))
    place = data.find(b"PK\x01\x02")
    data[place + 8] |= 1
    return bytes(data)


HOSTILE = {
    "a zip bomb": (lambda: with_parts(xl__bomb_xml=b"0" * 60_000_000), "sheet_bomb"),
    "more than 100 MB unpacked": (
        lambda: with_parts(**{f"xl__{n}_xml": bytes(26_000_000) for n in range(4)}), "sheet_bomb"),
    "thousands of entries": (lambda: with_parts(**{f"n{n}": b"" for n in range(1001)}), "sheet_bomb"),
    "a directory that lies": (lying_directory, "sheet_bomb"),
    "a billion laughs": (lambda: with_sheet(BILLION_LAUGHS), "sheet_unsafe_xml"),
    "a billion laughs among the strings": (
        lambda: excels_own(**{"xl/sharedStrings.xml": BILLION_LAUGHS}), "sheet_unsafe_xml"),
    "a billion laughs in UTF-16": (
        lambda: with_sheet(BILLION_LAUGHS.decode().encode("utf-16")), "sheet_unsafe_xml"),
    "macros": (lambda: with_parts(**{"xl/vbaProject.bin": b"x"}), "sheet_has_macros"),
    "merged cells": (lambda: xlsx_of(SUPPLY, change=merged), "sheet_merged_cells"),
    "XML that ends too soon": (lambda: with_sheet(b"<worksheet><sheetData><row>"), "sheet_unreadable"),
    "a string that is not there": (
        lambda: with_sheet(worksheet('<row r="1"><c r="A1" t="s"><v>99</v></c></row>')), "sheet_unreadable"),
    "a zip that is no workbook": (lambda: b"PK\x03\x04" + bytes(100), "sheet_unreadable"),
    "half a workbook": (lambda: xlsx_of(SUPPLY)[:3000], "sheet_unreadable"),
    "an encrypted part": (encrypted, "sheet_unreadable"),
    "an old or locked Excel file": (
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "sheet_old_excel"),
    "semicolons": (lambda: csv_of(SUPPLY, delimiter=";"), "sheet_delimiter"),
    "tabs": (lambda: csv_of(SUPPLY, delimiter="\t"), "sheet_delimiter"),
    "HTML": (lambda: b"\n <!DOCTYPE html><table><tr><td>kind</td></tr></table>", "sheet_is_html"),
    "JSON": (lambda: b'[{"kind": "supply"}]', "sheet_unreadable"),
    "UTF-16 without its mark": (lambda: csv_of(SUPPLY, encoding="utf-16-le"), "sheet_encoding"),
    "Latin letters of 1987": (lambda: b"kind,title\nsupply,caf\xe9\n", "sheet_encoding"),
    "binary": (lambda: bytes(range(256)) * 10, "sheet_unreadable"),
    "a quotation mark without end": (lambda: csv_of(SUPPLY) + b'supply,"acid\n', "sheet_csv_broken"),
    "ten million columns": (lambda: b"a," * 9_900_000, "sheet_too_many_columns"),
    "sixteen thousand headings": (lambda: b",".join([b"kind"] * 16_000), "sheet_too_many_columns"),
    "headings alone": (lambda: csv_of(SUPPLY).splitlines()[0], "sheet_empty"),
    "nothing": (lambda: b" \r\n\r\n", "sheet_empty"),
    "a row ten million times": (lambda: with_sheet(worksheet("<row/>" * 10_000_000)), "sheet_bomb"),
}  # fmt: skip


def cpu_seconds():
    """Processor time of this process and of the readers that it had."""
    return sum(os.times()[:4])


def test_each_hostile_file_is_named_for_what_it_is(marketplace):
    trader = marketplace.enterprise("generator")
    for name, (make, code) in HOSTILE.items():
        sheet = make()
        began = cpu_seconds()
        answer = send(trader, sheet)
        if answer.status_code == 202:
            marketplace.settle()
            ended = trader.get(answer.headers["Location"].removeprefix("/api/v1")).json
            assert (ended["status"], ended["code"]) == ("refused", code), name
        else:
            assert answer.json["code"] == code, (name, answer.json)
            refused(answer, 422, code, "file")
        assert cpu_seconds() - began < 4, name
    assert trader.get("/listings", mine=True).json["items"] == []


def test_hundreds_of_thousands_of_empty_rows_are_read_in_little_memory():
    headings = "".join(
        f'<c r="{letter}1" t="inlineStr"><is><t>{name}</t></is></c>'
        for letter, name in zip("ABCDEFGHIJ", SUPPLY, strict=True)
    )
    empty = "".join(f'<row r="{number}"/>' for number in range(2, 300_000))
    last = '<row r="1048576"><c r="B1048576" t="inlineStr"><is><t>x</t></is></c></row>'
    sheet = open_sheet(with_sheet(worksheet(f'<row r="1">{headings}</row>' + empty + last)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    assert [(row.number, row.texts) for row in sheet.rows()] == [(1048576, {"title": "x"})]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_more_rows_than_may_be_are_refused_before_they_are_judged(marketplace):
    trader = marketplace.enterprise("generator")
    answer = send(trader, csv_of(*({"类型": "供应", "名称": str(n), **_REST} for n in range(10_001))))
    marketplace.settle()

    ended = trader.get(answer.headers["Location"].removeprefix("/api/v1")).json
    assert (ended["status"], ended["code"]) == ("refused", "sheet_too_many_rows")


_REST = {name: "x" for name in SUPPLY if name not in ("类型", "名称")}


def test_formulas_and_errors_in_a_workbook_are_refused_by_cell(marketplace):
    def change(sheet):
        sheet["E2"], sheet["D3"], sheet["B4"] = "=1+1", "=A1", "=HYPERLINK(1)"
        sheet["K2"] = "a note beside the table"

    rows = [{**SUPPLY, "名称": str(number)} for number in range(3)]
    assert faults(send(marketplace.enterprise("generator"), xlsx_of(*rows, change=change))) == {
        (2, "unit", "formula_in_cell"), (2, "K", "cell_without_heading"),
        (3, "quantity", "formula_in_cell"), (4, "title", "formula_in_cell"),
    }  # fmt: skip


def test_a_day_with_a_time_is_no_day_and_days_count_from_1904_where_the_book_says_so(marketplace):
    trader = marketplace.enterprise("generator")
    timed = {**SUPPLY, "起始日期": datetime(2026, 12, 1, 8, 30)}
    assert faults(send(trader, xlsx_of(timed))) == {(2, "available_from", "not_a_day")}

    def old_macintosh(sheet):
        sheet.parent.epoch = datetime(1904, 1, 1)

    assert (
        send(trader, xlsx_of({**SUPPLY, "起始日期": datetime(2026, 12, 1)}, change=old_macintosh)).status_code
        == 201
    )
    assert trader.get("/listings", mine=True).json["items"][0]["available_from"] == "2026-12-01"


def test_no_damage_to_a_file_is_a_fault_of_ours():
    sound = xlsx_of(SUPPLY)
    for place in range(0, len(sound), 97):
        data = bytearray(sound)
        data[place] ^= 0x5A
        with suppress(Invalid):
            list(open_sheet(bytes(data)).rows())


# ---------------------------------------------------------------- what Excel itself writes


def excels_own(**changed):
    """Shared strings with runs and reading aids, days by style, cells without references, a hidden sheet."""
    heads = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in SUPPLY)
    cells = '<c t="s"><v>1</v></c><c t="s"><v>0</v></c><c><v>3.5E2</v></c><c s="1"><v>46357</v></c>'
    row = f'<row r="7">{cells}<c s="2"><v>46358</v></c><c t="b"><v>1</v></c></row>'
    parts = {
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'''<workbook xmlns="{NAMESPACE}" xmlns:r="http://x"><sheets>
            <sheet name="a" sheetId="1" state="hidden" r:id="r1"/><sheet name="b" sheetId="2" r:id="r0"/>
            </sheets></workbook>''',
        "xl/_rels/workbook.xml.rels": relations(
            ("worksheet", "worksheets/sheet9.xml"), ("worksheet", "gone.xml"), ("styles", "/xl/styles.xml"),
            ("sharedStrings", "sharedStrings.xml"),
        ),
        "xl/styles.xml": f'''<styleSheet xmlns="{NAMESPACE}"><numFmts count="1">
            <numFmt numFmtId="170" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@"/></numFmts>
            <cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>
            <cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/></cellXfs></styleSheet>''',
        "xl/sharedStrings.xml": f'''<sst xmlns="{NAMESPACE}">
            <si><r><t>稀</t></r><r><t>硫酸</t></r><rPh sb="0" eb="1"><t>リュウサン</t></rPh></si>
            <si><t>_x000D_a_x005F_x0041_</t></si></sst>''',
        "xl/worksheets/sheet9.xml": worksheet(f"<row>{heads}</row>{row}"),
        **changed,
    }  # fmt: skip
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, data in parts.items():
            file.writestr(name, data)
    return out.getvalue()


def relations(*parts):
    lines = "".join(
        f'<Relationship Id="r{number}" Type="http://x/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(parts)
    )
    return f'<Relationships xmlns="http://x">{lines}</Relationships>'


def test_a_workbook_of_excels_own_making_is_read():
    (row,) = open_sheet(excels_own()).rows()
    texts = ["a_x0041_", "稀硫酸", "350", "2026-12-01", "2026-12-02", "TRUE"]
    assert (row.number, list(row.texts.values())) == (7, texts)
