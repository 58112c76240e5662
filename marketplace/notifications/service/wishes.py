"""How each enterprise wants to be told, and of what it wants to hear nothing."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from ...catalogue import service as catalogue
from ...enterprises import service as enterprises
from ...events.actor import Actor
from ...events.work import unit_of_work
from ...extensions import db
from ..models import Preferences


def preferences(actor: Actor) -> Preferences:
    """How the acting enterprise wants to be told; version 0 are the defaults."""
    row = db.session.get(Preferences, actor.id)
    return row or Preferences(
        enterprise_id=actor.id, email="immediate", language="zh", muted_codes=[], version=0
    )


def set_preferences(actor: Actor, data: dict[str, Any], expected: int | None) -> Preferences:
    """Replace the preferences. Raises: Invalid: unknown code. PreconditionFailed: changed meanwhile."""
    muted = [
        catalogue.resolve(**code, at=f"muted_codes.{number}")[0].id
        for number, code in enumerate(data["muted_codes"])
    ]
    with unit_of_work() as work:
        enterprises.lock(work, enterprises.own(actor).id)
        row = work.session.get(Preferences, actor.id, populate_existing=True)
        enterprises.require_version(row or preferences(actor), expected)
        if row is None:
            row = Preferences(enterprise_id=actor.id)
            work.session.add(row)
        row.email, row.language, row.muted_codes = data["email"], data["language"], muted
        work.session.flush()
        work.audit(actor, "set_preferences", enterprises.own(actor))
    return row


def preferences_by(receivers: set[UUID]) -> dict[UUID, Preferences]:
    rows = db.session.scalars(select(Preferences).where(Preferences.enterprise_id.in_(receivers)))
    return {row.enterprise_id: row for row in rows}


def preferences_of(enterprise_id: UUID) -> Preferences | None:
    return preferences_by({enterprise_id}).get(enterprise_id)


def describe_preferences(row: Preferences) -> dict[str, Any]:
    """Preferences as the API shows them."""
    codes = catalogue.codes_by_id(row.muted_codes)
    return {
        "version": row.version,
        "email": row.email,
        "language": row.language,
        "muted_codes": [{"scheme": codes[code].scheme, "code": codes[code].code} for code in row.muted_codes],
    }


def is_muted(code_id: int, wishes: Preferences | None) -> bool:
    """Whether the receiver wants to hear nothing of a code, or of a category or code that covers it."""
    if wishes is None or not wishes.muted_codes:
        return False
    names = {alias.alias_id for alias in catalogue.aliases_of([code_id])}
    return bool(names & set(wishes.muted_codes))
