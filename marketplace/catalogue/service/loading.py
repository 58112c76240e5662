"""The loader that keeps codes and places as the files say."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from ...events.work import Work, unit_of_work
from ..models import Crosswalk, ExemptionItem, Region, Treatment, WasteCode


def load(catalogue: Any) -> dict[str, int]:
    """Make the tables say what the files say; loading twice changes nothing. Returns rows by table.

    `catalogue` is what `seed.catalogue.read_catalogue()` returns. Codes that a newer edition no longer
    has stay with the edition that last had them, so that old listings keep their meaning.
    """
    with unit_of_work() as work:
        _load_codes(work, catalogue.codes)
        _load_crosswalks(work, catalogue.crosswalks)
        _upsert(work, Region, [_region(row) for row in catalogue.regions], ["adcode"])
        _upsert(work, Treatment, [_treatment(row) for row in catalogue.treatments], ["code"])
        _load_exemptions(work, catalogue.exemptions)
        counts = {
            model.__tablename__: work.session.scalar(select(func.count()).select_from(model)) or 0
            for model in (WasteCode, Crosswalk, Region, Treatment, ExemptionItem)
        }
    return counts


def _upsert(work: Work, model: Any, rows: list[dict[str, Any]], key: list[str]) -> None:
    for start in range(0, len(rows), 1000):
        statement = insert(model).values(rows[start : start + 1000])
        changes = {name: statement.excluded[name] for name in rows[0] if name not in key}
        work.session.execute(statement.on_conflict_do_update(index_elements=key, set_=changes))


def _load_codes(work: Work, rows: Sequence[Any]) -> None:
    for level in ("category", "chapter", "subchapter", "code"):
        ids = {(row.scheme, row.code): row.id for row in work.session.scalars(select(WasteCode))}
        chosen = [
            {
                "scheme": row.scheme,
                "code": row.code,
                "level": row.level,
                "parent_id": ids[row.scheme, row.parent] if row.parent else None,
                "name_zh": row.name_zh,
                "name_en": row.name_en,
                "industry": row.industry,
                "hazardous": row.hazardous,
                "hazard": row.hazard,
                "edition": row.edition,
                "evidence": row.evidence,
                "tradable": row.tradable,
                "unlisted": False,
            }
            for row in rows
            if row.level == level
        ]
        if chosen:
            _upsert(work, WasteCode, chosen, ["scheme", "code"])


def _load_crosswalks(work: Work, rows: Sequence[Any]) -> None:
    ids = {(row.scheme, row.code): row.id for row in work.session.scalars(select(WasteCode))}
    work.session.execute(delete(Crosswalk))
    for row in rows:
        work.session.execute(
            insert(Crosswalk).values(
                local_id=ids[row.scheme, row.code],
                national_id=ids[row.national_scheme, row.national_code],
                confidence=row.confidence,
            )
        )


def _load_exemptions(work: Work, rows: Sequence[Any]) -> None:
    ids = {row.code: row.id for row in work.session.scalars(select(WasteCode).filter_by(scheme="cn-hw"))}
    work.session.execute(delete(ExemptionItem))
    for row in rows:
        for code in row.codes or (None,):
            work.session.add(
                ExemptionItem(
                    item=row.item,
                    code_id=ids[code] if code else None,
                    stages=",".join(sorted(row.stages)),
                    waste_zh=row.waste_zh,
                    condition_zh=row.condition_zh,
                    content_zh=row.content_zh,
                    edition=row.edition,
                )
            )


def _region(row: Any) -> dict[str, Any]:
    names = ("adcode", "name_zh", "level", "parent", "lon", "lat", "coord_source")
    return {name: getattr(row, name) for name in names}


def _treatment(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("code", "kind", "mode", "name_en", "name_zh", "interim")}
