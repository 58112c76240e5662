"""Tonnes and days of permits that are allowed but hardly meant."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from ... import clock, plausibility
from ...catalogue import service as catalogue
from ...catalogue.models import CatalogueCode
from ...errors import Notice


def tonnes_notices(kg: int, at: str, codes: Iterable[CatalogueCode]) -> list[Notice]:
    """A notice of kilograms of a year that hardly any plant has of these codes."""
    hazardous = all(code.hazardous for code in codes)
    return plausibility.quantity_notices(kg, at, hazardous=hazardous)


def codes_of(rows: Iterable[Any]) -> Iterable[CatalogueCode]:
    """The codes of licence lines or channels."""
    return catalogue.codes_by_id(row.code_id for row in rows).values()


def validity_notices(permit: Any) -> list[Notice]:
    """Notices of a validity of many decades, and of days long past or far ahead."""
    days = ("valid_from", "valid_until")
    return plausibility.period_notices(
        permit.valid_from, permit.valid_until, clock.today(), days, plausibility.VALIDITY
    )


def usage_notices(row: Any, kg: int, year: int) -> list[Notice]:
    """Notices of kilograms counted against a licence line or channel, and of a year far from today's."""
    today = clock.today()
    return [
        *tonnes_notices(kg, "tonnes", codes_of([row])),
        *plausibility.past_day_notices(date(year, 12, 31), today, "year"),
        *plausibility.coming_day_notices(date(year, 1, 1), today, "year"),
    ]
