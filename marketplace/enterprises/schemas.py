"""Shapes of enterprises, keys and staff."""

from marshmallow import fields

from ..events.actor import ADMIN, ENTERPRISE, REGULATOR, SCOPES
from ..http.fields import (
    Adcode,
    Day,
    Flag,
    Identifier,
    Lines,
    List,
    Moment,
    OneOf,
    Text,
    Value,
    unique,
)
from ..http.paging import PageQuery, page_of
from ..http.schemas import (
    ContactSchema,
    EnterpriseName,
    LocationSchema,
    ResponseSchema,
    Schema,
    Uscc,
    WarningSchema,
)
from .models import ChangeStatus, ClaimStatus, EnterpriseStatus, Grade, Holders, Role


class _Profile(Schema):
    name = EnterpriseName(100, required=True)
    roles = List(
        fields.String(validate=OneOf(Role)),
        4,
        1,
        required=True,
        checks=[unique],
        metadata={"uniqueItems": True},
    )
    region = Adcode(required=True)
    location = fields.Nested(LocationSchema, allow_none=True, load_default=None)
    contact = fields.Nested(ContactSchema, required=True)


class RegistrationSchema(_Profile):
    """What an enterprise says of itself when it registers."""

    uscc = Uscc(required=True)


class ProfileChangeSchema(Schema):
    """What may change; `small_generator` and `partner_id` by an admin only.

    Name, region and roles of an approved enterprise are proposed, and change when an admin confirms them.
    """

    name = EnterpriseName(100)
    region = Adcode()
    location = fields.Nested(LocationSchema)
    contact = fields.Nested(ContactSchema)
    roles = List(
        fields.String(validate=OneOf(Role)),
        4,
        1,
        checks=[unique],
        metadata={"uniqueItems": True},
    )
    small_generator = Flag()
    partner_id = fields.UUID(allow_none=True)


class EmailRefusalSchema(ResponseSchema):
    """That the contact's address was refused for good; e-mail is paused until the contact is sent again."""

    at = Moment()
    reply = fields.String(metadata={"description": "What the mail relay answered."})


class EnterpriseSchema(ResponseSchema):
    """An enterprise; everything below `status` is for itself, admins and its region's regulators, but that
    approved members see the score of others, in whole points."""

    optional = (
        "uscc",
        "status_reason",
        "email_proven_at",
        "location",
        "contact",
        "contact_erased_at",
        "email_refused",
        "small_generator",
        "partner_id",
        "score",
        "provisional",
        "blocked",
        "created_at",
        "updated_at",
        "warnings",
    )

    id = fields.UUID()
    name = fields.String()
    region = Adcode()
    roles = fields.List(Value(Role))
    grade = Value(Grade)
    status = Value(EnterpriseStatus)
    uscc = fields.String()
    status_reason = fields.String(
        allow_none=True, metadata={"description": "Why it was approved, rejected or suspended."}
    )
    email_proven_at = Moment(
        allow_none=True, metadata={"description": "When the contact's e-mail address was proven by its link."}
    )
    location = fields.Nested(LocationSchema)
    contact = fields.Nested(
        ContactSchema,
        allow_none=True,
        metadata={"description": "Null once erased, and in a replayed response."},
    )
    contact_erased_at = Moment(
        allow_none=True, metadata={"description": "When the contact was erased; null unless it was."}
    )
    email_refused = fields.Nested(EmailRefusalSchema)
    small_generator = fields.Boolean()
    partner_id = fields.UUID(allow_none=True)
    score = fields.Float()
    provisional = fields.Boolean()
    blocked = fields.Boolean()
    created_at = Moment()
    updated_at = Moment()
    warnings = fields.List(fields.Nested(WarningSchema))


class NoticeReferenceSchema(ResponseSchema):
    version = fields.Integer()
    url = fields.String(metadata={"description": "GET /privacy-notice, open to everybody."})


class NoticeSectionSchema(ResponseSchema):
    heading = fields.String()
    text = fields.String()


