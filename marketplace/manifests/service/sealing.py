"""What the parties signed: every version of each part, with its checksum."""

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy import func, select

from matching import KG_PER_T

from ...database import db
from ...events.actor import ENTERPRISE, Actor
from ...events.work import Work
from ...persons import service as persons
from ..models import Manifest, ManifestLeg, ManifestLine, ManifestVersion, Part

V = TypeVar("V")
SEAL = attrgetter("part", "leg", "unsealed")
SENDERS_LINE = (
    "deal_id",
    "code_id",
    "name",
    "form",
    "hazard",
    "component",
    "packing",
    "packages",
    "containers",
)


def seal(
    work: Work, actor: Actor, row: Manifest, part: Part, action: str, *,
    leg: ManifestLeg | None = None, reason: str | None = None, unsealed: bool = False,
    signed_name: str | None = None,
) -> ManifestVersion:  # fmt: skip
    """Keep what a part says now as its next version, signed by the actor.

    Args:
        signed_name: who signed for it at the gate, as that person wrote it.
    """
    content = _CONTENT[part](row, leg) | ({"signed_name": signed_name} if signed_name else {})
    newest = select(func.coalesce(func.max(ManifestVersion.no), 0)).where(
        ManifestVersion.manifest_id == row.id
    )
    return work.add(
        ManifestVersion(
            manifest_id=row.id,
            no=(db.session.scalar(newest) or 0) + 1,
            part=part,
            leg=leg.no if leg else None,
            action=action,
            unsealed=unsealed,
            signed_by=actor.id,
            signer=actor.kind,
            reason=reason,
            content=content,
            checksum=checksum(content),
        )
    )


def checksum(content: dict[str, Any]) -> str:
    """The SHA-256 of what was signed, as JSON with sorted keys and no blanks."""
    written = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


def versions(row: Manifest) -> Sequence[ManifestVersion]:
    """All versions of all parts, oldest first."""
    of_manifest = select(ManifestVersion).where(ManifestVersion.manifest_id == row.id)
    return db.session.scalars(of_manifest.order_by(ManifestVersion.no)).all()


def signatures(kept: Sequence[V], seal: Callable[[V], tuple[Any, ...]] = SEAL) -> list[V]:
    """The latest version of each part that is sealed now.

    Args:
        kept: versions, oldest first.
        seal: of a version its part, its leg, and whether it ends the seal.
    """
    latest: dict[tuple[Any, ...], V] = {}
    for version in kept:
        *part, unsealed = seal(version)
        latest.pop(tuple(part), None)
        if not unsealed:
            latest[tuple(part)] = version
    return list(latest.values())


def is_sealed(row: Manifest, part: Part) -> bool:
    """Whether a part is signed."""
    return any(version.part == part for version in signatures(versions(row)))


def side_by_side(actor: Actor, kept: Sequence[ManifestVersion]) -> list[dict[str, Any]]:
    """Every version with who signed it and what it changed against the one before of the same part."""
    signed = [
        (version.person_id, version.signed_by if version.signer == ENTERPRISE else None) for version in kept
    ]
    before: dict[tuple[Part, int | None], dict[str, Any]] = {}
    shown = []
    for version, person in zip(kept, persons.named_for(actor, signed), strict=True):
        known = before.get((version.part, version.leg), {})
        changes = [
            {"field": name, "before": known.get(name), "after": value}
            for name, value in version.content.items()
            if known and known.get(name) != value
        ]
        before[version.part, version.leg] = version.content
        shown.append({"row": version, "by_person": person, "changes": changes})
    return shown


def _senders(row: Manifest, _: ManifestLeg | None) -> dict[str, Any]:
    lines = [
        {"no": line.no, "quantity_t": _t(line.quantity_kg)}
        | {name: _plain(getattr(line, name)) for name in SENDERS_LINE}
        for line in row.lines
    ]
    named = (
        "number",
        "official_number",
        "sender_id",
        "receiver_id",
        "transporter_id",
        "planned_on",
        "emergency",
    )
    return {name: _plain(getattr(row, name)) for name in named} | {"lines": lines}


def _carriers(row: Manifest, leg: ManifestLeg | None) -> dict[str, Any]:
    assert leg is not None
    named = ("transporter_id", "vehicle", "driver", "escort", "place", "started_at", "signed_at")
    return {name: _plain(getattr(leg, name)) for name in named} | {
        "weight_t": _t(row.picked_up_kg),
        "estimated": row.estimated,
        "packages": row.packages_picked_up,
        "delivered_at": _plain(row.delivered_at),
        "delivery_reason": row.delivery_reason,
        "lines": _line_weights(row.lines, "picked_up_kg"),
    }


def _receivers(row: Manifest, _: ManifestLeg | None) -> dict[str, Any]:
    return {
        "weight_t": _t(row.received_kg),
        "refused_t": _t(row.refused_kg),
        "accepted_t": _t(row.accepted_kg),
        "packages": row.packages_received,
        "note": row.note,
        "reason": row.reason,
        "received_at": _plain(row.received_at),
        "closed_at": _plain(row.closed_at),
        "lines": _line_weights(row.lines, "received_kg", "refused_kg", "accepted_kg"),
    }


def _line_weights(lines: Sequence[ManifestLine], *names: str) -> list[dict[str, Any]]:
    weights = {name: f"{name.removesuffix('_kg')}_t" for name in names}
    return [
        {"no": line.no} | {shown: _t(getattr(line, name)) for name, shown in weights.items()}
        for line in lines
    ]


def _t(kg: int | None) -> float | None:
    return None if kg is None else kg / KG_PER_T


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int | float | list) else str(value)


_CONTENT = {Part.SENDER: _senders, Part.CARRIER: _carriers, Part.RECEIVER: _receivers}
