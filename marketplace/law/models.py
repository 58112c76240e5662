"""Legal bases: a provision or a whole text, the days on which it is in force, and what replaced it."""

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from ..database import Base
from ..dated_rows import DatedRow


class LegalBasis(DatedRow, Base):
    """A provision of a law, or a text that is cited whole (`article` is then empty).

    `valid_until` is the last day on which it is in force, null while it is; `replaced_by` is what governs
    its subject from the day after. `source` says where the row was taken from and how far to trust it.
    """

    __tablename__ = "legal_basis"

    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    title_en: Mapped[str]
    article: Mapped[str]
    replaced_by: Mapped[str | None] = mapped_column(
        ForeignKey("legal_basis.id", deferrable=True, initially="DEFERRED")
    )
    text_zh: Mapped[str]
    text_en: Mapped[str]
    source: Mapped[str]

    __table_args__ = (
        DatedRow.validity_check(),
        CheckConstraint("replaced_by IS NULL OR valid_until IS NOT NULL", name="replaced_has_ended"),
        CheckConstraint("replaced_by <> id", name="not_its_own_successor"),
    )
