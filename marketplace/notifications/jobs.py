"""What the scheduler and the workers run for notifications."""

from datetime import datetime
from uuid import UUID

from . import service
from .models import NotificationKind


def plan_listing_push(listing_id: str) -> None:
    """A listing was published or changed."""
    service.plan_listing_push(UUID(listing_id))


def match_saved_searches(listing_id: str, since: str, after: str | None = None) -> None:
    """A listing is to be compared with saved searches."""
    service.match_saved_searches(
        UUID(listing_id), datetime.fromisoformat(since), UUID(after) if after else None
    )


def cancel_for_listing(listing_id: str, status: str) -> None:
    """A listing closed."""
    service.cancel_for_listing(UUID(listing_id))


def schedule_rerank_news(run_id: int) -> None:
    """All supplies were ranked again."""
    service.schedule_rerank_news(run_id)


def plan_rerank_news(run_id: int, grade: str) -> None:
    """Enterprises of a grade are to be notified of what the re-rank found."""
    service.plan_rerank_news(run_id, grade)


def plan_mutual_interest(listing_id: str, other_id: str) -> None:
    """Both sides of a pairing are interested."""
    service.plan_mutual_interest(UUID(listing_id), UUID(other_id))


def plan_interest(listing_id: str, other_id: str) -> None:
    """One side of a pairing is interested."""
    service.plan_interest(UUID(listing_id), UUID(other_id))


def plan_key_expiring(enterprise_id: str, key_id: str, name: str, expires_at: str) -> None:
    """A key ends soon."""
    data = {"key_id": key_id, "name": name, "expires_at": expires_at}
    service.plan_message(UUID(enterprise_id), NotificationKind.KEY_EXPIRING, data)


def plan_credit_withdrawn(enterprise_id: str, event_id: str, name: str, reason: str) -> None:
    """A credit event was withdrawn."""
    data = {"event_id": event_id, "name": name, "reason": reason}
    service.plan_message(UUID(enterprise_id), NotificationKind.CREDIT_WITHDRAWN, data)


def send_email(notification_id: str) -> None:
    """A released message is to be mailed."""
    service.send_email(UUID(notification_id))


def send_digest(enterprise_id: str, digest_at: str) -> None:
    """A digest is to be mailed."""
    service.send_digest(UUID(enterprise_id), digest_at)


def release() -> None:
    """Release what is due."""
    while service.release_due() == service.RELEASE_BATCH:
        pass


def plan_digests() -> None:
    """Enqueue the digests of this day."""
    service.plan_digests()
