"""What the process that reads a feed says of it, line by line as JSON; rows are not judged here, only read.

It imports nothing of the application but what is light.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any

from ....errors import Fault, Invalid, InvalidTable
from ....spreadsheets.bounds import LONGEST_TEXT
from ....spreadsheets.csv_records import table_of
from ....spreadsheets.tables import Table
from ....spreadsheets.text_encoding import decoded
from ....spreadsheets.xlsx_parts import Record, letters_of
from ....spreadsheets.xlsx_reader import Workbook
from .columns import COLUMNS, chinese_headings, column_of

Json = dict[str, Any]
ReadRow = tuple[int, Json, list[Fault]]
MOST_ABOVE = 10
"""Rows among which the headings must be."""
FEWEST_KNOWN = 3
"""Headings known in one row that make it the headings; titles name fewer. Our own choice."""
MOST_TEXT = 2000
"""Characters of a text that are kept; no column may have so many, so a longer one is refused all the same."""
MOST_FAULTS = 20
"""Of one row."""
LONGEST_NAME = 60
OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)
AMOUNT = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?", re.ASCII)
DAYS = {"effective_on", "acted_on", "decided_on", "served_on"}
NOTHING: list[Any] = []
"""In the place of a value that no column takes: whoever judges the row refuses it there."""


def answers(asked: Json, upload: bytes) -> Iterator[bytes]:
    """Everything that is said of a feed: its rows, or why it is none."""
    try:
        if asked["is_json"] or upload.lstrip()[:1] in (b"{", b"["):
            rows = list(_rows_of_json(upload, asked["most_rows"]))
        else:
            rows = list(_rows_of_sheet(upload, asked["most_rows"]))
    except _NotJson:
        yield _line({"not_json": True})
    except _OddBody as error:
        yield _line({"fields": error.args[0]})
    except InvalidTable as error:
        yield _line({"table": [_fault(fault) for fault in error.faults], "code": error.code})
    except Invalid as error:
        yield _line({"refusal": error.code, "at": error.at, "facts": error.facts})
    else:
        for number, data, faults in rows:
            yield _line({"row": [number, data, list(map(_fault, faults))]})


def _fault(fault: Fault) -> list[Any]:
    return [fault.row, fault.column, fault.code, fault.facts]


def _line(said: Json) -> bytes:
    return json.dumps(said, ensure_ascii=False).encode() + b"\n"


# ---------------------------------------------------------------- JSON


class _NotJson(Exception):
    """It is no JSON in UTF-8."""


class _OddBody(Exception):
    """The body is not an object with rows; the argument is {field: code}."""


def _rows_of_json(upload: bytes, most: int) -> Iterator[ReadRow]:
    try:
        body = json.loads(upload.decode("utf-8-sig"), object_pairs_hook=_members, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise _NotJson() from error
    if not isinstance(body, dict):
        raise _OddBody({"": "not_an_object"})
    odd = {_shown(name): "unknown_field" for name in islice(body.keys() - {"rows"}, MOST_FAULTS)}
    if odd:
        raise _OddBody(odd)
    rows = body.get("rows")
    if not isinstance(rows, list) or not rows:
        raise _OddBody({"rows": "field_required" if rows is None else "field_invalid_rows"})
    _require_few(len(rows), most)
    for number, row in enumerate(rows, start=1):
        yield _json_row(number, row)


def _members(members: list[tuple[str, Any]]) -> Json:
    """An object. Raises: ValueError: a name stands in it twice, so that one would hide the other."""
    made = dict(members)
    if len(made) < len(members):
        raise ValueError("a name is repeated")
    return made


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _json_row(number: int, row: Any) -> ReadRow:
    if not isinstance(row, dict):
        return number, {}, [Fault(number, "", "not_an_object")]
    unknown = [name for name in row if name not in COLUMNS]
    faults = [Fault(number, _shown(name), "unknown_field") for name in unknown[:MOST_FAULTS]]
    kept = {name: _storable(value) for name, value in row.items() if name in COLUMNS and value is not None}
    return number, kept, faults


def _shown(name: str) -> str:
    return UNSTORABLE.sub("?", name[:LONGEST_NAME])


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return NOTHING if UNSTORABLE.search(value) else value[:MOST_TEXT]
    if isinstance(value, bool) or (isinstance(value, int | float) and math.isfinite(_float(value))):
        return value
    return NOTHING


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


# ---------------------------------------------------------------- sheets


def _rows_of_sheet(upload: bytes, most: int) -> Iterator[ReadRow]:
    if not upload.strip():
        raise Invalid("feed_empty", at="file")
    if upload.startswith(OLD_EXCEL):
        raise Invalid("sheet_old_excel", at="file")
    tables = Workbook(upload).tables() if upload.startswith(b"PK") else [table_of(_text(upload))]
    records = _first_with_rows(tables)
    above = list(islice(records, MOST_ABOVE))
    place = _headings_row(above)
    columns = _columns(above[place])
    count = 0
    for record in chain(above[place + 1 :], records):
        row = _sheet_row(record, columns)
        if row is not None:
            count += 1
            _require_few(count, most)
            yield row
    if not count:
        raise Invalid("feed_empty", at="file")


def _text(upload: bytes) -> str:
    text = decoded(upload, chinese_headings())
    if text.lstrip().startswith("<"):
        raise Invalid("sheet_is_html", at="file")
    return text


def _first_with_rows(tables: Iterable[Table]) -> Iterator[Record]:
    for table in tables:
        if next(table.records(), None) is not None:
            return table.records()
    raise Invalid("feed_empty", at="file")


def _headings_row(above: list[Record]) -> int:
    """Which of the first rows has the headings."""
    known = [sum(column_of(cell.text) is not None for cell in record.cells) for record in above]
    return known.index(max(known)) if max(known) >= FEWEST_KNOWN else 0


def _columns(record: Record) -> dict[int, str]:
    """The column by its place. Raises: InvalidTable: headings are unknown, repeated or missing."""
    columns: dict[int, str] = {}
    faults: list[Fault] = []
    for cell in record.cells:
        shown, name = " ".join(cell.text.split())[:LONGEST_NAME], column_of(cell.text)
        if name is None:
            faults.append(Fault(record.number, shown, "unknown_heading", {"heading": shown}))
        elif name in columns.values():
            heading = COLUMNS[name].heading
            facts = {"heading": heading, "headings": shown}
            faults.append(Fault(record.number, name, "repeated_heading", facts))
        else:
            columns[cell.column] = name
    faults += [
        Fault(record.number, column.name, "missing_heading", {"heading": column.heading})
        for column in COLUMNS.values()
        if column.required and column.name not in columns.values()
    ]
    if faults:
        raise InvalidTable("import_refused", faults=faults[:MOST_FAULTS], count=len(faults))
    return columns


def _sheet_row(record: Record, columns: dict[int, str]) -> ReadRow | None:
    """The row that a record is; None for an empty one."""
    data: Json = {}
    faults: list[Fault] = []
    for cell in record.cells:
        name, text = columns.get(cell.column), cell.text.strip().removeprefix("'")[:LONGEST_TEXT]
        if name is None:
            faults.append(Fault(record.number, letters_of(cell.column), "cell_without_heading"))
        elif cell.fault:
            faults.append(Fault(record.number, name, cell.fault))
        elif text:
            data[name] = NOTHING if UNSTORABLE.search(text) else _value(name, text[:MOST_TEXT])
    if not data and not faults:
        return None
    if record.hidden:
        faults.append(Fault(record.number, "", "feed_row_hidden"))
    return record.number, data, faults[:MOST_FAULTS]


def _value(name: str, text: str) -> Any:
    """A cell as JSON has it; what is not understood stays as it is, and is refused by whoever judges it."""
    if name in DAYS and (found := DAY.fullmatch(text)):
        return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}"
    if name == "amount_cny" and AMOUNT.fullmatch(text):
        return float(text.replace(",", ""))
    return text


def _require_few(count: int, most: int) -> None:
    if count > most:
        raise Invalid("sheet_too_many_rows", at="file", most=most)
