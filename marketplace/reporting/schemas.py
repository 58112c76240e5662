"""Shapes of declarations, plans, and management classes."""

from marshmallow import fields

from ..http.fields import (
    FIRST_YEAR,
    LAST_YEAR,
    MAX_TONNES,
    Adcode,
    Day,
    Identifier,
    Lines,
    List,
    Moment,
    OneOf,
    QueryWhole,
    Range,
    Text,
    Tonnes,
    Value,
    Whole,
)
from ..http.paging import PageQuery, page_of
from ..http.schemas import InOrderSchema, ResponseSchema, Schema, WarningSchema, WrittenCodeSchema
from .models import (
    ClassBasis,
    DeclarationStatus,
    PlanStatus,
    ReportingClass,
    ReportKind,
    VersionAction,
)

MOST_LINES = 200
PERIODS = (ReportKind.MONTH, ReportKind.QUARTER, ReportKind.YEAR)
KNOWN = "Left out: as it is known, from manifests or from the declaration before."


def _known(name: str, about: str) -> Tonnes:
    metadata = {"description": f"{about} {KNOWN}"}
    return Tonnes(0, attribute=f"{name}_kg", load_default=None, allow_none=True, metadata=metadata)


def _shown(name: str, about: str) -> Tonnes:
    return Tonnes(0, attribute=f"{name}_kg", allow_none=True, metadata={"description": about})


class FilingSchema(Schema):
    """The receipt of the national system; number and day go together."""

    receipt = Identifier(
        60, load_default=None, allow_none=True, metadata={"description": "Its number in the national system."}
    )
    filed_on = Day(
        load_default=None, allow_none=True, metadata={"description": "The day that the receipt shows."}
    )


class DeclarationLineSchema(WrittenCodeSchema):
    """The figures of a code; opening + generated + received - own - outside = closing."""

    opening_t = _known("opening", "Stock at the beginning.")
    generated_t = _known("generated", "Generated in the period.")
    received_t = _known("received", "Received from others.")
    own_t = _known("own", "Used or disposed of in a facility of your own.")
    outside_t = _known("outside", "Handed over to others.")
    closing_t = _known("closing", "Stock at the end.")


class ConfirmationOfDeclarationSchema(FilingSchema):
    """Without `lines` the declaration is confirmed as it is pre-filled."""

    lines = List(
        fields.Nested(DeclarationLineSchema),
        MOST_LINES,
        load_default=None,
        allow_none=True,
        metadata={"description": "All lines; a code that is left out counts as nothing."},
    )
    reason = Lines(
        500,
        load_default=None,
        allow_none=True,
        metadata={"description": "Why a known figure is changed; needed only then."},
    )


class DeclarationCorrectionSchema(FilingSchema):
    lines = List(fields.Nested(DeclarationLineSchema), MOST_LINES, required=True)
    reason = Lines(500, required=True, metadata={"description": "Why it is corrected; it is kept."})


class ReceiptSchema(Schema):
    """The receipt of the national system."""

    receipt = Identifier(60, required=True, metadata={"description": "Its number in the national system."})
    filed_on = Day(required=True, metadata={"description": "The day that the receipt shows."})


class DeclaredLineSchema(ResponseSchema):
    """The figures of a code; null where only the enterprise knows them and has not said them yet."""

    scheme = fields.String()
    code = fields.String()
    opening_t = _shown("opening", "Stock at the beginning.")
    generated_t = _shown("generated", "Generated in the period.")
    received_t = _shown("received", "Received from others.")
    own_t = _shown("own", "Used or disposed of in a facility of its own.")
    outside_t = _shown("outside", "Handed over to others.")
    closing_t = _shown("closing", "Stock at the end.")


class BalancedLineSchema(DeclaredLineSchema):
    gap_t = Tonnes(
        -MAX_TONNES,
        attribute="gap_kg",
        allow_none=True,
        metadata={"description": "What the balance lacks; below 0, what it has too much. 0 closes it."},
    )


