"""Cursors opened, and sealed with a position that no list gives, as only the server can."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from flask import g

from marketplace.events.actor import ENTERPRISE, Actor
from marketplace.http.paging import cursor_of, position_of
from tests.marketplace import Party


def opened(
    party: Party, path: str, schema: Any, kinds: tuple[type, ...], cursor: str, **query: Any
) -> list[Any]:
    """The position in a cursor that an enterprise was given for a list; `schema` reads its query."""
    with _asking(party, path, schema, query) as asked:
        position = position_of({**asked, "cursor": cursor}, kinds)
    assert position is not None
    return position


def forged(party: Party, path: str, schema: Any, position: list[Any], **query: Any) -> str:
    """A cursor of that list with this position."""
    with _asking(party, path, schema, query) as asked:
        return cursor_of(asked, position)


@contextmanager
def _asking(party: Party, path: str, schema: Any, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
    with party.marketplace.app.test_request_context(f"/api/v1{path}"):
        g.actor = Actor(ENTERPRISE, UUID(party.id))
        asked = schema().load(query)
        asked.pop("near_misses", None)
        yield asked
