"""Codes suggested for plain words, by the model that ships or another."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import select, tuple_

from matching.suggestion import Suggester

from ...database import db
from ...errors import Invalid, Notice, Unavailable
from ..models import WasteCode


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Codes that words may mean, the likeliest first; `sure`: the first is right nine times in ten."""

    items: list[dict[str, Any]]
    sure: bool
    notices: list[Notice]


def suggest_codes(text: str, limit: int, scheme: str | None) -> Suggestions:
    """Codes of the catalogue that `text` may mean, at most `limit`, of one `scheme` if given.

    Raises:
        Invalid: codes of that scheme are not suggested (`scheme_not_suggested`).
        Unavailable: the model is not there (`suggestions_missing`).
    """
    model = _suggester(current_app.config["SETTINGS"].suggestion_model)
    if scheme not in (None, *model.schemes):
        raise Invalid("scheme_not_suggested", at="scheme", schemes=tuple(model.schemes))
    found = model.suggest(text, limit, scheme)
    rows = _rows_by_code((suggestion.scheme, suggestion.code) for suggestion in found.items)
    items = [
        {
            "scheme": suggestion.scheme,
            "code": suggestion.code,
            "name": row.name_zh or row.name_en,
            "hazardous": row.hazardous,
            "confidence": suggestion.confidence,
        }
        for suggestion in found.items
        if (row := rows.get((suggestion.scheme, suggestion.code)))
    ]
    sure = found.sure and items[:1] != [] and items[0]["code"] == found.items[0].code
    return Suggestions(items, sure, [Notice(code, "text") for code in found.warnings])


def _rows_by_code(codes: Iterable[tuple[str, str]]) -> dict[tuple[str, str], WasteCode]:
    """The rows of those codes, by scheme and code; the model may know some that are not loaded."""
    query = select(WasteCode).where(tuple_(WasteCode.scheme, WasteCode.code).in_(list(codes)))
    return {(row.scheme, row.code): row for row in db.session.scalars(query)}


@cache
def _suggester(path: Path) -> Suggester:
    try:
        return Suggester.load(path)
    except (OSError, ValueError) as error:
        raise Unavailable("suggestions_missing") from error