class DeclarationSummarySchema(ResponseSchema):
    """A declaration that is due: of which period, until when, why, and how far it is."""

    id = fields.UUID()
    enterprise_id = fields.UUID()
    kind = Value(PERIODS, "Month, quarter or year.")
    name = fields.String(metadata={"description": "2026-11, 2026-Q3 or 2026."})
    first_day = Day()
    last_day = Day()
    due_on = Day(metadata={"description": "The last day on which it is in time."})
    status = Value(DeclarationStatus, "How far it is.")
    is_draft = fields.Boolean(
        metadata={"description": "Until the receipt of the national system is on file, this is a draft only."}
    )
    was_late = fields.Boolean()
    management_class = Value(ReportingClass, "The class by which it is due.")
    class_basis = Value(ClassBasis, "Why the enterprise was in that class.")
    annual_t = Tonnes(
        attribute="annual_kg",
        allow_none=True,
        metadata={"description": "The greatest annual amount of the three years before; null: unknown."},
    )
    confirmed_on = Day(allow_none=True)
    receipt = fields.String(allow_none=True)
    filed_on = Day(allow_none=True)
    created_at = Moment()
    updated_at = Moment()


class DeclarationSchema(DeclarationSummarySchema):
    """A declaration with its lines: as confirmed, before that as pre-filled."""

    version_no = fields.Integer(metadata={"description": "0 before it is confirmed."})
    lines = fields.List(fields.Nested(BalancedLineSchema))
    warnings = fields.List(fields.Nested(WarningSchema))


class DeclarationVersionSchema(ResponseSchema):
    no = fields.Integer()
    action = Value(VersionAction, "What made it.")
    lines = fields.List(fields.Nested(DeclaredLineSchema))
    reason = fields.String(allow_none=True)
    receipt = fields.String(allow_none=True)
    filed_on = Day(allow_none=True)
    at = Moment()


class DeclarationQuery(PageQuery):
    due = Day(
        load_default=None,
        metadata={"description": "Only those that are due by this day and that nobody has confirmed."},
    )
    status = fields.String(
        load_default=None,
        validate=OneOf(DeclarationStatus),
        metadata={"description": "Only those in this state."},
    )
    kind = fields.String(
        load_default=None,
        validate=OneOf(PERIODS, "report_kind"),
        metadata={"description": "Only those of a month, quarter or year."},
    )
    enterprise_id = fields.UUID(
        load_default=None, metadata={"description": "Only those of this enterprise; for staff."}
    )


class PlannedGenerationSchema(WrittenCodeSchema):
    planned_t = Tonnes(0, required=True, attribute="planned_kg")


class PlannedStorageSchema(PlannedGenerationSchema):
    packing = Text(100, load_default=None, allow_none=True, metadata={"description": "How it is packed."})


class PlannedTreatmentSchema(PlannedGenerationSchema):
    treatment = Identifier(20, required=True, metadata={"description": "The operation, as R5 or D10."})


class PlannedTransferSchema(PlannedTreatmentSchema):
    receiver = Text(
        100, load_default=None, allow_none=True, metadata={"description": "Who is to receive it."}
    )
    licence = Identifier(
        60, load_default=None, allow_none=True, metadata={"description": "The number of its licence."}
    )


def _part(schema: type[Schema], about: str) -> List:
    return List(
        fields.Nested(schema),
        MOST_LINES,
        load_default=None,
        allow_none=True,
        metadata={"description": f"{about} An empty list says that there is none."},
    )


class NewPlanSchema(FilingSchema):
    """The plan of a year. Which parts it needs depends on the class; the unit is that of the profile."""

    year = Whole(FIRST_YEAR, LAST_YEAR, load_default=None, allow_none=True)
    generation = _part(PlannedGenerationSchema, "What will be generated.")
    storage = _part(PlannedStorageSchema, "What will be in store at the end of the year.")
    own_treatment = _part(PlannedTreatmentSchema, "What will be used or disposed of in your own facility.")
    transfers = _part(PlannedTransferSchema, "What will be handed over.")
    facilities = Lines(2000, load_default=None, allow_none=True)
    reduction = Lines(2000, load_default=None, allow_none=True)
    reason = Lines(
        500,
        load_default=None,
        allow_none=True,
        metadata={"description": "Why it is amended; needed of a plan that was submitted."},
    )


class PlannedItemSchema(ResponseSchema):
    """An entry of a part of a plan."""

    optional = ("packing", "treatment", "receiver", "licence")

    scheme = fields.String()
    code = fields.String()
    planned_t = Tonnes(0, attribute="planned_kg")
    packing = fields.String(allow_none=True)
    treatment = fields.String()
    receiver = fields.String(allow_none=True)
    licence = fields.String(allow_none=True)


class PlanUnitSchema(ResponseSchema):
    name = fields.String()
    uscc = fields.String()
    region = Adcode()


