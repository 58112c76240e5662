"""What people call states, roles, actions and other values, in both languages: one table, `names.toml`."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "names.toml"
SEPARATORS = {"en": ", ", "zh": "、"}
LAST_SEPARATOR = {"en": " or ", "zh": "、"}
IN_PARENTHESES = {"en": " ({})", "zh": "（{}）"}
BETWEEN = "|"
"""Between the word for one and that for many."""
NO_FORMS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Name:
    """A value as people call it: `Name("role", "generator")` is "generator" and 产废单位."""

    group: str
    value: str


@cache
def names() -> dict[str, dict[str, dict[str, Any]]]:
    """The table: group -> value -> language or form -> words."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def group_of(values: type[Enum]) -> str:
    """The group that has the names of an enum's members: `listing_status` for `ListingStatus`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", values.__name__).lower()


def name_of(member: Enum) -> Name:
    """The name of an enum's member."""
    return Name(group_of(type(member)), str(member.value))


class Words(str):
    """A name in one language. In a sentence `{fact}` is the name itself, `{fact:form}` another form of it.

    The form `code` is the name with the value that programs send, where that differs: 产废单位（generator）.
    """

    forms: Mapping[str, str]

    def __new__(cls, text: str, forms: Mapping[str, str] = NO_FORMS) -> "Words":
        words = super().__new__(cls, text)
        words.forms = forms
        return words

    def __format__(self, form: str) -> str:
        return of_number(str(self), form) if BETWEEN in form else self.forms.get(form, str(self))


class Count(int):
    """A number of things. In a sentence `{fact}` is the number itself, `{fact:row|rows}` the word that fits.

    The first word is that of one, the second that of none and many; a number written out, as "1,200" or "1",
    chooses alike. Chinese needs none of this.
    """

    def __format__(self, form: str) -> str:
        return of_number(str(int(self)), form) if BETWEEN in form else super().__format__(form)


def of_number(number: str, words: str) -> str:
    """Of two words, separated by `|`, the one for that number."""
    one, many = words.split(BETWEEN)
    return one if number == "1" else many


@dataclass(frozen=True, slots=True)
class WordList:
    """Several names; in a sentence they are separated as the language does, each in the form asked for."""

    words: tuple[Words, ...]
    separator: str
    last_separator: str

    def __format__(self, form: str) -> str:
        *others, last = [format(words, form) for words in self.words] or [""]
        return self.separator.join(others) + (self.last_separator if others else "") + last


def readable(fact: Any, language: str) -> Any:
    """A fact as a sentence in `language` shows it: names, enum members and text in words, lists as lists,
    numbers as what chooses between the words for one and for many.

    Raises:
        KeyError: the value has no name in names.toml.
    """
    if isinstance(fact, Enum):
        return _words(name_of(fact), language)
    if isinstance(fact, Name):
        return _words(fact, language)
    if isinstance(fact, str):
        return Words(fact)
    if isinstance(fact, tuple | list):
        return _word_list(fact, language)
    if isinstance(fact, int) and not isinstance(fact, bool):
        return Count(fact)
    return fact


def _word_list(facts: Sequence[Any], language: str) -> WordList:
    """Named values end in "or b" in English; codes and other text are separated alike throughout."""
    named = any(isinstance(fact, Enum | Name) for fact in facts)
    words = (readable(fact, language) for fact in facts)
    texts = tuple(word if isinstance(word, Words) else Words(str(word)) for word in words)
    return WordList(texts, SEPARATORS[language], (LAST_SEPARATOR if named else SEPARATORS)[language])


def _words(name: Name, language: str) -> Words:
    try:
        entry = names()[name.group][name.value]
    except KeyError as error:
        raise KeyError(f"add [{name.group}.{name.value}] with en and zh to names.toml") from error
    text = entry[language]
    forms = {form: by_language[language] for form, by_language in entry.items() if form not in SEPARATORS}
    code = text if name.value == text else text + IN_PARENTHESES[language].format(name.value)
    return Words(text, {**forms, "code": code})
