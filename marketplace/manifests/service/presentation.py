"""Manifests as their parties and overseers see them, what belongs to them fetched together."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import defer

from matching import KG_PER_T

from ...catalogue import service as catalogue
from ...database import db
from ...enterprises import service as enterprises
from ..models import (
    NEXT_STEPS,
    WAITING,
    LateStep,
    Manifest,
    ManifestCorrection,
    ManifestDelay,
    ManifestMismatch,
    ManifestOutcome,
    ManifestStatus,
    ManifestVersion,
)
from .sealing import signatures

UNSHOWN = ("sender_id", "receiver_id", "transporter_id")


def present(rows: Sequence[Manifest]) -> list[dict[str, Any]]:
    """Manifests as the API shows them."""
    ids = [row.id for row in rows]
    carriers = {leg.transporter_id for row in rows for leg in row.legs}
    parties = {getattr(row, name) for row in rows for name in UNSHOWN}
    known = enterprises.references(parties | carriers)
    codes = catalogue.codes_by_id({line.code_id for row in rows for line in row.lines})
    after = _followers(ids)
    kept = {model: _of(model, ids) for model in (ManifestMismatch, ManifestCorrection, ManifestOutcome)}
    versions, delays = _versions(ids), _of(ManifestDelay, ids)
    return [
        {
            **{
                column.key: getattr(row, column.key)
                for column in row.__table__.columns
                if column.key not in UNSHOWN
            },
            "supplier": enterprises.reference_to(known[row.sender_id]),
            "receiver": enterprises.reference_to(known[row.receiver_id]),
            "transporter": enterprises.reference_to(known[row.transporter_id]),
            "followed_by": after.get(row.id),
            "lines": [_line(line, codes[line.code_id]) for line in row.lines],
            "legs": [_leg(leg, known[leg.transporter_id]) for leg in row.legs],
            "signatures": signatures(versions.get(row.id, [])),
            "differences": kept[ManifestMismatch].get(row.id, []),
            "corrections": [shown_correction(item) for item in kept[ManifestCorrection].get(row.id, [])],
            "outcomes": kept[ManifestOutcome].get(row.id, []),
            "late": late_steps(row, delays.get(row.id, [])),
            "next_step": _next_step(row),
            "warnings": [],
        }
        for row in rows
    ]


def _line(line: Any, code: Any) -> dict[str, Any]:
    names = [column.key for column in line.__table__.columns]
    shown = {name: getattr(line, name) for name in names}
    refused = line.unaccepted_kg if line.received_kg is not None else None
    return {**shown, "scheme": code.scheme, "code": code.code, "unaccepted_kg": refused}


def _leg(leg: Any, carrier: Any) -> dict[str, Any]:
    names = ("no", "vehicle", "driver", "escort", "place", "started_at", "signed_at")
    return {**{name: getattr(leg, name) for name in names}, "transporter": enterprises.reference_to(carrier)}


def _next_step(row: Manifest) -> dict[str, str] | None:
    step = NEXT_STEPS[row.status]
    return {"by": str(step[0]), "move": step[1]} if step else None


def late_steps(row: Manifest, delays: Iterable[ManifestDelay]) -> list[LateStep]:
    """The steps that were found late and are still to be made."""
    return sorted({delay.step for delay in delays if _still_waits(row, delay.step)})


def _still_waits(row: Manifest, step: LateStep) -> bool:
    waiting = WAITING[step]
    return row.status in waiting.states and getattr(row, waiting.since) is not None


def _of(model: Any, ids: Sequence[UUID]) -> dict[UUID, list[Any]]:
    """The rows of a table that belong to these manifests, oldest first."""
    found: dict[UUID, list[Any]] = {}
    order = model.at if model is ManifestDelay else model.id
    for row in db.session.scalars(select(model).where(model.manifest_id.in_(ids)).order_by(order)):
        found.setdefault(row.manifest_id, []).append(row)
    return found


def _versions(ids: Sequence[UUID]) -> dict[UUID, list[ManifestVersion]]:
    rows = select(ManifestVersion).where(ManifestVersion.manifest_id.in_(ids))
    found: dict[UUID, list[ManifestVersion]] = {}
    for row in db.session.scalars(rows.options(defer(ManifestVersion.content)).order_by(ManifestVersion.no)):
        found.setdefault(row.manifest_id, []).append(row)
    return found


def _followers(ids: Sequence[UUID]) -> dict[UUID, UUID]:
    living = (Manifest.origin_id.in_(ids), Manifest.status != ManifestStatus.CANCELLED)
    found = db.session.execute(select(Manifest.origin_id, Manifest.id).where(*living)).all()
    return dict(iter(found))  # type: ignore[arg-type]


def shown_correction(row: ManifestCorrection) -> dict[str, Any]:
    """A correction as the API shows it, weights in tonnes as they were asked for."""
    changes = {
        name: value / KG_PER_T if name.endswith("_t") else value for name, value in row.changes.items()
    }
    return {column.key: getattr(row, column.key) for column in row.__table__.columns} | {"changes": changes}
