"""Fields of forms: what people type, where the API takes JSON."""

import re
import unicodedata
from datetime import datetime, time
from typing import Any

from marshmallow import ValidationError, fields

from .. import clock
from ..http.fields import Adcode, Length, Lines, QueryPrice, QueryTonnes, QueryWhole, Scaled, TextNumber
from ..http.languages import Message

MOMENT = "%Y-%m-%dT%H:%M"
"""As a browser sends the field `datetime-local`."""
BY_HAND = "%Y-%m-%d %H:%M"
"""As people type it where a browser has no such field."""
SECONDS = ":%S"
END_OF_WORK = time(18)
CODE_BETWEEN = re.compile(r"[\n,，、;；]")


class _Typed:
    """Mixin before a number: blanks, commas between thousands and full-width digits are how people write."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        plain = unicodedata.normalize("NFKC", value).replace(",", "").replace("\u2212", "-").strip()
        return super()._deserialize(plain, *args, **kwargs)  # type: ignore[misc]


class TypedTonnes(_Typed, QueryTonnes):
    """Tonnes, kept as whole kilograms."""


class TypedPrice(_Typed, QueryPrice):
    """CNY per tonne, kept as whole fen."""


class TypedWhole(_Typed, QueryWhole):
    """A whole number."""


class TypedYuan(_Typed, TextNumber, Scaled):
    """An amount in CNY, kept as whole fen."""

    per_unit = 100


class TypedLoad(TypedTonnes):
    """The weight of a load on the road; what cannot be one asks whether kilograms were meant."""

    def __init__(self, heaviest_t: float, **kwargs: Any) -> None:
        super().__init__(0.001, heaviest_t, **kwargs)
        self.heaviest_t = heaviest_t

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return super()._deserialize(value, *args, **kwargs)
        except ValidationError as error:
            if "range" in map(str, error.messages):
                raise ValidationError([Message("load_weight", value=value.strip())]) from error
            raise


class LocalMoment(fields.DateTime):
    """A moment as a browser sends it, or as people type it: of Asia/Shanghai, to the minute."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> datetime:
        plain = unicodedata.normalize("NFKC", value).strip().replace("/", "-")
        for form in (MOMENT, MOMENT + SECONDS, BY_HAND):
            try:
                return datetime.strptime(plain, form).replace(tzinfo=clock.LOCAL)
            except ValueError:
                continue
        example = f"{datetime.combine(clock.today(), END_OF_WORK):{BY_HAND}}"
        raise ValidationError([Message("moment_typed", example=example)])


class _Divided(Lines):
    """Codes on lines of their own or with commas between; loaded as a list, each once."""

    def __init__(self, longest: int, *, most: int, **kwargs: Any) -> None:
        super().__init__(longest, **kwargs)
        self.number = Length(max=most)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        written = super()._deserialize(value, *args, **kwargs)
        self.length(written)
        codes = list(dict.fromkeys(code.strip() for code in CODE_BETWEEN.split(written) if code.strip()))
        self.number(codes)
        return codes

    def _validate(self, value: Any) -> None:
        """Nothing: the text was checked before it was divided."""


class WrittenCodes(_Divided):
    """Codes of wastes. If the form must name some, commas alone are none."""

    def __init__(self, longest: int, *, most: int = 200, **kwargs: Any) -> None:
        super().__init__(longest, most=most, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        codes = super()._deserialize(value, *args, **kwargs)
        if self.required and not codes:
            raise ValidationError([Message("field_required")])
        return codes


class WrittenRegions(_Divided):
    """Codes of regions, loaded as numbers."""

    def __init__(self, longest: int, **kwargs: Any) -> None:
        super().__init__(longest, most=100, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return [REGION.deserialize(code) for code in super()._deserialize(value, *args, **kwargs)]


REGION = Adcode()


class Checked(fields.Boolean):
    """A box: ticked, or not sent at all."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(load_default=False, **kwargs)


def as_typed(moment: datetime) -> str:
    """A moment as the field `datetime-local` shows it."""
    return moment.astimezone(clock.LOCAL).strftime(MOMENT)
