"""A feed read by a process of its own, with limits; its rows are judged one by one when they are recorded."""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from marshmallow import ValidationError

from .... import sandbox
from ....errors import Fault, Invalid, InvalidTable, Malformed
from ....http.languages import Message
from ...models import MOST_FEED_ROWS

READER = f"{__package__}.answers"


class FeedRow(NamedTuple):
    """A row as it was sent: its number in the sheet or among the rows of JSON, its values, its faults."""

    number: int
    data: dict[str, Any]
    faults: list[Fault]


def read_feed(upload: bytes, *, is_json: bool) -> list[FeedRow]:
    """The rows of a feed.

    Args:
        is_json: whether it is declared so; all else is judged by its content.
    Raises:
        Invalid, InvalidTable: it cannot be read safely, or its headings are wrong; the code says why.
        Malformed, ValidationError: it is no JSON, or not an object with rows.
        Unavailable: too many are being read (`sheets_busy`).
    """
    asked = {"is_json": is_json, "most_rows": MOST_FEED_ROWS}
    return _understood(map(json.loads, sandbox.sheet_answer(READER, asked, upload).splitlines()))


def _understood(lines: Iterable[dict[str, Any]]) -> list[FeedRow]:
    rows = []
    for said in lines:
        if "row" in said:
            number, data, faults = said["row"]
            rows.append(FeedRow(number, data, [Fault(*fault) for fault in faults]))
        else:
            raise _refusal(said)
    return rows


def _refusal(said: dict[str, Any]) -> Exception:
    if "not_json" in said:
        return Malformed("not_json")
    if "fields" in said:
        return ValidationError({name or "body": [_message(code)] for name, code in said["fields"].items()})
    if "table" in said:
        faults = [Fault(*fault) for fault in said["table"]]
        return InvalidTable("import_refused", faults=faults, count=len(faults))
    return Invalid(said["refusal"], at=said["at"], **said["facts"])


def _message(code: str) -> Message:
    if code == "field_invalid_rows":
        return Message("field_invalid", kind=Message("kind_list"))
    return Message(code)
