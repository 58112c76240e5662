"""Huanliu: a waste exchange. `create_app` puts the rooms together."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from .settings import Settings


def create_app(settings: Settings | None = None, *, serves: bool = True) -> Flask:
    """The application, from `settings` or the environment. Opens no connection.

    What only performs tasks `serves` nothing, and saves the 30 MB of routes, schemas and their description.
    """
    with _collector_paused():
        from .application import build  # only here: the supervisor and its children's starter need no Flask

        return build(settings, serves=serves)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Collect no garbage: nearly all that is made stays, and looking through it is a tenth of a start."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
