"""Point-to-point channels: the list, what one allows, its monthly tests, what an admin decides about it."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, url_for
from marshmallow import ValidationError, fields

from ... import clock
from ...catalogue import service as catalogue
from ...enterprises import service as enterprises
from ...errors import DomainError
from ...events.actor import ADMIN, ENTERPRISE, Actor
from ...http.bodies import FORM
from ...http.fields import MAX_TONNES, Day, Identifier, Lines, OneOf, Range, Text
from ...http.languages import Message
from ...http.paging import PageQuery
from ...http.paging import page as page_of_rows
from ...http.schemas import CodeText, PeriodSchema, Schema
from ...licences import service as licences
from ...licences.models import Channel, ChannelFileKind
from ...listings import service as listings
from ...persons.service import Acting
from ..firms_named import LONGEST, enter_naming
from ..form_fields import TypedTonnes
from ..form_rows import Rows
from ..forms import (
    Errors,
    FormNumber,
    change_or_show,
    once,
    once_by,
    read_form,
    typed,
    wrong,
)
from ..page import pages, read_query
from ..paper_fields import MAX_FORM, ReasonForm, UsageForm, keep_scan
from ..visitor import members_only, private
from ..warnings import warn
from .licences import asked_firm, may_decide

MOST_COMPONENTS = 50
MOST_AMOUNT = 1e9
OWN_KINDS = [kind for kind in ChannelFileKind if kind != ChannelFileKind.TEST]
"""What the files of a channel itself are."""


class ChannelsQuery(PageQuery):
    enterprise_id = fields.UUID(load_default=None)


class WrittenStandard(Lines):
    """Bounds of components as sheets have them, `H2SO4 18-22 %; Fe <1 %`; loaded as the API has them."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            bounds = listings.components_of(super()._deserialize(value, *args, **kwargs))
        except ValueError as error:
            raise ValidationError([Message("component_form", part=str(error.args[0])[:60])]) from error
        for bound in bounds:
            low, high = bound["min"] or 0, bound["max"]
            if not 0 <= low <= (MOST_AMOUNT if high is None else high) <= MOST_AMOUNT:
                raise ValidationError([Message("range_reversed")])
        keys = {catalogue.with_key({**bound, "min": None, "max": None})["key"] for bound in bounds}
        if len(keys) < len(bounds) or len(bounds) > MOST_COMPONENTS:
            raise ValidationError([Message("repeated")])
        return bounds


class ChannelForm(PeriodSchema):
    """A channel by the names of the API; its parties by their credit codes or names."""

    generator_id = Text(LONGEST, required=True)
    receiver_id = Text(LONGEST, required=True)
    code = CodeText(required=True)
    use = Text(200, required=True)
    tonnes_per_year = TypedTonnes(0.001, MAX_TONNES, required=True)
    approval_number = Identifier(60, required=True)
    standard = WrittenStandard(2000, load_default=list)
    pollution_control = Lines(2000, load_default=None)
    product_standard = Text(200, load_default=None)
    product_use = Text(200, load_default=None)


class TestForm(Schema):
    sampled_on = Day(required=True)
    lab = Text(120, required=True)
    cma = Identifier(40, required=True)
    cnas = Identifier(40, required=True)


class ResultForm(Schema):
    """What a laboratory measured of a component."""

    component = Identifier(50, required=True)
    value = FormNumber(required=True, validate=Range(min=0, max=MOST_AMOUNT))
    unit = Identifier(20, load_default=None)


class FileForm(Schema):
    kind = fields.String(required=True, validate=OneOf(OWN_KINDS, "channel_file_kind"))


LIST, CHANNEL, TEST, FILE, REASON, USAGE = (
    ChannelsQuery(), ChannelForm(), TestForm(), FileForm(), ReasonForm(), UsageForm(),
)  # fmt: skip
RESULTS = Rows("results", ResultForm(), by=("component", "value"), least=1, most=MOST_COMPONENTS)


