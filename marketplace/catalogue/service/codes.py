"""Waste codes: found, resolved, shown; what stands for what; treatments and exemptions."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Integer, any_, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import aliased

from matching import CATEGORY_FACTOR

from ...database import db
from ...errors import Invalid, NotFound, Notice
from ...events.work import unit_of_work
from ...messages.names import Name
from ..models import Crosswalk, ExemptionItem, Mode, Treatment, WasteCode
from .memory import memory

UNLISTED_FORM = re.compile(r"\d{3}-\d{3}-S(\d{2})", re.ASCII)
CERTAIN = ("official", "two_places", "three_places", "example")
PLAIN = (
    "scheme", "code", "level", "name_zh", "name_en", "industry", "hazardous", "hazard", "edition",
    "evidence", "tradable",
)  # fmt: skip
"""Columns that the API shows as they are."""


@dataclass(frozen=True, slots=True)
class Alias:
    """`alias_id` stands for `code_id` where a demand accepts it or a permit covers it, worth `factor`."""

    code_id: int
    alias_id: int
    factor: float


def find_code(scheme: str, code: str) -> WasteCode:
    """The code as loaded. Raises: NotFound."""
    row = db.session.scalars(select(WasteCode).filter_by(scheme=scheme, code=code)).one_or_none()
    if row is None:
        raise NotFound()
    return row


def resolve(scheme: str, code: str, at: str) -> tuple[WasteCode, list[Notice]]:
    """The code that a listing or permit names; field `at` is blamed for one that does not exist.

    A well-formed `cn-sw` code under a known category is taken, with a warning, though no table has it.

    Raises:
        Invalid: `unknown_scheme`, `wrong_scheme` (the code exists elsewhere) or `unknown_code`.
    """
    found = _called(code)
    row = next((one for one in found if one.scheme == scheme), None)
    row = row or _noted_unlisted(scheme, code)
    if row is not None:
        return row, _doubts(row, at)
    if not _scheme_exists(scheme):
        raise Invalid("unknown_scheme", at=_below(at, "scheme"), scheme=scheme)
    if found:
        raise Invalid("wrong_scheme", at=_below(at, "code"), code=code, scheme=scheme, right=found[0].scheme)
    raise Invalid("unknown_code", at=_below(at, "code"), code=code, scheme=scheme)


def _below(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


def _doubts(row: WasteCode, at: str) -> list[Notice]:
    if row.unlisted:
        return [Notice("code_not_in_catalogue", _below(at, "code"), {"code": row.code})]
    if row.evidence not in CERTAIN:
        return [
            Notice(
                "code_provisional",
                _below(at, "code"),
                {"code": row.code, "evidence": Name("evidence", row.evidence)},
            )
        ]
    return []


def _called(code: str) -> Sequence[WasteCode]:
    """The codes that are written so, in all schemes."""
    if (known := memory()) is not None:
        return known.codes[code]
    return db.session.scalars(select(WasteCode).where(WasteCode.code == code)).all()


def _scheme_exists(scheme: str) -> bool:
    if (known := memory()) is not None:
        return scheme in known.schemes
    return db.session.scalar(select(WasteCode.id).filter_by(scheme=scheme).limit(1)) is not None


def _noted_unlisted(scheme: str, code: str) -> WasteCode | None:
    form = UNLISTED_FORM.fullmatch(code)
    if scheme != "cn-sw" or form is None:
        return None
    category = db.session.scalars(
        select(WasteCode).filter_by(scheme=scheme, code=f"SW{form[1]}")
    ).one_or_none()
    if category is None:
        return None
    row = {
        "scheme": scheme,
        "code": code,
        "level": "code",
        "parent_id": category.id,
        "name_zh": category.name_zh,
        "name_en": category.name_en,
        "industry": "",
        "hazardous": category.hazardous,
        "hazard": "",
        "edition": category.edition,
        "evidence": "unlisted",
        "tradable": category.tradable,
        "unlisted": True,
    }
    with unit_of_work() as work:
        work.session.execute(insert(WasteCode).values(row).on_conflict_do_nothing())
    noted = db.session.scalars(select(WasteCode).filter_by(scheme=scheme, code=code)).one()
    if (known := memory()) is not None:
        known.learn(noted)
    return noted


def codes_by_id(ids: Iterable[int]) -> dict[int, WasteCode]:
    """Those codes, by id, in one statement."""
    ids = set(ids)
    known = memory()
    if known is not None and ids <= known.by_id.keys():
        return {one: known.by_id[one] for one in ids}
    return {row.id: row for row in db.session.scalars(select(WasteCode).where(WasteCode.id.in_(ids)))}


def meanings(ids: Iterable[int]) -> Sequence[Any]:
    """What matching asks of these codes: rows of id, scheme, code, category, hazardous, tradable, edition."""
    above = aliased(WasteCode)
    category = func.coalesce(above.code, WasteCode.code).label("category")
    names = ("id", "scheme", "code", "hazardous", "tradable", "edition")
    rows = select(category, *(getattr(WasteCode, name) for name in names))
    rows = rows.outerjoin(above, above.id == WasteCode.parent_id).where(_among(WasteCode.id, ids))
    return db.session.execute(rows).all()


def _among(column: Any, ids: Iterable[int]) -> ColumnElement[bool]:
    """Whether it is one of them: a single parameter, however many they are."""
    among: ColumnElement[bool] = column == any_(literal(list(ids), ARRAY(Integer)))
    return among


def search_codes(
    scheme: str | None, q: str | None, category: str | None, after: int, limit: int
) -> list[WasteCode]:
    """Codes by scheme, category and a substring of code or name, in the catalogue's own order."""
    parent = aliased(WasteCode)
    grandparent = aliased(WasteCode)
    query = select(WasteCode).where(WasteCode.id > after, ~WasteCode.unlisted)
    if scheme:
        query = query.where(WasteCode.scheme == scheme)
    if category:
        query = (
            query.outerjoin(parent, parent.id == WasteCode.parent_id)
            .outerjoin(grandparent, grandparent.id == parent.parent_id)
            .where(or_(WasteCode.code == category, parent.code == category, grandparent.code == category))
        )
    if q:
        query = query.where(
            or_(
                WasteCode.name_zh.contains(q, autoescape=True),
                WasteCode.name_en.icontains(q, autoescape=True),
                WasteCode.code.istartswith(q, autoescape=True),
            )
        )
    return list(db.session.scalars(query.order_by(WasteCode.id).limit(limit)))


