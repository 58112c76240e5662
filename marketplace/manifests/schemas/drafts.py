"""What a sender drafts, and how it changes that."""

from marshmallow import fields

from ...http.fields import Day, Identifier, Lines, List, Tonnes
from ...http.schemas import Schema
from .loads import (
    LONGEST_REASON,
    MOST_LINES,
    containers_field,
    optional_field,
    packages_field,
    packing_field,
    reason_field,
)


class _DraftSchema(Schema):
    transporter_id = fields.UUID(required=True)
    planned_on = Day(required=True)
    vehicle = optional_field(Identifier, 20, metadata={"description": "The plate, if it is known already."})
    emergency = optional_field(Lines, 1000, metadata={"description": "What to do in an accident."})
    reason = reason_field()


class DealManifestSchema(_DraftSchema):
    """One kind of waste, of one deal."""

    quantity_t = Tonnes(required=True)
    packages = packages_field(load_default=None)
    packing = packing_field(load_default=None)
    containers = containers_field(load_default=None)


class ManifestNewLineSchema(Schema):
    deal_id = fields.UUID(required=True)
    quantity_t = Tonnes(required=True)
    packages = packages_field(load_default=None)
    packing = packing_field(load_default=None)
    containers = containers_field(load_default=None)


class NewManifestSchema(_DraftSchema):
    """Several kinds of waste of one sender to one receiver, on one vehicle."""

    lines = List(fields.Nested(ManifestNewLineSchema), MOST_LINES, 1, required=True)


class ManifestChangeSchema(Schema):
    transporter_id = fields.UUID()
    planned_on = Day()
    vehicle = Identifier(20, allow_none=True)
    emergency = Lines(1000, allow_none=True)
    official_number = Identifier(
        30, metadata={"description": "The 14 digits that the national system has given the load."}
    )
    quantity_t = Tonnes()
    packages = packages_field()
    packing = packing_field()
    containers = containers_field()
    lines = List(fields.Nested(ManifestNewLineSchema), MOST_LINES, 1)
    reason = Lines(LONGEST_REASON)
