"""Shapes of near misses: changes of a listing's own terms that would open matches."""

from datetime import date
from typing import Any

from marshmallow import fields

import matching

from ...http.fields import Value
from ...http.schemas import ResponseSchema
from ..service.ranking.near_misses import TERMS

NUMBER_OR_DAY = {"type": ["number", "string"]}


class NumberOrDay(fields.Float):
    """A figure as a JSON number, or a day as YYYY-MM-DD."""

    def _serialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return value.isoformat() if isinstance(value, date) else value


class NearMissSchema(ResponseSchema):
    """A change of one of your listing's own terms, and how many further matches it opens."""

    gate = Value(matching.GATES, "The only gate that these counterparts fail.")
    field = Value(
        dict.fromkeys(term.field for term in TERMS.values()), "The field of your listing to change."
    )
    now = NumberOrDay(metadata={"description": "Its present value: a number, or a day.", **NUMBER_OR_DAY})
    value = NumberOrDay(metadata={"description": "The value that opens the matches.", **NUMBER_OR_DAY})
    change = fields.Float(metadata={"description": "`value` less `now`, in `unit`."})
    unit = Value(dict.fromkeys(term.unit for term in TERMS.values()))
    opens = fields.Integer(
        metadata={
            "description": "Number of further lawful counterparts. What a permit stops is never counted."
        }
    )
    detail = fields.String()
