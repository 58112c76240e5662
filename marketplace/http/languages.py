"""The language of a response, and sentences rendered in it."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask import request

from ..errors import InvalidTable, Notice
from ..messages import LANGUAGES, say

LANGUAGE = "huanliu.language"
"""Where a request's environment keeps the language that was negotiated."""
LANGUAGE_PARAMETER = LANGUAGE_COOKIE = "lang"
"""By which a reader of pages chooses one: in an address, and kept in the browser."""


class Message(str):
    """A sentence to be rendered later: its code and facts.

    It is a str, so that marshmallow carries it wherever it carries its own messages.
    """

    facts: dict[str, Any]

    def __new__(cls, code: str, /, **facts: Any) -> "Message":
        message = super().__new__(cls, code)
        message.facts = facts
        return message

    def format(self, *_: Any, **__: Any) -> "Message":
        """Itself: marshmallow formats its messages, ours are rendered once the language is known."""
        return self


def language() -> str:
    """The caller's language, "en" or "zh", by Accept-Language; English where none fits."""
    negotiated: str | None = request.environ.get(LANGUAGE)
    if negotiated is None:
        best = request.accept_languages.best_match(["en", "zh-CN", "zh", "zh-Hans", "zh-TW"], default="en")
        negotiated = request.environ[LANGUAGE] = "zh" if best.lower().startswith("zh") else "en"
    return negotiated


def choose_page_language(without_wish: str | None = None) -> str:
    """The language of a page: by `?lang=`, else by the cookie of an earlier choice, else by Accept-Language.

    From then on it is the language of the request, also for sentences of services.

    Args:
        without_wish: the language where the caller names none at all.
    """
    named = (request.args.get(LANGUAGE_PARAMETER), request.cookies.get(LANGUAGE_COOKIE))
    chosen = next((lang for lang in named if lang in LANGUAGES), None)
    if chosen is None and without_wish and not request.accept_languages:
        chosen = without_wish
    if chosen is not None:
        request.environ[LANGUAGE] = chosen
    return language()


def render(message: Message, lang: str | None = None) -> str:
    """The sentence in that language, else in the caller's; facts that are messages are rendered too."""
    lang = lang or language()
    facts: dict[str, Any] = {
        name: render(fact, lang) if isinstance(fact, Message) else fact
        for name, fact in message.facts.items()
    }
    return say(str(message), lang, **facts)


def render_all(code: str, facts: Mapping[str, Any]) -> dict[str, str]:
    """The sentence in each language, to be stored; `localised` chooses one."""
    return {lang: render(Message(code, **facts), lang) for lang in LANGUAGES}


def stored_faults(error: InvalidTable) -> list[dict[str, Any]]:
    """The faults of a table with their sentences in all languages, to be stored."""
    return [
        {
            "row": fault.row,
            "column": fault.column,
            "code": fault.code,
            "detail": render_all(fault.code, fault.facts),
            **({"suggestions": fault.facts["suggestions"]} if "suggestions" in fault.facts else {}),
        }
        for fault in error.faults
    ]


def localised(stored: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """What was stored with `detail` in all languages, now with that of the caller's language."""
    return [{**entry, "detail": entry["detail"][language()]} for entry in stored]


def render_warnings(notices: Iterable[Notice]) -> list[dict[str, Any]]:
    """The warnings of a response."""
    return [
        {
            "code": notice.code,
            "field": notice.field,
            "detail": say(notice.sentence, language(), **notice.facts),
        }
        for notice in notices
    ]
