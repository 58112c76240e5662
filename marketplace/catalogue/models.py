"""Waste codes, what local codes map to, places, treatments, the exemption list."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from .. import clock
from ..database import Base, Polygon, values_check


class Mode(StrEnum):
    """What a treatment does with the waste, in the order of the bits of a licence line's `modes`."""

    USE = "use"
    DISPOSE = "dispose"
    STORE = "store"


class CodeLevel(StrEnum):
    """Depth in a scheme; categories and chapters are above codes."""

    CATEGORY = "category"
    CODE = "code"
    CHAPTER = "chapter"
    SUBCHAPTER = "subchapter"
    STAND_IN = "stand_in"
    """Stands for the codes under a category that no table has and that nobody has published yet."""


REGION_LEVELS = ("province", "city", "district")


class SchemeWaste(StrEnum):
    """What waste a scheme is declared to be about."""

    HAZARDOUS = "hazardous"
    GENERAL = "general"
    BOTH = "both"


class Scheme(Base):
    """A scheme of waste codes. One declared general maps to no hazardous code: a trigger holds that too."""

    __tablename__ = "scheme"

    scheme: Mapped[str] = mapped_column(primary_key=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    waste: Mapped[SchemeWaste]

    __table_args__ = (values_check("waste", SchemeWaste),)


class WasteCode(Base):
    """A category or a code of a scheme. `unlisted` marks a well-formed code that no loaded table has.

    A draft that names such a code keeps it itself and refers to the stand-in of its category; the code gets a
    row when a listing with it is published.

    `key` is the code without punctuation, by which it is found however it is written.
    """

    __tablename__ = "waste_code"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    scheme: Mapped[str]
    code: Mapped[str]
    key: Mapped[str] = mapped_column(index=True)
    level: Mapped[CodeLevel]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("waste_code.id"), index=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    industry: Mapped[str]
    hazardous: Mapped[bool]
    hazard: Mapped[str]
    edition: Mapped[str]
    evidence: Mapped[str]
    tradable: Mapped[bool]
    unlisted: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))

    __table_args__ = (
        UniqueConstraint("scheme", "code"),
        values_check("level", CodeLevel),
    )


@dataclass(frozen=True, slots=True)
class CatalogueCode:
    """A row of `waste_code` as it is read: what a process keeps and its threads share. Without an id it is
    not written."""

    id: int
    scheme: str
    code: str
    key: str
    level: CodeLevel
    parent_id: int | None
    name_zh: str
    name_en: str
    industry: str
    hazardous: bool
    hazard: str
    edition: str
    evidence: str
    tradable: bool
    unlisted: bool


class Crosswalk(Base):
    """A local code's national meaning; `confidence` in (0, 1] weighs a match that goes by it."""

    __tablename__ = "crosswalk"

    local_id: Mapped[int] = mapped_column(ForeignKey("waste_code.id"), primary_key=True)
    national_id: Mapped[int] = mapped_column(ForeignKey("waste_code.id"), primary_key=True, index=True)
    confidence: Mapped[float] = mapped_column(Float)

    __table_args__ = (CheckConstraint("confidence > 0 AND confidence <= 1", name="confidence"),)


class Region(Base):
    """An administrative division by GB/T 2260 code, with its seat in WGS-84."""

    __tablename__ = "region"

    adcode: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name_zh: Mapped[str]
    level: Mapped[str]
    parent: Mapped[int | None] = mapped_column(ForeignKey("region.adcode"), index=True)
    lon: Mapped[float]
    lat: Mapped[float]
    coord_source: Mapped[str]


@dataclass(frozen=True, slots=True)
class CatalogueRegion:
    """A row of `region` as it is read: what a process keeps and its threads share."""

    adcode: int
    name_zh: str
    level: str
    parent: int | None
    lon: float
    lat: float
    coord_source: str


class OutlineRing(Base):
    """One ring of the outline of a region; a point lies in the region if an odd number of its rings hold it.

    x is the longitude in degrees, y Mercator's ordinate in degrees (`northing`): a plane on which short
    distances are true but for one factor, so that the database can compare them.
    """

    __tablename__ = "outline_ring"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    adcode: Mapped[int] = mapped_column(ForeignKey("region.adcode"), index=True)
    shape: Mapped[str] = mapped_column(Polygon)

    __table_args__ = (Index("ix_outline_ring_shape", "shape", postgresql_using="gist"),)


class OutlineSource(Base):
    """Where the outlines that are loaded come from: package and version, and the digest of what was read."""

    __tablename__ = "outline_source"

    digest: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str]
    rings: Mapped[int]
    loaded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)


class Treatment(Base):
    """A recovery (R) or disposal (D) operation; `mode` is what a licence must allow for it."""

    __tablename__ = "treatment"

    code: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    mode: Mapped[Mode]
    name_en: Mapped[str]
    name_zh: Mapped[str]
    interim: Mapped[bool]

    __table_args__ = (values_check("mode", Mode),)


class ExemptionItem(Base):
    """One row of the exemption list (豁免管理清单): an item, one code it names, the stages it frees."""

    __tablename__ = "exemption_item"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    item: Mapped[int]
    code_id: Mapped[int | None] = mapped_column(ForeignKey("waste_code.id"), index=True)
    stages: Mapped[str]
    waste_zh: Mapped[str]
    condition_zh: Mapped[str]
    content_zh: Mapped[str]
    edition: Mapped[str]

    __table_args__ = (Index("ix_exemption_item_item", "item"),)


class ReferenceVersion(Base):
    """The number of the state of all reference data, in one row; each change of it counts up by a trigger.

    Numbered are codes, crosswalk, regions, outlines, treatments, exemptions, the matching policy and the
    ranking models. Unlisted codes that are only added make no new state: nothing that is kept is wrong then.
    """

    __tablename__ = "reference_version"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    no: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)
