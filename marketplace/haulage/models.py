"""Points of a vehicle on a manifest, and what is kept of them; moments are UTC, places WGS-84 degrees."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ..database import Base, values_check


class Mark(StrEnum):
    """Why a point is kept and not judged: its clock cannot be right, or the load was not aboard."""

    CLOCK_AHEAD = "clock_ahead"
    BEFORE_PICKUP = "before_pickup"
    AFTER_DELIVERY = "after_delivery"


class FindingKind(StrEnum):
    """What a track shows that is to be explained."""

    OFF_ROUTE = "off_route"
    STOP = "stop"
    SILENCE = "silence"
    NEVER_NEAR_RECEIVER = "never_near_receiver"
    IMPOSSIBLE_SPEED = "impossible_speed"


class Track(Base):
    """What is kept of a manifest's points: the simplified line and the findings.

    `line` is a list of [seconds since 1970, lon, lat], `findings` one of dicts. `analyzed_at` is earlier than
    `changed_at` as long as points wait to be judged. Once `raw_deleted_at` is set nothing is added any more.
    """

    __tablename__ = "manifest_track"

    manifest_id: Mapped[UUID] = mapped_column(ForeignKey("manifest.id"), primary_key=True)
    points: Mapped[int] = mapped_column(default=0)
    line: Mapped[list[list[float]]] = mapped_column(JSONB, default=list)
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    analyzed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    raw_deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        CheckConstraint("points >= 0", name="points"),
        Index("ix_manifest_track_raw", "changed_at", postgresql_where=text("raw_deleted_at IS NULL")),
    )


class TrackPoint(Base):
    """A point as it was sent, kept for a while; the same moment and place is one. `speed` is in km/h."""

    __tablename__ = "track_point"

    manifest_id: Mapped[UUID] = mapped_column(ForeignKey("manifest.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    lon: Mapped[float] = mapped_column(primary_key=True)
    lat: Mapped[float] = mapped_column(primary_key=True)
    speed: Mapped[float | None]
    mark: Mapped[Mark | None]
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        values_check("mark", Mark),
        CheckConstraint("lon BETWEEN -180 AND 180 AND lat BETWEEN -90 AND 90", name="place"),
    )