class PrivacyNoticeSchema(ResponseSchema):
    version = fields.Integer()
    valid_from = Day()
    title = fields.String()
    operator = fields.String(metadata={"description": "Who runs this exchange and answers for the data."})
    operator_contact = fields.String(metadata={"description": "Where requests about personal data go."})
    sections = fields.List(fields.Nested(NoticeSectionSchema))


class ChangedValuesSchema(ResponseSchema):
    """Values of the profile that a proposal replaces, or would set; only those that it names."""

    optional = ("name", "region", "roles", "location")

    name = fields.String()
    region = Adcode()
    roles = fields.List(Value(Role))
    location = fields.Nested(LocationSchema)


class ClaimantSchema(ResponseSchema):
    """Whom to reach about a claim; nothing of it is proven."""

    name = fields.String()
    email = fields.String()
    phone = fields.String()


class EnterpriseChangeSchema(ResponseSchema):
    """A proposed change of what the approval of an enterprise vouches for."""

    id = fields.UUID()
    enterprise_id = fields.UUID()
    name = fields.String(metadata={"description": "The enterprise's present name."})
    status = Value(ChangeStatus)
    before = fields.Nested(ChangedValuesSchema)
    proposed = fields.Nested(ChangedValuesSchema)
    reason = fields.String(allow_none=True, metadata={"description": "Why it was confirmed or refused."})
    created_at = Moment()
    updated_at = Moment()
    warnings = fields.List(
        fields.Nested(WarningSchema),
        metadata={"description": "For staff: which enterprises have the proposed name or one like it."},
    )


class ProposedSchema(ResponseSchema):
    """What waits for an admin's confirmation, and the enterprise as it is until then."""

    proposal = fields.Nested(EnterpriseChangeSchema)
    enterprise = fields.Nested(EnterpriseSchema)
    warnings = fields.List(fields.Nested(WarningSchema))


class EnterpriseChangeQuery(PageQuery):
    status = fields.String(
        load_default=None,
        validate=OneOf(ChangeStatus),
        metadata={"description": "Only those in this status; `open` is the queue."},
    )
    enterprise_id = fields.UUID(load_default=None, metadata={"description": "Only those of this enterprise."})


EnterpriseChangePage = page_of(EnterpriseChangeSchema)


class UsccClaimSchema(ResponseSchema):
    """A registration that was refused because its USCC is taken."""

    id = fields.UUID()
    uscc = fields.String()
    enterprise_id = fields.UUID(metadata={"description": "The enterprise that has the USCC."})
    enterprise_name = fields.String(metadata={"description": "Its name today."})
    enterprise_status = Value(EnterpriseStatus)
    status = Value(ClaimStatus)
    name = fields.String(metadata={"description": "The name that was to be registered."})
    contact = fields.Nested(ClaimantSchema, metadata={"description": "Empty once the claim has lapsed."})
    reason = fields.String(allow_none=True, metadata={"description": "Why it was decided so."})
    created_at = Moment()


class UsccClaimQuery(PageQuery):
    status = fields.String(
        load_default=None,
        validate=OneOf(ClaimStatus),
        metadata={"description": "Only those in this status; `open` is the queue."},
    )
    enterprise_id = fields.UUID(load_default=None, metadata={"description": "Only those on its USCC."})


UsccClaimPage = page_of(UsccClaimSchema)


class DecisionReasonSchema(Schema):
    reason = Lines(500, required=True, metadata={"description": "Kept with the decision."})


class RegisteredSchema(EnterpriseSchema):
    privacy_notice = fields.Nested(
        NoticeReferenceSchema,
        metadata={
            "description": "What the operator does with the contact's data, as it stood at registration."
        },
    )
    api_key = fields.String(
        allow_none=True, metadata={"description": "Shown only once; null in a replayed response."}
    )


class RejectionSchema(Schema):
    reason = Lines(500, required=True, metadata={"description": "The contact reads it."})


