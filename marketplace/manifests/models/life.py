"""The states of a manifest, who moves it from one to the next, and who is to do what."""

from enum import StrEnum

from ...events.lifecycle import LifeCycle, Move, Party


class ManifestStatus(StrEnum):
    DRAFT = "draft"
    REQUESTED = "requested"
    SCHEDULED = "scheduled"
    ISSUED = "issued"
    MOVING = "moving"
    DELIVERED = "delivered"
    RECEIVED = "received"
    PARTLY_REFUSED = "partly_refused"
    REFUSED = "refused"
    CLOSED = "closed"
    TREATED = "treated"
    CANCELLED = "cancelled"


SENDER, CARRIER, RECEIVER = Party.SUPPLIER, Party.TRANSPORTER, Party.RECEIVER
WHO_KNOWS = frozenset({SENDER, CARRIER})
"""Who can explain why a load differs from its manifest."""
S = ManifestStatus
UNSEALED = (S.DRAFT, S.REQUESTED, S.SCHEDULED)
NOT_ISSUED = UNSEALED
BEFORE_PICKUP = (*UNSEALED, S.ISSUED)
IN_FLIGHT = (S.ISSUED, S.MOVING, S.DELIVERED, S.RECEIVED, S.PARTLY_REFUSED)
"""With one of these a deal does not end."""
RECEIPTS = (S.RECEIVED, S.PARTLY_REFUSED)
CLOSED_STATES = (S.CLOSED, S.TREATED)


def _from(
    sources: tuple[ManifestStatus, ...],
    name: str,
    target: ManifestStatus | None,
    by: Party | frozenset[Party],
    event: str | None = None,
) -> list[Move]:
    """A party's move from each of these states, by default back to the same one; admins have its twin."""
    who = by if isinstance(by, frozenset) else frozenset({by})
    return [Move(name, source, target or source, by=who, event=event, twin=True) for source in sources]


LIFE = LifeCycle(
    *_from((S.DRAFT,), "change", None, SENDER, "manifest.changed"),
    *_from((S.DRAFT,), "request", S.REQUESTED, SENDER, "manifest.requested"),
    *_from((S.REQUESTED,), "schedule", S.SCHEDULED, CARRIER, "manifest.scheduled"),
    *_from((S.REQUESTED, S.SCHEDULED, S.ISSUED), "decline", S.DRAFT, CARRIER, "manifest.declined"),
    *_from(UNSEALED, "issue", S.ISSUED, SENDER, "manifest.issued"),
    *_from(BEFORE_PICKUP, "cancel", S.CANCELLED, SENDER, "manifest.cancelled"),
    *_from(BEFORE_PICKUP, "register_number", None, SENDER, "manifest.changed"),
    *_from((S.REQUESTED, S.SCHEDULED), "change_carrier", S.REQUESTED, SENDER, "manifest.carrier_changed"),
    *_from((S.DRAFT, S.ISSUED), "change_carrier", None, SENDER, "manifest.carrier_changed"),
    *_from((S.ISSUED,), "pickup", S.MOVING, CARRIER, "manifest.picked_up"),
    *_from((S.MOVING,), "hand_over", None, CARRIER, "manifest.handed_over"),
    *_from((S.MOVING,), "deliver", S.DELIVERED, CARRIER, "manifest.delivered"),
    *_from((S.DELIVERED, S.MOVING), "receive", S.RECEIVED, RECEIVER, "manifest.received"),
    *_from((S.DELIVERED, S.MOVING), "receive_partly", S.PARTLY_REFUSED, RECEIVER, "manifest.received"),
    *_from((S.DELIVERED, S.MOVING), "refuse_load", S.REFUSED, RECEIVER, "manifest.refused"),
    *_from(RECEIPTS, "close", S.CLOSED, RECEIVER, "manifest.closed"),
    *_from((S.CLOSED,), "outcome", S.TREATED, RECEIVER, "manifest.treated"),
    *_from((S.CLOSED,), "outcome_partly", None, RECEIVER, "manifest.treated"),
    *_from((*RECEIPTS, S.REFUSED, *CLOSED_STATES), "explain", None, WHO_KNOWS, "manifest.explained"),
    *_from((S.REFUSED, S.PARTLY_REFUSED, *CLOSED_STATES), "follow", None, SENDER, "manifest.followed"),
    Move("void", S.DRAFT, S.CANCELLED, by={Party.SYSTEM}, event="manifest.cancelled"),
    Move("void", S.REQUESTED, S.CANCELLED, by={Party.SYSTEM}, event="manifest.cancelled"),
    Move("void", S.SCHEDULED, S.CANCELLED, by={Party.SYSTEM}, event="manifest.cancelled"),
    next_steps="manifest_step",
)
"""The supplier is the sender of a manifest. `void` is what the end of a deal does to what is not issued."""

NEXT_STEPS: dict[ManifestStatus, tuple[Party, str] | None] = {
    S.DRAFT: (SENDER, "issue"),
    S.REQUESTED: (CARRIER, "schedule"),
    S.SCHEDULED: (SENDER, "issue"),
    S.ISSUED: (CARRIER, "pickup"),
    S.MOVING: (CARRIER, "deliver"),
    S.DELIVERED: (RECEIVER, "receive"),
    S.RECEIVED: (RECEIVER, "close"),
    S.PARTLY_REFUSED: (RECEIVER, "close"),
    S.REFUSED: (SENDER, "follow"),
    S.CLOSED: (RECEIVER, "outcome"),
    S.TREATED: None,
    S.CANCELLED: None,
}
"""Who does what next; names.toml says it in `manifest_step`."""
