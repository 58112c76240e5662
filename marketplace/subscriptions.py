"""Which task runs which function on which queue, and which events enqueue it."""

from .allocations import jobs as allocations
from .events.subscribers import Subscriber, subscribe
from .listings import jobs as listings
from .matches import jobs as matches
from .notifications import jobs as notifications

MATCHING = "matching"
DELIVERY = "delivery"
BULK = "bulk"
RERANK = "rerank"

SUBSCRIPTIONS: dict[str, tuple[Subscriber, ...]] = {
    "listing.published": (Subscriber(notifications.plan, MATCHING),),
    "listing.changed": (Subscriber(notifications.plan, MATCHING),),
    "listing.closed": (Subscriber(notifications.drop, MATCHING),),
    "match.mutual": (Subscriber(notifications.tell_mutual, MATCHING),),
    "policy.changed": (Subscriber(matches.rerank_for_policy, BULK),),
    "matches.reranked": (Subscriber(notifications.plan_news, BULK),),
    "key.expiring": (Subscriber(notifications.tell_key_expiring, MATCHING),),
}
OWED = (
    Subscriber(notifications.seek, MATCHING),
    Subscriber(notifications.tell_new, BULK),
    Subscriber(notifications.mail_one, DELIVERY),
    Subscriber(notifications.mail_digest, DELIVERY),
    Subscriber(listings.run_import, BULK),
    Subscriber(matches.train, BULK),
    Subscriber(allocations.run, BULK),
    Subscriber(matches.rerank, BULK),
    Subscriber(matches.rerank_part, RERANK),
)


def install() -> None:
    """Make the list known to the relay."""
    subscribe(SUBSCRIPTIONS, OWED)
