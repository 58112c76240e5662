"""Transfer approvals: those on file with what is left of them; an admin enters and ends them."""

from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, redirect, url_for
from marshmallow import fields

from ... import clock
from ...catalogue.models import Mode
from ...enterprises import service as enterprises
from ...events.actor import ADMIN, Actor
from ...http.fields import Identifier, OneOf, Text
from ...http.paging import PageQuery
from ...http.paging import page as page_of_rows
from ...http.schemas import CodeText, PeriodSchema
from ...licences import service as licences
from ...licences.models import TransferApproval
from ...persons.service import Acting
from ..firms_named import LONGEST, enter_naming
from ..form_fields import TypedTonnes
from ..forms import Errors, typed
from ..page import pages, read_query
from ..visitor import members_only, private
from ..warnings import warn
from .licences import asked_firm, may_decide

PATH = "/transfers/approvals"
BOTH = ("generator_id", "receiver_id")


class ApprovalsQuery(PageQuery):
    enterprise_id = fields.UUID(load_default=None)


class ApprovalForm(PeriodSchema):
    """An approval by the names of the API; both sides by credit code or name, the code shows its scheme."""

    generator_id = Text(LONGEST, required=True)
    receiver_id = Text(LONGEST, required=True)
    code = CodeText(required=True)
    tonnes = TypedTonnes(required=True)
    way = fields.String(required=True, validate=OneOf(Mode))
    number = Identifier(60, required=True)


QUERY, APPROVAL = ApprovalsQuery(), ApprovalForm()


@pages.get(PATH)
@members_only()
def show_approvals(who: Acting) -> Response:
    """The approvals that the reader may see, newest first."""
    return _approvals(who.actor)


def _approvals(actor: Actor, http_status: int = 200, errors: Errors | None = None) -> Response:
    query, _ = read_query(QUERY)
    found = page_of_rows(
        query,
        lambda after, limit: licences.search(
            actor, TransferApproval, query["enterprise_id"], None, after, limit
        ),
        present=_with_names,
    )
    return private(
        "approvals.html",
        http_status,
        approvals=found["items"],
        next=found["next"],
        query=query,
        may_write=may_decide(actor),
        modes=list(Mode),
        values={"generator_id": asked_firm(actor, query["enterprise_id"]), **typed()},
        errors=errors or {},
        today=clock.today(),
        api="/api/v1/transfer-approvals",
    )


def _with_names(rows: Any) -> list[dict[str, Any]]:
    """Approvals as the API shows them, with the names of both sides."""
    names = enterprises.references({row_id for row in rows for row_id in (row.generator_id, row.receiver_id)})
    return [
        {**shown, "generator": names[shown["generator_id"]], "receiver": names[shown["receiver_id"]]}
        for shown in licences.present(rows)
    ]


@pages.post(PATH)
@members_only("admin", kinds=(ADMIN,))
def enter_approval(who: Acting) -> Any:
    """Enter an approval."""
    actor = who.actor

    def enter(data: dict[str, Any]) -> str:
        _, notices = licences.add_transfer_approval(actor, {**data, "scheme": None})
        warn(notices)
        return url_for("console.show_approvals")

    return enter_naming(actor, APPROVAL, BOTH, partial(_approvals, actor), enter)


@pages.post(f"{PATH}/<uuid:approval_id>/end")
@members_only("admin", kinds=(ADMIN,))
def end_approval(who: Acting, approval_id: UUID) -> Any:
    """End an approval now; it stays on record, and a second press changes nothing."""
    approval = licences.find(who.actor, TransferApproval, approval_id)
    licences.revoke(who.actor, TransferApproval, approval.id)
    return redirect(url_for("console.show_approvals"), 303)