def tradable_codes() -> Sequence[WasteCode]:
    """All codes of the loaded tables that may be traded."""
    tradable = select(WasteCode).where(WasteCode.tradable, ~WasteCode.unlisted)
    return db.session.scalars(tradable.order_by(WasteCode.scheme, WasteCode.code)).all()


def describe(rows: Sequence[WasteCode]) -> list[dict[str, Any]]:
    """Codes as the API shows them, with parents and mappings fetched together."""
    parents = codes_by_id({row.parent_id for row in rows if row.parent_id})
    national = aliased(WasteCode)
    mappings = db.session.execute(
        select(Crosswalk.local_id, national.scheme, national.code, Crosswalk.confidence)
        .join(national, national.id == Crosswalk.national_id)
        .where(Crosswalk.local_id.in_([row.id for row in rows]))
        .order_by(Crosswalk.confidence.desc(), national.code)
    ).all()
    return [
        {
            **{name: getattr(row, name) for name in PLAIN},
            "name": row.name_zh or row.name_en,
            "category": parents[row.parent_id].code if row.parent_id else None,
            "provisional": row.unlisted or row.evidence not in CERTAIN,
            "maps_to": [
                {"scheme": one.scheme, "code": one.code, "confidence": one.confidence}
                for one in mappings
                if one.local_id == row.id
            ],
        }
        for row in rows
    ]


