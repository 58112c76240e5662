"""The versions of the rule table, and the words that a rule is made of."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ... import clock
from ...database import Base

AXES = ("law", "manifests", "reporting", "site", "fulfilment", "incidents")


class Severity(StrEnum):
    """How grave a deduction is: how long it is published, and when its repair may be asked for."""

    LIGHT = "light"
    GENERAL = "general"
    SERIOUS = "serious"


class Recorder(StrEnum):
    """Who records the events of a rule."""

    ADMIN = "admin"
    REGULATOR = "regulator"
    SYSTEM = "system"


class RuleTable(Base):
    """One published version of the rules: a list of {code, axis, points, title, ...}."""

    __tablename__ = "credit_rule_table"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rules: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)
