"""Licences: the list, what one says and how much of it is used, and what an official decides about it."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, url_for
from marshmallow import fields

from ... import clock
from ...catalogue.models import Mode
from ...enterprises import service as enterprises
from ...errors import DomainError
from ...events.actor import ADMIN, ENTERPRISE, Actor
from ...http.bodies import FORM
from ...http.fields import OneOf, Text
from ...http.paging import PageQuery
from ...http.paging import page as page_of_rows
from ...licences import service as licences
from ...licences.models import Licence, LicenceKind, LicenceStatus
from ...persons.service import Acting
from ..firms_named import LONGEST, with_firms
from ..forms import Errors, change_or_show, once, once_by, read_form, typed, wrong
from ..page import pages, read_query
from ..paper_fields import LINES, MAX_FORM, LicenceForm, ReasonForm, UsageForm, keep_scan, read_lines
from ..visitor import members_only, private
from ..warnings import warn


class LicencesQuery(PageQuery):
    """What the list is asked for, by the names of the API."""

    enterprise_id = fields.UUID(load_default=None)
    status = fields.String(load_default=None, validate=OneOf(LicenceStatus))


class EntryForm(LicenceForm):
    """What an official enters; the holder by its credit code or name."""

    enterprise_id = Text(LONGEST, required=True)


class LineUsageForm(UsageForm):
    line_id = fields.UUID(required=True)


LIST, ENTRY, REASON, USAGE = LicencesQuery(), EntryForm(), ReasonForm(), LineUsageForm()


@pages.get("/licences")
@members_only()
def show_licences(who: Acting) -> Response:
    """The licences that the reader may see, newest first; an admin enters others."""
    return _licences(who)


def _licences(who: Acting, http_status: int = 200, errors: Errors | None = None) -> Response:
    actor = who.actor
    query, _ = read_query(LIST)
    found = page_of_rows(
        query, partial(licences.search, actor, Licence, query["enterprise_id"], query["status"])
    )
    firms = enterprises.references({row.enterprise_id for row in found["items"]})
    return private(
        "licences.html",
        http_status,
        items=found["items"],
        next=found["next"],
        query=query,
        firms=firms,
        statuses=list(LicenceStatus),
        may_enter=may_decide(actor),
        values={"enterprise_id": asked_firm(actor, query["enterprise_id"]), **typed(), **LINES.values()},
        errors=errors or {},
        lines=LINES,
        licence_kinds=list(LicenceKind),
        modes=list(Mode),
        today=clock.today(),
        api="/api/v1/licences",
    )


def may_decide(actor: Actor) -> bool:
    """Whether the actor enters, ends and decides permits."""
    return actor.is_admin and "admin" in actor.scopes


def asked_firm(actor: Actor, enterprise_id: UUID | None) -> str:
    """What an official whose list is of one enterprise would type for it."""
    if enterprise_id is None or not may_decide(actor):
        return ""
    firm = enterprises.by_id({enterprise_id}).get(enterprise_id)
    return firm.uscc if firm else ""


@pages.post("/licences")
@members_only("admin", kinds=(ADMIN,))
def enter_licence(who: Acting) -> Any:
    """Enter a licence; it counts at once."""
    actor = who.actor
    if LINES.is_more_asked():
        return _licences(who)
    data, errors = read_form(ENTRY)
    lines, wrong_lines = read_lines()
    errors |= wrong_lines
    if data is not None:
        data, unnamed = with_firms(actor, data, ("enterprise_id",))
        errors |= unnamed
    if data is None or errors:
        return _licences(who, 422, errors)
    sent = {**data, "lines": lines}

    def enter() -> str:
        licence, notices = licences.add_licence(actor, sent)
        warn(notices)
        return url_for("console.show_licence", licence_id=licence.id)

    try:
        return once(actor, enter)
    except DomainError as error:
        return _licences(who, error.status, LINES.beside(ENTRY, wrong(error)))


@pages.get("/licences/<uuid:licence_id>")
@members_only()
def show_licence(who: Acting, licence_id: UUID) -> Response:
    """What a licence says, what is used of it, its state and the reason, and its scans."""
    return _licence(who, licence_id)


def _licence(who: Acting, licence_id: UUID, http_status: int = 200, errors: Errors | None = None) -> Response:
    actor = who.actor
    row = licences.find(actor, Licence, licence_id)
    (shown,) = licences.present([row])
    today, waits = clock.today(), row.status == LicenceStatus.SUBMITTED
    is_holder = actor.enterprise_id == row.enterprise_id and "admin" in actor.scopes
    return private(
        "licence.html",
        http_status,
        shown=shown,
        holder=enterprises.references({row.enterprise_id}).get(row.enterprise_id),
        is_staff=actor.enterprise_id is None,
        may_decide=may_decide(actor),
        may_add=may_decide(actor) or (is_holder and waits),
        lines=[(str(line["id"]), "、".join(line["codes"])) for line in shown["lines"]],
        values={"year": today.year, **typed()},
        errors=errors or {},
        today=today,
        api=f"/api/v1/licences/{licence_id}",
    )


def _decided(
    who: Acting,
    licence_id: UUID,
    schema: ReasonForm | None,
    decide: Callable[[Actor, dict[str, Any]], Any],
) -> Any:
    """Make a decision about a licence that the actor may see and show it, or say why it was refused."""
    actor = who.actor
    licences.find(actor, Licence, licence_id)
    then = url_for("console.show_licence", licence_id=licence_id)
    return change_or_show(schema, partial(_licence, who, licence_id), partial(decide, actor), then)


@pages.post("/licences/<uuid:licence_id>/confirm")
@members_only("admin", kinds=(ADMIN,))
def confirm_licence(who: Acting, licence_id: UUID) -> Any:
    """Confirm what its holder handed in."""
    return _decided(who, licence_id, None, lambda actor, _: licences.confirm(actor, licence_id))


@pages.post("/licences/<uuid:licence_id>/refuse")
@members_only("admin", kinds=(ADMIN,))
def refuse_licence(who: Acting, licence_id: UUID) -> Any:
    """Refuse what its holder handed in, with a reason."""
    return _decided(
        who, licence_id, REASON, lambda actor, data: licences.refuse(actor, licence_id, data["reason"])
    )


@pages.post("/licences/<uuid:licence_id>/suspend")
@members_only("admin", kinds=(ADMIN,))
def suspend_licence(who: Acting, licence_id: UUID) -> Any:
    """Let it count no more for now, with all other validities of its number."""
    return _decided(
        who, licence_id, REASON, lambda actor, data: licences.suspend(actor, licence_id, data["reason"])
    )


@pages.post("/licences/<uuid:licence_id>/resume")
@members_only("admin", kinds=(ADMIN,))
def resume_licence(who: Acting, licence_id: UUID) -> Any:
    """Let it count again."""
    return _decided(
        who, licence_id, REASON, lambda actor, data: licences.resume(actor, licence_id, data["reason"])
    )


@pages.post("/licences/<uuid:licence_id>/revoke")
@members_only("admin", kinds=(ADMIN,))
def revoke_licence(who: Acting, licence_id: UUID) -> Any:
    """End it now; it stays on record."""
    return _decided(who, licence_id, None, lambda actor, _: licences.revoke(actor, Licence, licence_id))


@pages.post("/licences/<uuid:licence_id>/usage")
@members_only("admin", kinds=(ADMIN,))
def count_licence_usage(who: Acting, licence_id: UUID) -> Any:
    """Count tonnes that were handled outside the platform against one of its lines."""
    actor = who.actor
    row = licences.find(actor, Licence, licence_id)

    def count(data: dict[str, Any]) -> str:
        warn(licences.count_usage(actor, row, data))
        return url_for("console.show_licence", licence_id=licence_id)

    return change_or_show(USAGE, partial(_licence, who, licence_id), once_by(actor, count))


@pages.post("/licences/<uuid:licence_id>/files")
@members_only("admin", kinds=(ENTERPRISE, ADMIN), max_bytes=MAX_FORM)
def add_licence_file(who: Acting, licence_id: UUID) -> Any:
    """Add a scan: its holder while nobody has decided, an admin at any time."""
    actor = who.actor
    row = licences.find(actor, Licence, licence_id)
    return keep_scan(
        actor,
        partial(_licence, who, licence_id),
        lambda scan: licences.add_file(actor, row, scan, FORM),
        url_for("console.show_licence", licence_id=licence_id),
    )
