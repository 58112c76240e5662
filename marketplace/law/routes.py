"""Legal bases over HTTP."""

from functools import partial

from .. import clock
from ..http.authentication import EVERY_KEY, allow
from ..http.blueprint import Blueprint, Json, Query, subject
from ..http.languages import language
from ..http.paging import Key, Page, each, page
from . import service
from .models import LegalBasis
from .schemas import ProvisionPage, ProvisionQuery, ProvisionSchema

blueprint = Blueprint("law", __name__, description="The legal bases that the platform cites.")


@blueprint.get("/legal-bases")
@allow(*EVERY_KEY)
@blueprint.query(ProvisionQuery)
@blueprint.response(200, ProvisionPage)
def list_legal_bases(query: Query) -> Page:
    """Every legal basis that is cited, in force or history, with its validity and its successor."""
    rows = partial(service.search, query["on"], query["q"])
    return page(query, rows, Key("id", str, start=""), present=each(_legal_basis))


@blueprint.get("/legal-bases/<basis_id>")
@allow(*EVERY_KEY)
@subject(service.find)
@blueprint.response(200, ProvisionSchema)
def show_legal_basis(legal_basis: LegalBasis) -> Json:
    """One legal basis."""
    return _legal_basis(legal_basis)


def _legal_basis(row: LegalBasis) -> Json:
    names = (
        "id", "title", "title_en", "article", "valid_from", "valid_until", "replaced_by", "text_zh",
        "text_en", "source",
    )  # fmt: skip
    return {
        **{name: getattr(row, name) for name in names},
        "in_force": service.is_in_force(row, clock.today()),
        "citation": service.citation(row, language()),
    }
