"""The code that a listing, permit, preference or filter names, also one that no loaded table has.

`resolve` is the one way from what people write to a row of the catalogue: every field that takes a code goes
through it, so that each accepts the same spellings and refuses the same contradictions.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from ...database import db
from ...errors import Invalid, NotFound, Notice
from ...events.work import unit_of_work
from ...messages.names import Name
from ..models import CatalogueCode, CodeLevel, WasteCode
from .codes import CERTAIN, UNLISTED_EVIDENCE, codes_by_id
from .lookup_cache import READ_CODES, lookup_cache, read_codes
from .written_codes import (
    CN_HW,
    CN_SW,
    FoundCode,
    WrittenCode,
    fold_scheme,
    form_scheme,
    key_of,
    read_code,
    stand_in_key,
)

UNLISTED_SCHEME = CN_SW
UNLISTED_KEY = re.compile(r"(\d{3})(\d{3})(S(\d\d))", re.ASCII)
"""The key of a code of that scheme; the digits after S are those of its category."""
NOT_WRITTEN = cast(int, None)
"""The id of a code that has no row yet."""
UNLISTED_COLUMNS = (
    "scheme", "code", "key", "level", "parent_id", "name_zh", "name_en", "industry", "hazardous", "hazard",
    "edition", "evidence", "tradable", "unlisted",
)  # fmt: skip
EXCEPTIONS = frozenset(("除外", "以外", "之外"))

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Resolved:
    """A code of the catalogue, and what is odd about how it was written or what is known of it."""

    row: CatalogueCode
    notices: list[Notice]


def resolve(
    scheme: str | None, code: str, at: str, *, code_at: str | None = None
) -> tuple[CatalogueCode, list[Notice]]:
    """The code that a listing or permit names, however it is written, and notices if it is doubtful.

    A well-formed `cn-sw` code under a known category is accepted, with a notice, though no table has it. Its
    row has no id then: `add_to_catalogue` writes it, `stand_in_of` is what a draft refers to.

    Args:
        scheme: may be None where the code itself says which it is.
        code: as people write it: `900-249-08`, `HW08 900-249-08`, `90024908`, `16 05 06*`, `hw34`.
        at: the field that faults and notices are about, "" for the body itself.
        code_at: the field that holds the code, if it is not `code` within that one.
    Raises:
        Invalid: `unknown_scheme`, `scheme_needed`; and of the code `unknown_code`, `wrong_scheme` (it is
            another scheme's), `several_codes`, `code_contradicts` (the category beside it is not its own),
            `star_contradicts` (it is starred as hazardous and is not).
    """
    code_at = code_at or _field(at, "code")
    resolved = read_reference(scheme, code, _field(at, "scheme"), code_at, unlisted=True)
    if resolved is None:
        scheme_read = fold_scheme(scheme) if scheme else form_scheme(code) or _schemes()
        raise Invalid("unknown_code", at=code_at, code=code, scheme=scheme_read)
    return resolved.row, resolved.notices


def known_code(
    scheme: str | None, code: str, at: str, *, code_at: str | None = None
) -> tuple[CatalogueCode, list[Notice]]:
    """As `resolve`, but of the catalogue as it is: for what must not add to it."""
    row, notices = resolve(scheme, code, at, code_at=code_at)
    if row.id is None:
        raise Invalid("unknown_code", at=code_at or _field(at, "code"), code=code, scheme=row.scheme)
    return row, notices


def find_code(scheme: str, code: str) -> CatalogueCode:
    """The code, however it is written, without other words. Raises: NotFound."""
    try:
        resolved = read_reference(scheme, code, "scheme", "code")
    except Invalid as error:
        raise NotFound() from error
    if resolved is None or read_code(code).words:
        raise NotFound()
    return resolved.row


def read_reference(
    scheme: str | None, code: str, scheme_at: str, code_at: str, *, unlisted: bool = False
) -> Resolved | None:
    """As `resolve`, for any fields; None if there is no such code.

    Args:
        unlisted: whether a well-formed code that no table has is one: a row without an id.
    """
    written = read_code(code)
    named = _named_code(written, code_at)
    rows = _rows_by_key(named.key)
    if not rows and unlisted and fold_scheme(scheme or UNLISTED_SCHEME) == UNLISTED_SCHEME:
        rows = _unlisted(named.key)
    row = _of_scheme(rows, scheme, code, scheme_at, code_at)
    if row is None or not _are_names(written, row):
        return None
    _refuse_contradictions(written, named, row, code_at)
    return Resolved(row, [*_notices(row, code_at), *_words_left_out(written, row, code_at)])


def _field(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


def _named_code(written: WrittenCode, at: str) -> FoundCode:
    """The one code that a text names; a category beside a code only describes it."""
    found = [code for code in written.codes if not code.is_category] or list(written.codes)
    if len(found) > 1:
        raise Invalid("several_codes", at=at, codes=tuple(spelled(code.key) for code in found))
    if found:
        return found[0]
    return FoundCode(written.key, None, is_category=False, is_starred=False, is_plain=False)


def spelled(key: str) -> str:
    """A code as its catalogue spells it, by its key alone."""
    if found := UNLISTED_KEY.fullmatch(key):
        return "-".join(found.groups()[:3])
    if len(key) == 8 and key.isdigit():
        return f"{key[:3]}-{key[3:6]}-{key[6:]}"
    return " ".join((key[:2], key[2:4], key[4:])) if len(key) == 6 and key.isdigit() else key


def _rows_by_key(key: str) -> Sequence[CatalogueCode]:
    """The codes with this key, in all schemes, by id."""
    cache = lookup_cache()
    if cache is not None and (key in cache.codes or not UNLISTED_KEY.fullmatch(key)):
        return cache.codes.get(key, ())
    if cache is not None and cache.unlisted is not None:
        return cache.unlisted[key]
    rows = read_codes(READ_CODES.where(WasteCode.key == key).order_by(WasteCode.id))
    if cache is not None:
        cache.keep(rows)
    return rows


def _of_scheme(
    rows: Sequence[CatalogueCode], scheme: str | None, code: str, scheme_at: str, code_at: str
) -> CatalogueCode | None:
    """The one of these codes that is of the scheme, or of the only scheme that has it."""
    if scheme is None:
        if len(rows) > 1:
            raise Invalid("scheme_needed", at=scheme_at, code=code, schemes=tuple(row.scheme for row in rows))
        return rows[0] if rows else None
    wanted = fold_scheme(scheme)
    for row in rows:
        if row.scheme == wanted:
            return row
    if not scheme_exists(wanted):
        raise Invalid("unknown_scheme", at=scheme_at, scheme=scheme)
    if rows:
        raise Invalid("wrong_scheme", at=code_at, code=code, scheme=wanted, right=rows[0].scheme)
    return None


def _are_names(written: WrittenCode, row: CatalogueCode) -> bool:
    """Whether the words beside the code can be words about it: no further figures, and no "not"."""
    if not written.codes:
        return written.key == row.key
    if any(code.is_negated for code in written.codes):
        return False
    words = written.words.split()
    return not any(word in EXCEPTIONS or any(letter.isdigit() for letter in word) for word in words)


def _refuse_contradictions(written: WrittenCode, named: FoundCode, row: CatalogueCode, at: str) -> None:
    above = category_key(row)
    for code in written.codes:
        if code.is_category and code.key not in (row.key, above):
            if row.scheme not in (CN_HW, CN_SW):
                raise Invalid("several_codes", at=at, codes=(code.key, row.code))
            raise Invalid("code_contradicts", at=at, category=code.key, code=row.code, right=above)
    if named.is_starred and not row.hazardous:
        raise Invalid("star_contradicts", at=at, code=row.code)


def category_key(row: CatalogueCode) -> str:
    """The national category that a code's last digits name."""
    if row.level == CodeLevel.CATEGORY or row.scheme not in (CN_HW, CN_SW):
        return row.key
    return f"{'HW' if row.scheme == CN_HW else 'SW'}{row.key[-2:]}"


def _notices(row: CatalogueCode, at: str) -> list[Notice]:
    if row.unlisted:
        return [Notice("code_not_in_catalogue", at, {"code": row.code})]
    if row.evidence not in CERTAIN:
        evidence = Name("evidence", row.evidence)
        return [Notice("code_provisional", at, {"code": row.code, "evidence": evidence})]
    return []


def _words_left_out(written: WrittenCode, row: CatalogueCode, at: str) -> list[Notice]:
    """A notice of words beside a code that are neither of its name nor of that of the code above."""
    unknown = _words_not_of(row, written.words.split())
    if unknown and row.parent_id is not None:
        unknown = _words_not_of(codes_by_id([row.parent_id])[row.parent_id], unknown)
    return [Notice("words_left_out", at, {"code": row.code, "words": " ".join(unknown)})] if unknown else []


def _words_not_of(row: CatalogueCode, words: list[str]) -> list[str]:
    if not words:
        return []
    names = key_of(f"{row.name_zh} {row.name_en} {row.industry}")
    return [word for word in words if key_of(word) not in names]


def _schemes() -> tuple[str, ...]:
    if (cache := lookup_cache()) is not None:
        return tuple(sorted(cache.schemes))
    return tuple(db.session.scalars(select(WasteCode.scheme).distinct().order_by(WasteCode.scheme)))


def scheme_exists(scheme: str) -> bool:
    """Whether any code is of a scheme of this name."""
    if (cache := lookup_cache()) is not None:
        return scheme in cache.schemes
    return db.session.scalar(select(WasteCode.id).filter_by(scheme=scheme).limit(1)) is not None


def _unlisted(key: str) -> list[CatalogueCode]:
    """A well-formed code under a known category that no table has, not written; empty if it is not one."""
    form = UNLISTED_KEY.fullmatch(key)
    above = [row for row in _rows_by_key(f"SW{form[4]}") if row.scheme == UNLISTED_SCHEME] if form else []
    return [CatalogueCode(NOT_WRITTEN, **_unlisted_values(category, spelled(key))) for category in above]


def stand_in_of(code: CatalogueCode) -> CatalogueCode:
    """What a draft with an unlisted code refers to until it is published: the stand-in of its category."""
    return _rows_by_key(stand_in_key(category_key(code)))[0]


def add_to_catalogue(code: str) -> CatalogueCode:
    """The row of a code that `resolve` found to be unlisted; written, unless somebody did so meanwhile."""
    cache, key = lookup_cache(), key_of(code)
    knows_listed_only = cache is not None and cache.unlisted is None
    if rows := cache.codes.get(key) if cache and knows_listed_only else _rows_by_key(key):
        return rows[0]
    with unit_of_work() as work:
        new = _unlisted(key)[0]
        values = {name: getattr(new, name) for name in UNLISTED_COLUMNS}
        adding = insert(WasteCode).values(values).on_conflict_do_nothing().returning(WasteCode.id)
        added = work.session.scalar(adding)
    if added is None:
        known = read_codes(READ_CODES.where(WasteCode.scheme == UNLISTED_SCHEME, WasteCode.key == key))[0]
    else:
        known = replace(new, id=added)
        log.info("unlisted code added", extra={"code": known.code, "code_id": known.id})
    if cache is not None:
        cache.keep([known])
        if cache.unlisted is not None:
            cache.unlisted[key].append(known)
    return known


def _unlisted_values(category: CatalogueCode, code: str) -> dict[str, Any]:
    """The columns of an unlisted code; what nobody has said of it is as its category has it."""
    inherited = ("scheme", "name_zh", "name_en", "hazardous", "edition", "tradable")
    return {
        **{name: getattr(category, name) for name in inherited},
        "code": code,
        "key": key_of(code),
        "level": CodeLevel.CODE,
        "parent_id": category.id,
        "industry": "",
        "hazard": "",
        "evidence": UNLISTED_EVIDENCE,
        "unlisted": True,
    }
