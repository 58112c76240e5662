"""How each enterprise wants to be told, and of what it wants to hear nothing."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from ....catalogue import service as catalogue
from ....database import db
from ....enterprises import service as enterprises
from ....errors import Conflict
from ....events.actor import Actor
from ....events.work import Work, unit_of_work
from ...models import Preferences, Silence

DEFAULTS: dict[str, Any] = {"email": "immediate", "language": "zh", "muted_codes": [], "kinds": {}}
MOST_MUTED = 200
QUIETER = ("immediate", "digest", "off")


def own_preferences(actor: Actor) -> Preferences:
    """How the acting enterprise wants to be told; version 0 are the defaults."""
    row = db.session.get(Preferences, actor.id)
    return row or Preferences(enterprise_id=actor.id, **DEFAULTS, version=0)


def set_preferences(actor: Actor, data: dict[str, Any], expected: int | None) -> Preferences:
    """Replace the preferences. Raises: Invalid: unknown code. PreconditionFailed: changed meanwhile."""
    muted = [
        catalogue.resolve(**code, at=f"muted_codes.{number}")[0].id
        for number, code in enumerate(data["muted_codes"])
    ]
    with unit_of_work() as work:
        row = _locked(work, actor)
        enterprises.require_version(row or own_preferences(actor), expected)
        row = row or _first(work, actor)
        row.email, row.language = data["email"], data["language"]
        row.muted_codes, row.kinds = muted, data["kinds"]
        work.session.flush()
        work.audit(actor, "set_preferences", enterprises.own(actor))
    return row


def _locked(work: Work, actor: Actor) -> Preferences | None:
    enterprises.lock(work, enterprises.own(actor).id)
    return work.session.get(Preferences, actor.id, populate_existing=True)


def _first(work: Work, actor: Actor) -> Preferences:
    row = Preferences(enterprise_id=actor.id, **DEFAULTS)
    work.session.add(row)
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
        "kinds": row.kinds,
        "language": row.language,
        "muted_codes": [{"scheme": codes[code].scheme, "code": codes[code].code} for code in row.muted_codes],
    }


def preference_for(kind: str, preferences: Preferences | None) -> str:
    """How a message of this kind is to go out beside the inbox: immediate, digest or off."""
    return preferences.kinds.get(kind, preferences.email) if preferences else "immediate"


def names_of(code_id: int) -> set[int]:
    """The codes and categories that cover a code: who has muted one of them hears nothing of it."""
    return {alias.alias_id for alias in catalogue.aliases_of([code_id])}


def unwelcome(receivers: set[UUID], sender_id: UUID) -> dict[UUID, set[int]]:
    """Codes of which each receiver wants to hear nothing: muted, or silenced for that sender."""
    codes = {
        receiver: set(preferences.muted_codes) for receiver, preferences in preferences_by(receivers).items()
    }
    silenced = db.session.execute(
        select(Silence.receiver_id, Silence.code_id).where(
            Silence.receiver_id.in_(receivers), Silence.counterpart_id == sender_id
        )
    )
    for receiver, code_id in silenced:
        codes.setdefault(receiver, set()).add(code_id)
    return codes


def is_unwelcome(code_id: int, codes: set[int] | None) -> bool:
    """Whether one of `codes` is, or covers, this code."""
    return bool(codes) and not names_of(code_id).isdisjoint(codes or ())


def mute(work: Work, actor: Actor, code_id: int) -> None:
    """Tell the acting enterprise nothing more of a code.

    Raises: Conflict: it has muted too many already (`too_many_muted_codes`).
    """
    row = _locked(work, actor) or _first(work, actor)
    if is_unwelcome(code_id, set(row.muted_codes)):
        return
    if len(row.muted_codes) >= MOST_MUTED:
        raise Conflict("too_many_muted_codes", most=MOST_MUTED)
    row.muted_codes = [*row.muted_codes, code_id]
    work.audit(actor, "mute_code", enterprises.own(actor), code_id=code_id)
