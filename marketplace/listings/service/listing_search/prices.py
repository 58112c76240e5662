"""What open listings of a code cost, for who sets a price."""

from uuid import UUID

from sqlalchemy import select, union_all

from ....catalogue import service as catalogue
from ....database import db
from ....events.actor import Actor
from ...models import Listing, ListingStatus
from ..lookup import visible_branches
from .filters import code_alternatives


def open_prices(actor: Actor, code: str, but: UUID, most: int) -> list[int] | None:
    """The prices, in fen per tonne from the supplier's side, that the open listings of a code name which the
    actor may see, in no order.

    Args:
        but: a listing that does not count.
        most: prices beyond which it is None.
    Raises:
        Invalid: the code contradicts itself.
    """
    asked = {"code": code, "kind": None, "code_filter": catalogue.read_code_filter(code, "code")}
    named = (Listing.status == ListingStatus.OPEN, Listing.price_fen.is_not(None), Listing.id != but)
    parts = [
        select(Listing.price_fen).where(visible, *way, *named)
        for visible in visible_branches(actor)
        for way in code_alternatives(asked)
    ]
    found = [fen for fen in db.session.scalars(union_all(*parts).limit(most + 1)) if fen is not None]
    return None if len(found) > most else found
