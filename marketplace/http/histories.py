"""The history of a row over HTTP: who did what to it and when, newest first."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from marshmallow import fields

from ..events import service as events
from ..events.actor import ADMIN, ENTERPRISE, REGULATOR, SYSTEM, Actor
from ..events.models import Audit
from ..messages.names import Name, names, readable
from .authentication import actor
from .fields import KnownValue, Moment, Value
from .languages import language
from .paging import Key, Page, page, page_of
from .schemas import ResponseSchema, by_person

Changes = list[dict[str, list[Any]]]
Acted = Sequence[tuple[UUID | None, UUID | None]]
Names = Callable[[Actor, Acted], list[dict[str, Any] | None]]
_named: Names = lambda reader, acted: [None] * len(acted)  # noqa: E731
BY_NUMBER = Key("id", int)
NAMED_IN = ("action", "move")
"""The groups of names.toml in which an action has its name, the first that has it."""


def set_names(named: Names) -> None:
    """Set who says which persons acted, as far as a reader may know: `named(reader, acted)`."""
    global _named
    _named = named


class ChangeSchema(ResponseSchema):
    """A field that was changed; both values are null where only the fact is kept, as for contacts."""

    field = fields.String()
    before = fields.Raw(allow_none=True)
    after = fields.Raw(allow_none=True)


class HistoryLineSchema(ResponseSchema):
    at = Moment()
    action = KnownValue(about="A stable word in snake_case, such as `publish`.")
    summary = fields.String(metadata={"description": "The action by its name in your language."})
    actor = Value((ENTERPRISE, ADMIN, REGULATOR, SYSTEM))
    enterprise_id = fields.UUID(
        allow_none=True,
        metadata={"description": "The enterprise that acted; null of staff and the platform."},
    )
    by_person = by_person()
    reason = fields.String(allow_none=True)
    changes = fields.List(fields.Nested(ChangeSchema))
    key_id = fields.UUID(
        allow_none=True,
        metadata={"description": "The key that was used, for admins and for the holder of the key only."},
    )
    address = fields.String(
        allow_none=True, metadata={"description": "The address it came from, for the same readers only."}
    )


HistoryPage = page_of(HistoryLineSchema, "HistoryPage")


def changes_of(lines: Sequence[Audit]) -> Changes:
    """{field: [before, after]} of each line, as written."""
    return [line.detail.get("changes", {}) for line in lines]


def history_page(
    query: dict[str, Any], row: Any, changes: Callable[[Sequence[Audit]], Changes] = changes_of
) -> Page:
    """One page of the history of `row`; `changes` makes those of its lines readable."""
    rows = partial(events.history_of, row.__tablename__, str(row.id))
    return page(query, rows, BY_NUMBER, lambda lines: _shown(actor(), lines, changes(lines)))


def history_for(reader: Actor, table: str, row_id: UUID, limit: int) -> list[dict[str, Any]]:
    """The newest lines of the history of a row, as the API shows them to a reader who may see the row."""
    lines = events.history_of(table, str(row_id), None, limit)
    return _shown(reader, lines, changes_of(lines))


def histories_for(reader: Actor, rows: Sequence[Any], limit: int) -> dict[UUID, list[dict[str, Any]]]:
    """The newest lines of the histories of several rows, `limit` in all, by the id of each row.

    It costs as many statements as the history of one.
    """
    lines = events.histories_of([(row.__tablename__, str(row.id)) for row in rows], limit) if rows else []
    found: dict[UUID, list[dict[str, Any]]] = {row.id: [] for row in rows}
    for line, shown in zip(lines, _shown(reader, lines, changes_of(lines)), strict=True):
        found[UUID(line.subject_id)].append(shown)
    return found


def _shown(reader: Actor, lines: Sequence[Audit], changes: Changes) -> list[dict[str, Any]]:
    acted = [(line.person_id, _enterprise_of(line)) for line in lines]
    persons = _named(reader, acted)
    return [
        {**_line(line, changed, _sees_origin(reader, line)), "by_person": person}
        for line, changed, person in zip(lines, changes, persons, strict=True)
    ]


def _enterprise_of(line: Audit) -> UUID | None:
    return line.actor_id if line.actor_kind == ENTERPRISE else None


def _line(line: Audit, changes: dict[str, list[Any]], shows_origin: bool) -> dict[str, Any]:
    stated = [{"field": name, "before": old, "after": new} for name, (old, new) in changes.items()]
    unstated = [name for name in line.detail.get("fields", ()) if name not in changes]
    return {
        "at": line.at,
        "action": line.action,
        "summary": _summary(line.action),
        "actor": line.actor_kind,
        "enterprise_id": _enterprise_of(line),
        "reason": line.detail.get("reason"),
        "changes": stated + [{"field": name, "before": None, "after": None} for name in unstated],
        "key_id": line.key_id if shows_origin else None,
        "address": line.address if shows_origin else None,
    }


def _sees_origin(reader: Actor, line: Audit) -> bool:
    """Whether the reader may know which key and address a line comes from: an admin, and who acted."""
    return reader.is_admin or (line.actor_id is not None and line.actor_id == reader.id)


def _summary(action: str) -> str:
    """What was done, by its name: many an action is a move of a life cycle and has the name of that."""
    group = next((group for group in NAMED_IN if action in names()[group]), None)
    return f"{readable(Name(group, action), language()):done}" if group else action
