"""The code that a listing or permit names, also one that no loaded table has."""

import logging
import re
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from ...database import db
from ...errors import Invalid, Notice
from ...events.work import unit_of_work
from ...messages.names import Name
from ..models import CodeLevel, WasteCode
from .codes import CERTAIN
from .lookup_cache import lookup_cache

UNLISTED_SCHEME = "cn-sw"
UNLISTED_FORM = re.compile(r"\d{3}-\d{3}-S(\d{2})", re.ASCII)
"""A code of that scheme; the digits after S are those of its category."""
UNLISTED_EVIDENCE = "unlisted"

log = logging.getLogger(__name__)


def resolve(scheme: str, code: str, at: str) -> tuple[WasteCode, list[Notice]]:
    """The code that a listing or permit names, and notices if it is doubtful.

    A well-formed `cn-sw` code under a known category is accepted, with a notice, though no table has it.

    Args:
        at: the field that faults and notices are about, "" for the body itself.
    Raises:
        Invalid: `unknown_scheme`, `wrong_scheme` (the code exists elsewhere) or `unknown_code`.
    """
    namesakes = _codes_written(code)
    row = next((namesake for namesake in namesakes if namesake.scheme == scheme), None)
    row = row or _add_unlisted(scheme, code)
    if row is not None:
        return row, _notices(row, _field(at, "code"))
    if not _scheme_exists(scheme):
        raise Invalid("unknown_scheme", at=_field(at, "scheme"), scheme=scheme)
    if namesakes:
        right = namesakes[0].scheme
        raise Invalid("wrong_scheme", at=_field(at, "code"), code=code, scheme=scheme, right=right)
    raise Invalid("unknown_code", at=_field(at, "code"), code=code, scheme=scheme)


def _field(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


def _notices(row: WasteCode, at: str) -> list[Notice]:
    if row.unlisted:
        return [Notice("code_not_in_catalogue", at, {"code": row.code})]
    if row.evidence not in CERTAIN:
        evidence = Name("evidence", row.evidence)
        return [Notice("code_provisional", at, {"code": row.code, "evidence": evidence})]
    return []


def _codes_written(code: str) -> Sequence[WasteCode]:
    """The codes that are written so, in all schemes."""
    if (cache := lookup_cache()) is not None:
        return cache.codes[code]
    return db.session.scalars(select(WasteCode).where(WasteCode.code == code)).all()


def _scheme_exists(scheme: str) -> bool:
    if (cache := lookup_cache()) is not None:
        return scheme in cache.schemes
    return db.session.scalar(select(WasteCode.id).filter_by(scheme=scheme).limit(1)) is not None


def _add_unlisted(scheme: str, code: str) -> WasteCode | None:
    """Write the row of a well-formed code under a known category; None if it is not one."""
    form = UNLISTED_FORM.fullmatch(code)
    if scheme != UNLISTED_SCHEME or form is None:
        return None
    category = db.session.scalars(
        select(WasteCode).filter_by(scheme=scheme, code=f"SW{form[1]}")
    ).one_or_none()
    if category is None:
        return None
    with unit_of_work() as work:
        values = _unlisted_values(category, code)
        work.session.execute(insert(WasteCode).values(values).on_conflict_do_nothing())
    row = db.session.scalars(select(WasteCode).filter_by(scheme=scheme, code=code)).one()
    if (cache := lookup_cache()) is not None:
        cache.add(row)
    log.info("unlisted code added", extra={"scheme": scheme, "code": code, "code_id": row.id})
    return row


def _unlisted_values(category: WasteCode, code: str) -> dict[str, object]:
    """The columns of an unlisted code; what nobody has said of it is as its category has it."""
    inherited = ("scheme", "name_zh", "name_en", "hazardous", "edition", "tradable")
    return {
        **{name: getattr(category, name) for name in inherited},
        "code": code,
        "level": CodeLevel.CODE,
        "parent_id": category.id,
        "industry": "",
        "hazard": "",
        "evidence": UNLISTED_EVIDENCE,
        "unlisted": True,
    }
