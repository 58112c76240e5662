"""Whom a provider may log in: a city's its officials, a group's the members of its enterprises.

A person who acts for several is logged in only by a provider that may log in all of them: a session, and a
passkey made in it, opens everything that the person is.
"""

from collections.abc import Collection, Iterator

from sqlalchemy import select

from ....catalogue.service import region_covers
from ....enterprises.models import Enterprise, Staff
from ....errors import Unauthorised
from ....events.actor import REGULATOR
from ....events.work import Work
from ....openid_providers import OpenIdProvider
from ...models import Invitation, LinkedAccount, Membership, Person


def serves_enterprise(provider: OpenIdProvider, enterprise: Enterprise) -> bool:
    """Whether it may log in members of the enterprise."""
    return (
        provider.serves_everybody
        or enterprise.uscc in provider.usccs
        or any(region_covers(region, enterprise.region) for region in provider.enterprise_regions)
    )


def serves_staff(provider: OpenIdProvider, staff: Staff) -> bool:
    """Whether it may log in the member of staff; admins only if it may log in anybody."""
    if provider.serves_everybody:
        return True
    region = staff.region if staff.kind == REGULATOR else None
    return region is not None and any(region_covers(above, region) for above in provider.staff_regions)


def require_invitation(work: Work, provider: OpenIdProvider, invitation: Invitation) -> None:
    """Raises: Unauthorised: somebody is invited whom it may not log in (`account_unknown`)."""
    if invitation.enterprise_id is not None:
        served = serves_enterprise(provider, work.session.get_one(Enterprise, invitation.enterprise_id))
    else:
        served = serves_staff(provider, work.session.get_one(Staff, invitation.staff_id))
    if not served:
        raise Unauthorised("account_unknown")


def require_known(work: Work, provider: OpenIdProvider, person: Person) -> None:
    """Of a person whose account it is.

    Raises: Unauthorised: the person also acts for others, whom it may not log in (`account_too_narrow`).
    """
    if not all(_served(work, provider, person)):
        raise Unauthorised("account_too_narrow")


def require_stranger(
    work: Work, provider: OpenIdProvider, providers: Collection[OpenIdProvider], person: Person
) -> None:
    """Of a person who is found by an address: the account becomes its own only if it has none yet.

    The refusal is that of an address that nobody here has, or a provider could ask who is here.

    Args:
        providers: all that there are; accounts of one that is no more do not count.
    Raises: Unauthorised: it has one, or it may not log in all that the person is (`account_unknown`).
    """
    issuers = [each.issuer for each in providers]
    has_account = select(LinkedAccount.id).where(
        LinkedAccount.person_id == person.id, LinkedAccount.issuer.in_(issuers)
    )
    served = list(_served(work, provider, person))
    is_served = provider.serves_everybody or (bool(served) and all(served))
    if not is_served or work.session.scalar(has_account.limit(1)) is not None:
        raise Unauthorised("account_unknown")


def _served(work: Work, provider: OpenIdProvider, person: Person) -> Iterator[bool]:
    """Of each that the person is: whether the provider may log it in."""
    rows = work.session.execute(
        select(Enterprise, Staff)
        .select_from(Membership)
        .outerjoin(Enterprise, Enterprise.id == Membership.enterprise_id)
        .outerjoin(Staff, Staff.id == Membership.staff_id)
        .where(Membership.person_id == person.id, Membership.ended_at.is_(None))
    )
    for enterprise, staff in rows:
        yield serves_enterprise(provider, enterprise) if staff is None else serves_staff(provider, staff)
