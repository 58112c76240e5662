"""When a contact is released: both sides once were interested in the pairing, and both may trade.

What was released stays released, whatever either side says or closes later: each has the other's contact
already. It is hidden only while one of the two is suspended.
"""

from collections.abc import Collection
from typing import Any

from ....enterprises import service as enterprises
from ....enterprises.models import Enterprise
from ....events import service as events
from ....events.actor import PLATFORM, Actor
from ....listings.models import Listing
from .verdicts import Pair, verdict_on, verdicts_on

Contact = dict[str, str]


def released_contact(reader: Actor, mine: Listing, theirs: Listing) -> Contact | None:
    """Name, e-mail and phone of the owner of `theirs`; None if not released, or not for this reader."""
    if not verdict_on(mine.id, theirs.id).was_mutual:
        return None
    return released_contacts(reader, [(mine, theirs)]).get((mine.id, theirs.id))


def contacts_of_mutual(reader: Actor, pairs: Collection[tuple[Any, Any]]) -> dict[Pair, Contact]:
    """The contacts that are released in these pairs of listings (or outlines of them); two statements."""
    said = verdicts_on([(mine.id, theirs.id) for mine, theirs in pairs])
    return released_contacts(reader, [pair for pair in pairs if said[pair[0].id, pair[1].id].was_mutual])


def released_contacts(reader: Actor, mutual: Collection[tuple[Any, Any]]) -> dict[Pair, Contact]:
    """The contacts that the owner of the first listing of each pair may see, by pair; one statement.

    Staff see that of an enterprise which they oversee: a regulator of one side's region does not learn who
    answers for the other side, in another region. What staff are shown is noted for the audit.

    Args:
        reader: who is shown them: that owner, staff, or the platform on the owner's behalf.
        mutual: pairs of listings (or outlines of them) in which both sides once were interested.
    """
    if not mutual:
        return {}
    owners = enterprises.by_id({listing.enterprise_id for pair in mutual for listing in pair})
    contacts: dict[Pair, Contact] = {}
    for mine, theirs in mutual:
        owner, other = owners[mine.enterprise_id], owners[theirs.enterprise_id]
        contact = enterprises.contact_for(other)
        if contact and owner.may_trade and other.may_trade and _may_read(reader, owner, other):
            events.note_read(reader, events.CONTACT, other.id)
            contacts[mine.id, theirs.id] = contact
    return contacts


def _may_read(reader: Actor, owner: Enterprise, other: Enterprise) -> bool:
    return reader == PLATFORM or reader.enterprise_id == owner.id or enterprises.sees_all_of(reader, other)
