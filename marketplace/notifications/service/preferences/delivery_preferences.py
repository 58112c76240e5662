"""Which e-mail each enterprise wants, in which language, and about which codes none."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from ....catalogue import service as catalogue
from ....database import db
from ....enterprises import service as enterprises
from ....errors import Invalid, Notice
from ....events.actor import Actor
from ....events.work import Work, unit_of_work
from ....http.languages import render_warnings
from ....messages.names import Name
from ....persons.models import Language
from ...models import REQUIRED, EmailPreference, Preferences

DEFAULTS: dict[str, Any] = {
    "email": EmailPreference.IMMEDIATE, "language": Language.ZH, "muted_codes": [], "kinds": {},
}  # fmt: skip


def own_preferences(actor: Actor) -> Preferences:
    """The preferences of the acting enterprise; version 0 are the defaults."""
    row = db.session.get(Preferences, actor.id)
    return row or Preferences(enterprise_id=actor.id, **DEFAULTS, version=0)


def set_preferences(actor: Actor, data: dict[str, Any], expected: int | None) -> Preferences:
    """Replace the preferences.

    Raises:
        Invalid: unknown code, or a kind is switched off that law or contract asks for (`notice_required`).
        PreconditionFailed: changed meanwhile.
    """
    for kind, how in data["kinds"].items():
        if _is_refused(kind, how):
            raise Invalid("notice_required", at=f"kinds.{kind}", kind=Name("notification_kind", kind))
    muted = [
        catalogue.known_code(**code, at=f"muted_codes.{number}")[0].id
        for number, code in enumerate(data["muted_codes"])
    ]
    with unit_of_work() as work:
        row = lock_preferences(work, actor)
        enterprises.require_version(row or own_preferences(actor), expected)
        row = row or add_preferences(work, actor)
        row.email, row.language = data["email"], data["language"]
        row.muted_codes, row.kinds = muted, data["kinds"]
        work.session.flush()
        work.audit(actor, "set_preferences", enterprises.own(actor))
    return row


def _is_refused(kind: str, how: str) -> bool:
    return how == EmailPreference.OFF and kind in REQUIRED


def lock_preferences(work: Work, actor: Actor) -> Preferences | None:
    """The acting enterprise's row, locked by locking the enterprise; None if it has none yet."""
    enterprises.lock(work, enterprises.own(actor).id)
    return work.session.get(Preferences, actor.id, populate_existing=True)


def add_preferences(work: Work, actor: Actor) -> Preferences:
    """Add the acting enterprise's first row, with the defaults."""
    row = Preferences(enterprise_id=actor.id, **DEFAULTS)
    work.session.add(row)
    return row


def preference_of_kind(row: Preferences, kind: str) -> EmailPreference:
    """Which e-mail of a kind the row wants; what law or contract asks for is mailed even where all is off."""
    wanted = EmailPreference(row.kinds.get(kind, row.email))
    return EmailPreference.IMMEDIATE if _is_refused(kind, wanted) else wanted


def preferences_by_receiver(receivers: set[UUID]) -> dict[UUID, Preferences]:
    """The rows of those of the receivers that have one."""
    rows = db.session.scalars(select(Preferences).where(Preferences.enterprise_id.in_(receivers)))
    return {row.enterprise_id: row for row in rows}


def preferences_of(enterprise_id: UUID) -> Preferences | None:
    """The row of one enterprise; None if it has none, and the defaults apply."""
    return preferences_by_receiver({enterprise_id}).get(enterprise_id)


def describe_preferences(row: Preferences) -> dict[str, Any]:
    """Preferences as the API shows them."""
    codes = catalogue.codes_by_id(row.muted_codes)
    proven_at = enterprises.by_id({row.enterprise_id})[row.enterprise_id].email_proven_at
    notices = [] if proven_at else [Notice("email_unproven", "email")]
    return {
        "version": row.version,
        "email": row.email,
        "kinds": {kind: how for kind, how in row.kinds.items() if not _is_refused(kind, how)},
        "language": row.language,
        "email_proven_at": proven_at,
        "muted_codes": [{"scheme": codes[code].scheme, "code": codes[code].code} for code in row.muted_codes],
        "warnings": render_warnings(notices),
    }
