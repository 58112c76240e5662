"""When a contact is released: both sides are interested in the pairing, and both may trade."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from ....enterprises import service as enterprises
from ....listings.models import Listing
from .verdicts import is_mutual


def released_contact(mine: Listing, theirs: Listing) -> dict[str, str] | None:
    """Name, e-mail and phone of the owner of `theirs` for the owner of `mine`; None if not released."""
    return released_contacts(mine, [theirs] if is_mutual(mine.id, theirs.id) else []).get(theirs.id)


def released_contacts(mine: Listing, mutual: Collection[Any]) -> dict[UUID, dict[str, str]]:
    """The contacts that the owner of `mine` may see, by the listing of the other side; one statement.

    Args:
        mutual: listings (or outlines of them) in which both sides are interested.
    """
    if not mutual:
        return {}
    owners = enterprises.by_id({mine.enterprise_id, *(theirs.enterprise_id for theirs in mutual)})
    if not owners[mine.enterprise_id].may_trade:
        return {}
    return {
        theirs.id: enterprises.contact_for(owners[theirs.enterprise_id])
        for theirs in mutual
        if owners[theirs.enterprise_id].may_trade
    }
