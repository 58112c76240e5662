"""What the scheduler and the workers run for credit."""

from uuid import UUID

from .. import uploaded_files
from . import service

RULE_OF_LATE_STEP = {
    "pickup": ("fulfilment.no_show", "pickup"),
    "receive": ("manifest.late_close", "receipt"),
    "close": ("manifest.late_close", "receipt"),
    "explain": ("manifest.weight_unexplained", "receipt"),
    "outcome": ("manifest.outcome_not_told", "outcome"),
}
"""By the step of a manifest that is late: the rule, and the part of the manifest that it is about. Where the
table in force has no such rule, nothing counts."""


def refresh_lapsed() -> None:
    """Recompute the standings of which an event or evaluation has lapsed."""
    service.refresh_lapsed()


def sweep_files() -> None:
    """Remove files from the disk that no row names."""
    uploaded_files.sweep()


def run_import(import_id: str, first: int, last: int) -> None:
    """Record the rows of a part of a feed."""
    service.run_import(UUID(import_id), first, last)


def match_waiting(enterprise_id: str, reason: str) -> None:
    """An enterprise was approved: what feeds said of its code is recorded."""
    service.match_waiting(UUID(enterprise_id))


def match_all_waiting() -> None:
    """Record what waited for enterprises that were approved just while a feed was looked through."""
    service.match_waiting()


def forget_old_rows() -> None:
    """Delete the rows of feeds that were imported long ago."""
    service.forget_old_rows()


def record_fulfilled(deal_id: str, number: str, supplier_id: str, receiver_id: str) -> None:
    """A deal was completed: it counts for both sides."""
    for enterprise_id in (supplier_id, receiver_id):
        service.record_automatic(UUID(enterprise_id), "fulfilment.completed", f"deal:{deal_id}", number)


def record_fault(deal_id: str, number: str, enterprise_id: str) -> None:
    """A deal was cancelled by the fault of an enterprise."""
    cause = f"deal:{deal_id}"
    service.record_automatic(UUID(enterprise_id), "fulfilment.cancelled_by_fault", cause, number)


def record_late(
    happened: str, manifest_id: str, number: str, status: str, is_known: bool, reason: str, sender_id: str,
    receiver_id: str, transporter_id: str, deal_ids: list[str], step: str | None, enterprise_id: str | None,
) -> None:  # fmt: skip
    """A step of a manifest is so late that it counts; of one rule once a manifest."""
    if step in RULE_OF_LATE_STEP and enterprise_id is not None:
        rule, part = RULE_OF_LATE_STEP[step]
        service.record_automatic(UUID(enterprise_id), rule, f"manifest:{manifest_id}", number, part)


def record_withdrawal(
    happened: str, manifest_id: str, number: str, status: str, is_known: bool, reason: str, sender_id: str,
    receiver_id: str, transporter_id: str, deal_ids: list[str], step: str | None, enterprise_id: str | None,
) -> None:  # fmt: skip
    """A carrier gave back a load that it had scheduled."""
    rule, cause = "fulfilment.withdrawn_after_accept", f"manifest:{manifest_id}"
    service.record_automatic(UUID(enterprise_id or transporter_id), rule, cause, number, "pickup")


def record_missing_track(manifest_id: str, number: str, enterprise_id: str) -> None:
    """A load of hazardous waste was closed without one point of its way."""
    cause = f"manifest:{manifest_id}"
    service.record_automatic(UUID(enterprise_id), "manifest.track_missing", cause, number, "track")


def record_clean_year(enterprise_id: str, year: int) -> None:
    """All loads of a year came in time."""
    service.record_automatic(UUID(enterprise_id), "manifest.clean_year", f"manifests:{year}", str(year))


def record_low_rating(deal_id: str, number: str, enterprise_id: str) -> None:
    """An enterprise is rated low, by one more deal."""
    service.record_automatic(UUID(enterprise_id), "fulfilment.rated_low", f"deal:{deal_id}", number)


def record_late_declaration(report_id: str, enterprise_id: str, kind: str, name: str, due_on: str) -> None:
    """Nobody confirmed a declaration in time, or its receipt shows a later day."""
    cause = f"declaration:{report_id}"
    service.record_automatic(UUID(enterprise_id), "reporting.late", cause, name, "term")


def record_missing_declaration(report_id: str, enterprise_id: str, kind: str, name: str, due_on: str) -> None:
    """Nobody confirmed a declaration long after it was due."""
    cause = f"declaration:{report_id}"
    service.record_automatic(UUID(enterprise_id), "reporting.missing", cause, name, "term")


def record_late_plan(report_id: str, enterprise_id: str, kind: str, name: str, due_on: str) -> None:
    """Nobody submitted the plan of a year in time, or its receipt shows a later day."""
    service.record_automatic(UUID(enterprise_id), "reporting.plan_late", f"plan:{report_id}", name, "term")


def record_full_year(report_id: str, enterprise_id: str, kind: str, name: str, due_on: str) -> None:
    """An enterprise declared a whole year in time, and its balance closes."""
    service.record_automatic(UUID(enterprise_id), "reporting.full_year", f"reports:{name}", name)
