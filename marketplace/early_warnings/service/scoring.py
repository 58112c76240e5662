"""Every night the risks of all enterprises, in batches; warnings follow them."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import orjson
from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert

from ... import clock
from ...database import db
from ...enterprises import service as enterprises
from ...events.actor import PLATFORM
from ...events.work import unit_of_work
from ...statements import Statement, uuid_array
from ..models import EarlyWarning, EarlyWarningModel, EarlyWarningRun
from .features import FEATURES, features_of
from .histories import CreditHistory
from .monotone_model import MonotoneModel
from .reading import BATCH, histories_of
from .terms import term_in_force
from .training import is_training_due, model_to_warn_by

SHOWN_PARTS = 3
REMOVE = Statement(
    text("""
    DELETE FROM early_warning
    WHERE enterprise_id = ANY(CAST(:ids AS uuid[])) AND NOT enterprise_id = ANY(CAST(:warned AS uuid[]))
    """)
)
WRITE = Statement(
    text("""
    INSERT INTO early_warning (enterprise_id, risk, parts, others, model_id, warned_on, computed_on)
    SELECT enterprise_id, risk, parts, others, CAST(:model_id AS uuid), CAST(:today AS date),
        CAST(:today AS date)
    FROM jsonb_to_recordset(CAST(:warnings AS jsonb)) AS warning(
        enterprise_id uuid, risk double precision, parts jsonb, others double precision)
    ON CONFLICT (enterprise_id) DO UPDATE SET risk = excluded.risk, parts = excluded.parts,
        others = excluded.others, model_id = excluded.model_id, computed_on = excluded.computed_on
    """)
)

log = logging.getLogger(__name__)


def enqueue_nightly() -> None:
    """Enqueue the scoring of this night, once, and the month's training before it: the row marks it."""
    with unit_of_work() as work:
        mark = insert(EarlyWarningRun).values(day=clock.today(), created_at=clock.now())
        if work.session.scalar(mark.on_conflict_do_nothing().returning(EarlyWarningRun.day)) is None:
            return
        if is_training_due():
            work.enqueue("early_warnings.jobs.train")
        else:
            work.enqueue("early_warnings.jobs.score")


def score() -> EarlyWarningRun:
    """Compute the risks of all enterprises anew, and keep those from the least on as warnings.

    Without a model that may warn, no warning is left. Done twice, it changes nothing.
    """
    began, found = time.perf_counter(), model_to_warn_by()
    scored = warned = 0
    if found is None:
        _forget_all()
    else:
        row, model = found
        least = term_in_force().least_risk
        for ids in enterprises.batches_of_ids(BATCH):
            risks = score_batch(model, histories_of(ids), least)
            _write(row, ids, risks.warnings)
            scored, warned = scored + risks.scored, warned + len(risks.warnings)
    run = _note_end(found[0] if found else None, scored, warned)
    milliseconds = round((time.perf_counter() - began) * 1000)
    log.info("early warnings computed", extra={"scored": scored, "warned": warned, "ms": milliseconds})
    return run


@dataclass(frozen=True, slots=True)
class Risks:
    """Of a batch: how many had a grade to fall from, and the warnings as they are stored."""

    scored: int
    warnings: Sequence[dict[str, Any]]


def score_batch(model: MonotoneModel, histories: Mapping[UUID, CreditHistory], least: float) -> Risks:
    """The warnings of some enterprises today: those with a risk of `least` or more."""
    today = clock.today()
    rows = {key: row for key, history in histories.items() if (row := features_of(history, today))}
    if not rows:
        return Risks(0, [])
    values = np.array(list(rows.values()))
    risks, parts = model.risks(values), model.parts(values)
    warnings = [
        {"enterprise_id": str(key), "risk": round(float(risk), 6), **explained(row, own)}
        for key, row, risk, own in zip(rows, values.tolist(), risks, parts.tolist(), strict=True)
        if risk >= least
    ]
    return Risks(len(rows), warnings)


def explained(values: Sequence[float], parts: Sequence[float]) -> dict[str, Any]:
    """The largest parts that raise a risk, and what all others add, in log-odds to 0.0001."""
    largest = sorted(range(len(FEATURES)), key=lambda place: -parts[place])[:SHOWN_PARTS]
    shown = [place for place in largest if parts[place] > 0]
    return {
        "parts": [
            {
                "part": FEATURES[place].part.value,
                "value": round(values[place], 3),
                "log_odds": round(parts[place], 4),
            }
            for place in shown
        ],
        "others": round(sum(parts) - sum(parts[place] for place in shown), 4),
    }


def _write(row: EarlyWarningModel, ids: Sequence[UUID], warnings: Sequence[dict[str, Any]]) -> None:
    with unit_of_work():
        REMOVE.write(ids=uuid_array(ids), warned=uuid_array(each["enterprise_id"] for each in warnings))
        if warnings:
            WRITE.write(warnings=orjson.dumps(warnings).decode(), model_id=str(row.id), today=clock.today())


def _forget_all() -> None:
    with unit_of_work() as work:
        work.session.execute(delete(EarlyWarning))


def _note_end(row: EarlyWarningModel | None, scored: int, warned: int) -> EarlyWarningRun:
    with unit_of_work() as work:
        run = db.session.get(EarlyWarningRun, clock.today())
        run = run or work.add(EarlyWarningRun(day=clock.today()))
        run.model_id = row.id if row else None
        run.scored, run.warned, run.ended_at = scored, warned, clock.now()
        work.audit(PLATFORM, "score", run, scored=scored, warned=warned)
    return run
