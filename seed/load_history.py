"""The past of the demo city, played through the services of its rooms, each step at its own moment.

Nothing is written beside the rules: what the platform would refuse today it would have refused then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from marketplace import clock, lives
from marketplace.deals import schemas as deal_schemas
from marketplace.deals import service as deals
from marketplace.deals.models import Fault, InvoiceStatus, Side
from marketplace.events.actor import ENTERPRISE, Actor
from marketplace.listings import service as listings
from marketplace.listings.models import ListingStatus
from marketplace.listings.schemas import NewListingSchema
from marketplace.manifests import schemas as manifest_schemas
from marketplace.manifests import service as manifests
from seed.city import City
from seed.history import DemoDeal, DemoLoad
from seed.listing_bodies import body_of

Step = Callable[[], None]
HOURS = {
    "draft": 7,
    "issue": 8,
    "pickup": 10,
    "deliver": 14,
    "receive": 15,
    "close": 16,
    "outcome": 17,
    "cancel": 17,
}
"""At which hour of its day each step of a load is made."""
OFFER_LASTS = timedelta(days=50)


def load_history(city: City, past: tuple[DemoDeal, ...], ids: dict[str, UUID]) -> Counter[str]:
    """Play all deals in the order of time, then what the clock does by now. Returns how many came of it."""
    stage = _Stage(city, ids)
    steps = [step for number, deal in enumerate(past) for step in _DealPlay(stage, deal, number).steps()]
    for moment, make in sorted(steps, key=lambda step: step[0]):
        with clock.at(lambda moment=moment: moment):  # type: ignore[misc]
            make()
    lives.make_overdue_moves()
    return stage.counts


@dataclass
class _Stage:
    """Who is who, and the serials of official numbers by year and prefecture."""

    city: City
    ids: dict[str, UUID]
    serials: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)

    def actor(self, key: str) -> Actor:
        return Actor(ENTERPRISE, self.ids[key])

    def moment(self, day: int, hour: int, minute: int) -> datetime:
        return datetime.combine(self.city.day(day), time(hour, minute % 60), clock.LOCAL)

    def official_number(self, region: int) -> str:
        """A number of the form that the national system gives, for a load that leaves from a region today."""
        place = f"{clock.today().year}{region // 100:04}"
        self.serials[place] += 1
        return f"{place}{900_000 + self.serials[place]:06}"


class _DealPlay:
    """The steps of one deal, with the ids that earlier ones give to later ones."""

    def __init__(self, stage: _Stage, plan: DemoDeal, number: int) -> None:
        self.stage, self.plan, self.minute = stage, plan, number
        self.supplier = stage.actor(plan.supply.enterprise_key)
        self.receiver = stage.actor(plan.demand.enterprise_key)
        self.supply_id: UUID
        self.demand_id: UUID
        self.offer_id: UUID
        self.deal_id: UUID

    def steps(self) -> Iterator[tuple[datetime, Step]]:
        """Each step with its moment, in the order in which it depends on the others."""
        plan = self.plan
        yield self._at(plan.offered_day, 8), self._post
        yield self._at(plan.offered_day, 9), self._offer
        if plan.end == "waiting":
            return
        yield self._at(plan.agreed_day, 9), self._counter
        if plan.end in ("rejected", "withdrawn"):
            yield self._at(plan.agreed_day, 10), self._turn_down
            return
        yield self._at(plan.agreed_day, 10), self._accept
        for load in plan.loads:
            yield from _LoadPlay(self, load).steps()
        if plan.end in ENDS:
            yield self._at(plan.end_day, 18), lambda: ENDS[plan.end](self)
        if plan.end == "completed":
            yield self._at(plan.end_day, 19), self._rate
            yield self._at(plan.end_day, 20), self._invoice

    def _at(self, day: int, hour: int) -> datetime:
        return self.stage.moment(day, hour, self.minute)

    def _post(self) -> None:
        for listing, owner in ((self.plan.supply, self.supplier), (self.plan.demand, self.receiver)):
            row = listings.create(owner, NewListingSchema().load(body_of(self.stage.city, listing))).listing
            if listing is self.plan.supply:
                self.supply_id = row.id
            else:
                self.demand_id = row.id

    def _terms(self, price: float) -> dict[str, Any]:
        valid_until = min(clock.now() + OFFER_LASTS, self._at(0, 0) + timedelta(days=20))
        return {
            "quantity_t": self.plan.supply.quantity_t,
            "price_cny_per_t": price,
            "valid_until": valid_until.isoformat(),
        }

    def _offer(self) -> None:
        about = {"supply_id": str(self.supply_id), "demand_id": str(self.demand_id)}
        body = deal_schemas.NewOfferSchema().load({**about, **self._terms(self.plan.first_price)})
        offer, _ = deals.make_offer(self.supplier, body)
        self.offer_id = offer.id
        self.stage.counts["offers"] += 1

    def _counter(self) -> None:
        body = deal_schemas.CounterSchema().load(self._terms(self.plan.price))
        reason = body.pop("reason")
        deals.counter(self.receiver, self.offer_id, body, reason)

    def _turn_down(self) -> None:
        if self.plan.end == "rejected":
            deals.reject(self.supplier, self.offer_id, "价格不合适")
        else:
            deals.withdraw(self.receiver, self.offer_id, "产能已满")
        self._withdraw_rest()

    def _accept(self) -> None:
        self.deal_id = deals.accept(self.supplier, self.offer_id, None).id
        self.stage.counts["deals"] += 1

    def complete(self) -> None:
        deals.complete(self.receiver, self.deal_id, None)
        self._withdraw_rest()

    def cancel(self) -> None:
        deals.cancel(self.supplier, self.deal_id, "生产线停产，无后续废物", Fault.SUPPLIER)
        self._withdraw_rest()

    def _withdraw_rest(self) -> None:
        """Both sides withdraw what the deal has left of their listings."""
        rest = ((self.supply_id, self.supplier), (self.demand_id, self.receiver))
        for listing_id, row in listings.by_id({listing_id for listing_id, _ in rest}).items():
            if row.status == ListingStatus.OPEN:
                listings.withdraw(dict(rest)[listing_id], listing_id, None)

    def dispute(self) -> None:
        deals.dispute(self.receiver, self.deal_id, "成分与约定不符，要求重新检测")

    def _rate(self) -> None:
        for who, points in zip((self.supplier, self.receiver), self.plan.ratings, strict=True):
            if points:
                names = ("punctual", "as_described", "cooperation", "safety")
                deals.rate(who, self.deal_id, dict(zip(names, points, strict=True)))

    def _invoice(self) -> None:
        deal = deals.find_deal(self.supplier, self.deal_id)
        payee = deals.payee_of(deal)
        if payee is None or not deal.accepted_kg or self.plan.invoice == "none":
            return
        parties = [self.supplier, self.receiver]
        seller, buyer = parties if payee == Side.SUPPLIER else reversed(parties)
        deals.set_invoice(seller, self.deal_id, InvoiceStatus.ISSUED, None)
        if self.plan.invoice == "paid":
            deals.set_invoice(buyer, self.deal_id, InvoiceStatus.PAID, None)


ENDS: dict[str, Callable[[_DealPlay], None]] = {
    "completed": _DealPlay.complete,
    "cancelled": _DealPlay.cancel,
    "disputed": _DealPlay.dispute,
}
"""How deals end by somebody's move, by the name in the plan."""


