"""Numbers of JSON, tonnes and prices as whole kilograms and fen, codes of regions, flags."""

import math
from typing import Any

from marshmallow import ValidationError, fields

from matching import KG_PER_T

from ..languages import Message
from .checks import Range

FEN_PER_CNY = 100
MAX_TONNES = 100_000_000
MAX_PRICE = 1_000_000
MAX_VERSION = 2**31 - 1


class Number(fields.Float):
    """A finite JSON number; text that looks like one is refused."""

    def _validated(self, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.make_error("invalid")
        try:
            number = float(value)
        except OverflowError as error:
            raise self.make_error("too_large") from error
        if not math.isfinite(number):
            raise ValidationError(Message("not_finite"))
        return number + 0.0  # of a negative zero, zero


class Kilometres(fields.Float):
    """A distance in a response."""

    def __init__(self, **kwargs: Any) -> None:
        about = {"description": "Kilometres, to 0.1, between both places rounded to 0.01 degree."}
        super().__init__(metadata=about | kwargs.pop("metadata", {}), **kwargs)


class Scaled(Number):
    """A JSON number between two bounds, kept as an integer count of its smallest step."""

    per_unit: int

    def __init__(self, minimum: float, maximum: float, **kwargs: Any) -> None:
        bounds = {"minimum": minimum, "maximum": maximum, **kwargs.pop("metadata", {})}
        super().__init__(validate=Range(min=minimum, max=maximum), metadata=bounds, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        number = super()._deserialize(value, *args, **kwargs)
        super()._validate(number)
        scaled = number * self.per_unit
        whole = round(scaled)
        if abs(scaled - whole) > max(1e-6, abs(scaled) * 1e-12):
            raise ValidationError(Message("too_precise", step=1 / self.per_unit))
        return whole

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> float | None:
        return None if value is None else value / self.per_unit

    def _validate(self, value: Any) -> None:
        """Nothing: the number was checked against its bounds before it was scaled."""


class Tonnes(Scaled):
    """Metric tonnes to 0.001, kept as whole kilograms."""

    per_unit = KG_PER_T

    def __init__(self, minimum: float = 0.001, maximum: float = MAX_TONNES, **kwargs: Any) -> None:
        super().__init__(minimum, maximum, **kwargs)


class Price(Scaled):
    """CNY per tonne to 0.01 from the supplier's side, kept as whole fen."""

    per_unit = FEN_PER_CNY

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(-MAX_PRICE, MAX_PRICE, **kwargs)


class Whole(fields.Integer):
    """A whole JSON number between two bounds."""

    def __init__(self, minimum: int, maximum: int, **kwargs: Any) -> None:
        super().__init__(strict=True, validate=Range(min=minimum, max=maximum), **kwargs)

    def _validated(self, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.make_error("invalid")
        return super()._validated(value)


class Adcode(fields.Integer):
    """A GB/T 2260 code: a string of six digits in JSON, a number in Python."""

    def __init__(self, **kwargs: Any) -> None:
        form = {"type": "string", "pattern": "^[0-9]{6}$", **kwargs.pop("metadata", {})}
        super().__init__(metadata=form, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        if not (isinstance(value, str) and len(value) == 6 and value.isascii() and value.isdigit()):
            raise ValidationError(Message("adcode_form"))
        return int(value)

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> str | None:
        return None if value is None else f"{value:06d}"


class Flag(fields.Boolean):
    """true or false; nothing that only resembles them."""

    truthy = {True}
    falsy = {False}

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value
