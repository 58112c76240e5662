"""What a training needs, and from which risk on it warns, by the rows that an operator may correct."""

from sqlalchemy import or_, select

from ... import clock
from ...database import db
from ..models import EarlyWarningTerm
from .learning import Needs


def term_in_force() -> EarlyWarningTerm:
    """The latest row that holds today."""
    today = clock.today()
    in_force = or_(EarlyWarningTerm.valid_until.is_(None), EarlyWarningTerm.valid_until >= today)
    rows = select(EarlyWarningTerm).where(EarlyWarningTerm.valid_from <= today, in_force)
    latest = rows.order_by(EarlyWarningTerm.valid_from.desc(), EarlyWarningTerm.id.desc())
    return db.session.scalars(latest.limit(1)).one()


def needs_in_force() -> Needs:
    """What has to be there before anything is learned."""
    term = term_in_force()
    return Needs(falls=term.least_falls, months=term.least_months)
