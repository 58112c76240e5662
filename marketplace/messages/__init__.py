"""Every sentence by stable code, in English and Chinese: one table, kept in TOML files by subject."""

import re
import tomllib
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from .names import FILE as NAMES
from .names import readable

LANGUAGES = ("en", "zh")
HERE = Path(__file__).parent


@cache
def table() -> dict[str, dict[str, Any]]:
    """All messages: code -> language -> sentence with {facts} in braces.

    A refusal or warning also has "cause" (where it comes from) and "cure" (what to do), each by language.

    Raises:
        ValueError: two files have the same code.
    """
    found: dict[str, Any] = {}
    for path in sorted(set(HERE.glob("*.toml")) - {NAMES}):
        messages = tomllib.loads(path.read_text(encoding="utf-8"))
        repeated = found.keys() & messages.keys()
        if repeated:
            raise ValueError(f"{path.name} repeats {sorted(repeated)}")
        found.update(messages)
    return found


def causes() -> dict[str, dict[str, Any]]:
    """The messages that say their cause and cure: refusals and warnings."""
    return {code: message for code, message in table().items() if "cause" in message}


def facts_of(sentence: str) -> set[str]:
    """Names of the facts that a sentence needs."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def pattern(code: str, language: str) -> str:
    """The sentence for `code` with its facts in braces, as pages show it."""
    sentence: str = table()[code][language]
    return re.sub(r"\{(\w+):\w+\}", r"{\1}", sentence)


def say(code: str, language: str, /, **facts: Any) -> str:
    """The sentence for `code` in `language` ("en" or "zh"), its facts filled in.

    A fact that is an enum's member or a `Name` appears under its name in that language, a tuple as a list.

    Raises:
        KeyError: the code has no sentence, a fact that the sentence needs is missing, or a value has no name.
    """
    sentence: str = table()[code][language]
    return sentence.format(**{name: readable(fact, language) for name, fact in facts.items()})