@pages.get("/channels")
@members_only()
def show_channels(who: Acting) -> Response:
    """The channels that the reader may see, newest first; an admin enters others."""
    return _channels(who)


def _channels(who: Acting, http_status: int = 200, errors: Errors | None = None) -> Response:
    actor = who.actor
    query, _ = read_query(LIST)
    found = page_of_rows(query, partial(licences.search, actor, Channel, query["enterprise_id"], None))
    parties = {party for row in found["items"] for party in (row.generator_id, row.receiver_id)}
    return private(
        "channels.html",
        http_status,
        items=found["items"],
        next=found["next"],
        query=query,
        firms=enterprises.references(parties),
        codes=catalogue.codes_by_id({row.code_id for row in found["items"]}),
        may_enter=may_decide(actor),
        values={"generator_id": asked_firm(actor, query["enterprise_id"]), **typed()},
        errors=errors or {},
        today=clock.today(),
        api="/api/v1/channels",
    )


@pages.post("/channels")
@members_only("admin", kinds=(ADMIN,))
def enter_channel(who: Acting) -> Any:
    """Enter an approved channel."""
    actor = who.actor

    def enter(data: dict[str, Any]) -> str:
        channel, notices = licences.add_channel(actor, {"scheme": None, **data})
        warn(notices)
        return url_for("console.show_channel", channel_id=channel.id)

    return enter_naming(actor, CHANNEL, ("generator_id", "receiver_id"), partial(_channels, who), enter)


@pages.get("/channels/<uuid:channel_id>")
@members_only()
def show_channel(who: Acting, channel_id: UUID) -> Response:
    """What a channel allows, what is used of it, its standard and tests, its papers, and why it is paused."""
    return _channel(who, channel_id)


def _channel(who: Acting, channel_id: UUID, http_status: int = 200, errors: Errors | None = None) -> Response:
    actor = who.actor
    (shown,) = licences.present([_find(actor, channel_id)])
    standard = [{"component": each["component"], "unit": each["unit"]} for each in shown["standard"]]
    is_open = shown["revoked_at"] is None
    return private(
        "channel.html",
        http_status,
        shown=shown,
        firms=enterprises.references({shown["generator_id"], shown["receiver_id"]}),
        is_staff=actor.enterprise_id is None,
        may_decide=may_decide(actor) and is_open,
        may_test=_may_write(actor, shown["generator_id"]) and is_open and bool(standard),
        may_add=_may_write(actor, shown["generator_id"]),
        file_kinds=OWN_KINDS,
        results=RESULTS,
        given=standard,
        values={"year": clock.today().year, **typed(), **RESULTS.values(standard)},
        errors=errors or {},
        today=clock.today(),
        api=f"/api/v1/channels/{channel_id}",
    )


def _find(actor: Actor, channel_id: UUID) -> Channel:
    channel: Channel = licences.find(actor, Channel, channel_id)
    return channel


def _may_write(actor: Actor, party_id: UUID) -> bool:
    """Whether the actor, or as an admin in its place, writes what is reserved to a party."""
    return may_decide(actor) or (actor.enterprise_id == party_id and "deals:write" in actor.scopes)


def _decided(
    who: Acting,
    channel_id: UUID,
    schema: Schema | None,
    decide: Callable[[Actor, Channel, dict[str, Any]], Any],
) -> Any:
    """Make a decision about a channel that the actor may see and show it, or say why it was refused."""
    actor = who.actor
    decided = partial(decide, actor, _find(actor, channel_id))
    return change_or_show(
        schema,
        partial(_channel, who, channel_id),
        decided,
        url_for("console.show_channel", channel_id=channel_id),
    )


@pages.post("/channels/<uuid:channel_id>/pause")
@members_only("admin", kinds=(ADMIN,))
def pause_channel(who: Acting, channel_id: UUID) -> Any:
    """Let nothing move through it for now."""
    return _decided(
        who, channel_id, REASON, lambda actor, row, data: licences.pause_channel(actor, row, data["reason"])
    )


