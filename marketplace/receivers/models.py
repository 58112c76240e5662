"""Requests for contact: an enterprise asks one that could take its waste whether it would."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from .. import clock
from ..database import Base, values_check
from ..events.lifecycle import LifeCycle, Move, Party


class RequestStatus(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


ANSWERED_WITHIN = timedelta(days=30)
"""How long a request waits for its answer; our own choice."""
LIFE = LifeCycle(
    Move(
        "accept", RequestStatus.OPEN, RequestStatus.ACCEPTED,
        by={Party.RECEIVER}, event="receiver_request.accepted", twin=True,
    ),
    Move(
        "decline", RequestStatus.OPEN, RequestStatus.DECLINED,
        by={Party.RECEIVER}, event="receiver_request.declined", twin=True,
    ),
    Move(
        "withdraw", RequestStatus.OPEN, RequestStatus.WITHDRAWN,
        by={Party.SUPPLIER}, event="receiver_request.withdrawn", twin=True,
    ),
    Move(
        "lapse", RequestStatus.OPEN, RequestStatus.LAPSED,
        by={Party.CLOCK}, event="receiver_request.lapsed", after=ANSWERED_WITHIN, since="created_at",
    ),
)  # fmt: skip


class ReceiverRequest(Base):
    """What `supplier_id` asks `receiver_id`: whether it would take `kg` kilograms of a code.

    Both see each other's contact once it is accepted. One may be open for a pair and code.
    """

    __tablename__ = "receiver_request"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    status: Mapped[RequestStatus] = mapped_column(default=LIFE.initial)
    supplier_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    receiver_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    code_id: Mapped[int] = mapped_column(ForeignKey("waste_code.id"))
    kg: Mapped[int] = mapped_column(BigInteger)
    note: Mapped[str]
    reason: Mapped[str | None]
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=clock.now, onupdate=clock.now
    )
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        values_check("status", RequestStatus),
        CheckConstraint("kg > 0", name="kg"),
        CheckConstraint("supplier_id <> receiver_id", name="two_parties"),
        Index(
            "ix_receiver_request_open", "supplier_id", "receiver_id", "code_id",
            unique=True, postgresql_where=text("status = 'open'"),
        ),
        Index("ix_receiver_request_lapse", "created_at", postgresql_where=text("status = 'open'")),
        Index("ix_receiver_request_supplier", "supplier_id", "id"),
        Index("ix_receiver_request_receiver", "receiver_id", "id"),
    )  # fmt: skip
