"""Who may trade, and who may change anything: by the status of the enterprise."""

from collections.abc import Collection
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import aliased

from ...database import db
from ...errors import Forbidden
from ...events.actor import Actor
from ..models import FROZEN, Enterprise, EnterpriseStatus


def may_trade(*enterprise_ids: UUID) -> bool:
    """Whether all of these enterprises may trade; of one at hand ask `Enterprise.may_trade`."""
    statuses = select(Enterprise.status).where(Enterprise.id.in_(enterprise_ids))
    return all(status == EnterpriseStatus.APPROVED for status in db.session.scalars(statuses))


def trading_among(enterprise_ids: Collection[UUID]) -> set[UUID]:
    """Those of these enterprises that may trade."""
    return set(
        db.session.scalars(
            select(Enterprise.id).where(Enterprise.id.in_(enterprise_ids), Enterprise.may_trade)
        )
    )


def may_trade_condition(enterprise_id: Any) -> ColumnElement[bool]:
    """The condition that the enterprise whose id is in a column may trade.

    PostgreSQL looks it up among the few that may not, by a partial index.
    """
    other_id, others = _others_not_trading()
    return ~others.where(other_id == enterprise_id).exists()


@cache
def _others_not_trading() -> tuple[Any, Select[Any]]:
    """The id of another enterprise, and a query of it for those that may not trade.

    Kept, because making an alias takes a millisecond.
    """
    other = aliased(Enterprise)
    return other.id, select(other.id).where(~other.may_trade)


def require_unfrozen(party: Actor | Enterprise) -> None:
    """Refuse an enterprise that may change nothing any more, or not for now.

    Raises:
        Forbidden: `enterprise_suspended`, `enterprise_rejected` or `enterprise_lapsed`.
    """
    if party.status in FROZEN:
        raise Forbidden(f"enterprise_{party.status}")


def require_approved(party: Actor | Enterprise) -> None:
    """Refuse an enterprise that may not trade.

    Raises:
        Forbidden: `enterprise_pending`, `enterprise_suspended`, `enterprise_rejected` or `enterprise_lapsed`.
    """
    if party.status != EnterpriseStatus.APPROVED:
        raise Forbidden(f"enterprise_{party.status}")
