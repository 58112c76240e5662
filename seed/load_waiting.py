"""What waits for each person of the demo this very day, made through the services of the rooms, now.

The plant manager has an offer to answer, the recycler another; a vehicle is to be loaded, a load to be
received; a new plant and a plant that appeals wait for the officers.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from marketplace import clock
from marketplace.appeals import service as appeals
from marketplace.credit import service as credit
from marketplace.credit.schemas import NewEventSchema
from marketplace.database import db
from marketplace.deals import schemas as deal_schemas
from marketplace.deals import service as deals
from marketplace.enterprises import service as enterprises
from marketplace.enterprises.models import Enterprise
from marketplace.enterprises.schemas import RegistrationSchema
from marketplace.events.actor import ENTERPRISE, PLATFORM, Actor
from marketplace.events.work import unit_of_work
from marketplace.listings import service as listings
from marketplace.listings.models import Kind, Listing, ListingStatus
from marketplace.listings.schemas import NewListingSchema
from marketplace.manifests import schemas as manifest_schemas
from marketplace.manifests import service as manifests
from seed.city import City, DemoFleet, DemoPerson
from seed.history import LIQUID_VEHICLE
from seed.identities import demo_uscc
from seed.showcase import CHANNEL_RECEIVER, DEALER, SHOWCASE_OWNER, showcase

TRANSPORTER = "transporter-001"
HOME = 330604
LOAD_T, PICKED_UP_T = 24.0, 23.86
FIRST_OFFICIAL = 990_001
"""Official numbers from here on: those of the past end far below."""
NEWCOMER = 9999
SUPPLIES = {
    "answer": ("酸洗线废硫酸", 80.0),
    "ask": ("磺化工段废硫酸", 60.0),
    "carry": ("稀硫酸（定向利用）", 2 * LOAD_T),
}
"""Supplies of the plant manager by what becomes of them: title and tonnes."""
OFFERED_DAYS = 7
APPEALED = "law.penalty_minor"


def load_waiting(city: City) -> None:
    """Make it all. The demands of the recycler and the receiver are in the city already."""
    stage = _Stage(city)
    for supply, demand, maker in (("answer", DEALER, DEALER), ("ask", DEALER, SHOWCASE_OWNER)):
        stage.offer(stage.supply(supply), stage.demand(demand), maker, SUPPLIES[supply][1])
    offer_id = stage.offer(stage.supply("carry"), stage.demand(CHANNEL_RECEIVER), SHOWCASE_OWNER, 2 * LOAD_T)
    deal_id = deals.accept(stage.actor(CHANNEL_RECEIVER), offer_id, None).id
    stage.load(deal_id, 0)
    arrived = stage.load(deal_id, 1)
    stage.carry(arrived, 1)
    _register_a_newcomer(city)
    _appeal(stage.actor(TRANSPORTER))


class _Stage:
    """Who is who, and the vehicles of the driver's fleet."""

    def __init__(self, city: City) -> None:
        wanted = {firm.uscc: firm.key for firm in city.enterprises}
        rows = db.session.execute(select(Enterprise.uscc, Enterprise.id).where(Enterprise.uscc.in_(wanted)))
        self._ids = {wanted[uscc]: enterprise_id for uscc, enterprise_id in rows}
        (self._fleet,) = (fleet for fleet in city.fleets if fleet.enterprise_key == TRANSPORTER)

    def actor(self, key: str) -> Actor:
        return Actor(ENTERPRISE, self._ids[key])

    def supply(self, name: str) -> UUID:
        """A new supply of the plant manager; nobody is notified of it."""
        title, tonnes = SUPPLIES[name]
        body = {**showcase(clock.today()), "title": title, "quantity_t": tonnes, "min_lot_t": 1.0}
        with unit_of_work() as work:
            work.mute_events()
            return listings.create(self.actor(SHOWCASE_OWNER), NewListingSchema().load(body)).listing.id

    def demand(self, key: str) -> UUID:
        """What an enterprise of the cast asks for in the city."""
        open_demand = (Listing.kind == Kind.DEMAND, Listing.status == ListingStatus.OPEN)
        query = select(Listing.id).where(Listing.enterprise_id == self._ids[key], *open_demand)
        return db.session.scalars(query.limit(1)).one()

    def offer(self, supply_id: UUID, demand_id: UUID, maker: str, tonnes: float) -> UUID:
        body = {
            "supply_id": str(supply_id),
            "demand_id": str(demand_id),
            "quantity_t": tonnes,
            "price_cny_per_t": -110.0,
            "valid_until": (clock.now() + timedelta(days=OFFERED_DAYS)).isoformat(),
        }
        return deals.make_offer(self.actor(maker), deal_schemas.NewOfferSchema().load(body))[0].id

    def load(self, deal_id: UUID, number: int) -> UUID:
        """A load of today, issued, with its vehicle and crew."""
        sender, carrier = self.actor(SHOWCASE_OWNER), self.actor(TRANSPORTER)
        body = {
            "transporter_id": str(self._ids[TRANSPORTER]),
            "planned_on": str(clock.today()),
            "quantity_t": LOAD_T,
            "packing": "tank",
        }
        manifest, _ = manifests.draft_for_deal(
            sender, deal_id, manifest_schemas.DealManifestSchema().load(body)
        )
        official = f"{clock.today().year}{manifest.region // 100:04}{FIRST_OFFICIAL + number:06}"
        registered = manifest_schemas.ManifestChangeSchema().load({"official_number": official})
        manifests.change(sender, manifest.id, registered, None)
        manifests.request(sender, manifest.id, None)
        at = {"planned_at": (clock.now() + timedelta(hours=3)).isoformat()}
        schedule = manifest_schemas.ManifestScheduleSchema().load({**self._people(number), **at})
        manifests.schedule(carrier, manifest.id, schedule)
        manifests.issue(sender, manifest.id, None)
        return manifest.id

    def carry(self, manifest_id: UUID, number: int) -> None:
        """Bring a load to the gate of its receiver."""
        carrier = self.actor(TRANSPORTER)
        pickup = {"weight_t": PICKED_UP_T, **self._people(number)}
        manifests.pick_up(carrier, manifest_id, manifest_schemas.ManifestPickupSchema().load(pickup))
        manifests.deliver(carrier, manifest_id, manifest_schemas.ManifestDeliverySchema().load({}))

    def _people(self, number: int) -> dict[str, str]:
        vehicles = [each for each in self._fleet.vehicles if each.kind == LIQUID_VEHICLE]
        return {
            "vehicle": vehicles[number].plate,
            "driver": _of_job(self._fleet, "driver")[number].name,
            "escort": _of_job(self._fleet, "escort")[number].name,
        }


