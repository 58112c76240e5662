"""Shapes of manifests."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from ..http.fields import (
    CRS,
    Adcode,
    Choices,
    Day,
    Flag,
    Identifier,
    KnownValue,
    Lines,
    List,
    Moment,
    Number,
    OneOf,
    QueryWhole,
    Range,
    Text,
    Tonnes,
    Value,
    Whole,
    unique,
)
from ..http.languages import Message
from ..http.paging import PageQuery, page_of
from ..http.schemas import EnterpriseRefSchema, ResponseSchema, Schema, WarningSchema
from ..listings.models import Packaging
from .models import (
    CorrectionStatus,
    LateStep,
    ManifestKind,
    ManifestStatus,
    MismatchKind,
    Part,
)

HEAVIEST_T = 49.0
MOST_LINES, MOST_CONTAINERS, MOST_PACKAGES = 20, 200, 100_000
MOST_LITRES = 1_000_000
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


def _reason(required: bool = False) -> Lines:
    if required:
        return Lines(LONGEST_REASON, required=True)
    return Lines(LONGEST_REASON, load_default=None, allow_none=True)


def _optional(field: type[Any], *args: Any, **kwargs: Any) -> Any:
    return field(*args, load_default=None, allow_none=True, **kwargs)


def _containers(**kwargs: Any) -> List:
    about = {"description": "Digital identifiers of 37 characters, as the labels (HJ 1276-2022) say them."}
    return List(Identifier(64), MOST_CONTAINERS, allow_none=True, checks=[unique], metadata=about, **kwargs)


def _packing(**kwargs: Any) -> fields.String:
    return fields.String(validate=OneOf(Packaging), allow_none=True, **kwargs)


def _packages(**kwargs: Any) -> Whole:
    return Whole(1, MOST_PACKAGES, allow_none=True, **kwargs)


# ---------------------------------------------------------------- drafts


class _DraftSchema(Schema):
    transporter_id = fields.UUID(required=True)
    planned_on = Day(required=True)
    vehicle = _optional(Identifier, 20, metadata={"description": "The plate, if it is known already."})
    emergency = _optional(Lines, 1000, metadata={"description": "What to do in an accident."})
    reason = _reason()


class DealManifestSchema(_DraftSchema):
    """One kind of waste, of one deal."""

    quantity_t = Tonnes(required=True)
    packages = _packages(load_default=None)
    packing = _packing(load_default=None)
    containers = _containers(load_default=None)


class ManifestNewLineSchema(Schema):
    deal_id = fields.UUID(required=True)
    quantity_t = Tonnes(required=True)
    packages = _packages(load_default=None)
    packing = _packing(load_default=None)
    containers = _containers(load_default=None)


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
    packages = _packages()
    packing = _packing()
    containers = _containers()
    lines = List(fields.Nested(ManifestNewLineSchema), MOST_LINES, 1)
    reason = Lines(LONGEST_REASON)


# ---------------------------------------------------------------- moves


class ManifestOptionalReasonSchema(Schema):
    """A move that needs no words of a party; an admin who makes it in place of one says why."""

    reason = _reason()


class ManifestNeededReasonSchema(Schema):
    reason = _reason(required=True)


class ManifestScheduleSchema(Schema):
    vehicle = Identifier(20, required=True, metadata={"description": "The plate."})
    driver = Text(50, required=True)
    escort = _optional(Text, 50)
    planned_at = Moment(required=True)
    reason = _reason()


class ManifestLineWeightSchema(Schema):
    no = Whole(1, MOST_LINES, required=True)
    weight_t = LoadTonnes(required=True)
    refused_t = Tonnes(0, HEAVIEST_T, load_default=0)


def _line_weights() -> List:
    about = {
        "description": "The weight of each line by its `no`; without it the weight is divided as planned."
    }
    return List(
        fields.Nested(ManifestLineWeightSchema),
        MOST_LINES,
        1,
        load_default=None,
        allow_none=True,
        metadata=about,
    )


class ManifestPickupSchema(Schema):
    weight_t = LoadTonnes(required=True)
    packages = _packages(load_default=None)
    vehicle = Identifier(20, required=True, metadata={"description": "The plate."})
    driver = Text(50, required=True)
    escort = _optional(Text, 50)
    estimated = Flag(load_default=False, metadata={"description": "The weight was not weighed."})
    containers = _containers(load_default=None)
    lines = _line_weights()
    reason = _reason()


class ManifestHandOverSchema(Schema):
    """From the carrier that has the load: the next one. From that one, to sign: the one before."""

    transporter_id = fields.UUID(required=True)
    place = Text(100, required=True)
    at = Moment(required=True)
    vehicle = _optional(Identifier, 20)
    driver = _optional(Text, 50)
    escort = _optional(Text, 50)
    reason = _reason()


class ManifestDeliverySchema(Schema):
    lon = _optional(Number, validate=Range(min=-180, max=180))
    lat = _optional(Number, validate=Range(min=-90, max=90))
    crs = fields.String(load_default="wgs84", validate=OneOf(CRS, "crs"))
    reason = _reason()

    @validates_schema
    def _whole_place(self, data: dict[str, Any], **_: Any) -> None:
        missing = [name for name in ("lon", "lat") if data[name] is None]
        if len(missing) == 1:
            raise ValidationError({missing[0]: [Message("field_required")]})


class ManifestReceiptSchema(Schema):
    weight_t = LoadTonnes(required=True)
    refused_t = Tonnes(0, HEAVIEST_T, load_default=0)
    packages = _packages(load_default=None)
    significant = _optional(Flag, metadata={"description": "Whether you find a significant difference."})
    lines = _line_weights()
    note = _optional(Lines, LONGEST_REASON)
    reason = _reason()


class ManifestOutcomeSchema(Schema):
    operation = Identifier(3, required=True, metadata={"description": "R1 to R13, D1 to D15."})
    on = Day(required=True)
    quantity_t = Tonnes(required=True)
    product = _optional(Text, 100)
    reason = _reason()


class ManifestFollowSchema(Schema):
    kind = fields.String(required=True, validate=OneOf(("return", "onward"), "manifest_kind"))
    deal_id = _optional(fields.UUID)
    transporter_id = _optional(fields.UUID)
    planned_on = _optional(Day)
    reason = _reason()


class NeverCorrected(fields.Raw):
    """A field that no correction changes; whoever names it is told what to do instead."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        raise ValidationError([Message("never_corrected")])


