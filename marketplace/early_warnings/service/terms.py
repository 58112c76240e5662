"""What a training needs, and from which risk on it warns, by the rows that an operator may correct."""

from ... import clock
from ...database import db
from ..models import EarlyWarningTerm
from .learning import Needs


def term_in_force() -> EarlyWarningTerm:
    """The newest row that is in force today."""
    return db.session.scalars(EarlyWarningTerm.newest_in_force(clock.today()).limit(1)).one()


def needs_in_force() -> Needs:
    """What has to be there before anything is learned."""
    term = term_in_force()
    return Needs(falls=term.least_falls, months=term.least_months)
