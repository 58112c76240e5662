"""What members see of each other's credit: all grades, and until when an evaluation holds."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_

from ...catalogue import service as catalogue
from ...database import db
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise, EnterpriseStatus
from ...events.actor import Actor


def search_grades(query: dict[str, Any], after: list[Any] | None) -> Sequence[Enterprise]:
    """A page of the approved enterprises, and one more, the best credit first.

    Args:
        query: filters and `limit`, as GradeQuery reads them. after: where the last page ended.
    """
    key = tuple_(Enterprise.credit_milli, Enterprise.id)
    rows = select(Enterprise).where(Enterprise.status == EnterpriseStatus.APPROVED)
    if query["grade"]:
        rows = rows.where(Enterprise.grade == query["grade"])
    if query["region"] is not None:
        rows = rows.where(catalogue.within(Enterprise.region, query["region"]))
    if query["q"]:
        rows = rows.where(enterprises.has_in_name(query["q"]))
    if after is not None:
        rows = rows.where(key < tuple(after))
    ordered = rows.order_by(Enterprise.credit_milli.desc(), Enterprise.id.desc())
    return db.session.scalars(ordered.limit(query["limit"] + 1)).all()


def grade_position(enterprise: Enterprise) -> list[int | UUID]:
    """Where a page ended that ended with this enterprise."""
    return [enterprise.credit_milli, enterprise.id]


def present_grade(actor: Actor, enterprise: Enterprise) -> dict[str, Any]:
    """An enterprise's grade as members see it; the score in whole points to the approved and to staff."""
    score = (
        {"score": enterprises.whole_points(enterprise.credit_milli)} if enterprises.sees_scores(actor) else {}
    )
    names = ("id", "name", "region", "roles", "grade")
    return {
        **{name: getattr(enterprise, name) for name in names},
        **score,
        "valid_until": enterprise.credit_valid_until,
    }
