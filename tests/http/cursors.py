"""Lists walked page by page; cursors opened, and sealed with a position that only the server could give."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from flask import g

from marketplace.events.actor import ENTERPRISE, Actor
from marketplace.http.paging import cursor_of, position_of
from tests.marketplace import Party

MOST_PAGES = 200


def walked(party: Party, path: str, between: Callable[[], None] = lambda: None, **query: Any) -> list[Any]:
    """Every item of a list, page by page, with something happening between the pages.

    A list that repeats itself fails, where it would be walked for ever.
    """
    items: list[Any] = []
    after: dict[str, str] = {}
    for _ in range(MOST_PAGES):
        page = party.get(path, **query, **after)
        assert page.status_code == 200, page.json
        assert len(page.json["items"]) <= query.get("limit", 100)
        items += page.json["items"]
        if page.json["next"] is None:
            return items
        after = {"cursor": page.json["next"]}
        between()
    raise AssertionError(f"{path} does not end after {MOST_PAGES} pages")


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
