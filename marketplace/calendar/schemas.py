"""Shapes of the operator's table of working days."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from ..http.fields import FIRST_YEAR, LAST_YEAR, Day, Flag, List, QueryWhole, Range, Text, Whole, unique
from ..http.languages import Message
from ..http.schemas import ResponseSchema, Schema, WarningSchema

MOST_DAYS = 1000
MOST_YEARS = 50
MOST_COUNTED = 250
"""Working days of about a year."""


class CalendarDaySchema(Schema):
    day = Day(required=True)
    working = Flag(required=True, metadata={"description": "Whether it is worked; false for a holiday."})
    name = Text(100, load_default="", metadata={"description": "What it is: 春节, 调休上班."})
    source = Text(300, required=True, metadata={"description": "Who announced it: 国办发明电〔2026〕7号."})


class NewWorkingCalendarSchema(Schema):
    items = List(fields.Nested(CalendarDaySchema), most=MOST_DAYS, required=True)
    complete_years = List(
        Whole(FIRST_YEAR, LAST_YEAR),
        most=MOST_YEARS,
        checks=[unique],
        load_default=list,
        metadata={"description": "Years whose announcement is entered whole: other days go by the week."},
    )

    @validates_schema
    def _name_each_day_once(self, data: dict[str, Any], **_: Any) -> None:
        days = [item["day"] for item in data["items"]]
        if len(set(days)) != len(days):
            raise ValidationError([Message("repeated")], "items")


class WorkingCalendarSchema(ResponseSchema):
    version = fields.Integer(metadata={"description": "0 while the operator has entered nothing."})
    items = fields.List(fields.Nested(CalendarDaySchema))
    complete_years = fields.List(fields.Integer())
    announced_from = fields.Integer(metadata={"description": "First year that is known without the table."})
    announced_until = fields.Integer(metadata={"description": "Last such year."})


class DeadlineQuery(Schema):
    day = Day(
        load_default=None, metadata={"description": "The day after which the count begins; default today."}
    )
    days = QueryWhole(
        load_default=1,
        validate=Range(min=1, max=MOST_COUNTED),
        metadata={"description": "How many working days."},
    )


class DeadlineSchema(ResponseSchema):
    day = Day()
    days = fields.Integer()
    deadline = Day(metadata={"description": "The last of these working days."})
    warnings = fields.List(fields.Nested(WarningSchema))
