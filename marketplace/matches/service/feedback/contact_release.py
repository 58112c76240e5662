"""When a contact is released: both sides once were interested in the pairing, and both may trade.

What was released stays released, whatever either side says or closes later: each has the other's contact
already. It is hidden only while one of the two is suspended.
"""

from collections.abc import Collection
from typing import Any

from ....enterprises import service as enterprises
from ....listings.models import Listing
from .verdicts import Pair, verdict_on, verdicts_on

Contact = dict[str, str]


def released_contact(mine: Listing, theirs: Listing) -> Contact | None:
    """Name, e-mail and phone of the owner of `theirs` for the owner of `mine`; None if not released."""
    if not verdict_on(mine.id, theirs.id).was_mutual:
        return None
    return released_contacts([(mine, theirs)]).get((mine.id, theirs.id))


def contacts_of_mutual(pairs: Collection[tuple[Any, Any]]) -> dict[Pair, Contact]:
    """The contacts that are released in these pairs of listings (or outlines of them); two statements."""
    said = verdicts_on([(mine.id, theirs.id) for mine, theirs in pairs])
    return released_contacts([pair for pair in pairs if said[pair[0].id, pair[1].id].was_mutual])


def released_contacts(mutual: Collection[tuple[Any, Any]]) -> dict[Pair, Contact]:
    """The contacts that the owner of the first listing of each pair may see, by pair; one statement.

    Args:
        mutual: pairs of listings (or outlines of them) in which both sides once were interested.
    """
    if not mutual:
        return {}
    owners = enterprises.by_id({listing.enterprise_id for pair in mutual for listing in pair})
    trading = [pair for pair in mutual if all(owners[listing.enterprise_id].may_trade for listing in pair)]
    contacts = {
        (mine.id, theirs.id): enterprises.contact_for(owners[theirs.enterprise_id])
        for mine, theirs in trading
    }
    return {pair: contact for pair, contact in contacts.items() if contact is not None}
