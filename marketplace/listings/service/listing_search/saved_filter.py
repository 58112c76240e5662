"""The filter of a saved search, by the names and rules of `GET /listings`."""

import math
from typing import Any

from marshmallow import ValidationError

from ....errors import Invalid
from ...schemas import ListingFilter

FILTER = ListingFilter()


def filter_from(body: dict[str, Any], at: str) -> dict[str, Any]:
    """The filter that the JSON object of the field `at` means, by the names and rules of `GET /listings`.

    A number may be written as one or as text, as in a query string; null means no filter.

    Raises:
        ValidationError, Invalid: a name or a value that `GET /listings` would refuse.
    """
    given = {name: value for name, value in body.items() if value is not None}
    try:
        found = FILTER.load({name: _as_text(value) for name, value in given.items()})
    except ValidationError as error:
        raise ValidationError({at: error.messages}) from error
    except Invalid as error:
        raise Invalid(error.code, at=f"{at}.{error.at}", **error.facts) from error
    return {name: value for name, value in found.items() if value is not None}


def _as_text(value: Any) -> Any:
    """A finite number as a query string would have it; anything else as it is."""
    is_number = type(value) is int or (type(value) is float and math.isfinite(value))
    return str(value) if is_number else value
