"""How responses are written: as marshmallow and the standard library would write them, only sooner."""

import enum
import json
from datetime import UTC, date, datetime
from uuid import UUID

import marshmallow as ma
import pytest
from marshmallow import fields

from marketplace.http.fields import Adcode, Day, Moment, Price, Tonnes
from marketplace.http.schemas import CodeRefSchema, Prebuilt, ResponseSchema

DAY, MOMENT = date(2026, 12, 1), datetime(2026, 12, 1, 4, 0, tzinfo=UTC)
ID = UUID("01a21c2f-60e1-7403-9c4b-40526738117e")


class Kind(enum.StrEnum):
    SUPPLY = "supply"


class EveryField(ResponseSchema):
    """One of each kind of field that responses have."""

    id = fields.UUID()
    text = fields.String()
    count = fields.Integer()
    share = fields.Float()
    flag = fields.Boolean()
    quantity_t = Tonnes(attribute="quantity_kg")
    price = Price(attribute="price_fen", allow_none=True)
    day = Day(data_key="from")
    at = Moment()
    region = Adcode()
    facts = fields.Dict(keys=fields.String())
    notes = fields.List(fields.String(), dump_default=list)
    code = fields.Nested(CodeRefSchema)
    codes = fields.List(fields.Nested(CodeRefSchema))
    built = Prebuilt(CodeRefSchema)


class Row:
    """A row of a table is read by attributes, and has none that is not its own."""

    def __init__(self, **values):
        vars(self).update(values)


CODE = {"scheme": "cn-hw", "code": "900-349-34", "more": "never shown"}
WHOLE = {
    "id": ID, "text": Kind.SUPPLY, "count": 3.0, "share": 1, "flag": 1, "quantity_kg": 20_001,
    "price_fen": -15_050, "day": DAY, "at": MOMENT, "region": 330600, "facts": {"a": [1, None]},
    "notes": ("酸", "碱"), "code": Row(**CODE), "codes": [CODE, Row(**CODE)], "built": CODE,
}  # fmt: skip
NOTHING = dict.fromkeys(WHOLE)


@pytest.mark.parametrize("values", [WHOLE, NOTHING, {}, {"text": "酸"}])
def test_a_response_is_written_as_marshmallow_writes_it(values):
    schema = EveryField()
    for shown in (values, Row(**values)):
        assert schema.dump(shown) == ma.Schema._serialize(schema, shown)
        assert list(schema.dump(shown)) == list(ma.Schema._serialize(schema, shown))
    assert EveryField(many=True).dump([values]) == [schema.dump(values)]


@pytest.mark.parametrize(
    "value",
    [
        {"b": '稀硫酸 \u2028 " \\ \t', "a": [1.5, -0.0, 1e-7, 123456789.125, 0.1 + 0.2, True, None]},
        {"id": ID, "kind": Kind.SUPPLY, "day": DAY, "at": MOMENT},
        [2**63 - 1, -(2**63), 2**70, {1: "names that are no text"}, (1, 2)],
    ],
    ids=["text and numbers", "what no schema has shown", "beyond 64 bits"],
)
def test_json_is_the_standard_library_s(app, value):
    written = app.json.dumps(value)

    assert json.loads(written) == json.loads(app.json.dumps(value, separators=(",", ":")))
    assert "稀硫酸" in written or "稀" not in str(value)
    with app.test_request_context():
        assert app.json.response(value).get_data(as_text=True) == written + "\n"
