"""Names of components: which texts are one, and which component they all mean."""

import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from unicodedata import category

from .spelling import GREEK, HAN, alike

FILE = Path(__file__).with_name("names.toml")
LATIN = "A-Za-zÀ-ÖØ-öø-ɏ"
LOCANT = "(?:[0-9]{1,2}[A-Za-z]?|[A-Za-zα-ω])'*"
TOKEN = re.compile(
    rf"(?<![{LATIN}{HAN}α-ω0-9]){LOCANT}(?:,{LOCANT})*-(?=[{LATIN}{HAN}α-ω(\[])"  # 1,2- and N,N- and 9H-
    rf"|[{LATIN}][{LATIN}0-9]*(?:(?<=[0-9])\.[0-9]+)?"  # words and formulas: acid, H2SO4, PM2.5
    rf"|[{HAN}]+|[α-ω]|\((?:[0-9]{{1,2}}[+-](?=\))|[0-9]{{1,3}}(?=[{HAN}]))"  # (6+ and (16种
    rf"|(?<=[{LATIN}0-9]-)[0-9]+[{LATIN}]*|(?<![{LATIN}{HAN}0-9])[0-9]{{1,3}}号"  # TX-100, 0号
    r"|[(\[]|[)\]][0-9]*|·[0-9]*|(?<=[A-Za-z0-9)\]])\.|[-+']| "
)
"""What a name is made of. Digits belong to a formula or say a position; a number of its own is neither."""
LIMITS = re.compile(
    "以上|以下|以内|之内|左右|不低于|不高于|不超过|不少于|不多于|不大于|不小于|至少|至多|最少|最多|大于|小于|等于"
    "|高于|低于|多于|少于|超过|百分之|千分之|万分之|^大?约|约$|至$|到$"
)
ENGLISH_LIMITS = re.compile(
    r"(?:^| )(?:at least|at most|more than|less than|about|approx\.?|min\.?|max\.?|up to|over|under)$", re.I
)
AMOUNT = re.compile(r"[0-9](?:ppmw?|ppb|mg|ug|μg|kg|wt|vol|mol|mmol|kj|mj|kcal)$", re.I)
"""A number with a unit at the end of a word, such as Cu5ppm."""
TWO_NAMES = re.compile(f"[{HAN}] [{HAN}]")
"""Chinese writes no blanks within a name."""
CONTENT = re.compile(r"(?<=.) ?(?:的?质量分数|的?体积分数|的?含量|的?浓度)$")
"""What only says that a share follows."""
CONTAINS = re.compile(r"^(?:含有|含) ?(?=.)")
"""What only says that the waste has the component: 含硫酸 is 硫酸, while 含水率 is a name of its own."""
ANOTHER_NAME = re.compile(r"(?P<name>.+?) ?\((?P<other>.+)\)")
"""A name with another one of the same component behind it: 硫酸(H2SO4), Cu(铜)."""
SYMBOLS = (
    "H|He|Li|Be|B|C|N|O|F|Ne|Na|Mg|Al|Si|P|S|Cl|Ar|K|Ca|Sc|Ti|V|Cr|Mn|Fe|Co|Ni|Cu|Zn|Ga|Ge|As|Se|Br|Kr|Rb|Sr|Y"
    "|Zr|Nb|Mo|Tc|Ru|Rh|Pd|Ag|Cd|In|Sn|Sb|Te|I|Xe|Cs|Ba|La|Ce|Pr|Nd|Sm|Eu|Gd|Tb|Dy|Ho|Er|Tm|Yb|Lu|Hf|Ta|W|Re|Os"
    "|Ir|Pt|Au|Hg|Tl|Pb|Bi|Th|U"
)
FORMULA = re.compile(rf"(?=.*[A-Z])(?:{SYMBOLS}|[0-9()\[\]·+-])+")


@dataclass(frozen=True, slots=True)
class Component:
    """A known component: its key, the only family of units that fits, the unit meant where none is."""

    key: str
    family: str | None = None
    unit: str | None = None


