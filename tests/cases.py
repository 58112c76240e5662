"""What every room says of its own routes, for the tests that hold all routes to the same habits.

A room has `tests/<room>/cases.py` with one `CASES = Cases(...)`; the room's name is its blueprint's. The
tests are in `tests/test_house.py`; the examples of the OpenAPI document are recorded from the same rows.

A route is named by (method, rule), as ("GET", "/listings/<uuid:listing_id>").
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from marketplace.application import ROOMS
from tests.marketplace import Marketplace, Party

Route = tuple[str, str]
HIDDEN, FORBIDDEN, VISIBLE = 404, 403, 200
"""What an id of somebody else gives: 404, 403 by the kind of key, or 200 with what everyone may know."""


class Samples:
    """The people around one of everything that an id can name.

    A room adds its own resources in a subclass, each a `cached_property`, so that it exists once a test asks.
    """

    def __init__(self, marketplace: Marketplace) -> None:
        self.marketplace, self.admin = marketplace, marketplace.admin

    @cached_property
    def owner(self) -> Party:
        return self.marketplace.enterprise("generator", "recycler", "transporter", name="绍兴一厂")

    @cached_property
    def partner(self) -> Party:
        return self.marketplace.enterprise("recycler", name="绍兴二厂")

    @cached_property
    def neighbour(self) -> Party:
        return self.marketplace.enterprise("generator", "recycler", name="邻居")

    @cached_property
    def regulator(self) -> Party:
        return self.marketplace.regulator("330600")

    @cached_property
    def stranger(self) -> Party:
        """The regulator of another region."""
        return self.marketplace.regulator("310000")

    def create(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Create a resource as the admin; returns the API's response."""
        response = self.admin.post(path, body)
        assert response.status_code == 201, response.json
        return response.json


@dataclass(frozen=True)
class Cases:
    """The cases of one room's routes.

    Attributes:
        samples: the subclass of `Samples` with the room's resources.
        neighbours: of each route that takes a UUID: its path, and what a neighbour and the regulator of
            another region get (`HIDDEN`, `FORBIDDEN` or `VISIBLE`).
        writes: of each route that is no GET: who calls it, its path, and a correct body (None for no body,
            bytes for a sheet).
        statements: rule -> number of SQL statements of each GET, the look-up of the key included.
        public: rule -> names that a `VISIBLE` response shows to everyone.
        paths: rule -> path of each GET whose parameters are not UUIDs, or with the query that it needs.
        readers: rule -> who reads it, of each GET that the owner's or the admin's own key may not.
        grow: adds a row to each of the room's lists.
        questions: routes that ask by POST and write nothing.
        unaudited: routes that write only what the row itself records, and no audit line.
        without_fields: routes whose body has no fields, so that an unknown one is not refused.
        regulated: routes other than GET that a regulator may call.
        queries: rule -> query of the recorded example of a GET.
        example_fields: what a recorded example says instead of the terse body in `writes`.
        faulty_bodies: bodies of recorded refusals that teach more than a misspelt field.
    """

    samples: type[Samples] = Samples
    neighbours: Callable[[Any], dict[Route, tuple[str, int, int]]] = lambda samples: {}
    writes: Callable[[Any], dict[Route, tuple[Party, str, Any]]] = lambda samples: {}
    statements: dict[str, int] = field(default_factory=dict)
    public: dict[str, set[str]] = field(default_factory=dict)
    paths: Callable[[Any], dict[str, str]] = lambda samples: {}
    readers: Callable[[Any], dict[str, Party]] = lambda samples: {}
    grow: Callable[[Any], None] = lambda samples: None
    questions: frozenset[Route] = frozenset()
    unaudited: frozenset[Route] = frozenset()
    without_fields: frozenset[Route] = frozenset()
    regulated: frozenset[Route] = frozenset()
    queries: dict[str, dict[str, Any]] = field(default_factory=dict)
    example_fields: dict[Route, dict[str, Any]] = field(default_factory=dict)
    faulty_bodies: dict[Route, Any] = field(default_factory=dict)


def file_of(room: str) -> str:
    """The file with a room's cases."""
    return f"tests/{room}/cases.py"


def cases_of(room: str) -> Cases:
    """The cases of a room. Raises: AssertionError: it has none."""
    try:
        return importlib.import_module(f"tests.{room}.cases").CASES
    except ModuleNotFoundError as error:
        if not str(error.name).startswith(f"tests.{room}"):
            raise
        raise AssertionError(
            f"the room {room} has no cases: add {file_of(room)} with CASES = Cases(...), see tests/cases.py"
        ) from error


BY_ROOM = {room: cases_of(room) for room in ROOMS}
AllSamples: type[Any] = type(
    "AllSamples", tuple(dict.fromkeys(cases.samples for cases in reversed(BY_ROOM.values()))), {}
)
"""Samples of all rooms; later rooms first, since their samples may extend those of earlier ones."""


def united(name: str, *args: Any) -> Any:
    """One attribute of all rooms together: a dict or a frozenset; a function is called with `args`."""
    parts = [getattr(cases, name) for cases in BY_ROOM.values()]
    parts = [part(*args) for part in parts] if args else parts
    if isinstance(parts[0], frozenset):
        return frozenset().union(*parts)
    found: dict[Any, Any] = {}
    for part in parts:
        assert not found.keys() & part.keys(), f"two rooms say {name} of {found.keys() & part.keys()}"
        found.update(part)
    return found
