"""Shapes of members and invitations."""

from marshmallow import fields

from ..http.fields import Identifier, Lines, Moment, OneOf, Text, Value
from ..http.paging import PageQuery, page_of
from ..http.schemas import Email, Password, PersonRefSchema, Phone, ResponseSchema, Schema
from .models import InvitationStatus, Language, ResetKind, ResetStatus, Right


class NewInvitationSchema(Schema):
    """Somebody to be invited: into your enterprise with a right or, by an admin, as a member of staff."""

    right = fields.String(
        load_default=None,
        validate=OneOf(Right),
        metadata={"description": "What the invited may do for your enterprise."},
    )
    staff_id = fields.UUID(
        load_default=None,
        metadata={
            "description": "For admins: the member of staff, known by keys so far, who the invited is."
        },
    )
    email = Email(
        load_default=None,
        metadata={"description": "Where the code is mailed; without it the response has it, for paper."},
    )
    language = fields.String(
        load_default="zh",
        validate=OneOf(Language),
        metadata={"description": "Of the e-mail, and of the person until it chooses another."},
    )


class InvitationSchema(ResponseSchema):
    id = fields.UUID()
    status = Value(InvitationStatus)
    right = Value(Right, allow_none=True)
    staff_id = fields.UUID(allow_none=True)
    email = fields.String(allow_none=True)
    language = Value(Language)
    created_at = Moment()
    ends_at = Moment(metadata={"description": "When the code opens nothing any more."})


class NewInvitedSchema(InvitationSchema):
    optional = ("code",)

    code = fields.String(metadata={"description": "To be handed over; it is shown this once."})


InvitationPage = page_of(InvitationSchema, "InvitationPage")


class InvitationQuery(PageQuery):
    status = fields.String(
        load_default=None,
        validate=OneOf(InvitationStatus),
        metadata={"description": "Only invitations that stand so."},
    )


class JoinSchema(Schema):
    """An invitation is accepted. Who has a log-in already sends its code and its password only."""

    code = Identifier(60, required=True, metadata={"description": "Of the invitation."})
    password = Password()
    name = Text(50, load_default=None, metadata={"description": "Of a new person."})
    phone = Phone(
        load_default=None,
        metadata={"description": "Of a new person; where the code came on paper it is the log-in."},
    )
    language = fields.String(load_default=None, validate=OneOf(Language))


class RightSchema(Schema):
    right = fields.String(required=True, validate=OneOf(Right))


class MemberSchema(ResponseSchema):
    """A person who acts for your enterprise; to admins, one who is a member of staff."""

    id = fields.UUID()
    person_id = fields.UUID()
    right = Value(Right, "Null of staff.", allow_none=True)
    staff_id = fields.UUID(allow_none=True)
    name = fields.String()
    email = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    language = Value(Language)
    has_second_factor = fields.Boolean()
    created_at = Moment(metadata={"description": "Since when the person is a member."})


MemberPage = page_of(MemberSchema, "MemberPage")


class MyselfSchema(ResponseSchema):
    """What a person sees of itself."""

    id = fields.UUID()
    no = fields.Integer(metadata={"description": "What history calls the person for good."})
    name = fields.String()
    email = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    language = Value(Language)
    has_second_factor = fields.Boolean()
    created_at = Moment()


class MyselfChangeSchema(Schema):
    name = Text(50)
    language = fields.String(validate=OneOf(Language))


class PasswordChangeSchema(Schema):
    current_password = Password("The password of now.", shortest=1)
    password = Password()


class PhoneChangeSchema(Schema):
    phone = Phone(
        load_default=None, allow_none=True, metadata={"description": "Null where the address is left."}
    )
    password = Password("Your password.", shortest=1)


class EmailChangeSchema(Schema):
    email = Email(required=True)
    password = Password("Your password.", shortest=1)


class EmailCodeSchema(Schema):
    code = Identifier(60, required=True, metadata={"description": "Of the e-mail to the new address."})


class OwnErasureSchema(Schema):
    password = Password("Your password.", shortest=1)


class PersonErasureSchema(Schema):
    reason = Lines(
        500, required=True, metadata={"description": "Who asked for it and why; it stays in the audit."}
    )


class NewResetSchema(Schema):
    login = Identifier(254, required=True, metadata={"description": "The address or number of who lost it."})
    kind = fields.String(required=True, validate=OneOf(ResetKind))
    reason = Lines(
        500, required=True, metadata={"description": "How you know who asks: the paper that was shown."}
    )


class AccessResetSchema(ResponseSchema):
    """A lost password or second factor that two admins give up."""

    id = fields.UUID()
    status = Value(ResetStatus)
    kind = Value(ResetKind)
    person_id = fields.UUID()
    person = fields.Nested(PersonRefSchema)
    login = fields.String(allow_none=True)
    reason = fields.String()
    proposed_by = fields.UUID(metadata={"description": "The member of staff who proposed it."})
    confirmed_by = fields.UUID(allow_none=True)
    confirmed_at = Moment(allow_none=True)
    created_at = Moment()
    ends_at = Moment(allow_none=True, metadata={"description": "When it lapses; null once it has ended."})


class ConfirmedResetSchema(AccessResetSchema):
    code = fields.String(
        allow_none=True, metadata={"description": "To be handed over; it is shown this once."}
    )


AccessResetPage = page_of(AccessResetSchema, "AccessResetPage")


class ResetQuery(PageQuery):
    status = fields.String(
        load_default=None,
        validate=OneOf(ResetStatus),
        metadata={"description": "Only resets that stand so."},
    )


class ResetUseSchema(Schema):
    login = Identifier(254, required=True, metadata={"description": "Your address or number."})
    code = Identifier(60, required=True, metadata={"description": "On the paper that an admin handed over."})
    password = Password()


class ResetUsedSchema(ResponseSchema):
    used = fields.Boolean(metadata={"description": "Always true: log in now."})
