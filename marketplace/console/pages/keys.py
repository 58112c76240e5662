"""Keys for programs: created in one's own name, listed, revoked."""

from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, url_for
from marshmallow import fields

from ... import clock
from ...enterprises import service as enterprises
from ...events.actor import SCOPES
from ...http.authentication import EVERY_KEY
from ...http.fields import OneOf, Text
from ...http.schemas import Schema
from ...persons.service import Acting
from ..forms import Errors, change_or_show, once, typed
from ..page import pages
from ..visitor import ASK_AGAIN, members_only, private
from ..warnings import warn

MOST_SHOWN = 100


class KeyForm(Schema):
    name = Text(100, required=True)
    scopes = fields.String(required=True, validate=OneOf(SCOPES, "scope"))


KEY = KeyForm()
UP_TO = {scope: SCOPES[: position + 1] for position, scope in enumerate(SCOPES)}
"""A key of the page may do one thing and what comes before it."""


@pages.get("/settings/keys")
@members_only("admin", kinds=EVERY_KEY)
def show_keys(who: Acting) -> Response:
    """The keys of the enterprise, or of the member of staff."""
    return _keys(who)


def _keys(
    who: Acting, http_status: int = 200, errors: Errors | None = None, key: str | None = None
) -> Response:
    return private(
        "keys.html",
        http_status,
        keys=enterprises.list_keys(who.actor, "own", None, None, MOST_SHOWN),
        person_id=who.person_id,
        scopes=[scope for scope in SCOPES if scope in who.actor.scopes],
        now=clock.now(),
        key=key,
        values=typed() if errors else {},
        errors=errors or {},
        api="/api/v1/api-keys",
    )


@pages.post("/settings/keys")
@members_only("admin", kinds=EVERY_KEY, sensitive=ASK_AGAIN)
def create_key(who: Acting) -> Any:
    """Create a key that is bound to the person; it is shown this once. Sent again it leads to the list."""
    actor = who.actor

    def create(data: dict[str, Any]) -> Any:
        wanted = [scope for scope in UP_TO[data["scopes"]] if scope in actor.scopes]
        made: list[str] = []

        def create_key() -> str:
            _, key, notices = enterprises.create_key(actor, data["name"], wanted)
            made.append(key)
            warn(notices)
            return url_for("console.show_keys")

        done = once(actor, create_key)
        return _keys(who, 201, key=made[0]) if made else done

    return change_or_show(KEY, partial(_keys, who), create)


@pages.post("/settings/keys/<uuid:key_id>/revoke")
@members_only("admin", kinds=EVERY_KEY)
def revoke_key(who: Acting, key_id: UUID) -> Any:
    """Revoke a key, and what it created."""
    actor = who.actor
    return change_or_show(
        None,
        partial(_keys, who),
        lambda _: enterprises.revoke_key(actor, key_id),
        url_for("console.show_keys"),
    )