class PlanActualSchema(ResponseSchema):
    """Of a code: what was planned for the year, and what has come of it so far."""

    scheme = fields.String()
    code = fields.String()
    planned_generation_t = Tonnes(0, attribute="planned_generation_kg")
    generated_t = Tonnes(
        0, attribute="generated_kg", metadata={"description": "As declared for the year or parts of it."}
    )
    planned_transfer_t = Tonnes(0, attribute="planned_transfer_kg")
    handed_over_t = Tonnes(
        0, attribute="handed_over_kg", metadata={"description": "By closed manifests of loads that left."}
    )


class PlanSchema(ResponseSchema):
    """The management plan of a year, beside what became of it."""

    id = fields.UUID()
    enterprise_id = fields.UUID()
    year = fields.Integer()
    due_on = Day()
    status = Value(PlanStatus, "How far it is.")
    is_draft = fields.Boolean(
        metadata={"description": "Until the number of the national system is on file, this is a draft only."}
    )
    was_late = fields.Boolean()
    management_class = Value(ReportingClass, "It says which parts are needed.")
    class_basis = Value(ClassBasis, "Why the enterprise was in that class.")
    submitted_on = Day(allow_none=True)
    receipt = fields.String(allow_none=True)
    filed_on = Day(allow_none=True)
    version_no = fields.Integer(metadata={"description": "0 before it is submitted."})
    unit = fields.Nested(PlanUnitSchema)
    generation = fields.List(fields.Nested(PlannedItemSchema), allow_none=True)
    storage = fields.List(fields.Nested(PlannedItemSchema), allow_none=True)
    own_treatment = fields.List(fields.Nested(PlannedItemSchema), allow_none=True)
    transfers = fields.List(fields.Nested(PlannedItemSchema), allow_none=True)
    facilities = fields.String(allow_none=True)
    reduction = fields.String(allow_none=True)
    actual = fields.List(fields.Nested(PlanActualSchema))
    created_at = Moment()
    updated_at = Moment()


class PlanPartsSchema(ResponseSchema):
    """The parts of a version of a plan; those that it left out are missing."""

    optional = ("generation", "storage", "own_treatment", "transfers", "facilities", "reduction")

    generation = fields.List(fields.Nested(PlannedItemSchema))
    storage = fields.List(fields.Nested(PlannedItemSchema))
    own_treatment = fields.List(fields.Nested(PlannedItemSchema))
    transfers = fields.List(fields.Nested(PlannedItemSchema))
    facilities = fields.String()
    reduction = fields.String()


class PlanVersionSchema(ResponseSchema):
    no = fields.Integer()
    action = Value(VersionAction, "What made it.")
    parts = fields.Nested(PlanPartsSchema)
    reason = fields.String(allow_none=True)
    receipt = fields.String(allow_none=True)
    filed_on = Day(allow_none=True)
    at = Moment()


class PlanQuery(PageQuery):
    year = QueryWhole(
        load_default=None,
        validate=Range(min=FIRST_YEAR, max=LAST_YEAR),
        metadata={"description": "Only those of this year."},
    )
    status = fields.String(
        load_default=None, validate=OneOf(PlanStatus), metadata={"description": "Only those in this state."}
    )
    enterprise_id = fields.UUID(
        load_default=None, metadata={"description": "Only those of this enterprise; for staff."}
    )


class ClassDecisionSchema(InOrderSchema):
    """That an authority, or the operator after it, has put an enterprise into a class."""

    id = fields.UUID(dump_only=True, required=True)
    management_class = fields.String(required=True, validate=OneOf(ReportingClass))
    valid_from = Day(required=True)
    valid_until = Day(load_default=None, allow_none=True)
    source = Text(300, required=True, metadata={"description": "Who decided it, and where it is written."})
    created_at = Moment(dump_only=True, required=True)


class EnterpriseClassSchema(ResponseSchema):
    """The management class of an enterprise today; null where no hazardous waste of it is known."""

    enterprise_id = fields.UUID()
    management_class = Value(ReportingClass, allow_none=True)
    basis = Value(ClassBasis, "Why it is in that class.", allow_none=True)
    annual_t = Tonnes(attribute="annual_kg", allow_none=True)
    decisions = fields.List(fields.Nested(ClassDecisionSchema))


DeclarationPage = page_of(DeclarationSummarySchema, "DeclarationPage")
DeclarationVersionPage = page_of(DeclarationVersionSchema)
PlanPage = page_of(PlanSchema, "ManagementPlanPage")
PlanVersionPage = page_of(PlanVersionSchema, "ManagementPlanVersionPage")
