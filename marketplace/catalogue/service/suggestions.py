"""Codes suggested for plain words: those that the words name, then what the model makes of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import tuple_

from matching.suggestion import NOT_UNDERSTOOD, Suggester

from ...errors import Invalid, Notice, Unavailable
from ..models import CatalogueCode, WasteCode
from .codes import codes_by_id, is_specific
from .lookup_cache import READ_CODES, read_codes
from .named_codes import NamedCodes, codes_below, is_within, labels_of, read_named_codes
from .written_codes import fold_scheme, key_of

LOOKED_UP = 1.0
"""Confidence in a code that the text names itself."""
MOST_FOUND = 20
"""Items that are asked of the model where some will be left out."""
Item = tuple[CatalogueCode, float]


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Codes that words may mean, the likeliest first; `sure`: the first is right nine times in ten.

    The first is then a code with which a listing can be published, never a category that has codes.
    """

    items: list[dict[str, Any]]
    sure: bool
    notices: list[Notice]


@dataclass(frozen=True, slots=True)
class _Guess:
    """What the model makes of words, as rows of the catalogue."""

    items: list[Item]
    sure: bool
    notices: list[Notice]


def suggest_codes(text: str, limit: int, scheme: str | None) -> Suggestions:
    """Codes of the catalogue that `text` may mean, at most `limit`, of one `scheme` if given.

    A code in the text is looked up; only the words beside it are guessed from.

    Raises:
        Invalid: codes of that scheme are not suggested (`scheme_not_suggested`).
        Unavailable: the model is needed and not there (`suggestions_missing`).
    """
    scheme = fold_scheme(scheme) if scheme else None
    if scheme is not None and scheme not in _model().schemes:
        raise Invalid("scheme_not_suggested", at="scheme", schemes=tuple(_model().schemes))
    named = read_named_codes(text, scheme)
    if named.codes:
        guess = _looked_up(named, scheme)
    elif named.categories:
        guess = _within_categories(named, scheme)
    else:
        guess = _guess(named.words, scheme, named)
    items = guess.items[:limit]
    sure = guess.sure and bool(items) and items[0][0].tradable and is_specific(items[0][0])
    notices = [*named.notices, *guess.notices]
    if items and not items[0][0].tradable:
        notices.append(Notice("suggestion_not_traded", "text", {"code": items[0][0].code}))
    return Suggestions([_shown(*item) for item in items], sure, notices)


def _looked_up(named: NamedCodes, scheme: str | None) -> _Guess:
    """The codes that the text names; what its words mean where they clearly mean something else."""
    items = [(row, round(LOOKED_UP / len(named.codes), 4)) for row in named.codes]
    sure, notices = len(items) == 1 and not named.notices, []
    if len(items) > 1:
        codes = tuple(row.code for row in named.codes)
        notices.append(Notice("several_codes_named", "text", {"codes": codes}))
    guess = _guess_if_possible(named, scheme)
    if guess.sure and not is_within(guess.items[0][0], _parents(named.codes)):
        facts = {"code": named.codes[0].code, "other": guess.items[0][0].code}
        notices.append(Notice("words_mean_another_code", "text", facts))
        sure = False
        known = {row.id for row in named.codes}
        items += [(row, 0.0) for row, _ in guess.items if row.id not in known]
    return _Guess(items, sure, notices)


def _guess_if_possible(named: NamedCodes, scheme: str | None) -> _Guess:
    """What the words beside a code mean; nothing if there are none, or no model."""
    if not named.words:
        return _Guess([], False, [])
    try:
        return _guess(named.words, scheme, named)
    except Unavailable:
        return _Guess([], False, [])


def _within_categories(named: NamedCodes, scheme: str | None) -> _Guess:
    """Codes of the categories that the text names, by its other words if it has any."""
    if named.words:
        guess = _guess(named.words, scheme, named, labels_of(named.categories))
        items = [item for item in guess.items if is_within(item[0], named.categories)]
        if items:
            return _Guess(items, guess.sure and items[0] == guess.items[0], guess.notices)
    below = [row for row in codes_below(named.categories, MOST_FOUND) if not named.denies(row)]
    return _Guess([(row, round(LOOKED_UP / len(below), 4)) for row in below], len(below) == 1, [])


def _guess(
    words: str, scheme: str | None, named: NamedCodes, within: set[tuple[str, str]] | None = None
) -> _Guess:
    """The model's suggestions that the catalogue has and the text does not deny."""
    if named.denied:
        labels = within or set(_model().categories.labels)
        within = {label for label in labels if key_of(label[1]) not in named.denied}
    found = _model().suggest(words, MOST_FOUND, scheme, within)
    rows = _rows_by_code((suggestion.scheme, suggestion.code) for suggestion in found.items)
    items = [
        (row, suggestion.confidence)
        for suggestion in found.items
        if (row := rows.get((suggestion.scheme, suggestion.code))) and not named.denies(row)
    ]
    sure = found.sure and bool(items) and items[0][0].code == found.items[0].code
    notices = [Notice(code, "text") for code in found.warnings if code != NOT_UNDERSTOOD or not items]
    return _Guess(items, sure, notices)


def _parents(rows: Sequence[CatalogueCode]) -> list[CatalogueCode]:
    """The codes themselves and what is directly above them."""
    ids = {row.parent_id for row in rows if row.parent_id is not None}
    return [*rows, *codes_by_id(ids).values()]


def _shown(row: CatalogueCode, confidence: float) -> dict[str, Any]:
    return {
        "scheme": row.scheme,
        "code": row.code,
        "name": row.name_zh or row.name_en,
        "hazardous": row.hazardous,
        "confidence": confidence,
    }


def _rows_by_code(codes: Iterable[tuple[str, str]]) -> dict[tuple[str, str], CatalogueCode]:
    """The rows of those codes, by scheme and code; the model may know some that are not loaded."""
    query = READ_CODES.where(tuple_(WasteCode.scheme, WasteCode.code).in_(list(codes)))
    return {(row.scheme, row.code): row for row in read_codes(query)}


def _model() -> Suggester:
    return _suggester(current_app.config["SETTINGS"].suggestion_model)


@cache
def _suggester(path: Path) -> Suggester:
    try:
        return Suggester.load(path)
    except (OSError, ValueError) as error:
        raise Unavailable("suggestions_missing") from error
