"""The fields that the shapes of a load have in common."""

from typing import Any

from marshmallow import ValidationError, fields

from matching import KG_PER_T

from ...http.fields import Identifier, Lines, List, OneOf, Tonnes, Whole, unique
from ...http.languages import Message
from ...listings.models import Packaging
from ..models import HEAVIEST_KG

HEAVIEST_T = HEAVIEST_KG / KG_PER_T
MOST_LINES, MOST_CONTAINERS, MOST_PACKAGES = 20, 200, 100_000
LONGEST_REASON = 500


class LoadTonnes(Tonnes):
    """The weight of a load on the road; what cannot be one asks whether kilograms were meant."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(0.001, HEAVIEST_T, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return super()._deserialize(value, *args, **kwargs)
        except ValidationError as error:
            if isinstance(value, int | float) and not 0 < value <= HEAVIEST_T:
                raise ValidationError([Message("load_weight", value=f"{value:g}")]) from error
            raise


def reason_field(required: bool = False) -> Lines:
    if required:
        return Lines(LONGEST_REASON, required=True)
    return Lines(LONGEST_REASON, load_default=None, allow_none=True)


def optional_field(field: type[Any], *args: Any, **kwargs: Any) -> Any:
    return field(*args, load_default=None, allow_none=True, **kwargs)


def containers_field(**kwargs: Any) -> List:
    about = {"description": "Digital identifiers of 37 characters, as the labels (HJ 1276-2022) say them."}
    return List(Identifier(64), MOST_CONTAINERS, allow_none=True, checks=[unique], metadata=about, **kwargs)


def packing_field(**kwargs: Any) -> fields.String:
    return fields.String(validate=OneOf(Packaging), allow_none=True, **kwargs)


def packages_field(**kwargs: Any) -> Whole:
    return Whole(1, MOST_PACKAGES, allow_none=True, **kwargs)
