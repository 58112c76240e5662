"""Sentences by stable code in English and Chinese: one table, kept in the files of sentences/ by subject."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "zh")
SENTENCES = Path(__file__).parent / "sentences"


@cache
def table() -> dict[str, dict[str, str]]:
    """All messages: code -> language -> sentence with {facts} in braces.

    Raises:
        ValueError: two files have a sentence for the same code.
    """
    found: dict[str, dict[str, str]] = {}
    for path in sorted(SENTENCES.glob("*.toml")):
        more = tomllib.loads(path.read_text(encoding="utf-8"))
        twice = found.keys() & more.keys()
        if twice:
            raise ValueError(f"{path.name} repeats {sorted(twice)}")
        found.update(more)
    return found


def say(code: str, language: str, /, **facts: Any) -> str:
    """The sentence for `code` in `language` ("en" or "zh"), its facts filled in.

    Raises:
        KeyError: the code has no sentence, or a fact that the sentence needs is missing.
    """
    return table()[code][language].format(**facts)
