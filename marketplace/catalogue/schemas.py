"""Shapes of the catalogue."""

from marshmallow import fields

from ..http.fields import Adcode, Identifier, KnownValue, Lines, Text, Value, Whole
from ..http.paging import PageQuery, page_of
from ..http.schemas import CodeText, ResponseSchema, Schema, WarningSchema
from .models import REGION_LEVELS, CodeLevel
from .service.codes import EVIDENCE


class MappingSchema(ResponseSchema):
    scheme = KnownValue(about="cn-hw, cn-sw, eu-low or a local scheme.")
    code = fields.String()
    confidence = fields.Float()


class WasteCodeSchema(ResponseSchema):
    scheme = KnownValue(about="cn-hw, cn-sw, eu-low or a local scheme.")
    code = fields.String()
    level = Value(CodeLevel)
    category = fields.String(allow_none=True, metadata={"description": "The code one level above."})
    name = fields.String(metadata={"description": "In the scheme's own language."})
    name_zh = fields.String()
    name_en = fields.String()
    industry = fields.String()
    hazardous = fields.Boolean()
    hazard = fields.String(metadata={"description": "Hazard letters as the catalogue prints them."})
    edition = fields.String()
    evidence = Value(EVIDENCE, "How far the row can be trusted.")
    provisional = fields.Boolean(metadata={"description": "True until the official table is loaded."})
    tradable = fields.Boolean()
    maps_to = fields.List(fields.Nested(MappingSchema))


class WasteCodeQuery(PageQuery):
    scheme = Identifier(20, load_default=None, metadata={"description": "Only codes of this scheme."})
    q = Text(
        50,
        load_default=None,
        metadata={"description": "A part of the name, or the beginning of a code in any spelling."},
    )
    category = CodeText(load_default=None, about="A category or chapter; its codes are found with it.")


WasteCodePage = page_of(WasteCodeSchema, warned=True)


class SuggestRequestSchema(Schema):
    text = Lines(400, required=True, metadata={"description": "What the waste is called, or how it arises."})
    limit = Whole(1, 20, load_default=5)
    scheme = Identifier(
        20,
        load_default=None,
        allow_none=True,
        metadata={"description": "Restricts the suggestions to this scheme."},
    )


class SuggestionSchema(ResponseSchema):
    scheme = KnownValue(about="cn-hw, cn-sw, eu-low or a local scheme.")
    code = fields.String(
        metadata={"description": "A code; a category only where the catalogue has no codes in it."}
    )
    name = fields.String()
    hazardous = fields.Boolean()
    confidence = fields.Float(
        metadata={"description": "Chance that it is right, 0 to 1, as measured; 1 for a code in the text."}
    )


class SuggestionsSchema(ResponseSchema):
    items = fields.List(fields.Nested(SuggestionSchema))
    sure = fields.Boolean(
        metadata={
            "description": "Whether the first is right nine times in ten and can be posted;"
            " if not, let a person choose."
        }
    )
    warnings = fields.List(fields.Nested(WarningSchema))


class RegionSchema(ResponseSchema):
    adcode = Adcode()
    name = fields.String(attribute="name_zh")
    level = Value(REGION_LEVELS)
    parent = Adcode(allow_none=True)
    lon = fields.Float()
    lat = fields.Float()


class RegionQuery(PageQuery):
    parent = Adcode(
        load_default=None,
        metadata={"description": "The region whose parts are listed; without it, all provinces."},
    )
    q = Text(30, load_default=None, metadata={"description": "A part of the name."})


RegionPage = page_of(RegionSchema)
