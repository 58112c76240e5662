"""Settings of an enterprise: its profile, and what is mailed to it."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, request, url_for
from marshmallow import fields

from ...catalogue import service as catalogue
from ...enterprises import service as enterprises
from ...enterprises.models import ChangeStatus, EnterpriseStatus, Role
from ...errors import Invalid, Notice
from ...events.actor import ENTERPRISE, Actor
from ...http.fields import Adcode, Lines, OneOf, Text
from ...http.schemas import Email, EnterpriseName, Phone, Schema
from ...notifications import service as notifications
from ...notifications.models import REQUIRED, EmailPreference, NotificationKind
from ...persons.models import Language
from ...persons.service import Acting
from ..form_fields import CODE_BETWEEN
from ..forms import Errors, change_or_show, typed, version_seen
from ..page import pages
from ..visitor import ASK_AGAIN, members_only, private
from ..warnings import warn

OWNER = "admin"
"""The scope of whoever sets what is set for the whole enterprise."""


class ProfileForm(Schema):
    name = EnterpriseName(100, required=True)
    region = Adcode(required=True)
    contact_name = Text(50, required=True, data_key="contact.name")
    contact_email = Email(required=True, data_key="contact.email")
    contact_phone = Phone(required=True, data_key="contact.phone")
    roles = fields.String(required=True)
    """One of them at least; there may be several boxes of this name."""


class NoticesForm(Schema):
    email = fields.String(required=True, validate=OneOf(EmailPreference))
    language = fields.String(required=True, validate=OneOf(Language))
    muted_codes = Lines(4000, load_default="")


class KeyForm(Schema):
    name = Text(100, required=True)


PROFILE, NOTICES, KEY = ProfileForm(), NoticesForm(), KeyForm()


# ---------------------------------------------------------------- the profile


@pages.get("/settings/enterprise")
@members_only(kinds=(ENTERPRISE,))
def show_own_enterprise(who: Acting) -> Response:
    """The profile, and what is proposed to change in it."""
    return _enterprise(who)


def _enterprise(who: Acting, http_status: int = 200, errors: Errors | None = None) -> Response:
    actor = who.actor
    row = enterprises.own(actor)
    shown = enterprises.present(actor, row)
    contact = shown["contact"] or {}
    stored = {
        "name": row.name,
        "region": f"{row.region:06d}",
        **{f"contact.{part}": contact.get(part, "") for part in ("name", "email", "phone")},
    }
    waiting = enterprises.list_changes(actor, {"status": ChangeStatus.OPEN, "enterprise_id": row.id}, None, 1)
    return private(
        "firm.html",
        http_status,
        firm=shown,
        version=row.version,
        region_name=catalogue.region_names({row.region}).get(row.region, ""),
        values=typed() if errors else stored,
        chosen=request.form.getlist("roles") if errors else row.roles,
        errors=errors or {},
        roles=list(Role),
        waiting=enterprises.present_changes(actor, waiting),
        is_done=request.method == "GET" and "done" in request.args,
        is_approved=row.status == EnterpriseStatus.APPROVED,
        may_write=OWNER in actor.scopes,
        api="/api/v1/enterprises/me",
    )


@pages.post("/settings/enterprise")
@members_only(OWNER, kinds=(ENTERPRISE,), sensitive=ASK_AGAIN)
def change_enterprise(who: Acting) -> Any:
    """Change the profile; name, region and roles of an approved enterprise are proposed to staff."""
    actor = who.actor
    own_id = actor.id
    assert own_id is not None

    def change(data: dict[str, Any]) -> None:
        enterprises.check_change(actor, {})
        _, notices, _ = enterprises.change(actor, own_id, _differences(actor, data), version_seen())
        warn(notices)

    return _change_profile(who, PROFILE, change)


def _change_profile(who: Acting, schema: Schema | None, change: Callable[[dict[str, Any]], Any]) -> Any:
    then = url_for("console.show_own_enterprise", done=1 if schema else None)
    return change_or_show(schema, partial(_enterprise, who), change, then)


def _differences(actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """What differs from the profile as it is, by the names of the API.

    Raises: Invalid: none of the roles is one.
    """
    row = enterprises.own(actor)
    roles = [role.value for role in Role if role in request.form.getlist("roles")]
    if not roles:
        raise Invalid("field_required", at="roles")
    contact = {part: data[f"contact_{part}"] for part in ("name", "email", "phone")}
    now = {"name": row.name, "region": row.region, "roles": sorted(row.roles)}
    wanted = {"name": data["name"], "region": data["region"], "roles": sorted(roles)}
    changed = {name: value for name, value in wanted.items() if value != now[name]}
    return changed if contact == enterprises.contact_for(row) else {**changed, "contact": contact}


@pages.post("/settings/enterprise/changes/<uuid:change_id>/withdraw")
@members_only(OWNER, kinds=(ENTERPRISE,))
def withdraw_change(who: Acting, change_id: UUID) -> Any:
    """Take back a proposal that nobody has decided on."""
    actor = who.actor
    change = enterprises.find_change(actor, change_id)
    return _change_profile(who, None, lambda _: enterprises.withdraw_change(actor, change.id, None))


@pages.post("/settings/enterprise/send-proof")
@members_only(OWNER, kinds=(ENTERPRISE,))
def send_proof(who: Acting) -> Any:
    """Have another link mailed that proves the contact's address."""
    actor = who.actor

    def ask(_: dict[str, Any]) -> None:
        enterprises.request_proof(actor)
        warn([Notice("proof_requested", "contact")])

    return _change_profile(who, None, ask)


# ---------------------------------------------------------------- notices


@pages.get("/settings/notices")
@members_only(kinds=(ENTERPRISE,))
def show_notices(who: Acting) -> Response:
    """What is mailed, how promptly, in which language, and about which codes nothing."""
    return _notices(who)


def _notices(who: Acting, http_status: int = 200, errors: Errors | None = None) -> Response:
    actor = who.actor
    row = notifications.own_preferences(actor)
    shown = notifications.describe_preferences(row)
    stored = {**shown, "muted_codes": "\n".join(code["code"] for code in shown["muted_codes"])}
    return private(
        "notices.html",
        http_status,
        values=typed() if errors else stored,
        version=row.version,
        kinds={kind: _chosen(kind, shown["kinds"]) for kind in NotificationKind},
        preferences=list(EmailPreference),
        required=REQUIRED,
        languages=list(Language),
        warnings=shown["warnings"],
        is_done=request.method == "GET" and "done" in request.args,
        errors=errors or {},
        may_write="listings:write" in actor.scopes,
        api="/api/v1/notification-preferences",
    )


def _chosen(kind: str, kinds: dict[str, str]) -> str:
    return request.form.get(f"kinds.{kind}") or kinds.get(kind, "")


@pages.post("/settings/notices")
@members_only("listings:write", kinds=(ENTERPRISE,))
def set_notices(who: Acting) -> Any:
    """Replace the preferences."""
    actor = who.actor

    def change(data: dict[str, Any]) -> None:
        codes = [code.strip() for code in CODE_BETWEEN.split(data["muted_codes"]) if code.strip()]
        kinds = {kind.value: request.form.get(f"kinds.{kind}", "") for kind in NotificationKind}
        wanted = {
            **data,
            "muted_codes": [{"scheme": None, "code": code} for code in codes],
            "kinds": {kind: how for kind, how in kinds.items() if how in list(EmailPreference)},
        }
        notifications.set_preferences(actor, wanted, version_seen())

    return change_or_show(NOTICES, partial(_notices, who), change, url_for("console.show_notices", done=1))
