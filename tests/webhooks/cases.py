"""Cases of the routes of the feed, endpoints and deliveries."""

from functools import cached_property

from tests.cases import FORBIDDEN, HIDDEN, Cases
from tests.listings.cases import ListingSamples

ENDPOINT = "/webhook-endpoints/<uuid:endpoint_id>"
REDELIVER = ("POST", "/webhook-deliveries/<uuid:delivery_id>/redeliver")
NEW = {"url": "https://93.184.216.34/huanliu", "kinds": ["deal", "offer.made"], "description": "ERP"}
"""An address that needs no name looked up, and that nothing is sent to."""


class WebhookSamples(ListingSamples):
    @cached_property
    def endpoint(self):
        return self.owner.post("/webhook-endpoints", NEW).json

    @cached_property
    def webhook_delivery(self):
        """One that has ended."""
        delivery = self.owner.post(f"/webhook-endpoints/{self.endpoint['id']}/test", {}).json
        end_deliveries(self.marketplace)
        return delivery


def end_deliveries(marketplace):
    """Let all deliveries end, without sending them."""
    from marketplace.database import db
    from marketplace.webhooks.models import DeliveryStatus, WebhookDelivery

    with marketplace.app.app_context():
        db.session.query(WebhookDelivery).update(
            {"status": DeliveryStatus.FAILED, "ended_at": marketplace.now}
        )
        db.session.commit()


def neighbours(samples):
    own = f"/webhook-endpoints/{samples.endpoint['id']}"
    return {
        ("GET", ENDPOINT): (own, HIDDEN, FORBIDDEN),
        ("DELETE", ENDPOINT): (own, HIDDEN, FORBIDDEN),
        ("POST", f"{ENDPOINT}/test"): (f"{own}/test", HIDDEN, FORBIDDEN),
        ("POST", f"{ENDPOINT}/rotate-secret"): (f"{own}/rotate-secret", HIDDEN, FORBIDDEN),
        ("POST", f"{ENDPOINT}/replay"): (f"{own}/replay", HIDDEN, FORBIDDEN),
        ("GET", f"{ENDPOINT}/deliveries"): (f"{own}/deliveries", HIDDEN, FORBIDDEN),
        REDELIVER: (
            f"/webhook-deliveries/{samples.webhook_delivery['id']}/redeliver", HIDDEN, FORBIDDEN),
    }  # fmt: skip


def writes(samples):
    owner, own = samples.owner, f"/webhook-endpoints/{samples.endpoint['id']}"
    second = owner.post("/webhook-endpoints", NEW).json["id"]
    return {
        ("POST", "/webhook-endpoints"): (owner, "/webhook-endpoints", NEW),
        ("DELETE", ENDPOINT): (owner, f"/webhook-endpoints/{second}", None),
        ("POST", f"{ENDPOINT}/test"): (owner, f"{own}/test", {}),
        ("POST", f"{ENDPOINT}/rotate-secret"): (owner, f"{own}/rotate-secret", {}),
        ("POST", f"{ENDPOINT}/replay"): (owner, f"{own}/replay", {"since": "2026-11-01T00:00:00Z"}),
        REDELIVER: (owner, f"/webhook-deliveries/{samples.webhook_delivery['id']}/redeliver", {}),
    }  # fmt: skip


CASES = Cases(
    samples=WebhookSamples,
    neighbours=neighbours,
    writes=writes,
    grow=lambda samples: samples.owner.post("/webhook-endpoints", NEW),
    without_fields=frozenset({
        ("POST", f"{ENDPOINT}/test"), ("POST", f"{ENDPOINT}/rotate-secret"), REDELIVER,
    }),
    statements={
        "/events": 2,
        "/webhook-endpoints": 2,
        ENDPOINT: 2,
        f"{ENDPOINT}/deliveries": 4,
    },
)  # fmt: skip
