"""Guessing is slowed: after some failures a log-in waits, by who it is to be and by where it comes from.

It makes no difference whether there is such a person, so nobody learns that. All limits are our own choice.
"""

import math
from datetime import timedelta

from sqlalchemy import and_, delete, func, or_, select

from .... import clock
from ....errors import TooMany
from ....events.work import unit_of_work
from ....http.authentication import digest
from ...models import LoginFailure

WITHIN = timedelta(hours=1)
"""Failures of this time count."""
MOST_FROM_ADDRESS_FOR_ONE = 5
"""Failures of one log-in from one address, until it waits there."""
MOST_FOR_ONE = 20
"""Failures of one log-in from wherever, until it waits everywhere; so many that its owner is seldom kept out
by a stranger."""
MOST_FROM_ADDRESS = 60
"""Failures from one address, whoever it tries to be: a factory has many behind one."""
WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
"""How long a log-in waits after its last failure; twice as long with each further one."""
KEPT = timedelta(days=1)


def note_attempt(login: str, address: str) -> None:
    """Keep an attempt to log in, which counts as failed until it has succeeded: so that of many at once no
    more are made than of one after the other.

    Args:
        login: the address or number that was typed, in its one form. address: where it comes from.
    Raises:
        TooMany: so many failed that it has to wait (`login_waits`).
    """
    now, who, where = clock.now(), about(login), about(address)
    of_who, from_where = LoginFailure.login == who, LoginFailure.address == where
    limits = (
        (and_(of_who, from_where), MOST_FROM_ADDRESS_FOR_ONE),
        (of_who, MOST_FOR_ONE),
        (from_where, MOST_FROM_ADDRESS),
    )
    counts = [func.count().filter(counted) for counted, _ in limits]
    lasts = [func.max(LoginFailure.at).filter(counted) for counted, _ in limits]
    with unit_of_work() as work:
        work.lock_name(f"login {who}")
        found = work.session.execute(
            select(*counts, *lasts).where(or_(of_who, from_where), LoginFailure.at > now - WITHIN)
        ).one()
        waits = [
            last + _wait(had - most) - now
            for (_, most), had, last in zip(limits, found[:3], found[3:], strict=True)
            if had >= most
        ]
        longest = max(waits, default=timedelta())
        if longest > timedelta():
            raise TooMany("login_waits", retry_s=math.ceil(longest.total_seconds()))
        work.add(LoginFailure(login=who, address=where, at=now))


def _wait(beyond: int) -> timedelta:
    doubled: timedelta = WAIT * 2 ** min(beyond, 10)
    return min(doubled, LONGEST_WAIT)


def forget_failures(login: str, address: str) -> None:
    """An attempt succeeded: it and what failed before it from this address count no more."""
    of_one = and_(LoginFailure.login == about(login), LoginFailure.address == about(address))
    with unit_of_work() as work:
        work.session.execute(delete(LoginFailure).where(of_one))


def forget_old_failures() -> int:
    """Delete what counts no more. Returns how many rows."""
    with unit_of_work() as work:
        old = delete(LoginFailure).where(LoginFailure.at < clock.now() - KEPT).returning(LoginFailure.id)
        return len(work.session.scalars(old).all())


def about(text: str) -> str:
    """What is kept of a log-in or an address."""
    return digest(text.casefold())
