"""What belongs to manifests, of all of a page read by one statement: each has its rows as JSON.

A table each would be a statement each, and an object for every row.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text

from ...statements import Statement, uuid_array
from ..models import ManifestStatus

_BELONGING = text(f"""
SELECT json_object_agg(m.id, json_build_object(
  'lines', (SELECT json_agg(l ORDER BY l.no) FROM manifest_line l WHERE l.manifest_id = m.id),
  'legs', (SELECT json_agg(g ORDER BY g.no) FROM manifest_leg g WHERE g.manifest_id = m.id),
  'versions', (SELECT json_agg(v ORDER BY v.no) FROM (
     SELECT no, part, leg, action, unsealed, signed_by, person_id, signer, checksum, at,
            content ->> 'signed_name' AS signed_name
     FROM manifest_version WHERE manifest_id = m.id) v),
  'differences', (SELECT json_agg(d ORDER BY d.id) FROM manifest_mismatch d WHERE d.manifest_id = m.id),
  'corrections', (SELECT json_agg(c ORDER BY c.id) FROM manifest_correction c WHERE c.manifest_id = m.id),
  'files', (SELECT json_agg(f ORDER BY f.id) FROM (
     SELECT id, part, shows, name, media_type, size, sha256, created_at
     FROM manifest_file WHERE manifest_id = m.id) f),
  'outcomes', (SELECT json_agg(o ORDER BY o.id) FROM manifest_outcome o WHERE o.manifest_id = m.id),
  'delayed', (SELECT json_agg(DISTINCT y.step) FROM manifest_delay y WHERE y.manifest_id = m.id),
  'followed_by', (
     SELECT f.id FROM manifest f WHERE f.origin_id = m.id AND f.status <> '{ManifestStatus.CANCELLED}'
     ORDER BY f.id DESC LIMIT 1)))
FROM unnest(:ids) AS m (id)
""").bindparams(bindparam("ids", type_=ARRAY(Uuid)))  # noqa: S608 - the fragment is a constant
_STATEMENT = Statement(_BELONGING, ("belongings",))
_TIMES = {
    "lines": (),
    "legs": ("started_at", "signed_at"),
    "versions": ("at",),
    "differences": ("explained_at", "at"),
    "corrections": ("decided_at", "created_at", "updated_at"),
    "outcomes": ("at",),
    "files": ("created_at",),
}
"""JSON has no moments: these are read back."""


def belongings_of(ids: Collection[UUID]) -> dict[str, dict[str, Any]]:
    """Of each manifest, by id: `lines`, `legs`, `versions` of its parts without their content, `differences`,
    `corrections`, `outcomes`, `files`, each a list of rows in their order; the steps that were found late
    (`delayed`), and which manifest takes what was refused (`followed_by`).

    Ids are texts, moments and days are not.
    """
    found: dict[str, dict[str, Any]] = _STATEMENT.one(ids=uuid_array(ids)).belongings or {}
    for kept in found.values():
        _read_back(kept)
    return found


def _read_back(kept: dict[str, Any]) -> None:
    """Give lists to what has no rows, and moments and days to what has."""
    for name, times in _TIMES.items():
        if kept[name] is None:
            kept[name] = []
        for row in kept[name]:
            _read_moments(row, times)
    for outcome in kept["outcomes"]:
        outcome["on"] = date.fromisoformat(outcome["on"])


def _read_moments(row: dict[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        if row[name] is not None:
            row[name] = datetime.fromisoformat(row[name])