def _of_job(fleet: DemoFleet, job: str) -> list[DemoPerson]:
    return [person for person in fleet.crew if person.cards[0].kind == job]


def _register_a_newcomer(city: City) -> None:
    """A plant that waits for its approval."""
    neighbour = next(firm for firm in city.enterprises if firm.key == SHOWCASE_OWNER)
    body = {
        "uscc": demo_uscc(HOME, NEWCOMER),
        "name": "上虞新禾精细化工有限公司（演示）",
        "roles": ["generator"],
        "region": str(HOME),
        "location": {"lon": neighbour.lon, "lat": neighbour.lat, "crs": "wgs84"},
        "contact": {"name": "许经理", "email": "xu@demo.example", "phone": "0575-00009999"},
    }
    enterprises.register(RegistrationSchema().load(body))


def _appeal(firm: Actor) -> None:
    """A penalty of last month, against which the enterprise appeals."""
    day = str(clock.today() - timedelta(days=20))
    body = {
        "enterprise_id": str(firm.enterprise_id),
        "rule": APPEALED,
        "effective_on": day,
        "decided_on": day,
        "served_on": day,
        "document": f"演示绍环信〔{day[:4]}〕990号",
        "authority": "绍兴市生态环境局（演示）",
        "note": "演示数据 demo data",
    }
    event, _ = credit.record_event(PLATFORM, NewEventSchema().load(body))
    appeals.open_appeal(firm, event, "该处罚已申请行政复议，请予更正。")
