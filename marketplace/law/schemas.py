"""Shapes of legal bases."""

from marshmallow import fields

from ..http.fields import Day, Text
from ..http.paging import PageQuery, page_of
from ..http.schemas import ResponseSchema


class ProvisionSchema(ResponseSchema):
    id = fields.String()
    title = fields.String(metadata={"description": "Official title, in Chinese."})
    title_en = fields.String(metadata={"description": "Our translation of the title."})
    article = fields.String(
        metadata={"description": "Article, paragraph and item: 476 §2; empty if cited whole."}
    )
    valid_from = Day()
    valid_until = Day(allow_none=True, metadata={"description": "Last day in force; null while it is."})
    replaced_by = fields.String(
        allow_none=True, metadata={"description": "Id of what governs the subject since."}
    )
    in_force = fields.Boolean(metadata={"description": "Whether it is in force today (Beijing time)."})
    citation = fields.String(metadata={"description": "As sentences cite it, in the caller's language."})
    text_zh = fields.String(metadata={"description": "What it says, in short; not the wording of the law."})
    text_en = fields.String()
    source = fields.String(metadata={"description": "Where the row was taken from."})


class ProvisionQuery(PageQuery):
    on = Day(load_default=None, metadata={"description": "Only what is in force on that day."})
    q = Text(
        50, load_default=None, metadata={"description": "Part of title, article or text, or start of an id."}
    )


ProvisionPage = page_of(ProvisionSchema)
