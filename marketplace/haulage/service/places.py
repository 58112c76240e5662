"""From where to where loads go: the seats of the firms, and where the waste of their listings lies."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from ...database import db
from ...deals.models import Deal
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise
from ...listings import service as listings
from ...manifests.models import Manifest, ManifestKind
from .analysis import LonLat


@dataclass(frozen=True, slots=True)
class Ends:
    """The places of both ends of a way; the first of each is where a driver goes.

    Attributes:
        origins, destinations: where the waste lies or goes by the listings, then the seats.
    """

    origins: Sequence[LonLat]
    destinations: Sequence[LonLat]


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """The places that some manifests name, fetched together."""

    deals: Mapping[UUID, Deal]
    firms: Mapping[UUID, Enterprise]
    lying: Mapping[UUID, LonLat]
    refusers: Mapping[UUID, UUID]

    def ends(self, manifest: Manifest) -> Ends:
        """The places of a manifest; a return goes the other way, an onward load from who refused it."""
        deals = [self.deals[deal_id] for deal_id in dict.fromkeys(line.deal_id for line in manifest.lines)]
        supplies = [self.lying[deal.supply_id] for deal in deals]
        demands = [self.lying[deal.demand_id] for deal in deals]
        sender, receiver = self._seat(manifest.sender_id), self._seat(manifest.receiver_id)
        if manifest.origin_id is None:
            return Ends([*supplies, sender], [*demands, receiver])
        refuser = self._seat(self.refusers[manifest.origin_id])
        if manifest.kind == ManifestKind.RETURN:
            return Ends([*demands, refuser], [*supplies, receiver])
        return Ends([refuser], [*demands, receiver])

    def _seat(self, enterprise_id: UUID) -> LonLat:
        firm = self.firms[enterprise_id]
        return firm.lon, firm.lat


def gazetteer(manifests: Iterable[Manifest]) -> Gazetteer:
    """The places of these manifests, in four statements however many there are."""
    rows = list(manifests)
    wanted = {line.deal_id for row in rows for line in row.lines}
    deals = {deal.id: deal for deal in db.session.scalars(select(Deal).where(Deal.id.in_(wanted)))}
    named = {deal.supply_id for deal in deals.values()} | {deal.demand_id for deal in deals.values()}
    refusers = _refusers({row.origin_id for row in rows if row.origin_id is not None})
    parties = {firm for row in rows for firm in (row.sender_id, row.receiver_id)}
    return Gazetteer(
        deals=deals,
        firms=enterprises.by_id(parties | set(refusers.values())),
        lying={key: (row.lon, row.lat) for key, row in listings.by_id(named).items()},
        refusers=refusers,
    )


def _refusers(manifest_ids: set[UUID]) -> dict[UUID, UUID]:
    """Who refused the loads of these manifests."""
    rows = db.session.execute(select(Manifest.id, Manifest.receiver_id).where(Manifest.id.in_(manifest_ids)))
    return {row.id: row.receiver_id for row in rows}
