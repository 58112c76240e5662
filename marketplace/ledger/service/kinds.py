"""Which tables the ledger keeps. A further one is one line of `KINDS`."""

from dataclasses import dataclass
from uuid import UUID

from ...appeals.models import Appeal, Repair
from ...credit.models import Block, CreditEvent, CreditFile, Evaluation, RuleTable
from ...database import Base

PLATFORM = UUID(int=0)
"""Whose chain holds what is of no enterprise: rule tables, and from when on the ledger keeps what."""
BEGUN = "ledger"
"""Kind of the entries that say which tables are sealed, with which columns."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A table of which every change is entered in the ledger.

    Its rows are written through the session (`work.add`, or by changing an entity), never by COPY or by an
    UPDATE of many rows: the ledger listens to the session, and a verification finds what it did not hear.

    Attributes:
        key: its primary key. enterprise: SQL of the enterprise whose chain a row `t` belongs to.
        only: SQL of the condition under which a row `t` is kept; once it is kept, it stays so.
    """

    model: type[Base]
    key: str = "id"
    enterprise: str = "t.enterprise_id"
    only: str = "true"

    @property
    def name(self) -> str:
        return str(self.model.__tablename__)

    @property
    def columns(self) -> list[str]:
        return sorted(column.name for column in self.model.__table__.columns)

    @property
    def rows(self) -> str:
        """The SELECT of its rows `t`, up to the WHERE: enterprise_id, kind, row_id, the row as JSON."""
        return (
            f"SELECT {self.enterprise} AS enterprise_id, '{self.name}' AS kind,"  # noqa: S608 - names of ours
            f" CAST(t.{self.key} AS text) AS row_id, CAST(to_jsonb(t) AS text) AS row_json FROM {self.name} t"
            f" WHERE {self.only}"
        )


KINDS = (
    Kind(CreditEvent),
    Kind(Block),
    Kind(Evaluation, only="t.published_on IS NOT NULL"),
    Kind(Appeal),
    Kind(Repair),
    Kind(CreditFile, enterprise="(SELECT e.enterprise_id FROM credit_event e WHERE e.id = t.event_id)"),
    Kind(RuleTable, key="version", enterprise=f"CAST('{PLATFORM}' AS uuid)"),
)
NOT_KEPT: dict[str, str] = {
    "credit_import": "what was sent; what came of it is an event",
    "credit_import_row": "as credit_import; rows are forgotten after a while",
    "credit_reference": "as credit_import",
    "credit_unmatched": "as credit_import",
    "credit_remedy_term": "as credit_publication_term",
    "credit_publication_term": "terms with validity and source, which an operator may correct",
}
"""Tables of credit (`credit_...`) that the ledger does not keep, with the reason."""
KIND_OF: dict[type, Kind] = {kind.model: kind for kind in KINDS}
