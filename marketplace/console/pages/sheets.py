"""A sheet of listings: checked, its errors shown by row and column, imported."""

from typing import Any
from uuid import UUID

from flask import Response, redirect, request, url_for
from marshmallow import fields

from ...errors import DomainError, InvalidTable
from ...events.actor import ENTERPRISE
from ...http.fields import OneOf
from ...http.languages import language, localised
from ...http.rate_limits import PUBLISH, count_for
from ...http.schemas import Schema
from ...listings import service as listings
from ...messages import say
from ...persons.service import Acting
from ..forms import Errors, read_form, wrong
from ..page import pages
from ..table_faults import shown_faults, stored_faults_shown
from ..visitor import members_only, private

MAX_UPLOAD = 20_000_000
ACTIONS = ("check", "draft", "publish")


class SheetForm(Schema):
    action = fields.String(required=True, validate=OneOf(ACTIONS))


SHEET = SheetForm()


@pages.get("/post/sheet")
@members_only("listings:write", kinds=(ENTERPRISE,))
def show_sheet(who: Acting) -> Response:
    """Where a sheet is dropped."""
    return _sheet()


def _sheet(http_status: int = 200, errors: Errors | None = None, **found: Any) -> Response:
    return private(
        "sheet.html",
        http_status,
        errors=errors or {},
        script="post.js",
        api="/api/v1/listings/template.xlsx",
        **{"faults": [], "count": 0, "sound": None, **found},
    )


@pages.post("/post/sheet")
@members_only("listings:write", kinds=(ENTERPRISE,))
def import_sheet(who: Acting) -> Any:
    """Check a sheet, or import it: all rows or none. The same sheet sent again is imported once."""
    actor = who.actor
    request.max_content_length = MAX_UPLOAD
    data, errors = read_form(SHEET)
    file = request.files.get("file")
    if data is None or file is None or not file.filename:
        missing = {} if file and file.filename else {"file": [say("field_required", language())]}
        return _sheet(422, {**errors, **missing})
    is_check = data["action"] == "check"
    try:
        listings.check_posting(actor, {"publish": True})
        count_for(actor, PUBLISH)
        row, _ = listings.import_sheet(
            actor, file.read(), publish=data["action"] == "publish", dry_run=is_check
        )
    except InvalidTable as error:
        return _sheet(422, **shown_faults(error, listings.sheet_heading))
    except DomainError as error:
        return _sheet(error.status, wrong(error))
    if row.id is None:
        return _sheet(sound=row.rows_total, warnings=localised(row.warnings))
    return redirect(url_for("console.show_import", import_id=row.id), 303)


@pages.get("/post/sheet/<uuid:import_id>")
@members_only(kinds=(ENTERPRISE,))
def show_import(who: Acting, import_id: UUID) -> Response:
    """How far an import is, and what became of it."""
    row = listings.find_import(who.actor, import_id)
    return private(
        "sheet_import.html",
        row=row,
        faults=stored_faults_shown(row.errors, listings.sheet_heading),
        warnings=localised(row.warnings),
        reason=localised([row.reason])[0]["detail"] if row.reason else None,
        api=f"/api/v1/listings/imports/{import_id}",
    )
