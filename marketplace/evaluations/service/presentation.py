"""Evaluations as each may see them: in full to the enterprise and its overseers, to others grade and end."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from ...credit.models import Evaluation
from ...enterprises import service as enterprises
from ...events import service as events
from ...events.actor import Actor
from ...http.languages import language
from ...messages import say
from ...messages.names import name_of, readable
from ..models import EvaluationJob, MissingInput

WHOLE = (
    "status", "published_on", "score_milli", "axes", "provisional", "note", "job_id",
    "inputs_sha256", "created_at",
)  # fmt: skip
JOB = ("id", "status", "enterprise_id", "region", "note", "total", "done", "created_at", "ended_at")
PER_CENT = 100


def present_heads(actor: Actor, rows: Sequence[Evaluation]) -> list[dict[str, Any]]:
    """Evaluations in a list, without their inputs."""
    known = enterprises.references({row.enterprise_id for row in rows})
    return [_head(actor, row, known[row.enterprise_id]) for row in rows]


def present(actor: Actor, row: Evaluation) -> dict[str, Any]:
    """An evaluation; to those who see all of it with its inputs and what they come to."""
    (head,) = present_heads(actor, [row])
    if "status" not in head or row.inputs is None:
        return head
    online, site = row.inputs["online"], row.inputs["site"]
    return {
        **head,
        "current": {name: row.inputs["credit"][name] for name in ("score_milli", "grade")},
        "online": {
            **online,
            "applies": _applies(online),
            "detail": _detail(online),
            "completeness_percent": _share(online["confirmed"], online["due"]),
            "truth_percent": _share(online["agreeing"], online["confirmed"]),
        },
        "site": site and {**site, "percent": _share(site["points"], site["most_points"])},
        "inputs": row.inputs,
    }


def _head(actor: Actor, row: Evaluation, enterprise: Any) -> dict[str, Any]:
    shown = {
        "id": row.id,
        "enterprise_id": row.enterprise_id,
        "name": enterprise.name,
        "grade": row.grade,
        "valid_until": row.valid_until,
    }
    if not enterprises.sees_all_of(actor, enterprise):
        return shown
    events.note_read(actor, events.CREDIT, row.enterprise_id)
    return {
        **shown,
        **{name: getattr(row, name) for name in WHOLE},
        "missing": [*map(partial(_named, language()), row.missing or ())],
    }


def _named(lang: str, what: str) -> dict[str, Any]:
    return {"what": what, "detail": str(readable(name_of(MissingInput(what)), lang))}


def _applies(online: dict[str, Any]) -> bool:
    """Whether there is anything to judge; what was frozen before this was asked counts as applicable."""
    return bool(online.get("owes", True) or online["due"])


def _detail(online: dict[str, Any]) -> str:
    if not _applies(online):
        return say("evaluation_none_due", language())
    if not online["due"]:
        return say("evaluation_none_due_yet", language())
    words = {name: online[name] for name in ("due", "confirmed")}
    return say("evaluation_confirmed_of_due", language(), **words)


def _share(part: int | None, whole: int | None) -> float | None:
    """A share in per cent, to a tenth; None where it is not known."""
    return None if part is None or not whole else round(PER_CENT * part / whole, 1)


def present_job(job: EvaluationJob) -> dict[str, Any]:
    """A job and how far it is."""
    return {name: getattr(job, name) for name in JOB}
