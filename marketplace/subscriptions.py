"""Which functions tasks run on which queue, and which events enqueue them."""

from collections.abc import Callable

from .allocations import jobs as allocations
from .events import registry
from .events.registry import TaskType
from .listings import jobs as listings
from .matches import jobs as matches
from .notifications import jobs as notifications

MATCHING = "matching"
DELIVERY = "delivery"
BULK = "bulk"
RERANK = "rerank"

TASKS = (
    TaskType(notifications.plan, MATCHING),
    TaskType(notifications.seek, MATCHING),
    TaskType(notifications.drop, MATCHING),
    TaskType(notifications.plan_news, BULK),
    TaskType(notifications.tell_new, BULK),
    TaskType(notifications.tell_mutual, MATCHING),
    TaskType(notifications.tell_key_expiring, MATCHING),
    TaskType(notifications.mail_one, DELIVERY),
    TaskType(notifications.mail_digest, DELIVERY),
    TaskType(listings.run_import, BULK),
    TaskType(matches.rerank, BULK),
    TaskType(matches.rerank_for_policy, BULK),
    TaskType(matches.rerank_part, RERANK),
    TaskType(matches.train, BULK),
    TaskType(allocations.run, BULK),
)
"""A new kind of task is one line here; `work.enqueue` writes one by its name."""

SUBSCRIPTIONS: dict[str, tuple[Callable[..., None], ...]] = {
    "listing.published": (notifications.plan,),
    "listing.changed": (notifications.plan,),
    "listing.closed": (notifications.drop,),
    "match.mutual": (notifications.tell_mutual,),
    "policy.changed": (matches.rerank_for_policy,),
    "matches.reranked": (notifications.plan_news,),
    "key.expiring": (notifications.tell_key_expiring,),
}
"""By event: the tasks that `work.emit` writes along with it. The event's payload is theirs."""


def install() -> None:
    """Make the tables known to `work` and to the relay."""
    registry.install(TASKS, SUBSCRIPTIONS)
