"""Days and moments, as requests and responses write them."""

import re
from datetime import UTC, date, datetime
from typing import Any

from flask.json.provider import DefaultJSONProvider
from marshmallow import ValidationError, fields

from ..languages import Message

DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?", re.ASCII | re.IGNORECASE)
FIRST_YEAR, LAST_YEAR = 1990, 2200


class Day(fields.Date):
    """A calendar day, YYYY-MM-DD."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str) or not DAY.fullmatch(value):
            raise self.make_error("invalid")
        day = super()._deserialize(value, *args, **kwargs)
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValidationError(Message("day_range"))
        return day


class Moment(fields.DateTime):
    """A moment, RFC 3339; always UTC in responses."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", **kwargs)

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> str | None:
        return None if value is None else moment_text(value)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> datetime:
        if not isinstance(value, str) or not MOMENT.fullmatch(value):
            raise self.make_error("invalid")
        moment = super()._deserialize(value.upper(), *args, **kwargs)
        if moment.tzinfo is None:
            raise self.make_error("invalid_awareness")
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise ValidationError(Message("day_range"))
        return moment.astimezone(UTC)


def moment_text(value: datetime) -> str:
    """A moment as responses show it."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def json_value(value: Any) -> Any:
    """What no schema has shown, for JSON: moments and days as everywhere, not as in headers of HTTP."""
    if isinstance(value, datetime):
        return moment_text(value)
    return value.isoformat() if isinstance(value, date) else DefaultJSONProvider.default(value)
