"""What of a failed gate its reader may know.

Every failed gate and its rule is said to everybody, with what the authority publishes of a permit: number,
codes, modes, validity. Figures of the other side's own limits are for those who govern its listing; tonnes
left of a permit, and whether a block or a grade stands in the way, for its holder and the staff over it.
"""

from dataclasses import dataclass

from matching import Basis

from ....enterprises import service as enterprises
from ....events.actor import Actor
from ....listings import service as listings
from ....listings.models import Kind, Listing

CREDIT_OF_RECEIVER = ("receiver_blocked", "receiver_grade")
WITHHELD_CREDIT = "receiver_credit"
"""Grade E and the blocked list alike."""


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Of which sides of a pairing a reader may know everything: of the listings, and of their owners."""

    supply: Listing
    demand: Listing
    listings: frozenset[Kind]
    owners: frozenset[Kind]

    @classmethod
    def to(cls, actor: Actor, listing: Listing, other: Listing) -> "Disclosure":
        """What `actor` may know of the two."""
        owners = enterprises.by_id({listing.enterprise_id, other.enterprise_id})
        sides = {Kind(row.kind): row for row in (listing, other)}
        return cls(
            supply=sides[Kind.SUPPLY],
            demand=sides[Kind.DEMAND],
            listings=frozenset(
                kind for kind, row in sides.items() if listings.governs(actor, row, owners[row.enterprise_id])
            ),
            owners=frozenset(
                kind
                for kind, row in sides.items()
                if enterprises.sees_all_of(actor, owners[row.enterprise_id])
            ),
        )

    def reason(self, reason: str) -> str:
        """The reason as this reader is told it."""
        is_withheld = reason in CREDIT_OF_RECEIVER and Kind.DEMAND not in self.owners
        return WITHHELD_CREDIT if is_withheld else reason

    def sentence(self, gate: str, reason: str, basis: Basis) -> str:
        """The code of the sentence, with or without the figures.

        Args:
            reason: as `reason` says it.
            basis: of the permit of which too few tonnes are left, else `NONE`.
        """
        if gate == "licence" and reason == "tonnes":
            return self._of_tonnes(basis)
        names_lot = gate == "quantity" or (gate, reason) == ("region", "approval_tonnes")
        if (names_lot and not self._may_know_lot()) or (gate == "distance" and not self._may_know_limit()):
            return f"withheld_{gate}_{reason}"
        return f"why_{gate}_{reason}"

    def _of_tonnes(self, basis: Basis) -> str:
        holders = {Kind.DEMAND, Kind.SUPPLY} if basis == Basis.CHANNEL else {Kind.DEMAND}
        if not holders & self.owners:
            return "withheld_licence_tonnes"
        return "why_licence_tonnes" if self._may_know_lot() else "withheld_licence_tonnes_lot"

    def _may_know_lot(self) -> bool:
        """Whether the larger of the two minimum lots is one that the reader may know."""
        lots = {Kind.SUPPLY: self.supply.min_lot_kg, Kind.DEMAND: self.demand.min_lot_kg}
        return any(lots[kind] == max(lots.values()) for kind in self.listings)

    def _may_know_limit(self) -> bool:
        """Whether the smaller of the two distance limits is one that the reader may know."""
        limits = {
            kind: row.max_distance_km
            for kind, row in ((Kind.SUPPLY, self.supply), (Kind.DEMAND, self.demand))
            if row.max_distance_km is not None
        }
        return any(limits[kind] == min(limits.values()) for kind in self.listings & limits.keys())