@pages.post("/channels/<uuid:channel_id>/resume")
@members_only("admin", kinds=(ADMIN,))
def resume_channel(who: Acting, channel_id: UUID) -> Any:
    """End a pause, whatever its cause."""
    return _decided(
        who, channel_id, REASON, lambda actor, row, data: licences.resume_channel(actor, row, data["reason"])
    )


@pages.post("/channels/<uuid:channel_id>/revoke")
@members_only("admin", kinds=(ADMIN,))
def revoke_channel(who: Acting, channel_id: UUID) -> Any:
    """End it now; it stays on record."""
    return _decided(who, channel_id, None, lambda actor, row, _: licences.revoke(actor, Channel, row.id))


@pages.post("/channels/<uuid:channel_id>/usage")
@members_only("admin", kinds=(ADMIN,))
def count_channel_usage(who: Acting, channel_id: UUID) -> Any:
    """Count tonnes that were handled outside the platform."""
    actor = who.actor
    row = _find(actor, channel_id)

    def count(data: dict[str, Any]) -> str:
        warn(licences.count_usage(actor, row, data))
        return url_for("console.show_channel", channel_id=channel_id)

    return change_or_show(USAGE, partial(_channel, who, channel_id), once_by(actor, count))


@pages.post("/channels/<uuid:channel_id>/files")
@members_only("admin", kinds=(ADMIN,), max_bytes=MAX_FORM)
def add_channel_file(who: Acting, channel_id: UUID) -> Any:
    """Add a paper of the channel."""
    actor = who.actor
    row, show = _find(actor, channel_id), partial(_channel, who, channel_id)
    data, errors = read_form(FILE)
    if data is None:
        return show(422, errors)
    kind = ChannelFileKind(data["kind"])
    return keep_scan(
        actor,
        show,
        lambda scan: licences.add_channel_file(actor, row, kind, None, scan, FORM),
        url_for("console.show_channel", channel_id=channel_id),
    )


@pages.post("/channels/<uuid:channel_id>/tests")
@members_only("deals:write", kinds=(ENTERPRISE, ADMIN))
def file_channel_test(who: Acting, channel_id: UUID) -> Any:
    """File the test of a month as the generator; one that fails pauses the channel at once."""
    actor = who.actor
    row = _find(actor, channel_id)
    licences.check_generator(actor, row)
    if RESULTS.is_more_asked():
        return _channel(who, channel_id)
    data, errors = read_form(TEST)
    results, wrong_results = RESULTS.read()
    errors |= wrong_results
    if data is None or errors:
        return _channel(who, channel_id, 422, errors)
    sent = {**data, "results": [_with_unit(result) for result in results]}

    def file() -> str:
        licences.file_test(actor, row, sent)
        return url_for("console.show_channel", channel_id=channel_id)

    try:
        return once(actor, file)
    except DomainError as error:
        return _channel(who, channel_id, error.status, RESULTS.beside(TEST, wrong(error)))


def _with_unit(result: dict[str, Any]) -> dict[str, Any]:
    return {**result, "unit": result["unit"] or catalogue.default_unit(result["component"])}


@pages.post("/channels/<uuid:channel_id>/tests/<uuid:test_id>/files")
@members_only("deals:write", kinds=(ENTERPRISE, ADMIN), max_bytes=MAX_FORM)
def add_test_file(who: Acting, channel_id: UUID, test_id: UUID) -> Any:
    """Add the report of a test."""
    actor = who.actor
    row = _find(actor, channel_id)
    licences.check_generator(actor, row)
    test, kind = licences.find_test(row, test_id), ChannelFileKind.TEST
    return keep_scan(
        actor,
        partial(_channel, who, channel_id),
        lambda scan: licences.add_channel_file(actor, row, kind, test.id, scan, FORM),
        url_for("console.show_channel", channel_id=channel_id),
    )
