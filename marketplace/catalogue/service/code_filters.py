"""Codes asked for in a filter: one or several, as people write them, and the listings that they find."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from ...database import db
from ...errors import Notice
from ..models import CatalogueCode, WasteCode
from .codes import codes_by_id
from .crosswalk import aliases_of, codes_fitting_each, codes_that_fit
from .resolution import read_reference, scheme_exists, spelled
from .written_codes import FoundCode, fold_code, fold_scheme, key_beginning, key_of, read_code

SEPARATORS = re.compile(r"[,;、|\n]+")


@dataclass(frozen=True, slots=True)
class CodeFilter:
    """What the codes of a filter find.

    Attributes:
        codes: the codes asked for, as the catalogue spells them; one that is unknown as it is written.
        offered: ids of the codes of supplies that they find: themselves, all below, and local codes that map
            to them.
        accepted: ids of which a demand that they find accepts one: those, and what stands for the codes,
            their categories and what they map to.
        notices: codes that find nothing.
    """

    codes: tuple[str, ...]
    offered: frozenset[int]
    accepted: frozenset[int]
    notices: tuple[Notice, ...]


def read_code_filter(text: str, at: str) -> CodeFilter:
    """The filter that a text such as `HW08, 900-041-49` means.

    Args:
        at: the field that faults and notices are about.
    Raises:
        Invalid: a code contradicts itself (`code_contradicts`, `star_contradicts`).
    """
    codes: list[str] = []
    ids: set[int] = set()
    stand_ins: set[int] = set()
    notices: list[Notice] = []
    for part in dict.fromkeys(_parts(text)) or [text]:
        resolved = read_reference(None, part, at, at)
        if resolved is not None:
            codes.append(resolved.row.code)
            ids.add(resolved.row.id)
            notices += _not_traded(resolved.row, at)
            continue
        written = read_code(part).codes
        codes.append(spelled(written[0].key) if written else fold_code(part))
        category = _category_of_unlisted(codes[-1])
        stand_ins |= category
        if not category:
            notices.append(Notice("filter_unknown_code", at, {"code": part}))
    offered = codes_that_fit(ids)
    accepted = offered | stand_ins | {alias.alias_id for alias in aliases_of(ids)}
    return CodeFilter(tuple(codes), frozenset(offered), frozenset(accepted), tuple(notices))


def _parts(text: str) -> Iterator[str]:
    """Each code with the category beside it; several that are only apart by blanks are several, too."""
    for part in SEPARATORS.split(fold_code(text.replace("\n", ","))):
        found = read_code(part).codes
        chosen = [code for code in found if not code.is_category] or found
        if len(chosen) > 1:
            yield from (spelled(code.key) for code in chosen)
        elif part.strip():
            yield part.strip()


def _not_traded(row: CatalogueCode, at: str) -> list[Notice]:
    return [] if row.tradable else [Notice("filter_not_traded", at, {"code": row.code})]


def _category_of_unlisted(code: str) -> set[int]:
    """The id of the category of a well-formed code that no table has; demands for it take such waste."""
    form = re.fullmatch(r"\d{3}-\d{3}-S(\d\d)", code, re.ASCII)
    if form is None:
        return set()
    return set(db.session.scalars(select(WasteCode.id).filter_by(key=f"SW{form[1]}")))


def code_search_notices(scheme: str | None, q: str | None, category: str | None) -> list[Notice]:
    """What a search of codes cannot find: a scheme that there is not, codes that are not in it or nowhere."""
    if scheme is not None and not scheme_exists(fold_scheme(scheme)):
        return [Notice("filter_unknown_scheme", "scheme", {"scheme": scheme})]
    texts = {at: text for at, text in (("q", q), ("category", category)) if text is not None}
    return [
        notice
        for at, text in texts.items()
        for code in read_code(text).codes
        for notice in _not_in_scheme(scheme, code, at)
    ]


def _not_in_scheme(scheme: str | None, code: FoundCode, at: str) -> list[Notice]:
    schemes = db.session.scalars(
        select(WasteCode.scheme).where(WasteCode.key.startswith(code.key)).distinct()
    )
    right = sorted(schemes)
    if not right:
        return [] if code.is_plain else [Notice("filter_unknown_code", at, {"code": spelled(code.key)})]
    if scheme is None or fold_scheme(scheme) in right:
        return []
    facts = {"code": spelled(code.key), "scheme": fold_scheme(scheme), "right": tuple(right)}
    return [Notice("filter_other_scheme", at, facts)]


def spelled_prefix(text: str) -> str:
    """The beginning of codes as the catalogue spells them, such as `900-24` of `90024`, or a scheme's name.

    What begins no code stays as it is, folded.
    """
    folded = fold_code(text)
    if scheme_exists(folded.lower()):
        return folded.lower()
    codes = select(WasteCode.code).order_by(WasteCode.id).limit(1)
    key = key_beginning(folded)
    if key is None or db.session.scalar(codes.where(WasteCode.code.startswith(folded, autoescape=True))):
        return folded
    code = db.session.scalar(codes.where(WasteCode.key.startswith(key))) or ""
    lengths = (length for length in range(len(key), len(code) + 1) if key_of(code[:length]) == key)
    return code[: next(lengths, 0)] or folded


def codes_finding(listings: Sequence[tuple[int | None, Collection[int]]]) -> list[set[str]]:
    """For each listing, the codes, as the catalogue spells them, whose `CodeFilter` finds it.

    The statements do not grow with the listings.

    Args:
        listings: of each the id of a supply's code, None of a demand; and ids of the codes that a demand
            accepts.
    """
    given = [set(accepted) if offered is None else {offered} for offered, accepted in listings]
    above: dict[int, set[int]] = defaultdict(set)
    for alias in aliases_of(set().union(*given)):
        above[alias.code_id].add(alias.alias_id)
    wanted = [codes for (offered, _), codes in zip(listings, given, strict=True) if offered is None]
    below = codes_fitting_each(set().union(*wanted)) if wanted else {}
    finding = [
        set[int]().union(
            *(above[code_id] for code_id in codes),
            *(below[code_id] for code_id in codes if offered is None),
        )
        for (offered, _), codes in zip(listings, given, strict=True)
    ]
    spelled = {code_id: row.code for code_id, row in codes_by_id(set().union(*finding)).items()}
    return [{spelled[code_id] for code_id in ids} for ids in finding]