class _LoadPlay:
    """The steps of one load."""

    def __init__(self, deal: _DealPlay, plan: DemoLoad) -> None:
        self.deal, self.stage, self.plan = deal, deal.stage, plan
        self.carrier = self.stage.actor(plan.carrier_key)
        self.is_hazardous = deal.plan.supply.scheme == "cn-hw"
        self.manifest_id: UUID
        self.return_id: UUID

    def steps(self) -> Iterator[tuple[datetime, Step]]:
        moves = {
            "issue": self._issue,
            "pickup": self._pick_up,
            "deliver": self._deliver,
            "receive": self._receive,
            "close": self._close,
            "outcome": self._outcome,
            "cancel": self._cancel,
        }
        yield self._at(self.plan.steps[0][1], HOURS["draft"]), self._draft
        for name, day in self.plan.steps:
            yield self._at(day, HOURS[name]), moves[name]
        if self.plan.return_day is not None:
            yield self._at(self.plan.return_day, HOURS["issue"]), self._send_back
            yield self._at(self.plan.return_day, HOURS["receive"]), self._take_back

    def _at(self, day: int, hour: int) -> datetime:
        return self.stage.moment(day, hour, self.deal.minute)

    @property
    def _people(self) -> dict[str, Any]:
        return {"vehicle": self.plan.vehicle, "driver": self.plan.driver, "escort": self.plan.escort}

    def _draft(self) -> None:
        body = {
            "transporter_id": str(self.stage.ids[self.plan.carrier_key]),
            "planned_on": str(clock.today()),
            "quantity_t": self.plan.planned_t,
            "packing": self.deal.plan.supply.packaging,
        }
        data = manifest_schemas.DealManifestSchema().load(body)
        row, _ = manifests.draft_for_deal(self.deal.supplier, self.deal.deal_id, data)
        self.manifest_id = row.id
        self.stage.counts["manifests"] += 1
        if self.is_hazardous:
            self._register(row.id, row.region)
            self._schedule(row.id)

    def _register(self, manifest_id: UUID, region: int) -> None:
        number = {"official_number": self.stage.official_number(region)}
        data = manifest_schemas.ManifestChangeSchema().load(number)
        manifests.change(self.deal.supplier, manifest_id, data, None)

    def _schedule(self, manifest_id: UUID) -> None:
        manifests.request(self.deal.supplier, manifest_id, None)
        at = {"planned_at": (clock.now() + timedelta(hours=3)).isoformat()}
        data = manifest_schemas.ManifestScheduleSchema().load({**self._people, **at})
        manifests.schedule(self.carrier, manifest_id, data)

    def _issue(self) -> None:
        manifests.issue(self.deal.supplier, self.manifest_id, None)

    def _cancel(self) -> None:
        manifests.cancel(self.deal.supplier, self.manifest_id, "车辆故障，改期装运")

    def _pick_up(self, manifest_id: UUID | None = None, tonnes: float | None = None) -> None:
        body = {"weight_t": tonnes or self.plan.picked_up_t, **self._people}
        data = manifest_schemas.ManifestPickupSchema().load(body)
        manifests.pick_up(self.carrier, manifest_id or self.manifest_id, data)

    def _deliver(self, manifest_id: UUID | None = None) -> None:
        data = manifest_schemas.ManifestDeliverySchema().load({})
        manifests.deliver(self.carrier, manifest_id or self.manifest_id, data)

    def _receive(self) -> None:
        body = {
            "weight_t": self.plan.received_t,
            "refused_t": self.plan.refused_t,
            "reason": self.plan.reason,
        }
        data = manifest_schemas.ManifestReceiptSchema().load(body)
        manifests.receive(self.deal.receiver, self.manifest_id, data)

    def _close(self) -> None:
        manifests.close(self.deal.receiver, self.manifest_id, None)

    def _outcome(self) -> None:
        body = {
            "operation": self.deal.plan.demand.treatment,
            "on": str(clock.today()),
            "quantity_t": round(self.plan.received_t - self.plan.refused_t, 3),
        }
        manifests.outcome(
            self.deal.receiver, self.manifest_id, manifest_schemas.ManifestOutcomeSchema().load(body)
        )

    def _send_back(self) -> None:
        """The sender has what was refused fetched back by the same vehicle."""
        body = {
            "kind": "return",
            "transporter_id": str(self.stage.ids[self.plan.carrier_key]),
            "planned_on": str(clock.today()),
        }
        data = manifest_schemas.ManifestFollowSchema().load(body)
        row, _ = manifests.follow(self.deal.supplier, self.manifest_id, data)
        self.return_id = row.id
        self.stage.counts["manifests"] += 1
        if self.is_hazardous:
            self._register(row.id, row.region)
            self._schedule(row.id)
        manifests.issue(self.deal.supplier, row.id, None)
        self._pick_up(row.id, self.plan.refused_t)

    def _take_back(self) -> None:
        self._deliver(self.return_id)
        data = manifest_schemas.ManifestReceiptSchema().load({"weight_t": self.plan.refused_t})
        manifests.receive(self.deal.supplier, self.return_id, data)
        manifests.close(self.deal.supplier, self.return_id, None)
