"""Sentences by stable code in English and Chinese. The table is messages.toml."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "zh")


@cache
def table() -> dict[str, dict[str, str]]:
    """All messages: code -> language -> sentence with {facts} in braces."""
    return tomllib.loads((Path(__file__).parent / "messages.toml").read_text(encoding="utf-8"))


def say(code: str, language: str, /, **facts: Any) -> str:
    """The sentence for `code` in `language` ("en" or "zh"), its facts filled in.

    Raises:
        KeyError: the code has no sentence, or a fact that the sentence needs is missing.
    """
    return table()[code][language].format(**facts)
