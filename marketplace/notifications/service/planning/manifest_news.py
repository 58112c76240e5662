"""Who is told what of a manifest."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from ....manifests.models import ManifestStatus
from ...models import NotificationKind
from ..kinds import KINDS
from .instant import plan_message

Told = tuple[NotificationKind, tuple[str, ...]]
NEWS: dict[str, Told] = {
    "requested": (NotificationKind.MANIFEST_REQUESTED, ("transporter",)),
    "carrier_changed": (NotificationKind.MANIFEST_REQUESTED, ("transporter",)),
    "declined": (NotificationKind.MANIFEST_DECLINED, ("sender",)),
    "issued": (NotificationKind.MANIFEST_ISSUED, ("transporter", "receiver")),
    "cancelled": (NotificationKind.MANIFEST_CANCELLED, ("transporter", "receiver")),
    "received": (NotificationKind.MANIFEST_RECEIVED, ("sender",)),
    "refused": (NotificationKind.MANIFEST_REFUSED, ("sender",)),
    "differed": (NotificationKind.MANIFEST_DIFFERED, ("sender",)),
    "overdue": (NotificationKind.MANIFEST_OVERDUE, ("named",)),
    "treated": (NotificationKind.MANIFEST_TREATED, ("sender",)),
    "correction_asked": (NotificationKind.MANIFEST_CORRECTION, ("named",)),
}
"""By event, after `manifest.`: the kind of message and which parties get it."""
FOR_THE_ASKED = ("carrier_changed", "cancelled")
"""Told only if somebody has heard of the manifest before."""


def plan_manifest_news(
    happened: str, status: str, is_known: bool, parties: Mapping[str, str | None], facts: dict[str, Any]
) -> None:
    """Tell the parties of a manifest what happened to it, each enterprise once."""
    if happened in FOR_THE_ASKED and not is_known:
        return
    if happened == "received" and status == ManifestStatus.PARTLY_REFUSED:
        happened = "refused"
    kind, told = NEWS[happened]
    data = {name: facts[name] for name in KINDS[kind].data_fields}
    for receiver_id in sorted({parties[party] or "" for party in told}):
        plan_message(UUID(receiver_id), kind, data)
