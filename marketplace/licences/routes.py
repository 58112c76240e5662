"""Permits: an admin writes, the holder and its overseers read."""

from uuid import UUID

from ..events.actor import ADMIN
from ..http.authentication import EVERY_KEY, actor, allow
from ..http.paging import cursor_of, position_of
from ..http.problems import spoken
from ..http.room import Room, subject
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

blp = Room("licences", __name__, description="Licences, channels, white list, exemptions.")

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

    @blp.post(path, endpoint=f"add_{kind}")
    @allow(ADMIN, scope="admin")
    @blp.body(schema)
    @blp.response(201, schema)
    @blp.problems(400, 413, 415)
    @blp.doc(summary=f"Enter {noun}.")
    def add(body):
        row, notices = enter(actor(), body)
        return {**service.present([row])[0], "warnings": spoken(notices)}

    @blp.get(path, endpoint=f"list_{kind}")
    @allow(*EVERY_KEY)
    @blp.query(PermitQuery)
    @blp.response(200, page_schema)
    @blp.problems()
    @blp.doc(summary=f"Every {noun.partition(' ')[2]} that the asker may see.")
    def search(query):
        (after,) = position_of(query["cursor"], (UUID,)) or (None,)
        rows = service.search(actor(), model, query["enterprise_id"], after, query["limit"] + 1)
        page = rows[: query["limit"]]
        more = cursor_of([str(page[-1].id)]) if len(rows) > len(page) else None
        return {"items": service.present(page), "next": more}

    @blp.get(f"{path}/<uuid:permit_id>", endpoint=f"show_{kind}")
    @allow(*EVERY_KEY)
    @blp.response(200, schema)
    @blp.problems(404)
    @blp.doc(summary=f"Show {noun}.")
    def show(permit_id):
        return service.present([find(actor(), permit_id)])[0]

    @blp.delete(f"{path}/<uuid:permit_id>", endpoint=f"revoke_{kind}")
    @allow(ADMIN, scope="admin")
    @subject(find)
    @blp.response(204)
    @blp.problems(404)
    @blp.doc(summary=f"End {noun} now; it stays on record.")
    def revoke(permit_id):
        service.revoke(actor(), model, permit_id)


for one in KINDS:
    _routes_of(*one)


@blp.post("/licences/<uuid:permit_id>/usage")
@allow(ADMIN, scope="admin")
@subject(lambda asker, permit_id: service.find(asker, Licence, permit_id))
@blp.body(UsageSchema)
@blp.response(201, LicenceSchema)
@blp.problems(400, 404, 409, 413, 415)
def count_licence_usage(body, permit_id):
    """Count tonnes against a line of a licence."""
    licence = service.find(actor(), Licence, permit_id)
    service.count_usage(actor(), licence, body)
    return service.present([licence])[0]


@blp.post("/channels/<uuid:permit_id>/usage")
@allow(ADMIN, scope="admin")
@subject(lambda asker, permit_id: service.find(asker, Channel, permit_id))
@blp.body(UsageSchema)
@blp.response(201, ChannelSchema)
@blp.problems(400, 404, 409, 413, 415)
def count_channel_usage(body, permit_id):
    """Count tonnes against a channel's quota."""
    channel = service.find(actor(), Channel, permit_id)
    service.count_usage(actor(), channel, body)
    return service.present([channel])[0]
