"""Every sentence by stable code, in English and Chinese: one table, kept in TOML files by subject."""

import re
import tomllib
from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from .names import FILE as NAMES
from .names import readable

LANGUAGES = ("en", "zh")
HERE = Path(__file__).parent
LAW = "law"
"""In a sentence `{law[eco-code-536,transfer-measures-2021]}` cites those legal bases."""

Cite = Callable[[Sequence[str], str, date | None], str]
_cite: Cite | None = None


def set_citations(cite: Cite) -> None:
    """Set how sentences cite the law: `cite(ids of legal bases, language, day that counts or None)`."""
    global _cite
    _cite = cite


class Citations:
    """The fact `law` of every sentence: what it is asked for is cited as in force on the day that counts."""

    def __init__(self, language: str, day: date | None) -> None:
        self.language, self.day = language, day

    def __getitem__(self, basis_ids: str) -> str:
        assert _cite is not None, "nobody has said how the law is cited: see set_citations"
        return _cite(ids_of(basis_ids), self.language, self.day)


def ids_of(reference: str) -> list[str]:
    """The ids of legal bases that a sentence names between the brackets of `{law[...]}`."""
    return [basis_id.strip() for basis_id in reference.split(",")]


def cited_in(sentence: str) -> set[str]:
    """Ids of the legal bases that a sentence cites."""
    references = re.findall(r"\{law\[([^\]]+)\]\}", sentence)
    return {basis_id for reference in references for basis_id in ids_of(reference)}


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


def cure(code: str, language: str) -> str:
    """What to do about a refusal or warning, by an API client: it may name routes and fields.

    Raises:
        KeyError: the code is of no refusal or warning.
    """
    found: str = table()[code]["cure"][language]
    return found


def facts_of(sentence: str) -> set[str]:
    """Names of the facts that a sentence needs; the law is there always."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name and not name.startswith(f"{LAW}[")}


def pattern(code: str, language: str) -> str:
    """The sentence for `code` with its facts in braces, as pages show it; the law as in force today."""
    sentence: str = table()[code][language]
    law = Citations(language, None)
    sentence = re.sub(r"\{law\[([^\]]+)\]\}", lambda cited: law[cited[1]], sentence)
    sentence = re.sub(r"\{\w+:[^|}]*\|([^}]*)\}", r"\1", sentence)
    return re.sub(r"\{(\w+):\w+\}", r"{\1}", sentence)


def source_code(gate: str, reason: str) -> str:
    """The code of the rule behind a failed gate: of its reason, if that has a rule of its own."""
    own = f"source_{gate}_{reason}"
    return own if own in table() else f"source_{gate}"


def say(code: str, language: str, /, **facts: Any) -> str:
    """The sentence for `code` in `language` ("en" or "zh"), its facts filled in.

    The law is cited as in force on the fact `law_of`, the day that counts (of the transfer, the listing, the
    decision): today if it is not given.

    A fact that is an enum's member or a `Name` appears under its name in that language, a tuple as a list. A
    number chooses between two words: `{count} {count:row|rows}`.

    Raises:
        KeyError: the code has no sentence, a fact that the sentence needs is missing, or a value has no name.
    """
    sentence: str = table()[code][language]
    day = facts.pop("law_of", None)
    shown = {name: readable(fact, language) for name, fact in facts.items()}
    return sentence.format(**shown, law=Citations(language, day))
