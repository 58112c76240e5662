"""Management plans of hazardous waste: those of each year beside what came of them, submitted and amended."""

from functools import partial
from typing import Any

from flask import Response, url_for

from ... import clock
from ...events.actor import ENTERPRISE, Actor
from ...http.fields import Day, Identifier, Lines, QueryTonnes, QueryWhole, Range, Text
from ...http.paging import PageQuery
from ...http.paging import page as page_of_rows
from ...http.schemas import Schema
from ...persons.service import Acting
from ...reporting import service as reporting
from ..form_fields import TypedWhole
from ..formats import KG_PER_T
from ..forms import Errors, change_or_show, once_by, read_rows, typed
from ..page import pages, read_query
from ..visitor import members_only, private

WRITING = "deals:write"
EMPTY_ROWS, MOST_ROWS = 3, 200
"""Of a part: rows that the form has empty, and all that it has, as many as the API takes."""
FIRST_YEAR, LAST_YEAR = 2000, 2100
ANY_PLAN = {"year": None, "status": None, "enterprise_id": None}


class GenerationRow(Schema):
    """What is planned of a code."""

    scheme = Identifier(20, load_default=None)
    code = Identifier(200, load_default=None)
    planned_t = QueryTonnes(0, required=True, attribute="planned_kg")


class StorageRow(GenerationRow):
    packing = Text(100, load_default=None)


class TreatmentRow(GenerationRow):
    treatment = Identifier(20, required=True)


class TransferRow(TreatmentRow):
    receiver = Text(100, load_default=None)
    licence = Identifier(60, load_default=None)


PARTS: dict[str, Schema] = {
    "generation": GenerationRow(),
    "storage": StorageRow(),
    "own_treatment": TreatmentRow(),
    "transfers": TransferRow(),
}
"""The parts of a plan that are lists, by the names of the API, with the shape of a row."""


class PlanForm(Schema):
    year = TypedWhole(required=True, validate=Range(FIRST_YEAR, LAST_YEAR))
    facilities = Lines(2000, load_default=None)
    reduction = Lines(2000, load_default=None)
    reason = Lines(500, load_default=None)
    receipt = Identifier(60, load_default=None)
    filed_on = Day(load_default=None)


class YearQuery(Schema):
    year = QueryWhole(load_default=None, validate=Range(min=FIRST_YEAR, max=LAST_YEAR))


LIST, YEAR, PLAN = PageQuery(), YearQuery(), PlanForm()


@pages.get("/plans")
@members_only(kinds=(ENTERPRISE,))
def show_plans(who: Acting) -> Response:
    """The plans of each year, newest first."""
    actor = who.actor
    query, _ = read_query(LIST)
    rows = partial(reporting.search_plans, actor, ANY_PLAN)
    found = page_of_rows(query, rows, present=reporting.present_plans)
    return private(
        "plans.html",
        plans=found["items"],
        next=found["next"],
        parts=list(PARTS),
        may_write=WRITING in actor.scopes,
        years=_years(),
        api="/api/v1/plans",
    )


def _years() -> tuple[int, int]:
    """Those of which a plan may be submitted."""
    this_year = clock.today().year
    return this_year, this_year + 1


@pages.get("/plans/new")
@members_only(WRITING, kinds=(ENTERPRISE,))
def show_new_plan(who: Acting) -> Response:
    """The form of a year's plan, with what its latest version says."""
    return _form(who)


def _form(who: Acting, http_status: int = 200, errors: Errors | None = None) -> Response:
    actor = who.actor
    query, _ = read_query(YEAR)
    year = query["year"] or _years()[0]
    plan = _plan_of(actor, year)
    return private(
        "plan_new.html",
        http_status,
        year=year,
        years=_years(),
        plan=plan,
        parts={name: list(schema.fields) for name, schema in PARTS.items()},
        values=typed() if errors else _as_typed(year, plan),
        empty_rows=EMPTY_ROWS,
        most_rows=MOST_ROWS,
        errors=errors or {},
        api="/api/v1/plans",
    )


def _plan_of(actor: Actor, year: int) -> dict[str, Any] | None:
    found = reporting.search_plans(actor, {**ANY_PLAN, "year": year}, None, 1)
    return reporting.present_plans(found)[0] if found else None


def _as_typed(year: int, plan: dict[str, Any] | None) -> dict[str, str]:
    """The fields as the latest version of a plan has them; the first of a year begins empty."""
    if plan is None:
        return {"year": str(year)}
    values = {"year": str(year), "facilities": plan["facilities"], "reduction": plan["reduction"]}
    for part in PARTS:
        for number, row in enumerate((plan[part] or ())[:MOST_ROWS]):
            shown = {**row, "planned_t": f"{row['planned_kg'] / KG_PER_T:.12g}"}
            values |= {f"{part}.{number}.{name}": shown.get(name) for name in PARTS[part].fields}
    return {name: value for name, value in values.items() if value}


@pages.post("/plans/new")
@members_only(WRITING, kinds=(ENTERPRISE,))
def submit_plan(who: Acting) -> Any:
    """Submit it, or amend one that was submitted. A part without rows says that there is none of it."""
    actor = who.actor
    parts: dict[str, list[dict[str, Any]]] = {}
    faults: Errors = {}
    for name, schema in PARTS.items():
        parts[name], wrong_rows = read_rows(schema, f"{name}.", MOST_ROWS)
        faults |= wrong_rows
    if faults:
        return _form(who, 422, faults)

    def submit(data: dict[str, Any]) -> str:
        reporting.submit_plan(actor, {**data, **parts})
        return url_for("console.show_plans")

    return change_or_show(PLAN, partial(_form, who), once_by(actor, submit))
