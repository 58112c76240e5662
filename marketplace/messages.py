"""Sentences by stable code in English and Chinese: one table, kept in the files of sentences/ by subject.

The files of causes/ tell of each refusal and warning where it comes from and what to do.
"""

import tomllib
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

LANGUAGES = ("en", "zh")
HERE = Path(__file__).parent


@cache
def table() -> dict[str, dict[str, str]]:
    """All messages: code -> language -> sentence with {facts} in braces.

    Raises:
        ValueError: two files have a sentence for the same code.
    """
    return _read("sentences")


@cache
def causes() -> dict[str, dict[str, dict[str, str]]]:
    """What refusals and warnings come from: code -> "cause" or "cure" -> language -> text.

    Raises:
        ValueError: two files have a text for the same code.
    """
    return _read("causes")


def _read(folder: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in sorted((HERE / folder).glob("*.toml")):
        more = tomllib.loads(path.read_text(encoding="utf-8"))
        twice = found.keys() & more.keys()
        if twice:
            raise ValueError(f"{path.name} repeats {sorted(twice)}")
        found.update(more)
    return found


def facts_of(sentence: str) -> set[str]:
    """Names of the facts that a sentence needs."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def say(code: str, language: str, /, **facts: Any) -> str:
    """The sentence for `code` in `language` ("en" or "zh"), its facts filled in.

    Raises:
        KeyError: the code has no sentence, or a fact that the sentence needs is missing.
    """
    return table()[code][language].format(**facts)