class ManifestCorrectedFieldsSchema(Schema):
    """What is to be changed; `weight_t` is the asker's own weight."""

    weight_t = LoadTonnes()
    refused_t = Tonnes(0, HEAVIEST_T)
    packages = Whole(1, MOST_PACKAGES)
    packing = fields.String(validate=OneOf(Packaging))
    component = Text(200)
    emergency = Lines(1000)
    vehicle = Identifier(20)
    driver = Text(50)
    escort = Text(50)
    note = Lines(LONGEST_REASON)
    reason = Lines(LONGEST_REASON)
    number = NeverCorrected()
    official_number = NeverCorrected()
    receiver = NeverCorrected()
    receiver_id = NeverCorrected()
    sender_id = NeverCorrected()
    supplier = NeverCorrected()
    supplier_id = NeverCorrected()

    @validates_schema
    def _not_empty(self, data: dict[str, Any], **_: Any) -> None:
        if not data:
            raise ValidationError([Message("field_required")])


class ManifestCorrectionRequestSchema(Schema):
    changes = fields.Nested(ManifestCorrectedFieldsSchema, required=True)
    reason = _reason(required=True)


# ---------------------------------------------------------------- what is shown


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
    signer = Value(("enterprise", "admin", "system"))
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


class ManifestCorrectionSchema(ResponseSchema):
    id = fields.UUID()
    manifest_id = fields.UUID()
    status = Value(CorrectionStatus)
    part = Value(Part, "Whose part is to be corrected.")
    approver = Value(Part, "Who has to agree.")
    changes = fields.Dict(metadata={"description": "As asked for; weights in tonnes."})
    reason = fields.String()
    decision_reason = fields.String(allow_none=True)
    decided_at = Moment(allow_none=True)
    created_at = Moment()


class ManifestReportedOutcomeSchema(ResponseSchema):
    operation = fields.String()
    on = Day()
    quantity_t = Tonnes(attribute="quantity_kg")
    product = fields.String(allow_none=True)


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


# ---------------------------------------------------------------- questions


def _about(description: str) -> dict[str, Any]:
    return {"load_default": None, "metadata": {"description": description}}


