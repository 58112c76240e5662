"""What the scheduler and the workers run for credit."""

from uuid import UUID

from . import service

RULE_OF_LATE_STEP = {
    "receive": "manifest.late_close",
    "close": "manifest.late_close",
    "explain": "manifest.weight_unexplained",
    "outcome": "manifest.outcome_not_told",
}
"""By the step of a manifest that is late: the rule; where the table in force has none, nothing counts."""


def refresh_lapsed() -> None:
    """Recompute the standings of which an event or evaluation has lapsed."""
    service.refresh_lapsed()


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
    rule = RULE_OF_LATE_STEP.get(step or "")
    if rule is not None and enterprise_id is not None:
        service.record_automatic(UUID(enterprise_id), rule, f"manifest:{manifest_id}", number)