def is_component_name(name: str) -> bool:
    """Whether a text can only be the name of one component: no numbers, units, limits or lists in it."""
    text = CONTENT.sub("", alike(name))
    if not all(character.isprintable() or category(character) == "Zs" for character in name):
        return False
    if component_of(name) is not None:
        return True
    places = [found.span() for found in TOKEN.finditer(text)]
    covered = all(end == start for (_, end), (start, _) in pairwise(places))
    whole = bool(places) and covered and (places[0][0], places[-1][1]) == (0, len(text))
    return whole and all(map(_is_word, text.split())) and not _says_how_much(text) and _is_closed(text)


def _is_word(word: str) -> bool:
    return re.search(rf"[{LATIN}{HAN}]", word) is not None and word[0] not in "-+·'.)]"


def _says_how_much(text: str) -> bool:
    return any(pattern.search(text) for pattern in (LIMITS, ENGLISH_LIMITS, AMOUNT, TWO_NAMES))


def _is_closed(text: str) -> bool:
    """Whether brackets come in pairs, one kind within the other."""
    open_: list[str] = []
    for mark in text:
        if mark in "([":
            open_.append(mark)
        elif mark in ")]" and (not open_ or open_.pop() + mark not in ("()", "[]")):
            return False
    return not open_


def _comparable(name: str) -> str:
    """A name alike in all its spellings, Greek letters by their names."""
    return alike(name).translate(GREEK)


@lru_cache(maxsize=10_000)
def component_of(name: str) -> Component | None:
    """The component that a name means, or None where the table has none."""
    text = _comparable(name)
    spellings = (text, CONTAINS.sub("", text))
    found = (named(spelling) for spelling in spellings for named in (_in_table, _named_twice))
    return next(filter(None, found), None)


def _in_table(text: str) -> Component | None:
    exact, loose = _tables()
    for spelling in (text, CONTENT.sub("", text)):
        if spelling in exact:
            return exact[spelling]
    return loose.get(CONTENT.sub("", text).casefold())


def _named_twice(text: str) -> Component | None:
    """The component of 硫酸(H2SO4), where both names mean the same."""
    found = ANOTHER_NAME.fullmatch(CONTENT.sub("", text))
    one, other = (_in_table(found["name"]), _in_table(found["other"])) if found else (None, None)
    return one if one == other else None


def component_key(name: str) -> str:
    """What all names of one component have in common; of an unknown one its own text without case.

    A formula whose case tells it from another (CoO and COO) keeps it.
    """
    known = component_of(name)
    if known is not None:
        return known.key
    text = CONTENT.sub("", _comparable(name))
    return text if FORMULA.fullmatch(text) and _readings(text.casefold()) > 1 else text.casefold()


@lru_cache(maxsize=10_000)
def _readings(letters: str) -> int:
    """In how many ways a text without case can be read as elements."""
    if not letters:
        return 1
    if not letters[0].isalpha():
        return _readings(letters[1:])
    symbols = SYMBOLS.casefold().split("|")
    return sum(_readings(letters[len(symbol) :]) for symbol in symbols if letters.startswith(symbol))


@cache
def _tables() -> tuple[dict[str, Component], dict[str, Component]]:
    """Components by exact spelling, and by spelling without case where only one is meant."""
    exact: dict[str, Component] = {}
    meanings: dict[str, set[Component]] = defaultdict(set)
    for key, about in tomllib.loads(FILE.read_text(encoding="utf-8")).items():
        component = Component(key, about.get("family"), about.get("unit"))
        for spelling in _spellings(key, about):
            if exact.setdefault(spelling, component) != component:
                raise ValueError(f"names.toml: {spelling} is {exact[spelling].key} and {key}")
            meanings[spelling.casefold()].add(component)
    return exact, {text: next(iter(found)) for text, found in meanings.items() if len(found) == 1}


def _spellings(key: str, about: dict[str, Any]) -> list[str]:
    return [_comparable(text) for text in (key, *about["zh"], *about["en"], *about.get("also", ()))]
