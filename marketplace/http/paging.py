"""Pages by cursor: a cursor names the last row of a page, so rows added later disturb nothing."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypedDict, TypeVar
from uuid import UUID

import marshmallow as ma
from flask import g, request
from marshmallow import fields
from marshmallow.utils import get_value

from ..errors import Invalid
from .fields import QueryWhole, Range
from .schemas import ResponseSchema, Schema, WarningSchema
from .sealed_cursors import MAX_CURSOR, NotSealedHere, seal, unseal

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
MAX_POSITION = 2**64 - 1
UNBOUND = ("limit", "cursor")
"""What may differ from one page of a list to the next."""

Row = TypeVar("Row")


class PageQuery(Schema):
    """How many items to return, and where to continue."""

    limit = QueryWhole(
        load_default=DEFAULT_LIMIT,
        validate=Range(min=1, max=MAX_LIMIT),
        metadata={"description": "Most items of a page."},
    )
    cursor = fields.String(
        load_default=None,
        metadata={"description": "`next` of the previous page.", "maxLength": MAX_CURSOR},
    )


class Page(TypedDict):
    """A page as a route returns it; `next` is the cursor of the following page, None at the end."""

    items: list[Any]
    next: str | None


@cache
def page_of(item: type[ma.Schema], name: str = "", warned: bool = False) -> type[ma.Schema]:
    """The schema of a page of `item`; in the OpenAPI document `name`, or KeyPage for KeySchema.

    Args:
        warned: whether the page has `warnings` of its own, about the filters asked for.
    """
    members: dict[str, Any] = {
        "items": fields.List(fields.Nested(item)),
        "next": fields.String(allow_none=True),
        **({"warnings": fields.List(fields.Nested(WarningSchema))} if warned else {}),
    }
    return ResponseSchema.from_dict(members, name=name or item.__name__.removesuffix("Schema") + "Page")


@dataclass(frozen=True, slots=True)
class Key:
    """The unique attribute that a list is sorted by.

    Args:
        name: of the attribute of a row, or of the entry of a dict.
        kind: UUID, int or str.
        start: the position before the first row.
    """

    name: str
    kind: type = UUID
    start: Any = None


BY_ID = Key("id")


def page(
    query: dict[str, Any],
    rows: Callable[[Any, int], Sequence[Row]],
    key: Key = BY_ID,
    present: Callable[[Sequence[Row]], Sequence[Any]] = list,
) -> Page:
    """One page of a list that is sorted by one attribute.

    Args:
        query: as `PageQuery` loads it.
        rows: `rows(after, limit)` are at most `limit` rows whose key comes after `after`, sorted by it.
        present: makes the items of the rows of the page.
    Raises:
        Invalid: the cursor was not issued by us (`bad_cursor`).
    """
    (after,) = position_of(query, (key.kind,)) or (key.start,)
    return cut(query, rows(after, query["limit"] + 1), lambda row: [get_value(row, key.name)], present)


def cut(
    query: dict[str, Any],
    rows: Sequence[Row],
    position: Callable[[Row], list[Any]],
    present: Callable[[Sequence[Row]], Sequence[Any]] = list,
) -> Page:
    """One page, given its rows and, if there is one, the row after them; `position` is that of a row."""
    shown = rows[: query["limit"]]
    return page_until(query, present(shown), position(shown[-1]) if len(rows) > len(shown) else None)


def each(present: Callable[[Row], Any]) -> Callable[[Sequence[Row]], list[Any]]:
    """Present the rows of a page one by one."""
    return lambda rows: [present(row) for row in rows]


def page_until(query: dict[str, Any], items: Sequence[Any], position: list[Any] | None) -> Page:
    """A page of these items that ended at `position`; None: it is the last."""
    return {"items": list(items), "next": cursor_of(query, position) if position else None}


def cursor_of(query: dict[str, Any], position: list[Any]) -> str:
    """A position (int, float, str, UUID, datetime) in the list asked for, sealed for this asker."""
    return seal(json.dumps(position, separators=(",", ":"), default=str), _list_asked_for(query))


def position_of(query: dict[str, Any], kinds: tuple[type, ...]) -> list[Any] | None:
    """The position in the cursor of a query, its parts of these kinds; None without a cursor.

    Args:
        query: what says which list it is: all but `limit` and `cursor` must be as on the page before.
        kinds: int, float, str, UUID or datetime, one for each part.

    Raises:
        Invalid: the cursor was not issued by us for this list and this asker, or too long ago
            (`bad_cursor`).
    """
    if query["cursor"] is None:
        return None
    try:
        parts = json.loads(unseal(query["cursor"], _list_asked_for(query)))
        return [_part(kind, part) for kind, part in zip(kinds, parts, strict=True)]
    except (NotSealedHere, ValueError, TypeError) as error:
        raise Invalid("bad_cursor", at="cursor") from error


def _list_asked_for(query: dict[str, Any]) -> bytes:
    """Which list the request continues, and who asks: the route, what its path names, the filters."""
    filters = {name: value for name, value in query.items() if name not in UNBOUND}
    route = request.url_rule.rule if request.url_rule else request.path
    named = [route, request.view_args, filters, g.actor.kind, g.actor.id]
    return json.dumps(named, sort_keys=True, default=str).encode()


def _part(kind: type, part: Any) -> Any:
    json_kind = str if kind in WRITTEN_AS_TEXT else kind
    if type(part) is not json_kind or (isinstance(part, int | float) and not abs(part) <= MAX_POSITION):
        raise ValueError(part)
    read: Callable[[Any], Any] = WRITTEN_AS_TEXT.get(kind, kind)
    return read(part)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment


WRITTEN_AS_TEXT: dict[type, Callable[[str], Any]] = {UUID: UUID, datetime: _moment}
