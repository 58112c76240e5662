"""Who logs in."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from ... import clock
from ...database import Base, values_check


class Language(StrEnum):
    """The language in which a person or an enterprise is written to."""

    ZH = "zh"
    EN = "en"


LIVING = text("erased_at IS NULL")
"""The condition of the partial indexes of persons who have not been erased."""


class Person(Base):
    """Somebody who logs in, by e-mail address or telephone number.

    `no` is what history shows of a person who was erased. `email` was proven by the invitation that it got.
    `totp_step` is the last step of 30 seconds for which a code was taken, so that none is taken twice; a
    secret without a `totp_since` is offered and not confirmed yet; it is sealed for this person's id
    (marketplace/sealing.py), so that neither a copy of the table nor another's row gives codes.
    """

    __tablename__ = "person"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    no: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    language: Mapped[Language] = mapped_column(default=Language.ZH)
    password_hash: Mapped[str]
    totp_secret: Mapped[str | None]
    totp_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    totp_step: Mapped[int | None] = mapped_column(BigInteger)
    erased_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        values_check("language", Language),
        CheckConstraint("erased_at IS NOT NULL OR num_nonnulls(email, phone) > 0", name="reachable"),
        CheckConstraint("totp_since IS NULL OR totp_secret IS NOT NULL", name="second_factor"),
        Index("ix_person_email", text("lower(email)"), unique=True, postgresql_where=LIVING),
        Index("ix_person_phone", "phone", unique=True, postgresql_where=LIVING),
    )