class RecoverySchema(Schema):
    uscc = Identifier(30, required=True)


class RecoveryRequestedSchema(ResponseSchema):
    requested = fields.Boolean(
        metadata={"description": "Always true: nobody learns whether the enterprise is registered."}
    )


class TokenSchema(Schema):
    token = Identifier(100, required=True, metadata={"description": "From the link in the e-mail."})


class ProvenSchema(ResponseSchema):
    proven = fields.Boolean()


class RecoveredSchema(ResponseSchema):
    enterprise_id = fields.UUID()
    api_key = fields.String(metadata={"description": "Shown only once."})


class EnterpriseQuery(PageQuery):
    grade = fields.String(
        load_default=None, validate=OneOf(Grade), metadata={"description": "Only those of this credit grade."}
    )
    region = Adcode(
        load_default=None, metadata={"description": "Only those of this region and the regions within it."}
    )
    q = Text(50, load_default=None, metadata={"description": "A part of the name."})
    status = fields.String(
        load_default=None,
        validate=OneOf(EnterpriseStatus),
        metadata={"description": "Only those in this status."},
    )
    role = fields.String(
        load_default=None, validate=OneOf(Role), metadata={"description": "Only those with this role."}
    )
    blocked = fields.Boolean(
        load_default=None,
        metadata={"description": "Only those on the blocked list, or only those that are not."},
    )
    sort = fields.String(
        load_default="score",
        validate=OneOf(["score", "-score", "created_at", "-created_at"], "sort"),
        metadata={"description": "By credit score or day of registration; `-` begins with the greatest."},
    )


EnterprisePage = page_of(EnterpriseSchema)


class KeyRequestSchema(Schema):
    name = Text(100, required=True)
    scopes = List(
        fields.String(validate=OneOf(SCOPES, "scope")),
        4,
        1,
        required=True,
        checks=[unique],
        metadata={"uniqueItems": True},
    )
    expires_at = Moment(load_default=None, allow_none=True)
    person_id = fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "The member to whom it is bound, nobody but who asks: it acts in that person's"
            " name, with no more than its right, and ends with the membership."
        },
    )


class KeySchema(ResponseSchema):
    id = fields.UUID()
    parent_id = fields.UUID(
        allow_none=True, metadata={"description": "The key that created it; it ends with that one."}
    )
    person_id = fields.UUID(allow_none=True, metadata={"description": "The member to whom it is bound."})
    name = fields.String()
    scopes = fields.List(Value(SCOPES))
    expires_at = Moment()
    revoked_at = Moment(allow_none=True)
    created_at = Moment()


def _key_shown_once() -> fields.String:
    return fields.String(
        allow_none=True, metadata={"description": "Shown only once; null in a replayed response."}
    )


class NewKeySchema(KeySchema):
    optional = ("warnings",)

    api_key = _key_shown_once()
    warnings = fields.List(fields.Nested(WarningSchema))


class KeyHolderSchema(ResponseSchema):
    kind = Value((ENTERPRISE, ADMIN, REGULATOR))
    id = fields.UUID()
    name = fields.String()
    region = Adcode(allow_none=True)


class HeldKeySchema(KeySchema):
    holder = fields.Nested(KeyHolderSchema)


class KeyQuery(PageQuery):
    holder = fields.String(
        load_default=Holders.OWN.value,
        validate=OneOf(Holders),
        metadata={"description": "Whose keys: your own, or for admins those of all staff or enterprises."},
    )
    holder_id = fields.UUID(
        load_default=None,
        metadata={"description": "For admins: the keys of this enterprise or member of staff only."},
    )


KeyPage = page_of(HeldKeySchema)


class RegulatorRequestSchema(Schema):
    name = Text(100, required=True)
    region = Adcode(required=True)


class RegulatorSchema(ResponseSchema):
    id = fields.UUID()
    name = fields.String()
    kind = Value((ADMIN, REGULATOR))
    region = Adcode(allow_none=True)
    api_key = _key_shown_once()
