"""A load that was refused, or its part, goes on: back to its sender, or to another deal."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from ... import clock
from ...database import db
from ...deals import service as deals
from ...deals.models import Deal
from ...enterprises import service as enterprises
from ...errors import Conflict, Invalid, NotFound, Notice
from ...events.actor import Actor
from ...events.work import Work
from ...transporters import service as transporters
from ..models import CLOSED_STATES, RECEIPTS, Manifest, ManifestKind, ManifestLine, ManifestStatus
from .drafting import draft_notices, kg_by_deal, require_loadable, write
from .steps import Step, lock_deals, step

OF_LINE = ("code_id", "name", "form", "hazard", "component", "packing")


def follow(actor: Actor, manifest_id: UUID, data: dict[str, Any]) -> tuple[Manifest, list[Notice]]:
    """Draft the manifest that takes what was refused back to the sender, or onward to another deal.

    Onward its tonnes are planned on that deal at once; they stop counting as refused when they are picked up,
    or, taken back, when the return is closed.

    Raises:
        Conflict: nothing was refused (`nothing_refused`) or another manifest follows already
            (`followed_already`); or as `step` and `draft`.
        Invalid: onward without a deal, or to one of another sender or waste (`deal_does_not_fit`).
    """
    with step(actor, manifest_id, "follow", data["reason"]) as made:
        _require_open_end(made.row)
        kind = ManifestKind(data["kind"])
        deal = _onward_deal(made, data) if kind == ManifestKind.ONWARD else None
        row = _followed(made.row, kind, deal, data)
        if deal is not None:
            deals.plan_load(made.work, deal, row.planned_kg)
        made.row.follow_since = None
        write(made.work, actor, row, "draft", data["reason"], origin_id=str(made.row.id))
    return row, draft_notices(row, [deal] if deal else [])


def _require_open_end(origin: Manifest) -> None:
    if not any(line.unaccepted_kg for line in origin.lines):
        raise Conflict("nothing_refused")
    if (after := follower_of(origin.id)) is not None:
        raise Conflict("followed_already", number=after.number)


def follower_of(manifest_id: UUID) -> Manifest | None:
    """The manifest that takes what was refused of this one, if there is one that is not cancelled."""
    living = select(Manifest).where(
        Manifest.origin_id == manifest_id, Manifest.status != ManifestStatus.CANCELLED
    )
    return db.session.scalars(living.limit(1)).one_or_none()


def has_gone_on(origin: Manifest) -> bool:
    """Whether what was refused is back with its sender already, or on its way under another deal."""
    after = follower_of(origin.id)
    if after is None:
        return False
    is_return = after.kind == ManifestKind.RETURN
    return after.status in CLOSED_STATES if is_return else after.picked_up_at is not None


def free_refused(work: Work, origin: Manifest, found: Mapping[UUID, Deal]) -> None:
    """Free on its deals what was refused of a load, once both have come: its closing, and where it went on.

    Whichever is later frees it. Both lock the deals first, and look at the other only then.

    Args:
        found: the deals of the origin, locked.
    """
    work.session.flush()
    work.session.refresh(origin)
    if origin.status in RECEIPTS:
        return
    for deal_id, kg in kg_by_deal(origin.lines, "unaccepted_kg").items():
        if kg:
            deals.return_load(work, found[deal_id], kg)


def _onward_deal(made: Step, data: dict[str, Any]) -> Deal:
    """The deal that takes the refused waste, locked."""
    if data["deal_id"] is None:
        raise Invalid("field_required", at="deal_id")
    origin = made.row
    try:
        deals.find_deal(made.actor, data["deal_id"])
    except NotFound as error:
        raise Invalid("unknown_deal", at="deal_id") from error
    own = {line.deal_id for line in origin.lines}
    deal = lock_deals(made.work, own | {data["deal_id"]})[data["deal_id"]]
    codes = {line.code_id for line in origin.lines if line.unaccepted_kg}
    fits = deal.supplier_id == origin.sender_id and codes == {deal.code_id} and deal.id not in own
    if not fits:
        raise Invalid("deal_does_not_fit", at="deal_id")
    require_loadable(made.actor, deal, data["reason"])
    return deal


def _followed(origin: Manifest, kind: ManifestKind, deal: Deal | None, data: dict[str, Any]) -> Manifest:
    """The next manifest of what was refused: it leaves from where it was refused."""
    transporter_id = data["transporter_id"] or origin.transporter_id
    transporters.require_transporter(transporter_id)
    refused = [line for line in origin.lines if line.unaccepted_kg]
    lines = [
        ManifestLine(
            no=no,
            deal_id=deal.id if deal else line.deal_id,
            quantity_kg=line.unaccepted_kg,
            containers=[],
            **{name: getattr(line, name) for name in OF_LINE},
        )
        for no, line in enumerate(refused, start=1)
    ]
    return Manifest(
        status=ManifestStatus.DRAFT,
        kind=kind,
        origin_id=origin.id,
        sender_id=origin.sender_id,
        receiver_id=deal.receiver_id if deal else origin.sender_id,
        transporter_id=transporter_id,
        region=enterprises.by_id({origin.receiver_id})[origin.receiver_id].region,
        planned_on=data["planned_on"] or clock.today(),
        emergency=origin.emergency,
        planned_kg=sum(line.quantity_kg for line in lines),
        hazardous=origin.hazardous,
        lines=lines,
    )
