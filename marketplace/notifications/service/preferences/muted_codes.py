"""Codes about which an enterprise wants no message: muted for all senders, or silenced for one."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from ....catalogue import service as catalogue
from ....database import db, is_among
from ....enterprises import service as enterprises
from ....errors import Conflict
from ....events.actor import Actor
from ....events.work import Work
from ...models import Preferences, Silence
from .delivery_preferences import add_preferences, lock_preferences, preferences_by_receiver

MAX_MUTED_CODES = 200
Mention = tuple[UUID, UUID, int]
"""A message as far as it may be muted: its receiver, its sender and the code that it is about."""


def covering_codes(code_id: int) -> set[int]:
    """The codes and categories that cover a code: muting one of them mutes it."""
    return {alias.alias_id for alias in catalogue.aliases_of([code_id])}


def muted_codes_by_receiver(receivers: set[UUID], sender_id: UUID) -> dict[UUID, set[int]]:
    """Codes about which each receiver wants no message of this sender; who has none may be missing."""
    codes = {
        receiver: set(preferences.muted_codes)
        for receiver, preferences in preferences_by_receiver(receivers).items()
    }
    silenced = db.session.execute(
        select(Silence.receiver_id, Silence.code_id).where(
            Silence.receiver_id.in_(receivers), Silence.counterpart_id == sender_id
        )
    )
    for receiver, code_id in silenced:
        codes.setdefault(receiver, set()).add(code_id)
    return codes


def is_muted(code_id: int, codes: set[int] | None) -> bool:
    """Whether one of `codes` is, or covers, this code."""
    return bool(codes) and not covering_codes(code_id).isdisjoint(codes or ())


def muted_mentions(mentions: Collection[Mention]) -> set[Mention]:
    """Those mentions of which the receiver wants none; in three statements, however many they are."""
    receivers, senders, codes = (set(column) for column in zip(*mentions, strict=True))
    muted: dict[UUID, set[int]] = defaultdict(set)
    for receiver, code_ids in db.session.execute(
        select(Preferences.enterprise_id, Preferences.muted_codes).where(
            is_among(Preferences.enterprise_id, receivers)
        )
    ):
        muted[receiver].update(code_ids)
    silenced: dict[tuple[UUID, UUID], set[int]] = defaultdict(set)
    for receiver, sender, code_id in db.session.execute(
        select(Silence.receiver_id, Silence.counterpart_id, Silence.code_id).where(
            is_among(Silence.receiver_id, receivers), is_among(Silence.counterpart_id, senders)
        )
    ):
        silenced[receiver, sender].add(code_id)
    covering: dict[int, set[int]] = defaultdict(set)
    for alias in catalogue.aliases_of(codes):
        covering[alias.code_id].add(alias.alias_id)
    return {
        (receiver, sender, code_id)
        for receiver, sender, code_id in mentions
        if covering[code_id] & (muted[receiver] | silenced[receiver, sender])
    }


def mute(work: Work, actor: Actor, code_id: int) -> None:
    """Add a code to the muted codes of the acting enterprise, unless it is covered already.

    Raises:
        Conflict: it has muted too many already (`too_many_muted_codes`).
    """
    row = lock_preferences(work, actor) or add_preferences(work, actor)
    if is_muted(code_id, set(row.muted_codes)):
        return
    if len(row.muted_codes) >= MAX_MUTED_CODES:
        raise Conflict("too_many_muted_codes", most=MAX_MUTED_CODES)
    row.muted_codes = [*row.muted_codes, code_id]
    work.audit(actor, "mute_code", enterprises.own(actor), code_id=code_id)
