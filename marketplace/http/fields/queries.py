"""Numbers as a query string writes them."""

import re
from typing import Any

from marshmallow import fields

from .numbers import Number, Price, Tonnes

NUMBER_TEXT = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


class TextNumber:
    """Mixin before a field of numbers: a query string writes them as JSON does."""

    from_text: Any = float

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not NUMBER_TEXT.fullmatch(value):
            raise self.make_error("invalid")  # type: ignore[attr-defined]
        return super()._deserialize(self.from_text(value), *args, **kwargs)  # type: ignore[misc]


class QueryWhole(TextNumber, fields.Integer):
    """A whole number in a query string."""

    from_text = str


class QueryNumber(TextNumber, Number):
    """A finite number in a query string."""


class QueryTonnes(TextNumber, Tonnes):
    """Tonnes in a query string, to 0.001, kept as whole kilograms."""


class QueryPrice(TextNumber, Price):
    """CNY per tonne in a query string, to 0.01, kept as whole fen."""
