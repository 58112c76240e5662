"""A manifest as it is shown, with its parts and its versions."""

from marshmallow import fields

from ...http.documents import PICTURE_TYPES
from ...http.fields import Adcode, Day, KnownValue, Moment, Tonnes, Value
from ...http.paging import page_of
from ...http.schemas import EnterpriseRefSchema, ResponseSchema, WarningSchema, by_person
from ..models import LateStep, LoadPicture, ManifestKind, ManifestStatus, MismatchKind, Part
from .corrections import ManifestCorrectionSchema


class ManifestLineSchema(ResponseSchema):
    no = fields.Integer()
    deal_id = fields.UUID()
    scheme = KnownValue()
    code = fields.String()
    name = fields.String()
    form = KnownValue(allow_none=True)
    hazard = fields.String(allow_none=True)
    component = fields.String(allow_none=True)
    packing = KnownValue(allow_none=True)
    packages = fields.Integer(allow_none=True)
    quantity_t = Tonnes(attribute="quantity_kg")
    picked_up_t = Tonnes(attribute="picked_up_kg", allow_none=True)
    received_t = Tonnes(attribute="received_kg", allow_none=True)
    refused_t = Tonnes(0, attribute="unaccepted_kg", allow_none=True)
    accepted_t = Tonnes(0, attribute="accepted_kg", allow_none=True)
    held_t = Tonnes(
        0,
        attribute="held_kg",
        metadata={"description": "Of `refused_t`: beyond the deal and our tolerance, until it is explained."},
    )
    containers = fields.List(fields.String())


class ManifestLegSchema(ResponseSchema):
    no = fields.Integer()
    transporter = fields.Nested(EnterpriseRefSchema)
    vehicle = fields.String(allow_none=True)
    driver = fields.String(allow_none=True)
    escort = fields.String(allow_none=True)
    place = fields.String(allow_none=True)
    started_at = Moment()
    signed_at = Moment(allow_none=True)


class ManifestSignatureSchema(ResponseSchema):
    """Who signed which part, when, and the checksum of what it said."""

    part = Value(Part)
    leg = fields.Integer(allow_none=True)
    action = KnownValue()
    signed_by = fields.UUID(allow_none=True)
    by_person = by_person()
    signer = Value(("enterprise", "admin", "system"))
    signed_name = fields.String(
        allow_none=True, metadata={"description": "Who signed at the gate, as that person wrote it."}
    )
    at = Moment()
    checksum = fields.String(metadata={"description": "SHA-256 of the sealed fields as canonical JSON."})


class ManifestDifferenceSchema(ResponseSchema):
    line = fields.Integer(allow_none=True)
    kind = Value(MismatchKind)
    expected = fields.String()
    found = fields.String()
    beyond_tolerance = fields.Boolean()
    significant = fields.Boolean()
    explanation = fields.String(allow_none=True)
    explained_at = Moment(allow_none=True)
    at = Moment()


class ManifestReportedOutcomeSchema(ResponseSchema):
    operation = fields.String()
    on = Day()
    quantity_t = Tonnes(attribute="quantity_kg")
    product = fields.String(allow_none=True)


class ManifestFileSchema(ResponseSchema):
    """A picture as it is kept: the picture alone."""

    id = fields.UUID()
    part = Value(Part, "Who added it.")
    shows = Value(LoadPicture)
    name = fields.String()
    media_type = Value(PICTURE_TYPES)
    size = fields.Integer(metadata={"description": "Bytes."})
    sha256 = fields.String(metadata={"description": "Of what is kept, in hexadecimal."})
    created_at = Moment()


class ManifestNextStepSchema(ResponseSchema):
    by = Value(("supplier", "transporter", "receiver"))
    move = KnownValue(about="The last part of the path of the call.")


class ManifestSchema(ResponseSchema):
    id = fields.UUID()
    number = fields.String(
        metadata={
            "description": "Our number: adcode of the place of dispatch, day, six digits without a gap."
        }
    )
    official_number = fields.String(allow_none=True)
    status = Value(ManifestStatus)
    kind = Value(ManifestKind)
    origin_id = fields.UUID(allow_none=True, metadata={"description": "The manifest that this one follows."})
    followed_by = fields.UUID(
        allow_none=True, metadata={"description": "The manifest that takes what was refused."}
    )
    copied_from_id = fields.UUID(
        allow_none=True, metadata={"description": "The manifest that this is a copy of."}
    )
    supplier = fields.Nested(EnterpriseRefSchema)
    receiver = fields.Nested(EnterpriseRefSchema)
    transporter = fields.Nested(EnterpriseRefSchema)
    region = Adcode()
    hazardous = fields.Boolean()
    planned_on = Day()
    planned_at = Moment(allow_none=True)
    vehicle = fields.String(allow_none=True)
    driver = fields.String(allow_none=True)
    escort = fields.String(allow_none=True)
    emergency = fields.String(allow_none=True)
    planned_t = Tonnes(attribute="planned_kg")
    picked_up_t = Tonnes(attribute="picked_up_kg", allow_none=True)
    received_t = Tonnes(attribute="received_kg", allow_none=True)
    refused_t = Tonnes(0, attribute="refused_kg", allow_none=True)
    accepted_t = Tonnes(0, attribute="accepted_kg", allow_none=True)
    treated_t = Tonnes(0, attribute="treated_kg")
    estimated = fields.Boolean(metadata={"description": "`picked_up_t` was not weighed."})
    packages_picked_up = fields.Integer(allow_none=True)
    packages_received = fields.Integer(allow_none=True)
    missing_delivery = fields.Boolean(
        metadata={"description": "The receiver signed though the transporter had not said that it delivered."}
    )
    note = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    lines = fields.List(fields.Nested(ManifestLineSchema))
    legs = fields.List(fields.Nested(ManifestLegSchema))
    signatures = fields.List(fields.Nested(ManifestSignatureSchema))
    differences = fields.List(fields.Nested(ManifestDifferenceSchema))
    corrections = fields.List(fields.Nested(ManifestCorrectionSchema))
    outcomes = fields.List(fields.Nested(ManifestReportedOutcomeSchema))
    files = fields.List(fields.Nested(ManifestFileSchema))
    late = fields.List(Value(LateStep), metadata={"description": "Steps that are late now."})
    next_step = fields.Nested(ManifestNextStepSchema, allow_none=True)
    issued_at = Moment(allow_none=True)
    picked_up_at = Moment(allow_none=True)
    delivered_at = Moment(allow_none=True)
    received_at = Moment(allow_none=True)
    closed_at = Moment(allow_none=True)
    created_at = Moment()
    updated_at = Moment()
    warnings = fields.List(fields.Nested(WarningSchema))


ManifestPage = page_of(ManifestSchema)


class ManifestChangedFieldSchema(ResponseSchema):
    field = fields.String()
    before = fields.Raw(allow_none=True)
    after = fields.Raw(allow_none=True)


class ManifestVersionSchema(ManifestSignatureSchema):
    no = fields.Integer()
    unsealed = fields.Boolean()
    reason = fields.String(allow_none=True)
    content = fields.Dict()
    changes = fields.List(fields.Nested(ManifestChangedFieldSchema))


ManifestVersionPage = page_of(ManifestVersionSchema)
