"""Verified exemptions and the cross-province white list: two parts of one page, entered and ended alike."""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal
from uuid import UUID

from flask import Response, url_for
from marshmallow import fields

from ... import clock
from ...catalogue import service as catalogue
from ...enterprises import service as enterprises
from ...events.actor import ADMIN, Actor
from ...http.fields import Adcode, OneOf, Range, Text
from ...http.paging import PageQuery
from ...http.paging import page as page_of_rows
from ...http.schemas import CodeText, PeriodSchema
from ...licences import service as licences
from ...licences.models import VerifiedExemption, WhiteListEntry
from ...persons.service import Acting
from ..firms_named import LONGEST, enter_naming
from ..form_fields import TypedWhole
from ..forms import Errors, change_or_show, typed
from ..page import pages, read_query
from ..visitor import members_only, private
from ..warnings import warn
from .licences import asked_firm, may_decide

MOST_PROVINCES = 50
PARTS = {"exemptions": VerifiedExemption, "white_list": WhiteListEntry}
HOLDERS = {"exemptions": "enterprise_id", "white_list": "receiver_id"}
"""The field of each that names whom it is for."""
API = {"exemptions": "/api/v1/exemptions", "white_list": "/api/v1/white-list"}
Part = Literal["exemptions", "white_list"]


class ExemptionsQuery(PageQuery):
    part = fields.String(load_default="exemptions", validate=OneOf(PARTS))
    enterprise_id = fields.UUID(load_default=None)


class ExemptionForm(PeriodSchema):
    """An exemption by the names of the API; its holder by its credit code or name."""

    enterprise_id = Text(LONGEST, required=True)
    item = TypedWhole(required=True, validate=Range(min=1, max=999))
    code = CodeText(required=True)
    reference = Text(200, load_default="")


class WhiteListForm(PeriodSchema):
    """A white-list entry likewise."""

    receiver_id = Text(LONGEST, required=True)
    code = CodeText(required=True)
    from_province = Adcode(required=True)


LIST, EXEMPTION, WHITE_LIST = ExemptionsQuery(), ExemptionForm(), WhiteListForm()


@pages.get("/exemptions")
@members_only()
def show_exemptions(who: Acting) -> Response:
    """The exemptions or the white-list entries that the reader may see, newest first."""
    query, _ = read_query(LIST)
    return _part(who, query["part"])


def _part(who: Acting, part: Part, http_status: int = 200, errors: Errors | None = None) -> Response:
    actor = who.actor
    query, _ = read_query(LIST)
    asked = query["enterprise_id"]
    found = page_of_rows(query, partial(licences.search, actor, PARTS[part], asked, None))
    rows = [{"row": row, "holder_id": getattr(row, HOLDERS[part])} for row in found["items"]]
    return private(
        "exemptions.html",
        http_status,
        items=rows,
        next=found["next"],
        part=part,
        parts=list(PARTS),
        query=query,
        firms=enterprises.references({each["holder_id"] for each in rows}),
        codes=catalogue.codes_by_id({each["row"].code_id for each in rows}),
        provinces=_provinces() if part == "white_list" else {},
        may_enter=may_decide(actor),
        values={HOLDERS[part]: asked_firm(actor, asked), **typed()},
        errors=errors or {},
        today=clock.today(),
        api=API[part],
    )


def _provinces() -> dict[str, str]:
    """The provinces by code."""
    found = catalogue.search_regions(None, None, 0, MOST_PROVINCES)
    return {f"{region.adcode:06d}": region.name_zh for region in found}


def _entered(
    who: Acting, part: Part, schema: PeriodSchema, enter: Callable[[Actor, dict[str, Any]], tuple[Any, Any]]
) -> Any:
    """Enter what the form of a part says, once."""
    actor = who.actor

    def act(data: dict[str, Any]) -> str:
        warn(enter(actor, {"scheme": None, **data})[1])
        return url_for("console.show_exemptions", part=part)

    return enter_naming(actor, schema, (HOLDERS[part],), partial(_part, who, part), act)


@pages.post("/exemptions")
@members_only("admin", kinds=(ADMIN,))
def enter_exemption(who: Acting) -> Any:
    """Record that evidence for an item of the exemption list was accepted."""
    return _entered(who, "exemptions", EXEMPTION, licences.add_exemption)


@pages.post("/exemptions/white-list")
@members_only("admin", kinds=(ADMIN,))
def enter_white_list(who: Acting) -> Any:
    """Let a receiver take a code across the line of a province."""
    return _entered(who, "white_list", WHITE_LIST, licences.add_white_list)


@pages.post("/exemptions/<uuid:exemption_id>/revoke")
@members_only("admin", kinds=(ADMIN,))
def revoke_exemption(who: Acting, exemption_id: UUID) -> Any:
    """End an exemption now; it stays on record."""
    return _ended(who, "exemptions", exemption_id)


@pages.post("/exemptions/white-list/<uuid:white_list_id>/revoke")
@members_only("admin", kinds=(ADMIN,))
def revoke_white_list(who: Acting, white_list_id: UUID) -> Any:
    """End a white-list entry now likewise."""
    return _ended(who, "white_list", white_list_id)


def _ended(who: Acting, part: Part, permit_id: UUID) -> Any:
    actor, model = who.actor, PARTS[part]
    licences.find(actor, model, permit_id)
    return change_or_show(
        None,
        partial(_part, who, part),
        lambda _: licences.revoke(actor, model, permit_id),
        url_for("console.show_exemptions", part=part),
    )
