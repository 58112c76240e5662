"""Which person did it, as far as the reader may know: to its own enterprise, and to staff, by name."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, exists, select

from ...events.actor import Actor
from ...statements import Statement, uuid_array
from ..models import Membership, Person

Acted = tuple[UUID | str | None, UUID | str | None]
"""Who acted, and for which enterprise: None as staff."""
_NAMES = select(Person.id, Person.no, Person.name, Person.erased_at).where(
    Person.id == any_(bindparam("ids", type_=ARRAY(Uuid)))
)
FOR_STAFF = Statement(_NAMES)
FOR_MEMBERS = Statement(
    _NAMES.where(
        exists().where(
            Membership.person_id == Person.id,
            Membership.enterprise_id == bindparam("enterprise_id", type_=Uuid),
        )
    )
)
"""An admin who acts in the place of an enterprise is none of its people."""


def named_for(reader: Actor | None, acted: Sequence[Acted]) -> list[dict[str, Any] | None]:
    """Of each that acted the number and the name, null of a person who was erased; None where no person is
    known, or where it acted for others than the reader."""
    shown = [_may_know(reader, enterprise_id) for _, enterprise_id in acted]
    asked = [
        str(one) if one is not None and may else None for (one, _), may in zip(acted, shown, strict=True)
    ]
    ids = {UUID(one) for one in asked if one is not None}
    if reader is None or not ids:
        return [None] * len(acted)
    known = {str(row.id): _reference(row) for row in _rows(reader, ids)}
    return [known.get(one) if one is not None else None for one in asked]


def _rows(reader: Actor, ids: set[UUID]) -> list[Any]:
    if reader.enterprise_id is None:
        return FOR_STAFF.all(ids=uuid_array(ids))
    return FOR_MEMBERS.all(ids=uuid_array(ids), enterprise_id=reader.enterprise_id)


def _may_know(reader: Actor | None, enterprise_id: UUID | str | None) -> bool:
    if reader is None:
        return False
    if reader.enterprise_id is None:
        return reader.id is not None
    return str(reader.enterprise_id) == str(enterprise_id)


def _reference(row: Any) -> dict[str, Any]:
    return {"no": row.no, "name": None if row.erased_at else row.name}