# ---------------------------------------------------------------- what stands for what


def ids_of_code(code: str) -> list[int]:
    """Ids of a code in whatever scheme, and, for a category, of all below it."""
    ids = set(db.session.scalars(select(WasteCode.id).where(WasteCode.code == code)))
    return sorted(_with_descendants(ids))


def ids_of_scheme(scheme: str, at: str) -> list[int]:
    """Ids of all codes of a scheme. Raises: Invalid: there is none (`unknown_scheme`)."""
    ids = db.session.scalars(
        select(WasteCode.id).where(WasteCode.scheme == scheme).order_by(WasteCode.id)
    ).all()
    if not ids:
        raise Invalid("unknown_scheme", at=at, scheme=scheme)
    return list(ids)


def names_over(code_ids: Iterable[int]) -> set[str]:
    """These codes and all above them, as text: the codes by which `ids_of_code` finds one of them."""
    given = set(code_ids)
    above = _above(given)
    return {row.code for row in codes_by_id(given.union(*above.values())).values()}


def aliases_of(code_ids: Iterable[int]) -> list[Alias]:
    """Everything that stands for these supply codes: themselves, what is above, what they map to."""
    given = set(code_ids)
    mapped = db.session.execute(
        select(Crosswalk.local_id, Crosswalk.national_id, Crosswalk.confidence).where(
            _among(Crosswalk.local_id, given)
        )
    ).all()
    starts = [(one, one, 1.0) for one in given] + [(local, there, worth) for local, there, worth in mapped]
    above = _above({start for _, start, _ in starts})
    found = []
    for code_id, start, worth in starts:
        found.append(Alias(code_id, start, worth))
        found += [Alias(code_id, higher, CATEGORY_FACTOR * worth) for higher in above[start]]
    return found


def all_code_ids() -> Sequence[int]:
    """Ids of every code, unlisted ones too."""
    return db.session.scalars(select(WasteCode.id)).all()


def codes_that_fit(accepted: Iterable[int]) -> set[int]:
    """Every supply code that a demand for `accepted` can take."""
    below = _with_descendants(set(accepted))
    local = db.session.scalars(select(Crosswalk.local_id).where(Crosswalk.national_id.in_(below)))
    return below | set(local)


def _above(code_ids: set[int]) -> dict[int, list[int]]:
    """Ancestors of each code, nearest first."""
    parent = aliased(WasteCode)
    rows = db.session.execute(
        select(WasteCode.id, WasteCode.parent_id, parent.parent_id)
        .outerjoin(parent, parent.id == WasteCode.parent_id)
        .where(_among(WasteCode.id, code_ids))
    ).all()
    return {code: [one for one in (first, second) if one is not None] for code, first, second in rows}


def _with_descendants(code_ids: set[int]) -> set[int]:
    child, grandchild = aliased(WasteCode), aliased(WasteCode)
    rows = db.session.execute(
        select(child.id, grandchild.id)
        .outerjoin(grandchild, grandchild.parent_id == child.id)
        .where(child.parent_id.in_(code_ids))
    ).all()
    return code_ids | {one for row in rows for one in row if one is not None}


# ---------------------------------------------------------------- treatments and exemptions


def treatments() -> dict[str, Mode]:
    """What each treatment does with the waste, by treatment code."""
    if (known := memory()) is not None:
        return known.treatments
    return dict(db.session.execute(select(Treatment.code, Treatment.mode)).all())


def exemption_rows(code_ids: Iterable[int]) -> Sequence[ExemptionItem]:
    """Rows of the exemption list that name one of these codes."""
    return db.session.scalars(select(ExemptionItem).where(_among(ExemptionItem.code_id, set(code_ids)))).all()


def exemption_exists(item: int) -> bool:
    if (known := memory()) is not None:
        return item in known.exemptions
    return db.session.scalar(select(ExemptionItem.id).filter_by(item=item).limit(1)) is not None
