"""What the process that reads a file says of it, line by line as JSON, and how that is understood again.

Nothing that runs goes from one process to the other: a file of a stranger may do to its reader what it can.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from .... import errors
from ....errors import DomainError, Fault, Invalid, InvalidTable, Notice
from ....messages.names import Name
from ....spreadsheets.bounds import MOST_CHARACTERS, MOST_READ
from ....spreadsheets.tables import DAY_ZERO
from .marking import marked_sheet
from .sheet_rows import Row, open_sheet

Json = dict[str, Any]


@dataclass(slots=True)
class ReadSheet:
    """A file that was read.

    Attributes:
        unpacked: bytes that reading it goes through.
        rows: below the headings; None where there are more than were asked for.
        notices: what is said of whatever was not imported.
    """

    unpacked: int
    rows: list[Row] | None = None
    notices: list[Notice] = field(default_factory=list)


def answers(asked: Json, upload: bytes) -> Iterator[bytes]:
    """Everything that is said of a file.

    Args:
        asked: `do` is "read" (with `kind_is_known`, `most_rows`, where they matter `most_bytes` and
            `most_characters`) or "mark" (with `faults` and `language`); of a marked sheet the workbook
            follows the first line.
    """
    try:
        if asked["do"] == "mark":
            workbook = marked_sheet(upload, asked["faults"], asked["language"])
            yield _line({"marked": workbook is not None})
            yield workbook or b""
        else:
            yield from map(_line, _sheet(asked, upload))
    except DomainError as error:
        yield _line({"refusal": _refusal(error)})


def _sheet(asked: Json, upload: bytes) -> Iterator[Json]:
    """The rows of a file, then what is true of all of them; nothing of a file that is too large."""
    sheet = open_sheet(upload)
    yield {"unpacked": sheet.unpacked}
    if sheet.unpacked > asked.get("most_bytes", MOST_READ):
        return
    row, characters = None, 0
    for number, row in enumerate(sheet.rows(kind_is_known=asked["kind_is_known"]), start=1):
        characters += sum(map(len, row.texts.values()))
        if number > asked["most_rows"] or characters > asked.get("most_characters", MOST_CHARACTERS):
            return
        yield {"row": _row(row)}
    of_all = [row.implied, sorted(row.columns), str(row.day_zero)] if row else [{}, [], str(DAY_ZERO)]
    yield {"of_all": of_all, "notices": list(map(_notice, sheet.notices()))}


def _row(row: Row) -> list[Any]:
    faults, notices = list(map(_fault, row.faults)), list(map(_notice, row.notices))
    return [row.number, row.texts, faults, notices, sorted(row.numbers)]


def _fault(fault: Fault) -> list[Any]:
    return [fault.row, fault.column, fault.code, fault.facts]


def _notice(notice: Notice) -> list[Any]:
    return [notice.code, notice.field, notice.facts]


def _refusal(error: DomainError) -> Json:
    said: Json = {"kind": type(error).__name__, "code": error.code, "at": error.at, "facts": error.facts}
    if isinstance(error, InvalidTable):
        said |= {"faults": list(map(_fault, error.faults)), "count": error.count}
    return said


def _line(said: Json) -> bytes:
    return json.dumps(said, ensure_ascii=False, default=_name).encode("utf-8", "surrogatepass") + b"\n"


def _name(value: Name) -> Json:
    return {"name": [value.group, value.value]}


def understood(lines: Iterable[bytes]) -> ReadSheet:
    """The sheet that these lines tell of. Raises: Invalid, InvalidTable: they tell of a refusal."""
    sheet, rows = ReadSheet(0), []
    for said in map(_said, lines):
        if "refusal" in said:
            raise _raised(said["refusal"])
        if "row" in said:
            rows.append(said["row"])
        elif "of_all" in said:
            sheet.notices = [Notice(*notice) for notice in said["notices"]]
            sheet.rows = _read_rows(rows, *said["of_all"])
        else:
            sheet.unpacked = said["unpacked"]
    return sheet


def _said(line: bytes) -> Json:
    found: Json = json.loads(line.decode("utf-8", "surrogatepass"))
    return found


def _read_rows(rows: list[Any], implied: dict[str, str], columns: list[str], zero: str) -> list[Row]:
    names, day_zero = frozenset(columns), date.fromisoformat(zero)
    return [
        Row(
            number, texts, [Fault(*fault) for fault in faults], [Notice(*notice) for notice in notices],
            implied, set(numbers), names, day_zero,
        )
        for number, texts, faults, notices, numbers in rows
    ]  # fmt: skip


def _raised(said: Json) -> DomainError:
    if "faults" in said:
        return InvalidTable(said["code"], [Fault(*fault) for fault in said["faults"]], said["count"])
    facts = {
        name: Name(*fact["name"]) if isinstance(fact, dict) else fact for name, fact in said["facts"].items()
    }
    kind: type[DomainError] = getattr(errors, said["kind"], Invalid)
    return kind(said["code"], at=said["at"], **facts)
