"""What evaluations are made of, gathered for many enterprises at once: both halves, and the record of credit.

Inputs are facts of JSON, whole numbers and texts only, so that they read back as they were written and
everybody can compute their digest. No moment of today is among them: what has not changed gives the same
digest tomorrow.
"""

import hashlib
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import orjson

from ... import clock
from ...credit import service as credit
from ...enterprises import service as enterprises
from ...inspections import service as inspections
from ...inspections.models import Inspection, InspectionKind
from ...reporting import service as reporting
from ..models import MissingInput


@dataclass(frozen=True, slots=True)
class Gathered:
    """What an evaluation of an enterprise would say today.

    Attributes:
        inputs: `online` (`reporting.ReportingRecord`), `site` (the newest inspection, or null) and `credit`
            (the events that count, the lines that they make, and the standing without the evaluation).
        standing: as it would be with the evaluation in force.
        is_provisional: whether the enterprise is a newcomer without it.
    """

    inputs: dict[str, Any]
    missing: list[MissingInput]
    standing: credit.Standing
    is_provisional: bool

    @property
    def sha256(self) -> str:
        """The digest of the inputs."""
        return digest(self.inputs)


def canonical(inputs: dict[str, Any]) -> bytes:
    """Inputs as their digest is of: JSON with sorted names and no blanks, in UTF-8."""
    return orjson.dumps(inputs, option=orjson.OPT_SORT_KEYS)


def digest(inputs: dict[str, Any]) -> str:
    """The SHA-256 of the canonical form, in hexadecimal."""
    return hashlib.sha256(canonical(inputs)).hexdigest()


def gather(ids: Collection[UUID]) -> dict[UUID, Gathered]:
    """What evaluations of these enterprises would say today; as many statements as for one."""
    rows = enterprises.by_id(set(ids))
    online = reporting.records_of(rows)
    site = inspections.newest_finished(rows)
    records = credit.records_of(list(rows.values()))
    return {each: _gathered(online[each], site.get(each), records[each]) for each in rows}


def _gathered(
    online: reporting.ReportingRecord, inspection: Inspection | None, record: credit.Record
) -> Gathered:
    current = record.standing()
    inputs = {
        "online": asdict(online),
        "site": None if inspection is None else _site(inspection),
        "credit": _credit(record, current),
    }
    return Gathered(
        inputs,
        _missing(online, inspection, current),
        record.standing_with(clock.today(), credit.lapse_date(clock.today())),
        current.is_provisional,
    )


def _site(row: Inspection) -> dict[str, Any]:
    finished_at = row.finished_at or row.created_at
    return {
        "inspection_id": str(row.id),
        "number": row.number,
        "checklist": row.checklist.value,
        "kind": row.kind.value,
        "way": row.way.value,
        "result": row.result and row.result.value,
        "points": row.points,
        "most_points": row.most_points,
        "finished_on": finished_at.astimezone(clock.LOCAL).date().isoformat(),
        "findings": len(row.findings),
        "open_findings": len(row.open_findings),
        "was_late": row.was_late,
    }


def _credit(record: credit.Record, current: credit.Standing) -> dict[str, Any]:
    return {
        "member_since": record.member_since.isoformat(),
        "established_by": current.established_by,
        "evaluated_until": current.valid_until and current.valid_until.isoformat(),
        "base_milli": current.base,
        "score_milli": current.score,
        "grade": current.grade.value,
        "blocked": record.is_blocked,
        "events": [str(event.id) for event in record.events],
        "lines": [_line(line) for line in current.lines],
    }


def _line(line: credit.ScoreLine) -> dict[str, Any]:
    return {
        "rule": line.rule,
        "axis": line.axis,
        "year": line.year,
        "events": line.events,
        "points_milli": line.points,
        "recorded_as": line.recorded_as and line.recorded_as.value,
    }


def _missing(
    online: reporting.ReportingRecord, inspection: Inspection | None, current: credit.Standing
) -> list[MissingInput]:
    lacking = {
        MissingInput.DECLARATIONS: online.owes and online.due == 0,
        MissingInput.BALANCE: (online.owes or online.due > 0) and online.confirmed == 0,
        MissingInput.INSPECTION: inspection is None or inspection.kind == InspectionKind.SELF,
        MissingInput.RECORD: current.is_provisional,
    }
    return [what for what, is_lacking in lacking.items() if is_lacking]
