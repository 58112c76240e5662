"""Permits: an admin writes, the holder and its overseers read."""

from uuid import UUID

from ..events.actor import ADMIN
from ..http.authentication import EVERY_KEY, actor, allow
from ..http.blueprint import Blueprint, subject
from ..http.languages import render_warnings
from ..http.paging import cursor_of, position_of
from . import service
from .models import Channel, Licence, VerifiedExemption, WhiteListEntry
from .schemas import (
    ChannelPage,
    ChannelSchema,
    ExemptionPage,
    ExemptionSchema,
    LicencePage,
    LicenceSchema,
    PermitQuery,
    UsageSchema,
    WhiteListPage,
    WhiteListSchema,
)

blueprint = Blueprint("licences", __name__, description="Licences, channels, white list, exemptions.")

KINDS = (
    ("/licences", "a licence", Licence, LicenceSchema, LicencePage, service.add_licence),
    ("/channels", "a channel", Channel, ChannelSchema, ChannelPage, service.add_channel),
    ("/white-list", "a white-list entry", WhiteListEntry, WhiteListSchema, WhiteListPage,
     service.add_white_list),
    ("/exemptions", "a verified exemption", VerifiedExemption, ExemptionSchema, ExemptionPage,
     service.add_exemption),
)  # fmt: skip


def _routes_of(path, noun, model, schema, page_schema, enter):
    """The four routes that every kind of permit has."""
    kind = model.__tablename__

    def find(asker, permit_id):
        return service.find(asker, model, permit_id)

    @blueprint.post(path, endpoint=f"add_{kind}")
    @allow(ADMIN, scope="admin")
    @blueprint.body(schema)
    @blueprint.response(201, schema)
    @blueprint.problems(400, 413, 415)
    @blueprint.doc(summary=f"Enter {noun}.")
    def add(body):
        row, notices = enter(actor(), body)
        return {**service.present([row])[0], "warnings": render_warnings(notices)}

    @blueprint.get(path, endpoint=f"list_{kind}")
    @allow(*EVERY_KEY)
    @blueprint.query(PermitQuery)
    @blueprint.response(200, page_schema)
    @blueprint.problems()
    @blueprint.doc(summary=f"Every {noun.partition(' ')[2]} that the asker may see.")
    def search(query):
        (after,) = position_of(query["cursor"], (UUID,)) or (None,)
        rows = service.search(actor(), model, query["enterprise_id"], after, query["limit"] + 1)
        page = rows[: query["limit"]]
        more = cursor_of([str(page[-1].id)]) if len(rows) > len(page) else None
        return {"items": service.present(page), "next": more}

    @blueprint.get(f"{path}/<uuid:permit_id>", endpoint=f"show_{kind}")
    @allow(*EVERY_KEY)
    @blueprint.response(200, schema)
    @blueprint.problems(404)
    @blueprint.doc(summary=f"Show {noun}.")
    def show(permit_id):
        return service.present([find(actor(), permit_id)])[0]

    @blueprint.delete(f"{path}/<uuid:permit_id>", endpoint=f"revoke_{kind}")
    @allow(ADMIN, scope="admin")
    @subject(find)
    @blueprint.response(204)
    @blueprint.problems(404)
    @blueprint.doc(summary=f"End {noun} now; it stays on record.")
    def revoke(permit_id):
        service.revoke(actor(), model, permit_id)


for one in KINDS:
    _routes_of(*one)


@blueprint.post("/licences/<uuid:permit_id>/usage")
@allow(ADMIN, scope="admin")
@subject(lambda asker, permit_id: service.find(asker, Licence, permit_id))
@blueprint.body(UsageSchema)
@blueprint.response(201, LicenceSchema)
@blueprint.problems(400, 404, 409, 413, 415)
def count_licence_usage(body, permit_id):
    """Count tonnes against a line of a licence."""
    licence = service.find(actor(), Licence, permit_id)
    service.count_usage(actor(), licence, body)
    return service.present([licence])[0]


@blueprint.post("/channels/<uuid:permit_id>/usage")
@allow(ADMIN, scope="admin")
@subject(lambda asker, permit_id: service.find(asker, Channel, permit_id))
@blueprint.body(UsageSchema)
@blueprint.response(201, ChannelSchema)
@blueprint.problems(400, 404, 409, 413, 415)
def count_channel_usage(body, permit_id):
    """Count tonnes against a channel's quota."""
    channel = service.find(actor(), Channel, permit_id)
    service.count_usage(actor(), channel, body)
    return service.present([channel])[0]
