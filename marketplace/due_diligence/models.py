"""What a generator confirmed to have checked of a contractor of a deal.

生态环境法典 art. 490: who entrusts the transport, use or disposal of industrial waste checks that the
contractor may do it and is able to, and signs a written contract with pollution clauses.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from .. import clock
from ..database import Base, values_check
from ..events.made_by import MadeByPerson


class Contractor(StrEnum):
    """Who is checked."""

    RECEIVER = "receiver"
    TRANSPORTER = "transporter"


class Check(StrEnum):
    """What is checked of a contractor."""

    REGISTRATION = "registration"
    """That it may do it (主体资格): its business registration and the papers that it needs."""
    ABILITY = "ability"
    """That it is able to (技术能力)."""
    CONTRACT = "contract"
    """That there is a written contract with pollution clauses (书面合同)."""


class DueDiligence(MadeByPerson, Base):
    """A confirmation that all was checked, with the `facts` that were shown for it; never changed.

    The newest of a deal and contractor counts, until `valid_until` and as long as the facts are the same.
    """

    __tablename__ = "due_diligence"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    deal_id: Mapped[UUID] = mapped_column(ForeignKey("deal.id"))
    contractor: Mapped[Contractor]
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), index=True)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    note: Mapped[str]
    valid_until: Mapped[date]
    confirmed_by: Mapped[UUID]
    confirmed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (
        values_check("contractor", Contractor),
        CheckConstraint("facts <> '{}'", name="facts"),
        Index("ix_due_diligence_deal", "deal_id", "id"),
    )
