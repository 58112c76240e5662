"""The documents by which pairings are lawful, as counterparts see them: number, codes, validity."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from ...statements import Statement, uuid_array

STATEMENT = Statement(
    text("""
SELECT l.id, NULL::int AS item, l.code_id, p.number, p.valid_from, p.valid_until,
       ARRAY(SELECT DISTINCT c.code FROM licence_line m JOIN waste_code c ON c.id = m.code_id
             WHERE m.licence_id = p.id ORDER BY c.code) AS codes
FROM licence_line l JOIN licence p ON p.id = l.licence_id WHERE l.id = ANY(CAST(:permits AS uuid[]))
UNION ALL
SELECT h.id, NULL, h.code_id, h.approval_number, h.valid_from, h.valid_until, ARRAY[c.code]
FROM channel h JOIN waste_code c ON c.id = h.code_id WHERE h.id = ANY(CAST(:permits AS uuid[]))
UNION ALL
SELECT a.id, NULL, a.code_id, a.number, a.valid_from, a.valid_until, ARRAY[c.code]
FROM transfer_approval a JOIN waste_code c ON c.id = a.code_id
WHERE a.id = ANY(CAST(:permits AS uuid[]))
UNION ALL
SELECT x.enterprise_id, x.item, x.code_id, x.reference, x.valid_from, x.valid_until, ARRAY[c.code]
FROM verified_exemption x JOIN waste_code c ON c.id = x.code_id
JOIN unnest(CAST(:holders AS uuid[]), CAST(:items AS int[])) AS wanted (holder, item)
  ON wanted.holder = x.enterprise_id AND wanted.item = x.item
WHERE x.revoked_at IS NULL
"""),
    ("id", "item", "code_id", "number", "valid_from", "valid_until", "codes"),
)


@dataclass(frozen=True, slots=True)
class LegalDocument:
    """A licence, channel, transfer approval or verified exemption; `codes` are all that it names, sorted."""

    number: str
    codes: list[str]
    valid_from: date
    valid_until: date


class LegalDocuments:
    """Documents by licence line, channel or transfer approval, and of verified exemptions by holder, item and
    code.
    """

    def __init__(
        self,
        permit_ids: Iterable[UUID],
        exemptions: Iterable[tuple[UUID, int]] = (),
        known: Mapping[UUID, LegalDocument] | None = None,
    ) -> None:
        """Read them, in one statement, or in none where all are known.

        Args:
            permit_ids: ids of licence lines, channels and transfer approvals.
            exemptions: (holder, item) of which the verified exemptions are wanted.
            known: documents of `permit_ids` that need not be read; other threads may add and remove some.
        """
        permits, wanted, known = set(permit_ids), sorted(set(exemptions)), known or {}
        found = {permit_id: known.get(permit_id) for permit_id in permits}
        self._of_permits = {permit_id: document for permit_id, document in found.items() if document}
        self._of_exemptions: dict[tuple[UUID, int], list[tuple[int, LegalDocument]]] = {}
        unknown = permits - self._of_permits.keys()
        self.were_read = bool(unknown)
        if unknown or wanted:
            self._read(unknown, wanted)

    def _read(self, permits: Iterable[UUID], exemptions: Sequence[tuple[UUID, int]]) -> None:
        found = STATEMENT.all(
            permits=uuid_array(permits),
            holders=uuid_array(holder for holder, _ in exemptions),
            items=[item for _, item in exemptions],
        )
        for row in found:
            self._keep(row)

    def _keep(self, row: Any) -> None:
        document = LegalDocument(row.number, list(row.codes), row.valid_from, row.valid_until)
        if row.item is None:
            self._of_permits[row.id] = document
        else:
            self._of_exemptions.setdefault((row.id, row.item), []).append((row.code_id, document))

    @property
    def of_permits(self) -> Mapping[UUID, LegalDocument]:
        """Those of licence lines, channels and approvals, by id."""
        return self._of_permits

    def of_permit(self, permit_id: UUID | None) -> LegalDocument | None:
        """The licence of a line, a channel, or an approval."""
        return self._of_permits.get(permit_id) if permit_id else None

    def of_exemption(self, holder: UUID, item: int | None, code_ids: Container[int]) -> LegalDocument | None:
        """The verified exemption for one of these codes that ends last; None where there is none."""
        found = self._of_exemptions.get((holder, item or 0), [])
        fitting = [document for code_id, document in found if code_id in code_ids]
        return max(fitting, key=lambda document: document.valid_until, default=None)


def paper_of(document: LegalDocument | None) -> dict[str, Any]:
    """What a legal basis shows of its document beside the number: nothing where it needs none."""
    if document is None:
        return {"codes": [], "valid_from": None, "valid_until": None}
    validity = {name: str(getattr(document, name)) for name in ("valid_from", "valid_until")}
    return {"codes": document.codes, **validity}
