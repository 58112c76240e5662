"""Codes from plain words, by the model that ships or another."""

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
class Suggested:
    """Codes that words may mean, by falling confidence; `sure` is about the first."""

    items: list[dict[str, Any]]
    sure: bool
    notices: list[Notice]


def suggest_codes(text: str, limit: int, scheme: str | None) -> Suggested:
    """Codes of the catalogue that `text` may mean, at most `limit`, of one `scheme` if given.

    Raises:
        Invalid: codes of that scheme are not suggested (`scheme_not_suggested`).
        Unavailable: the model is not there (`suggestions_missing`).
    """
    model = _suggester(current_app.config["SETTINGS"].suggestion_model)
    if scheme not in (None, *model.schemes):
        raise Invalid("scheme_not_suggested", at="scheme", schemes=tuple(model.schemes))
    found = model.suggest(text, limit, scheme)
    rows = db.session.scalars(
        select(WasteCode).where(
            tuple_(WasteCode.scheme, WasteCode.code).in_([(one.scheme, one.code) for one in found.items])
        )
    )
    known = {(row.scheme, row.code): row for row in rows}
    items = [
        {
            "scheme": one.scheme,
            "code": one.code,
            "name": row.name_zh or row.name_en,
            "hazardous": row.hazardous,
            "confidence": one.confidence,
        }
        for one in found.items
        if (row := known.get((one.scheme, one.code)))
    ]
    sure = found.sure and items[:1] != [] and items[0]["code"] == found.items[0].code
    return Suggested(items, sure, [Notice(code, "text") for code in found.warnings])


@cache
def _suggester(path: Path) -> Suggester:
    try:
        return Suggester.load(path)
    except (OSError, ValueError) as error:
        raise Unavailable("suggestions_missing") from error
