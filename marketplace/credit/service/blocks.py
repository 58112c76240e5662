"""The blocked list: placed by one officer, confirmed by a second, lifted with a reason."""

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from ...database import db
from ...enterprises import service as enterprises
from ...errors import Conflict, NotFound
from ...events import service as reads
from ...events.actor import Actor
from ...events.lifecycle import Party
from ...events.work import Work, unit_of_work
from ..models import BLOCK_LIFE, Block, CreditEvent
from .standings import lock_enterprise, refresh_standing

log = logging.getLogger(__name__)


def place_block(actor: Actor, data: dict[str, Any]) -> Block:
    """Put an enterprise on the blocked list, provisionally.

    Raises:
        Invalid: `unknown_enterprise`.
    """
    with unit_of_work() as work:
        enterprise = lock_enterprise(work, data["enterprise_id"])
        block = work.add(Block(**data, placed_by=actor.id))
        work.audit(actor, "place", block, reason=block.reason)
        refresh_standing(work, enterprise)
    log.info("block placed", extra=_about(block))
    return block


def confirm_block(actor: Actor, block_id: UUID) -> Block:
    """Confirm an entry of the blocked list, as a second admin.

    Raises:
        NotFound: no such block.
        Conflict: lifted or confirmed already (`wrong_state`), or by whoever placed it
            (`second_officer_needed`).
    """
    with unit_of_work() as work:
        block = work.lock(Block, Block.id == block_id)
        BLOCK_LIFE.move(block, "confirm", by=Party.ADMIN)
        if needs_another_to_confirm(actor, block):
            raise Conflict("second_officer_needed")
        block.confirmed_by = actor.id
        work.audit(actor, "confirm", block)
    log.info("block confirmed", extra=_about(block))
    return block


def lift_block(actor: Actor, block_id: UUID, reason: str) -> Block:
    """Take an enterprise off the blocked list.

    Whoever placed an entry takes it back alone only as long as it rests on nothing else: neither on a second
    officer's confirmation nor on an event, which needs a second officer to be withdrawn.

    Raises:
        NotFound: no such block.
        Conflict: lifted already (`wrong_state`), or confirmed or placed by an event, and by whoever placed it
            (`second_officer_needed`).
    """
    with unit_of_work() as work:
        # the enterprise first, as whoever withdraws or repairs the event of a block has it
        enterprise = enterprises.lock(work, find_block(actor, block_id).enterprise_id)
        block = work.lock(Block, Block.id == block_id)
        BLOCK_LIFE.move(block, "lift", by=Party.ADMIN)
        if needs_another_to_lift(actor, block):
            raise Conflict("second_officer_needed")
        block.lifted_by, block.lift_reason = actor.id, reason
        work.session.flush()
        work.audit(actor, "lift", block, reason=reason)
        refresh_standing(work, enterprise)
    log.info("block lifted", extra=_about(block))
    return block


def needs_another_to_confirm(actor: Actor, block: Block) -> bool:
    """Whether another officer has to confirm an entry, as this one placed it."""
    return block.placed_by == actor.id


def needs_another_to_lift(actor: Actor, block: Block) -> bool:
    """Whether another officer has to lift an entry: see `lift_block`."""
    return block.placed_by == actor.id and bool(block.confirmed_by or block.event_id)


def lift_blocks_of(work: Work, event: CreditEvent, actor: Actor, reason: str) -> None:
    """Lift the blocks that an event placed, as it is withdrawn."""
    placed = select(Block).where(Block.event_id == event.id, Block.lifted_at.is_(None)).with_for_update()
    for block in work.session.scalars(placed):
        BLOCK_LIFE.move(block, "lift", by=Party.ADMIN)
        block.lifted_by, block.lift_reason = actor.id, reason
        work.audit(actor, "lift", block, reason=reason)


def search_blocks(
    actor: Actor, enterprise_id: UUID | None, after: UUID | None, limit: int
) -> Sequence[Block]:
    """The blocked list with its history, newest first, at most `limit` that are older than `after`.

    A regulator sees the enterprises of its own region only.
    """
    query = select(Block)
    if not actor.is_admin:
        query = query.where(Block.enterprise_id.in_(enterprises.ids_within(actor.region or 0)))
    if enterprise_id is not None:
        query = query.where(Block.enterprise_id == enterprise_id)
    if after is not None:
        query = query.where(Block.id < after)
    rows = db.session.scalars(query.order_by(Block.id.desc()).limit(limit)).all()
    for row in rows:
        reads.note_read(actor, reads.CREDIT, row.enterprise_id)
    return rows


def find_block(actor: Actor, block_id: UUID) -> Block:
    """A block. Raises: NotFound."""
    block = db.session.get(Block, block_id)
    if block is None:
        raise NotFound()
    return block


def _about(block: Block) -> dict[str, str]:
    """What a log line says of a block."""
    return {"block_id": str(block.id), "enterprise_id": str(block.enterprise_id)}
