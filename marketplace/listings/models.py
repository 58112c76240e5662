"""Supply and demand."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates
from uuid_utils.compat import uuid7

from .. import clock
from ..catalogue import service as catalogue
from ..database import Base, values_check
from ..events.lifecycle import LifeCycle, Move, Party
from ..uploaded_files import KeptFile


class Kind(StrEnum):
    SUPPLY = "supply"
    DEMAND = "demand"


class ListingStatus(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    PAUSED = "paused"
    FULFILLED = "fulfilled"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Form(StrEnum):
    SOLID = "solid"
    LIQUID = "liquid"
    SLUDGE = "sludge"
    GAS = "gas"
    POWDER = "powder"
    MIXED = "mixed"


class Packaging(StrEnum):
    BULK = "bulk"
    TANK = "tank"
    DRUM = "drum"
    BAG = "bag"
    BOX = "box"
    PALLET = "pallet"
    CONTAINER = "container"
    OTHER = "other"


class ExemptionReview(StrEnum):
    """What an admin decided of the evidence for an exemption."""

    ACCEPT = "accept"
    REFUSE = "refuse"


class ImportStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"


SKETCHED = ("no", "lat", "lon", "remaining_kg", "price_fen", "available_from", "available_until")
"""What a ranking reads of every open listing that fits; an index includes it, so that no row is read."""

SEARCHED = (
    "enterprise_id", "kind", "status", "title", "code_id", "price_fen", "region", "lon", "lat",
    "remaining_kg", "available_from", "available_until",
)  # fmt: skip
"""What a search may ask of a listing; the indexes of its sort orders include it, so that no row is read."""

NO_PRICE_FEN = 1_000_000_000
"""Beyond every price: sorts a listing without a price to the end."""

MOST_PHOTOS = 4
"""Of one listing; our own choice."""

LIFE = LifeCycle(
    Move("publish", ListingStatus.DRAFT, ListingStatus.OPEN, by={Party.OWNER}, event="listing.published"),
    Move("change", ListingStatus.DRAFT, ListingStatus.DRAFT, by={Party.OWNER}),
    Move("change", ListingStatus.OPEN, ListingStatus.OPEN, by={Party.OWNER}, event="listing.changed"),
    Move("pause", ListingStatus.OPEN, ListingStatus.PAUSED, by={Party.OWNER}, event="listing.paused"),
    Move("resume", ListingStatus.PAUSED, ListingStatus.OPEN, by={Party.OWNER}, event="listing.resumed"),
    Move("change", ListingStatus.PAUSED, ListingStatus.PAUSED, by={Party.OWNER}),
    Move("withdraw", ListingStatus.PAUSED, ListingStatus.WITHDRAWN, by={Party.OWNER}, event="listing.closed"),
    Move(
        "expire", ListingStatus.PAUSED, ListingStatus.EXPIRED, by={Party.CLOCK}, event="listing.closed",
        after=timedelta(days=1), since="available_until",
    ),
    Move("withdraw", ListingStatus.DRAFT, ListingStatus.WITHDRAWN, by={Party.OWNER}, event="listing.closed"),
    Move("withdraw", ListingStatus.OPEN, ListingStatus.WITHDRAWN, by={Party.OWNER}, event="listing.closed"),
    Move(
        "expire", ListingStatus.OPEN, ListingStatus.EXPIRED, by={Party.CLOCK}, event="listing.closed",
        after=timedelta(days=1), since="available_until",
    ),
    Move(
        "fulfil", ListingStatus.OPEN, ListingStatus.FULFILLED, by={Party.SYSTEM}, event="listing.fulfilled"
    ),
    Move("reopen", ListingStatus.FULFILLED, ListingStatus.OPEN, by={Party.SYSTEM}, event="listing.reopened"),
)  # fmt: skip
IMPORT_LIFE = LifeCycle(
    Move("start", ImportStatus.QUEUED, ImportStatus.RUNNING, by={Party.SYSTEM}),
    Move("start", ImportStatus.RUNNING, ImportStatus.RUNNING, by={Party.SYSTEM}),
    Move("finish", ImportStatus.QUEUED, ImportStatus.DONE, by={Party.SYSTEM}),
    Move("finish", ImportStatus.RUNNING, ImportStatus.DONE, by={Party.SYSTEM}),
    Move("refuse", ImportStatus.QUEUED, ImportStatus.REFUSED, by={Party.SYSTEM}),
    Move("refuse", ImportStatus.RUNNING, ImportStatus.REFUSED, by={Party.SYSTEM}),
)
"""A short sheet is finished without a task, so it is never running."""

UNREVIEWED = "status = 'open' AND exemption_item IS NOT NULL AND exemption_review IS NULL"
"""The demands whose evidence for an exemption an admin has to look at."""


class Listing(Base):
    """Waste on offer (`code_id`) or wanted (`accepts`).

    Weights are whole kilograms, prices whole fen a tonne from the supplier's side (None: to be
    negotiated), places WGS-84, windows include both days. `no` is a short number for joins, `external_id`
    what the owner calls the listing in its own books. Components are kept as their owner wrote them, with
    what is compared beside it (`catalogue.with_key`). `region` is what the owner says (`region_stated`) or
    what follows from the place; `place_region` is the district that the place lies in, None as long as
    nobody looked. `unlisted_code` is the code of a draft that the catalogue has not; `code_id` is then the
    stand-in of its category.
    """

    __tablename__ = "listing"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    no: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    kind: Mapped[Kind]
    status: Mapped[ListingStatus] = mapped_column(default=ListingStatus.DRAFT)
    external_id: Mapped[str | None]
    title: Mapped[str]
    code_id: Mapped[int | None] = mapped_column(ForeignKey("waste_code.id"))
    unlisted_code: Mapped[str | None]
    quantity_kg: Mapped[int] = mapped_column(BigInteger)
    remaining_kg: Mapped[int] = mapped_column(BigInteger)
    min_lot_kg: Mapped[int] = mapped_column(BigInteger)
    price_fen: Mapped[int | None] = mapped_column(BigInteger)
    region: Mapped[int] = mapped_column(ForeignKey("region.adcode"))
    lon: Mapped[float]
    lat: Mapped[float]
    place_region: Mapped[int | None] = mapped_column(ForeignKey("region.adcode"))
    region_stated: Mapped[bool] = mapped_column(server_default=text("true"))
    max_distance_km: Mapped[float | None]
    available_from: Mapped[date]
    available_until: Mapped[date]
    form: Mapped[Form | None]
    packaging: Mapped[Packaging | None]
    composition: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    requires: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    treatment: Mapped[str | None] = mapped_column(ForeignKey("treatment.code"))
    mode: Mapped[int | None] = mapped_column(SmallInteger)
    exemption_item: Mapped[int | None]
    exemption_review: Mapped[ExemptionReview | None]
    exemption_reason: Mapped[str | None]
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=clock.now, onupdate=clock.now
    )
    version: Mapped[int] = mapped_column()

    accepts: Mapped[list["Accept"]] = relationship(
        order_by="Accept.position", cascade="all, delete-orphan", lazy="selectin"
    )

    @validates("composition", "requires")
    def _compared_alike(self, _: str, components: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [catalogue.with_key(component) for component in components]

    @hybrid_property
    def lies_in(self) -> int:
        """The region in which the waste lies: by its place, or as stated where that is not known."""
        return self.place_region or self.region

    @lies_in.inplace.expression
    @classmethod
    def _lies_in(cls) -> ColumnElement[int]:
        return func.coalesce(cls.place_region, cls.region)

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        values_check("kind", Kind),
        values_check("status", ListingStatus),
        CheckConstraint("remaining_kg BETWEEN 0 AND quantity_kg", name="remaining_within_quantity"),
        CheckConstraint("min_lot_kg > 0 AND min_lot_kg <= quantity_kg", name="lot_within_quantity"),
        CheckConstraint("available_from <= available_until", name="window"),
        CheckConstraint("(kind = 'supply') = (code_id IS NOT NULL)", name="supply_has_a_code"),
        CheckConstraint("(kind = 'demand') = (mode IS NOT NULL)", name="demand_has_a_mode"),
        CheckConstraint(
            "unlisted_code IS NULL OR status IN ('draft', 'withdrawn')", name="unlisted_is_a_draft"
        ),
        values_check("form", Form),
        values_check("packaging", Packaging),
        values_check("exemption_review", ExemptionReview),
        Index("ix_listing_owner", "enterprise_id", "id"),
        Index(
            "ix_listing_living",
            "enterprise_id",
            "status",
            postgresql_where=text("status IN ('draft', 'open')"),
        ),
        Index(
            "ix_listing_external_id",
            "enterprise_id",
            "external_id",
            unique=True,
            postgresql_where=text("external_id IS NOT NULL"),
        ),
        Index("ix_listing_updated", "updated_at", "id"),
        Index(
            "ix_listing_unreviewed",
            "published_at",
            "id",
            "enterprise_id",
            postgresql_where=text(UNREVIEWED),
        ),
        Index(
            "ix_listing_unreviewed_owner",
            "enterprise_id",
            "published_at",
            "id",
            postgresql_where=text(UNREVIEWED),
        ),
        Index("ix_listing_open", "kind", "id", postgresql_where=text("status = 'open'")),
        Index(
            "ix_listing_sketch",
            "code_id",
            "id",
            postgresql_include=SKETCHED,
            postgresql_where=text("status = 'open'"),
        ),
        Index("ix_listing_lies_in", text("coalesce(place_region, region)")),
        Index("ix_listing_code", "code_id"),
        Index("ix_listing_remaining", "remaining_kg"),
        Index("ix_listing_from", "available_from"),
        Index("ix_listing_until", "status", "available_until"),
        Index(
            "ix_listing_cheapest",
            text(f"coalesce(price_fen, {NO_PRICE_FEN})"),
            "id",
            postgresql_include=SEARCHED,
        ),
        Index(
            "ix_listing_dearest",
            text(f"coalesce(price_fen, {-NO_PRICE_FEN})"),
            "id",
            postgresql_include=SEARCHED,
        ),
        Index(
            "ix_listing_place",
            text("coarse_place(lon, lat)"),
            "region",
            postgresql_using="gist",
            postgresql_include=("id", *(name for name in SEARCHED if name != "region")),
        ),
        Index(
            "ix_listing_words",
            text("text_grams(fold_text(title), 1)"),
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        ),
    )


class Accept(Base):
    """A code or category that a demand takes; of a draft maybe one that the catalogue has not."""

    __tablename__ = "listing_accept"

    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id", ondelete="CASCADE"), primary_key=True)
    code_id: Mapped[int] = mapped_column(ForeignKey("waste_code.id"), primary_key=True)
    unlisted_code: Mapped[str] = mapped_column(primary_key=True, default="", server_default=text("''"))
    position: Mapped[int] = mapped_column(SmallInteger)

    __table_args__ = (Index("ix_listing_accept_code", "code_id", "listing_id"),)


class ListingPhoto(KeptFile, Base):
    """A photo of a listing, by its number from 1; without a listing it waits for the draft that will show it.

    A number that was given up is given again.
    """

    __tablename__ = "listing_photo"

    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"), index=True)
    listing_id: Mapped[UUID | None] = mapped_column(ForeignKey("listing.id"))
    number: Mapped[int | None] = mapped_column(SmallInteger)

    __table_args__ = (
        CheckConstraint("size > 0", name="size"),
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
        CheckConstraint(f"number BETWEEN 1 AND {MOST_PHOTOS}", name="number"),
        CheckConstraint("(listing_id IS NULL) = (number IS NULL)", name="numbered_in_a_listing"),
        UniqueConstraint("listing_id", "number"),
        UniqueConstraint("listing_id", "sha256"),
    )


class ListingImport(Base):
    """A sheet that was sent to become listings, how far it is, and how it ended.

    `digest` is of the file and its options while the same sheet means this import: not of a dry run, a
    refused one, or one of more than a day ago. `upload` is the file as long as it is still to be done, or to
    be marked: of an enterprise's refused imports the latest keeps it.
    Sentences are stored in all languages.
    """

    __tablename__ = "listing_import"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    publish: Mapped[bool]
    dry_run: Mapped[bool]
    status: Mapped[ImportStatus] = mapped_column(default=ImportStatus.QUEUED)
    upload: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    rows_total: Mapped[int | None]
    rows_done: Mapped[int] = mapped_column(default=0)
    listing_ids: Mapped[list[str]] = mapped_column(JSONB, default=list)
    reason: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    errors: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    error_count: Mapped[int] = mapped_column(default=0)
    warnings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    request_id: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), index=True)

    __table_args__ = (
        UniqueConstraint("enterprise_id", "digest"),
        values_check("status", ImportStatus),
    )
