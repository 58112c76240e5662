"""Permits: an admin writes, the holder and its overseers read."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from ..errors import Notice
from ..events.actor import ADMIN, Actor
from ..http.authentication import EVERY_KEY, actor, allow
from ..http.blueprint import Blueprint, Body, Json, Query, subject
from ..http.languages import render_warnings
from ..http.openapi.declarations import may_conflict
from ..http.paging import Page, page
from ..http.schemas import Schema
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


def _routes_of(
    path: str,
    noun: str,
    model: type[Any],
    schema: type[Schema],
    page_schema: type[Schema],
    add_permit: Callable[[Actor, Body], tuple[Any, list[Notice]]],
) -> None:
    """The four routes that every kind of permit has."""
    kind = model.__tablename__

    def find(actor: Actor, permit_id: UUID) -> Any:
        return service.find(actor, model, permit_id)

    @blueprint.post(path, endpoint=f"add_{kind}")
    @allow(ADMIN, scope="admin")
    @blueprint.body(schema)
    @blueprint.response(201, schema)
    @blueprint.doc(summary=f"Enter {noun}.")
    def add(body: Body) -> Json:
        permit, notices = add_permit(actor(), body)
        return {**_permit(permit), "warnings": render_warnings(notices)}

    @blueprint.get(path, endpoint=f"list_{kind}")
    @allow(*EVERY_KEY)
    @blueprint.query(PermitQuery)
    @blueprint.response(200, page_schema)
    @blueprint.doc(summary=f"Every {noun.partition(' ')[2]} that you may see.")
    def search(query: Query) -> Page:
        rows = partial(service.search, actor(), model, query["enterprise_id"])
        return page(query, rows, present=service.present)

    @blueprint.get(f"{path}/<uuid:permit_id>", endpoint=f"show_{kind}")
    @allow(*EVERY_KEY)
    @subject(find)
    @blueprint.response(200, schema)
    @blueprint.doc(summary=f"Show {noun}.")
    def show(permit: Any) -> Json:
        return _permit(permit)

    @blueprint.delete(f"{path}/<uuid:permit_id>", endpoint=f"revoke_{kind}")
    @allow(ADMIN, scope="admin")
    @subject(find)
    @blueprint.response(204)
    @blueprint.doc(summary=f"End {noun} now; it stays on record.")
    def revoke(permit: Any) -> None:
        service.revoke(actor(), model, permit.id)


for kind in KINDS:
    _routes_of(*kind)


def _find_licence(actor: Actor, permit_id: UUID) -> Licence:
    licence: Licence = service.find(actor, Licence, permit_id)
    return licence


def _find_channel(actor: Actor, permit_id: UUID) -> Channel:
    channel: Channel = service.find(actor, Channel, permit_id)
    return channel


@blueprint.post("/licences/<uuid:permit_id>/usage")
@allow(ADMIN, scope="admin")
@subject(_find_licence)
@may_conflict
@blueprint.body(UsageSchema)
@blueprint.response(201, LicenceSchema)
def count_licence_usage(licence: Licence, body: Body) -> Json:
    """Count tonnes against a line of a licence."""
    service.count_usage(actor(), licence, body)
    return _permit(licence)


@blueprint.post("/channels/<uuid:permit_id>/usage")
@allow(ADMIN, scope="admin")
@subject(_find_channel)
@may_conflict
@blueprint.body(UsageSchema)
@blueprint.response(201, ChannelSchema)
def count_channel_usage(channel: Channel, body: Body) -> Json:
    """Count tonnes against a channel's quota."""
    service.count_usage(actor(), channel, body)
    return _permit(channel)


def _permit(row: Any) -> Json:
    return service.present([row])[0]
