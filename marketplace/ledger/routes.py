"""The ledger over HTTP."""

from functools import partial

from ..events.actor import ADMIN
from ..http.authentication import actor, allow
from ..http.blueprint import Blueprint, Query
from ..http.paging import Key, Page, PageQuery, page
from . import service
from .schemas import AnchorPage, VerificationSchema

WITHIN_S = 10.0
"""Seconds that a request may check: some 300,000 entries. Our own choice."""

blueprint = Blueprint("ledger", __name__, description="The sealed ledger of credit.")


@blueprint.get("/credit/ledger/verify")
@allow(ADMIN)
@blueprint.response(200, VerificationSchema)
def verify_ledger() -> service.Outcome:
    """Check every entry, head and anchor, and every row of credit against its last entry.

    It ends at the first bad row, or after ten seconds; `flask credit verify` has no limit.
    """
    return service.verify(budget_s=WITHIN_S)


@blueprint.get("/credit/anchors")
@allow(ADMIN)
@blueprint.query(PageQuery)
@blueprint.response(200, AnchorPage)
def list_anchors(query: Query) -> Page:
    """The daily anchors, newest first, without the heads that they list."""
    return page(query, partial(service.list_anchors, actor()), key=Key("no", int))
