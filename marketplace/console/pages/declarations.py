"""Declarations of hazardous waste: those that are due, one with its lines to be confirmed or corrected."""

from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, request, url_for
from marshmallow import fields

from ...events.actor import ENTERPRISE
from ...http.fields import Day, Identifier, Lines, QueryTonnes
from ...http.languages import render_warnings
from ...http.paging import PageQuery
from ...http.paging import page as page_of_rows
from ...http.schemas import Schema
from ...persons.service import Acting
from ...reporting import service as reporting
from ...reporting.models import CONFIRMED_STATES, DeclarationStatus, DeclaredAmount
from ..formats import KG_PER_T
from ..forms import Errors, change_or_show, once_by, read_rows, typed
from ..page import pages, read_query
from ..visitor import members_only, private

WRITING = "deals:write"
NEW_LINES = 2
"""Empty lines for codes that nothing is known of."""
MOST_LINES = 200
AMOUNTS = tuple(amount.value for amount in DeclaredAmount)
NONE_ASKED = {"due": None, "status": None, "kind": None, "enterprise_id": None}


def _amount(name: str) -> fields.Field[Any]:
    return QueryTonnes(0, attribute=f"{name}_kg", load_default=None)


class LineForm(Schema):
    """The figures of a code, in tonnes."""

    scheme = Identifier(20, load_default=None)
    code = Identifier(200, load_default=None)
    opening_t = _amount("opening")
    generated_t = _amount("generated")
    received_t = _amount("received")
    own_t = _amount("own")
    outside_t = _amount("outside")
    closing_t = _amount("closing")


class DeclarationForm(Schema):
    reason = Lines(500, load_default=None)
    receipt = Identifier(60, load_default=None)
    filed_on = Day(load_default=None)


class CorrectionForm(DeclarationForm):
    reason = Lines(500, required=True)


class ReceiptForm(Schema):
    receipt = Identifier(60, required=True)
    filed_on = Day(required=True)


LIST, LINE, DECLARATION, CORRECTION, RECEIPT = (
    PageQuery(), LineForm(), DeclarationForm(), CorrectionForm(), ReceiptForm(),
)  # fmt: skip


@pages.get("/declarations")
@members_only(kinds=(ENTERPRISE,))
def show_declarations(who: Acting) -> Response:
    """Declarations, newest first."""
    actor = who.actor
    query, _ = read_query(LIST)
    shown = page_of_rows(query, lambda after, limit: reporting.search(actor, NONE_ASKED, after, limit))
    return private(
        "declarations.html",
        items=[reporting.summary(row) for row in shown["items"]],
        next=shown["next"],
        api="/api/v1/declarations",
    )


@pages.get("/declarations/<uuid:declaration_id>")
@members_only(kinds=(ENTERPRISE,))
def show_declaration(who: Acting, declaration_id: UUID) -> Response:
    """A declaration with its lines: pre-filled, to be confirmed, or as confirmed."""
    return _declaration(who, declaration_id)


def _declaration(
    who: Acting, declaration_id: UUID, http_status: int = 200, errors: Errors | None = None
) -> Response:
    row = reporting.find(who.actor, declaration_id)
    shown, notices = reporting.present_whole(row)
    return private(
        "declaration.html",
        http_status,
        shown=shown,
        warnings=render_warnings(notices),
        amounts=AMOUNTS,
        in_tonnes=_in_tonnes,
        new_lines=NEW_LINES,
        is_confirmed=row.status in CONFIRMED_STATES,
        may_write=WRITING in who.actor.scopes and row.status != DeclarationStatus.WAIVED,
        typed=typed() if errors else {},
        errors=errors or {},
        api=f"/api/v1/declarations/{declaration_id}",
    )


def _in_tonnes(line: dict[str, Any], amount: str) -> str:
    """A figure as a field of a form has it; empty where it is not known."""
    kg = line.get(f"{amount}_kg")
    return "" if kg is None else f"{kg / KG_PER_T:.3f}"


@pages.post("/declarations/<uuid:declaration_id>")
@members_only(WRITING, kinds=(ENTERPRISE,))
def file_declaration(who: Acting, declaration_id: UUID) -> Any:
    """Confirm a declaration, correct one that is confirmed, or enter the receipt of the national system."""
    actor, show = who.actor, partial(_declaration, who, declaration_id)
    row = reporting.find(actor, declaration_id)
    is_confirmed = row.status in CONFIRMED_STATES
    is_receipt = is_confirmed and "correct" not in request.form
    lines, faults = read_rows(LINE, "", MOST_LINES)
    if faults:
        return show(422, faults)

    def file(data: dict[str, Any]) -> str:
        if is_receipt:
            reporting.file_receipt(actor, row.id, data)
        elif is_confirmed:
            reporting.correct(actor, row.id, {**data, "lines": lines})
        else:
            reporting.confirm(actor, row.id, {**data, "lines": lines or None})
        return url_for("console.show_declaration", declaration_id=declaration_id)

    schema = RECEIPT if is_receipt else CORRECTION if is_confirmed else DECLARATION
    return change_or_show(schema, show, once_by(actor, file))