class ManifestFilter(Schema):
    status = Choices(ManifestStatus, "manifest_status", **_about("One or several states, comma separated."))
    role = fields.String(
        validate=OneOf(("supplier", "transporter", "receiver"), "party"),
        **_about("As which party you take part."),
    )
    mine = fields.Boolean(load_default=False, metadata={"description": "Only those that you take part in."})
    from_ = Day(data_key="from", **_about("First day on which it was drafted (Asia/Shanghai)."))
    until = Day(**_about("Last day on which it was drafted."))
    deal_id = fields.UUID(**_about("Of this deal."))
    number = Identifier(30, **_about("Our number, or the official one."))
    region = Adcode(**_about("Where the load leaves from: a region with all within it."))
    differing = fields.Boolean(
        load_default=False, metadata={"description": "Only loads that differ from their manifest."}
    )
    late = fields.Boolean(
        load_default=False, metadata={"description": "Only those with a late step that was reported."}
    )


class ManifestQuery(ManifestFilter, PageQuery):
    """A search of manifests and its page, newest first."""


class ManifestExportQuery(ManifestFilter):
    format = fields.String(
        load_default="csv", validate=OneOf(("csv", "xlsx")), metadata={"description": "Of the file."}
    )


class ExpectedQuery(PageQuery):
    from_ = Day(data_key="from", **_about("First day; default today."))
    until = Day(**_about("Last day."))


class ClosingRateQuery(Schema):
    region = Adcode(**_about("Where the loads leave from: a region with all within it."))
    from_ = Day(data_key="from", **_about("First day of issue."))
    until = Day(**_about("Last day of issue."))
    by = fields.String(
        load_default="enterprise", validate=OneOf(("enterprise", "district")),
        metadata={"description": "Whether `items` count each sender apart, or its district as a whole."},
    )  # fmt: skip


class ManifestRateSchema(ResponseSchema):
    optional = ("enterprise",)

    region = Adcode()
    enterprise = fields.Nested(EnterpriseRefSchema)
    issued = fields.Integer()
    closed = fields.Integer()
    rate = fields.Float(allow_none=True)


class ClosingRateSchema(ResponseSchema):
    issued = fields.Integer(metadata={"description": "Issued in the period and not cancelled."})
    closed = fields.Integer(metadata={"description": "Of those, closed or treated."})
    rate = fields.Float(
        allow_none=True, metadata={"description": "`closed / issued`; null where nothing was issued."}
    )
    items = fields.List(fields.Nested(ManifestRateSchema))


class ManifestDeadlineSchema(ResponseSchema):
    step = Value(LateStep)
    working = fields.Boolean(metadata={"description": "Whether the days are working days."})
    reminded_days = fields.Integer(allow_none=True)
    escalated_days = fields.Integer(allow_none=True)
    recorded_days = fields.Integer(allow_none=True)
    mark = Value(("T", "S", "O"), "T: by the text of the law; S: by a summary of it; O: our own choice.")
    source = fields.String()


class ManifestToleranceSchema(ResponseSchema):
    form = KnownValue(allow_none=True)
    packing = KnownValue(allow_none=True)
    per_mille = fields.Integer()
    least_kg = fields.Integer()
    significant_per_mille = fields.Integer()
    source = fields.String()


class ManifestRulesSchema(ResponseSchema):
    deadlines = fields.List(fields.Nested(ManifestDeadlineSchema))
    tolerances = fields.List(fields.Nested(ManifestToleranceSchema))


class ManifestLabelQuery(Schema):
    line = QueryWhole(
        load_default=None,
        validate=Range(1, MOST_LINES),
        metadata={"description": "Only the labels of this line."},
    )
    package = QueryWhole(
        load_default=None,
        validate=Range(1, MOST_PACKAGES),
        metadata={"description": "Only the label of this package, counted from 1 in its line."},
    )
    first = QueryWhole(
        load_default=1,
        validate=Range(1, MOST_PACKAGES),
        metadata={"description": "Of all labels, the one with which the sheet of up to 100 begins."},
    )
    volume_l = QueryWhole(
        load_default=None,
        validate=Range(1, MOST_LITRES),
        metadata={
            "description": "Litres that each container holds: the size of its label. Default: the largest."
        },
    )
