"""The loader that makes codes and places what the files say."""

import logging
import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from ...errors import Invalid
from ...events.work import Work, unit_of_work
from ..models import (
    CodeLevel,
    Crosswalk,
    ExemptionItem,
    Region,
    Scheme,
    SchemeWaste,
    Treatment,
    WasteCode,
)
from .codes import UNLISTED_EVIDENCE
from .written_codes import CN_SW, key_of, stand_in_key

PARENTS_FIRST = (CodeLevel.CATEGORY, CodeLevel.CHAPTER, CodeLevel.SUBCHAPTER, CodeLevel.CODE)
CODE_COLUMNS = (
    "scheme", "code", "level", "name_zh", "name_en", "industry", "hazardous", "hazard", "edition",
    "evidence", "tradable",
)  # fmt: skip
EXEMPTION_COLUMNS = ("item", "waste_zh", "condition_zh", "content_zh", "edition")
REGION_COLUMNS = ("adcode", "name_zh", "level", "parent", "lon", "lat", "coord_source")
SCHEME_COLUMNS = ("scheme", "name_zh", "name_en", "waste")
TREATMENT_COLUMNS = ("code", "kind", "mode", "name_en", "name_zh", "interim")

log = logging.getLogger(__name__)


def load(catalogue: Any) -> dict[str, int]:
    """Make the tables say what the files say; loading twice changes nothing. Returns rows by table.

    Codes that a newer edition no longer has stay with the edition that last had them, so that old listings
    keep their meaning.

    Args:
        catalogue: what `seed.catalogue.read_catalogue()` returns.
    Raises:
        Invalid: a scheme declared general maps to a hazardous code (`scheme_is_general`).
    """
    started = time.perf_counter()
    with unit_of_work() as work:
        _load_codes(work, catalogue.codes)
        _load_schemes_and_crosswalks(work, catalogue)
        _upsert(work, Region, [_values(row, REGION_COLUMNS) for row in catalogue.regions], ["adcode"])
        _upsert(work, Treatment, [_values(row, TREATMENT_COLUMNS) for row in catalogue.treatments], ["code"])
        _load_exemptions(work, catalogue.exemptions)
        counts = {
            model.__tablename__: work.session.scalar(select(func.count()).select_from(model)) or 0
            for model in (Scheme, WasteCode, Crosswalk, Region, Treatment, ExemptionItem)
        }
    ms = round((time.perf_counter() - started) * 1000)
    log.info("catalogue loaded", extra={**counts, "ms": ms})
    return counts


def _values(row: Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _upsert(work: Work, model: Any, rows: Sequence[dict[str, Any]], key: Sequence[str]) -> None:
    """Insert rows or change them, by one prepared statement: one of thousands of values takes longer."""
    if rows:
        statement = insert(model.__table__)
        changes = {name: statement.excluded[name] for name in rows[0] if name not in key}
        work.session.execute(statement.on_conflict_do_update(index_elements=key, set_=changes), rows)


def _load_codes(work: Work, rows: Sequence[Any]) -> None:
    for level in PARENTS_FIRST:
        ids = _ids_by_code(work)
        values = [
            {
                **_values(row, CODE_COLUMNS),
                "key": key_of(row.code),
                "parent_id": ids[row.scheme, row.parent] if row.parent else None,
                "unlisted": False,
            }
            for row in rows
            if row.level == level
        ]
        _upsert(work, WasteCode, values, ["scheme", "code"])
    _upsert(work, WasteCode, _stand_ins(work), ["scheme", "code"])


def _stand_ins(work: Work) -> list[dict[str, Any]]:
    """The stand-in of each category whose unlisted codes may be named."""
    categories = select(WasteCode).filter_by(scheme=CN_SW, level=CodeLevel.CATEGORY)
    return [
        {
            **{name: getattr(row, name) for name in CODE_COLUMNS},
            "code": f"{row.code}-*",
            "key": stand_in_key(row.key),
            "level": CodeLevel.STAND_IN,
            "parent_id": row.id,
            "evidence": UNLISTED_EVIDENCE,
            "unlisted": True,
        }
        for row in work.session.scalars(categories)
    ]


def _ids_by_code(work: Work) -> dict[tuple[str, str], int]:
    rows = work.session.execute(select(WasteCode.scheme, WasteCode.code, WasteCode.id))
    return {(scheme, code): code_id for scheme, code, code_id in rows}


def _load_schemes_and_crosswalks(work: Work, catalogue: Any) -> None:
    """Write both anew; what the schemes are declared to be about binds the crosswalk."""
    _refuse_hazardous_mappings(catalogue)
    work.session.execute(delete(Crosswalk))
    _upsert(work, Scheme, [_values(row, SCHEME_COLUMNS) for row in catalogue.schemes], ["scheme"])
    ids = _ids_by_code(work)
    for row in catalogue.crosswalks:
        work.session.execute(
            insert(Crosswalk).values(
                local_id=ids[row.scheme, row.code],
                national_id=ids[row.national_scheme, row.national_code],
                confidence=row.confidence,
            )
        )


def _refuse_hazardous_mappings(catalogue: Any) -> None:
    """Raises: Invalid: a scheme declared general maps to a hazardous code (`scheme_is_general`)."""
    general = {row.scheme for row in catalogue.schemes if row.waste == SchemeWaste.GENERAL}
    hazardous = {(row.scheme, row.code) for row in catalogue.codes if row.hazardous}
    for row in catalogue.crosswalks:
        if row.scheme in general and (row.national_scheme, row.national_code) in hazardous:
            raise Invalid(
                "scheme_is_general",
                at="national_code",
                scheme=row.scheme,
                code=row.code,
                national_code=row.national_code,
            )


def _load_exemptions(work: Work, rows: Sequence[Any]) -> None:
    ids = _ids_by_code(work)
    work.session.execute(delete(ExemptionItem))
    for row in rows:
        for code in row.codes or (None,):
            work.session.add(
                ExemptionItem(
                    **_values(row, EXEMPTION_COLUMNS),
                    code_id=ids["cn-hw", code] if code else None,
                    stages=",".join(sorted(row.stages)),
                )
            )
