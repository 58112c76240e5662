"""Who may take the next step of an offer, and in whose name."""

from typing import Any

from ... import clock
from ...enterprises import service as enterprises
from ...errors import Conflict
from ...events.actor import Actor
from ...events.lifecycle import Party, wrong_state
from ...messages.names import Name
from ..models import LIVE_OFFERS, OFFER_LIFE, OTHER, Deal, Offer, OfferStatus, Side


def check_trading(actor: Actor, raw: dict[str, Any]) -> None:
    """Raises: Forbidden: the enterprise is not approved; it may still end what it has begun."""
    if actor.enterprise_id is not None:
        enterprises.require_approved(actor)


def party_of(actor: Actor, side: Side) -> Party:
    """As whom the actor moves a row: as its side, or as an admin in its place."""
    return Party.ADMIN if actor.is_admin else Party(side)


def require_live(offer: Offer, action: str) -> None:
    """Refuse an action on an offer that has ended, also one that the clock has yet to close.

    Raises:
        Conflict: `wrong_state`.
    """
    is_over = offer.status in LIVE_OFFERS and offer.valid_until <= clock.now()
    status = OfferStatus.LAPSED if is_over else offer.status
    if status not in LIVE_OFFERS:
        raise wrong_state("offer", status, action, LIVE_OFFERS, OFFER_LIFE.next_step(status))


def require_turn(actor: Actor, offer: Offer) -> Side:
    """The side in whose name the actor answers the terms on the table.

    Raises:
        Conflict: they are its own (`not_your_turn`).
    """
    assert offer.whose_turn is not None
    return _require_side(actor, offer, offer.whose_turn)


def require_own_terms(actor: Actor, offer: Offer) -> Side:
    """The side in whose name the actor takes back the terms on the table.

    Raises:
        Conflict: they are the other side's (`not_your_turn`).
    """
    assert offer.whose_turn is not None
    return _require_side(actor, offer, OTHER[offer.whose_turn])


def _require_side(actor: Actor, offer: Offer, wanted: Side) -> Side:
    if not actor.is_admin and offer.side_of(actor.enterprise_id) != wanted:
        next_step = Name("offer_turn", str(offer.whose_turn))
        raise Conflict("not_your_turn", subject=Name("subject", "offer"), status=offer.status, next=next_step)
    return wanted


def side_for(actor: Actor, deal: Deal, in_place_of: Side | None = None) -> Side:
    """The side in whose name the actor moves a deal; an admin in place of that named, else the supplier."""
    own = deal.side_of(actor.enterprise_id)
    return own or in_place_of or Side.SUPPLIER
