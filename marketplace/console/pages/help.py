"""Your first ten minutes, for each kind of reader."""

import tomllib
from functools import cache
from typing import Any

from flask import Response

from ...errors import NotFound
from ...http.authentication import ANYONE, allow
from ...http.languages import language
from ..page import HERE, page, pages

HELP = HERE / "help"
ORDER = ("plant-manager", "recycler", "driver", "receiver", "admin", "regulator")


@pages.get("/help")
@allow(*ANYONE)
def show_help() -> Response:
    """Whom there is help for."""
    return page("help.html", readers=[(name, texts()[name][language()]) for name in ORDER])


@pages.get("/help/<name>")
@allow(*ANYONE)
def show_help_page(name: str) -> Response:
    """The first ten minutes of one of them. Raises: NotFound."""
    if name not in ORDER:
        raise NotFound()
    others = [(other, texts()[other][language()]) for other in ORDER if other != name]
    return page("help_page.html", reader=texts()[name][language()], others=others, lang=language())


@cache
def texts() -> dict[str, dict[str, Any]]:
    """Of each reader, by language: `title`, `intro`, `steps` (`title`, `text`, maybe `link`, and `picture`
    with `alt`), `later`."""
    return {name: tomllib.loads((HELP / f"{name}.toml").read_text(encoding="utf-8")) for name in ORDER}
