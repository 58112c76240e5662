"""Rules, and the versions of their table."""

from typing import Any

from marshmallow import ValidationError, fields, post_load, validates_schema

from ...http.fields import (
    MAX_VERSION,
    Day,
    Flag,
    Identifier,
    List,
    Matches,
    Number,
    OneOf,
    Range,
    Text,
    Whole,
)
from ...http.languages import Message
from ...http.schemas import ResponseSchema, Schema
from ..models import AXES, Recorder, Severity

MAX_MONTHS = 120
"""Longer than anything is counted: records are kept ten years."""
MAX_RULES = 200
KEPT = "Left out of a request, it stays as it is."


class RuleSchema(Schema):
    code = Identifier(60, required=True, checks=[Matches(r"[a-z]+\.[a-z_]+", "rule_code_form")])
    axis = fields.String(required=True, validate=OneOf(AXES, "axis"))
    points = Number(required=True, validate=Range(min=-100, max=100))
    title = Text(200, required=True)
    title_zh = Text(200, load_default=None, allow_none=True)
    most_per_year = Number(
        load_default=None,
        allow_none=True,
        validate=Range(min=0, max=100),
        metadata={"description": "Most points that all such events of one calendar year can add."},
    )
    blocks = Flag(
        load_default=False, metadata={"description": "Puts the enterprise on the blocked list at once."}
    )
    basis = Text(
        200,
        load_default=None,
        allow_none=True,
        metadata={
            "description": "Id of a legal basis (GET /legal-bases), or text; null: the platform's own rule."
        },
    )
    valid_from = Day(
        load_default=None, allow_none=True, metadata={"description": "First day of acts that it is about."}
    )
    valid_until = Day(
        load_default=None, allow_none=True, metadata={"description": "Last day of acts that it is about."}
    )
    repeatable = Flag(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "Whether one day may have several without a document; null: if it adds points."
        },
    )
    severity = fields.String(
        allow_none=True,
        validate=OneOf(Severity, "severity"),
        metadata={"description": f"How grave a deduction is; null of merits. {KEPT}"},
    )
    months = Whole(1, MAX_MONTHS, metadata={"description": f"For how many months an event counts. {KEPT}"})
    recorded_by = fields.String(
        validate=OneOf(Recorder, "recorder"),
        metadata={
            "description": "Who records its events: regulators may where it names them, admins always;"
            f" what the system records never makes grade E by itself. {KEPT}"
        },
    )
    evidence = Text(
        200, allow_none=True, metadata={"description": f"What an event of it is proven by. {KEPT}"}
    )
    public = Flag(metadata={"description": f"Whether its events may be a reason on the public board. {KEPT}"})
    enabled = Flag(metadata={"description": f"false: nothing is recorded by it. {KEPT}"})

    @validates_schema
    def _says_no_severity_of_a_merit(self, rule: dict[str, Any], **_: Any) -> None:
        if rule.get("severity") and rule.get("points", 0) > 0:
            raise ValidationError({"severity": [Message("merit_has_no_severity")]})

    @validates_schema
    def _ends_after_it_begins(self, rule: dict[str, Any], **_: Any) -> None:
        first, last = rule.get("valid_from"), rule.get("valid_until")
        if first and last and last < first:
            raise ValidationError({"valid_until": [Message("days_out_of_order")]})


class GradesSchema(Schema):
    """The lowest score of each grade."""

    A = Number(validate=Range(min=0, max=100))
    B = Number(validate=Range(min=0, max=100))
    C = Number(validate=Range(min=0, max=100))
    D = Number(validate=Range(min=0, max=100))
    E = Number(validate=Range(min=0, max=100))


def _codes_once(rules: list[dict[str, Any]]) -> None:
    codes = [rule["code"] for rule in rules]
    if len(set(codes)) != len(codes):
        raise ValidationError([Message("repeated")])


def _rules(**kwargs: Any) -> List:
    return List(fields.Nested(RuleSchema), MAX_RULES, 1, checks=[_codes_once], **kwargs)


class NewRuleTableSchema(Schema):
    """The rules of a version, as `items` or as `rules`; the view gets them as `items`."""

    version = Whole(1, MAX_VERSION, metadata={"description": "Set by the platform; ignored in requests."})
    grades = fields.Nested(
        GradesSchema,
        metadata={"description": "Lowest score of each grade; set by the platform, refused if changed."},
    )
    items = _rules()
    rules = _rules(metadata={"description": "Another name of `items`; send one of the two."})

    @validates_schema
    def _one_of_the_two(self, body: dict[str, Any], **_: Any) -> None:
        if "items" in body and "rules" in body:
            raise ValidationError({"items": [Message("rules_sent_twice")]})
        if "items" not in body and "rules" not in body:
            raise ValidationError({"items": [Message("field_required")]})

    @post_load
    def _as_items(self, body: dict[str, Any], **_: Any) -> dict[str, Any]:
        rules = body.pop("rules", None)
        return body if rules is None else body | {"items": rules}


class RuleTableSchema(ResponseSchema):
    version = fields.Integer()
    grades = fields.Nested(GradesSchema, metadata={"description": "Lowest score of each grade."})
    items = fields.List(fields.Nested(RuleSchema))
