"""Issued documents, by the random token that their QR code holds, and the numbers of labels."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, LargeBinary, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from .. import clock
from ..database import Base, values_check


class DocumentKind(StrEnum):
    """What a document is; the rooms that own its facts say its state."""

    CONTRACT = "contract"
    SETTLEMENT = "settlement"
    MANIFEST = "manifest"
    INSPECTION = "inspection"


class Document(Base):
    """One issue of a document: never changed, and never deleted.

    `subject_id` is the deal, manifest or inspection that it is about, `number` that one's number.
    `facts_digest` is the SHA-256 of what it says and of the template that says it: the same facts are the
    same issue. `checksum` is the SHA-256 of the file. `content` is kept of what is signed; all else is
    rendered again, byte for byte.
    """

    __tablename__ = "document"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    kind: Mapped[DocumentKind]
    number: Mapped[str]
    subject_id: Mapped[UUID]
    token: Mapped[str] = mapped_column(unique=True)
    facts_digest: Mapped[str]
    checksum: Mapped[str]
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (
        values_check("kind", DocumentKind),
        UniqueConstraint("subject_id", "kind", "facts_digest"),
    )


class ContainerLabel(Base):
    """The digital id of one package of a line of a manifest: given once, so that a label is drawn again.

    37 characters (HJ 1276-2022): USCC of the unit, waste code without hyphens, day of packing, serial.
    """

    __tablename__ = "container_label"

    digital_id: Mapped[str] = mapped_column(String(37), primary_key=True)
    subject_id: Mapped[UUID]
    line: Mapped[int] = mapped_column(SmallInteger)
    package: Mapped[int] = mapped_column(SmallInteger)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)

    __table_args__ = (
        UniqueConstraint("subject_id", "line", "package"),
        CheckConstraint("length(digital_id) = 37", name="digital_id"),
        CheckConstraint("line > 0 AND package > 0", name="counted_from_one"),
    )


class LabelSerial(Base):
    """The last serial of a unit, code and day: the first 34 characters of a digital id."""

    __tablename__ = "label_serial"

    stem: Mapped[str] = mapped_column(String(34), primary_key=True)
    last: Mapped[int] = mapped_column(SmallInteger)

    __table_args__ = (CheckConstraint("last BETWEEN 1 AND 999", name="three_digits"),)
