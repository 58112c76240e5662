"""One step of a manifest: locked, judged by the table, written with its audit line and its event."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from ...deals import service as deals
from ...deals.models import Deal
from ...errors import Notice
from ...events.actor import Actor
from ...events.lifecycle import Party
from ...events.work import Work, unit_of_work
from ..models import LIFE, Manifest, ManifestStatus
from .finding import lock, party_for

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Step:
    """A step as it is made: the locked manifest, who makes it as which party, and what is odd about it."""

    work: Work
    actor: Actor
    row: Manifest
    party: Party
    before: ManifestStatus
    notices: list[Notice] = field(default_factory=list)
    detail: dict[str, Any] = field(default_factory=dict)

    def deals(self) -> dict[UUID, Deal]:
        """The deals of the lines, locked in the order of their ids."""
        return lock_deals(self.work, {line.deal_id for line in self.row.lines})


@contextmanager
def step(
    actor: Actor, manifest_id: UUID, move: str | Callable[[Manifest], str], reason: str | None = None
) -> Iterator[Step]:
    """Make a move of a manifest, and whatever the block does, in one transaction.

    Args:
        move: its name, or what chooses it once the manifest is locked.
        reason: why; an admin has to give one.
    Raises:
        NotFound. Invalid: an admin gives no reason (`field_required`).
        Conflict: it is another's turn (`not_your_turn`) or does not start from this state (`wrong_state`).
    """
    with unit_of_work() as work:
        row = lock(work, manifest_id)
        name = move(row) if callable(move) else move
        party = party_for(actor, row, name)
        before = row.status
        made_move = LIFE.move(row, name, by=party, reason=reason)
        made = Step(work, actor, row, party, before)
        yield made
        work.session.flush()
        work.audit(actor, name, row, reason=reason, **made.detail)
        if made_move.event:
            emit(work, made_move.event, row)
    log.info("manifest moved", extra={"manifest_id": str(row.id), "move": name, "status": row.status})


def emit(work: Work, name: str, row: Manifest, **about: Any) -> None:
    """Emit an event of a manifest; all have the same payload, so that any task may listen.

    Args:
        about: `reason`, or of a late step or a correction `step` and the `enterprise_id` of who has to act.
    """
    work.emit(name, **facts_of(row, name.removeprefix("manifest.")) | about)


def facts_of(row: Manifest, happened: str) -> dict[str, Any]:
    """The payload of every event of a manifest; ids are text."""
    return {
        "happened": happened,
        "manifest_id": str(row.id),
        "number": row.number,
        "status": str(row.status),
        "is_known": row.requested_at is not None or row.issued_at is not None,
        "reason": row.reason or "",
        "sender_id": str(row.sender_id),
        "receiver_id": str(row.receiver_id),
        "transporter_id": str(row.transporter_id),
        "deal_ids": sorted({str(line.deal_id) for line in row.lines}),
        "step": None,
        "enterprise_id": None,
    }


def lock_deals(work: Work, ids: set[UUID]) -> dict[UUID, Deal]:
    """These deals, locked in the order of their ids."""
    return {deal_id: deals.lock_deal(work, deal_id) for deal_id in sorted(ids)}
