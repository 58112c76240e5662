"""The language of a response, and sentences rendered in it."""

from collections.abc import Mapping
from typing import Any

from flask import request

from ..errors import Notice, Refused
from ..messages import LANGUAGES, say

LANGUAGE = "huanliu.language"
"""Where a request keeps what was worked out of its Accept-Language."""


class Message(str):
    """A sentence still to be spoken: its code and facts.

    It is a str, so that marshmallow carries it wherever it carries messages of its own.
    """

    facts: dict[str, Any]

    def __new__(cls, code: str, /, **facts: Any) -> "Message":
        said = super().__new__(cls, code)
        said.facts = facts
        return said

    def format(self, *_: Any, **__: Any) -> "Message":
        """Itself: the facts are at hand, and the language is not known yet."""
        return self


def language() -> str:
    """The asker's language, "en" or "zh", by Accept-Language; English when none is wanted."""
    known: str | None = request.environ.get(LANGUAGE)
    if known is None:
        best = request.accept_languages.best_match(["en", "zh-CN", "zh", "zh-Hans", "zh-TW"], default="en")
        known = request.environ[LANGUAGE] = "zh" if best.lower().startswith("zh") else "en"
    return known


def render(said: Message, tongue: str | None = None) -> str:
    """The sentence in that language, or the asker's; a fact that is itself `Said` is spoken too."""
    tongue = tongue or language()
    facts = {
        name: render(fact, tongue) if isinstance(fact, Message) else fact for name, fact in said.facts.items()
    }
    return say(str(said), tongue, **facts)


def render_all(code: str, facts: Mapping[str, Any]) -> dict[str, str]:
    """The sentence in each language, to keep for who will ask."""
    return {tongue: render(Message(code, **facts), tongue) for tongue in LANGUAGES}


def faults_to_keep(error: Refused) -> list[dict[str, Any]]:
    """The faults of a table as lines, said in all languages."""
    return [
        {
            "row": one.row,
            "column": one.column,
            "code": one.code,
            "detail": render_all(one.code, one.facts),
        }
        for one in error.faults
    ]


def localised(sayings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Things said with `in_all_languages`, with their `detail` in the asker's."""
    return [{**one, "detail": one["detail"][language()]} for one in sayings]


def render_warnings(notices: list[Notice]) -> list[dict[str, Any]]:
    """Warnings as the API answers them."""
    return [
        {"code": one.code, "field": one.field, "detail": say(one.code, language(), **one.facts)}
        for one in notices
    ]
