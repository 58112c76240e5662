"""Notices for staff about an enterprise that is to be approved. None of them refuses anything by itself."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select

from .... import lookalikes
from ....database import db
from ....errors import Notice
from ...models import ENDED, ClaimStatus, Enterprise, EnterpriseStatus, UsccClaim

MOST_NAMED = 5
"""Enterprises that a notice names; it says how many there are. Our own choice."""


def review_notices(enterprises: Iterable[Enterprise]) -> dict[UUID, list[Notice]]:
    """What staff should know before they approve these, by id: two statements for all of them."""
    waiting = [enterprise for enterprise in enterprises if enterprise.status not in ENDED]
    notices = name_notices({row.id: (row.name, row.id) for row in waiting})
    for enterprise_id, count in _open_claims([row.id for row in waiting]).items():
        claimed = Notice("uscc_claimed", "uscc", {"count": count})
        notices.setdefault(enterprise_id, []).append(claimed)
    return notices


def awaits_approval(enterprise: Enterprise) -> bool:
    """Whether an admin may approve it next."""
    return enterprise.status in (EnterpriseStatus.PENDING, EnterpriseStatus.SUSPENDED)


def name_notices(names: Mapping[UUID, tuple[str, UUID]]) -> dict[UUID, list[Notice]]:
    """Which living enterprises have the same name, or one that looks alike.

    Args:
        names: by any id, a name and the enterprise that has it or wants it; it is not compared with itself.
    """
    if not names:
        return {}
    found = _alike([name for name, _ in names.values()])
    notices: dict[UUID, list[Notice]] = {}
    for key, (name, enterprise_id) in names.items():
        others = [row for row in found if row.id != enterprise_id]
        equal = [row for row in others if row.name_folded == lookalikes.folded(name)]
        look = lookalikes.skeleton(name)
        alike = [row for row in others if row.name_skeleton == look and row not in equal]
        if equal:
            notices.setdefault(key, []).append(Notice("name_taken", "name", _facts(equal)))
        if alike:
            notices.setdefault(key, []).append(Notice("name_resembles", "name", _facts(alike)))
    return notices


def _alike(names: Sequence[str]) -> Sequence[Any]:
    """Living enterprises with the folded name or the skeleton of one of these names."""
    columns = (
        Enterprise.id, Enterprise.name, Enterprise.uscc, Enterprise.name_folded, Enterprise.name_skeleton,
    )  # fmt: skip
    alike = or_(
        Enterprise.name_folded.in_([lookalikes.folded(name) for name in names]),
        Enterprise.name_skeleton.in_([lookalikes.skeleton(name) for name in names]),
    )
    query = select(*columns).where(alike, Enterprise.status.not_in(ENDED)).order_by(Enterprise.id)
    return db.session.execute(query).all()


def _facts(rows: Sequence[Any]) -> dict[str, Any]:
    named = tuple(f"{row.name} ({row.uscc})" for row in rows[:MOST_NAMED])
    return {"count": len(rows), "enterprises": named}


def _open_claims(ids: Sequence[UUID]) -> dict[UUID, int]:
    query = (
        select(UsccClaim.enterprise_id, func.count())
        .where(UsccClaim.enterprise_id.in_(ids), UsccClaim.status == ClaimStatus.OPEN)
        .group_by(UsccClaim.enterprise_id)
    )
    rows = db.session.execute(query).all() if ids else []
    return {row[0]: row[1] for row in rows}
