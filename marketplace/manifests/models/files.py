"""Photos of loads, and signatures that were drawn for them."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ...database import Base, values_check
from ...uploaded_files import KeptFile
from .seals import Part


class LoadPicture(StrEnum):
    """What a picture of a load shows."""

    PHOTO = "photo"
    SIGNATURE = "signature"
    """As it was drawn on a screen; what was signed is the seal, which says who and when."""


class ManifestFile(KeptFile, Base):
    """A picture that a party added to a manifest: the load, the scale, the signature at the gate."""

    __tablename__ = "manifest_file"

    manifest_id: Mapped[UUID] = mapped_column(ForeignKey("manifest.id"))
    part: Mapped[Part]
    shows: Mapped[LoadPicture]

    __table_args__ = (
        values_check("part", Part),
        values_check("shows", LoadPicture),
        CheckConstraint("size > 0", name="size"),
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
        UniqueConstraint("manifest_id", "part", "sha256"),
    )
