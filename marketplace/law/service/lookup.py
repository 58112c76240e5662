"""Legal bases looked up by id, by day and by words."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import or_, select

from ...database import db
from ...errors import NotFound
from ...events.actor import PLATFORM, Actor
from ..models import LegalBasis


def find(_: Actor = PLATFORM, basis_id: str = "") -> LegalBasis:
    """A legal basis, in force or history. Raises: NotFound."""
    row = db.session.get(LegalBasis, basis_id)
    if row is None:
        raise NotFound()
    return row


def search(on: date | None, q: str | None, after: str, limit: int) -> Sequence[LegalBasis]:
    """Legal bases by id, at most `limit` after the id `after`.

    Args:
        on: only those in force on that day.
        q: a substring of title, article or text, or the beginning of an id.
    """
    query = select(LegalBasis).where(LegalBasis.id > after)
    if on is not None:
        query = query.where(LegalBasis.is_in_force_on(on))
    if q:
        words = ("title", "title_en", "article", "text_zh", "text_en")
        matches = [getattr(LegalBasis, name).icontains(q, autoescape=True) for name in words]
        query = query.where(or_(LegalBasis.id.istartswith(q, autoescape=True), *matches))
    return db.session.scalars(query.order_by(LegalBasis.id).limit(limit)).all()
