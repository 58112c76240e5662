"""The book of what waste the use of a channel's waste makes, and where it goes: kept for ten years.

Nothing in it is ever changed or deleted, and the database refuses both; an entry is taken back by another.
"""

import logging
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from .... import clock
from ....catalogue import service as catalogue
from ....database import db
from ....errors import Conflict, Invalid, NotFound, Notice
from ....events.actor import Actor
from ....events.work import unit_of_work
from ....messages.names import Name
from ....shortage import not_enough_left
from ...models import Channel, SecondaryWaste
from ..permits import named_code
from ..plausible_permits import tonnes_notices

KEPT_YEARS = 10
"""How long an entry is kept at least; the platform's own rule (`trade.md`)."""

log = logging.getLogger(__name__)


def record_secondary_waste(
    actor: Actor, channel: Channel, data: dict[str, Any]
) -> tuple[SecondaryWaste, list[Notice]]:
    """Enter waste that the receiver made and where it went.

    Args:
        data: `on`, `scheme`, `code`, `tonnes` (as kilograms), `to`, and `note` or None.
    Raises:
        Invalid: the day is to come (`recorded_in_future`), or the code is unknown or of another scheme.
    """
    if data["on"] > clock.today():
        raise Invalid("recorded_in_future", at="on")
    with unit_of_work() as work:
        code, notices = named_code(actor, data["scheme"], data["code"], "")
        entry = work.add(
            SecondaryWaste(
                channel_id=channel.id,
                on_day=data["on"],
                code_id=code.id,
                kg=data["tonnes"],
                destination=data["to"],
                note=data["note"],
            )
        )
        work.audit(actor, "record_secondary_waste", channel, entry_id=str(entry.id), kg=entry.kg)
    return entry, notices + tonnes_notices(entry.kg, "tonnes", [code])


def take_back(actor: Actor, channel: Channel, entry_id: UUID, data: dict[str, Any]) -> SecondaryWaste:
    """Take back an entry, or a part of it, by one of negative kilograms.

    Args:
        data: `tonnes` (as kilograms) to take back, and `note`.
    Raises:
        NotFound: the channel has no such entry.
        Conflict: the entry is a correction itself (`corrects_correction`), or less is left of it
            (`not_enough_left`).
    """
    with unit_of_work() as work:
        work.lock(Channel, Channel.id == channel.id)
        entry = _entry_of(channel, entry_id)
        if entry.corrects_id is not None:
            raise Conflict("corrects_correction")
        taken = select(func.coalesce(func.sum(SecondaryWaste.kg), 0)).where(
            SecondaryWaste.corrects_id == entry.id
        )
        left_kg = entry.kg + int(work.session.scalar(taken) or 0)
        if data["tonnes"] > left_kg:
            raise not_enough_left(left_kg, Name("subject", "secondary_waste"), at="tonnes")
        correction = work.add(
            SecondaryWaste(
                channel_id=channel.id,
                on_day=entry.on_day,
                code_id=entry.code_id,
                kg=-data["tonnes"],
                destination=entry.destination,
                note=data["note"],
                corrects_id=entry.id,
            )
        )
        work.audit(actor, "correct_secondary_waste", channel, entry_id=str(correction.id), kg=correction.kg)
    return correction


def _entry_of(channel: Channel, entry_id: UUID) -> SecondaryWaste:
    query = select(SecondaryWaste).where(
        SecondaryWaste.id == entry_id, SecondaryWaste.channel_id == channel.id
    )
    entry = db.session.scalars(query).one_or_none()
    if entry is None:
        raise NotFound()
    return entry


def secondary_waste_of(channel: Channel, after: UUID | None, limit: int) -> Sequence[SecondaryWaste]:
    """Entries of a channel's book, the latest first, at most `limit` that are older than `after`."""
    query = select(SecondaryWaste).where(SecondaryWaste.channel_id == channel.id)
    if after is not None:
        query = query.where(SecondaryWaste.id < after)
    return db.session.scalars(query.order_by(SecondaryWaste.id.desc()).limit(limit)).all()


def present_secondary_waste(entries: Sequence[SecondaryWaste]) -> list[dict[str, Any]]:
    """Entries as the API shows them, in kilograms."""
    codes = catalogue.codes_by_id({entry.code_id for entry in entries})
    return [
        {
            "id": entry.id,
            "on": entry.on_day,
            "scheme": codes[entry.code_id].scheme,
            "code": codes[entry.code_id].code,
            "tonnes": entry.kg,
            "to": entry.destination,
            "note": entry.note,
            "corrects_id": entry.corrects_id,
            "at": entry.at,
            "kept_until": _kept_until(entry.at.astimezone(clock.LOCAL).date()),
        }
        for entry in entries
    ]


def _kept_until(day: date) -> date:
    """The last day for which an entry of a day is kept at least."""
    leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year + KEPT_YEARS, day=28 if leap_day else day.day)
