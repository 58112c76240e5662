"""Manifests as their parties and overseers see them, what belongs to them fetched together."""

from collections.abc import Collection, Mapping, Sequence
from operator import attrgetter, itemgetter
from typing import Any
from uuid import UUID

from matching import KG_PER_T

from ...catalogue import service as catalogue
from ...enterprises import service as enterprises
from ...events.actor import ENTERPRISE, Actor
from ...persons import service as persons
from ..models import NEXT_STEPS, WAITING, LateStep, Manifest, ManifestCorrection, ManifestStatus
from .belongings import belongings_of
from .sealing import signatures

PARTIES = ("sender_id", "receiver_id", "transporter_id")
SHOWN = tuple(column.key for column in Manifest.__table__.columns if column.key not in PARTIES)
_values = attrgetter(*SHOWN)
_seal = itemgetter("part", "leg", "unsealed")


def present(rows: Sequence[Any], actor: Actor | None = None) -> list[dict[str, Any]]:
    """Manifests, or rows of all their columns, as the API shows them; without the reader nothing says which
    persons signed."""
    kept = belongings_of([row.id for row in rows])
    _name_signers(actor, [version for item in kept.values() for version in item["versions"]])
    carriers = {UUID(leg["transporter_id"]) for item in kept.values() for leg in item["legs"]}
    parties = {getattr(row, name) for row in rows for name in PARTIES}
    found = enterprises.references(parties | carriers)
    known = {found_id: enterprises.reference_to(row) for found_id, row in found.items()}
    codes = catalogue.codes_by_id({line["code_id"] for item in kept.values() for line in item["lines"]})
    return [_present(row, kept[str(row.id)], known, codes) for row in rows]


def _present(
    row: Any, kept: dict[str, Any], known: Mapping[UUID, dict[str, Any]], codes: Mapping[int, Any]
) -> dict[str, Any]:
    return {
        **dict(zip(SHOWN, _values(row), strict=True)),
        "supplier": known[row.sender_id],
        "receiver": known[row.receiver_id],
        "transporter": known[row.transporter_id],
        "followed_by": kept["followed_by"],
        "lines": [_line(line, codes[line["code_id"]]) for line in kept["lines"]],
        "legs": [{**leg, "transporter": known[UUID(leg["transporter_id"])]} for leg in kept["legs"]],
        "signatures": signatures(kept["versions"], _seal),
        "differences": kept["differences"],
        "corrections": [{**item, "changes": _in_tonnes(item["changes"])} for item in kept["corrections"]],
        "outcomes": kept["outcomes"],
        "files": kept["files"],
        "late": late_steps(row, kept["delayed"] or ()),
        "next_step": _next_step(row.status),
        "warnings": [],
    }


def _name_signers(actor: Actor | None, versions: Sequence[dict[str, Any]]) -> None:
    acted = [
        (version.pop("person_id"), version["signed_by"] if version["signer"] == ENTERPRISE else None)
        for version in versions
    ]
    for version, person in zip(versions, persons.named_for(actor, acted), strict=True):
        version["by_person"] = person


def _line(line: dict[str, Any], code: Any) -> dict[str, Any]:
    refused = (line["refused_kg"] or 0) + line["held_kg"] if line["received_kg"] is not None else None
    return {**line, "scheme": code.scheme, "code": code.code, "unaccepted_kg": refused}


def _next_step(status: ManifestStatus) -> dict[str, str] | None:
    step = NEXT_STEPS[status]
    return {"by": str(step[0]), "move": step[1]} if step else None


def late_steps(row: Any, delayed: Collection[str]) -> list[LateStep]:
    """Of the steps that were found late those that are still to be made."""
    return sorted(step for step in map(LateStep, delayed) if _still_waits(row, step))


def _still_waits(row: Any, step: LateStep) -> bool:
    waiting = WAITING[step]
    return row.status in waiting.states and getattr(row, waiting.since) is not None


def shown_correction(row: ManifestCorrection) -> dict[str, Any]:
    """A correction as the API shows it, weights in tonnes as they were asked for."""
    shown = {column.key: getattr(row, column.key) for column in row.__table__.columns}
    return shown | {"changes": _in_tonnes(row.changes)}


def _in_tonnes(changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value / KG_PER_T if name.endswith("_t") else value for name, value in changes.items()}
