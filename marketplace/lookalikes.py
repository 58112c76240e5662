"""Names of enterprises in one form, the scripts that they mix, and names that look alike.

Two tables are derived from Unicode by `seed/lookalikes.py` (seed/data/SOURCES.md says their versions):
scripts.csv has the scripts of characters (Script_Extensions), lookalikes.csv what a character looks like (the
prototypes of UTS 39) or is written as in simplified Chinese (Unihan).
"""

import csv
import re
import unicodedata
from bisect import bisect_right
from functools import cache
from pathlib import Path

SCRIPTS = Path(__file__).with_name("scripts.csv")
LOOKALIKES = Path(__file__).with_name("lookalikes.csv")
WRITING_SYSTEMS = {
    "Han": ("Chinese", "Japanese", "Korean"), "Bopomofo": ("Chinese",), "Hiragana": ("Japanese",),
    "Katakana": ("Japanese",), "Hangul": ("Korean",),
}  # fmt: skip
"""UTS 39, 5.1: Latin stands with the scripts of one of these writing systems, with no other."""
OWN_FORMS: dict[int, str] = str.maketrans(
    dict(zip("i10已巳曰末入千于夭戌戍冶侯兔泠荼祟", "llo己己日未人干干天戊戊治候免冷茶崇", strict=True))
    | {"w": "vv", "d": "cl"}
)
"""Our own choice: what UTS 39 keeps apart, and people do not. After folding of case."""
BADGES = str.maketrans("", "", "™℠")
"""Signs that are made of letters, and tell nobody apart."""
LEGAL_FORMS = (
    "有限责任公司", "股份有限公司", "有限公司", "责任公司", "股份公司", "分公司", "子公司", "公司", "股份",
    "控股", "集团", "有限合伙", "普通合伙", "合伙企业", "个人独资企业", "企业", "总厂", "分厂", "工厂", "厂",
    "co", "company", "corp", "corporation", "gmbh", "group", "inc", "incorporated", "limited", "llc", "llp",
    "ltd", "plc",
)  # fmt: skip
"""What names end with without telling enterprises apart; our own choice, by the provisions on names of
enterprises (企业名称登记管理规定)."""
PLACE_WORDS = re.compile("[省市县区]")
"""Words of places that people leave out: 绍兴市 and 绍兴 are one."""
RADICALS = frozenset(map(chr, range(0x2F00, 0x2FD6)))
"""Kangxi radicals, which Unicode counts as symbols and which look like the characters themselves."""
LEAST_LEFT = 2
"""Characters that must remain of a name without its legal form."""


def one_form(name: str) -> str:
    """A name as it is stored: letters and digits of every width and style made plain, the rest as typed."""
    plain = (unicodedata.normalize("NFKC", letter) if _is_plain_text(letter) else letter for letter in name)
    return unicodedata.normalize("NFC", "".join(plain))


def _is_plain_text(letter: str) -> bool:
    """Whether it is a letter, a digit, or a radical that stands for a character of Han."""
    return letter.isalnum() or letter in RADICALS


def folded(name: str) -> str:
    """A name by which equal ones are found: without case, width, blanks and punctuation."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return _without_punctuation(text)


def skeleton(name: str) -> str:
    """A name by which those that look alike are found (UTS 39, 4): without legal form and words of places."""
    look = PLACE_WORDS.sub("", _look(name))
    while (shorter := _legal_forms().sub("", look)) != look and len(shorter) >= LEAST_LEFT:
        look = shorter
    return look


def mixed_scripts(name: str) -> tuple[str, int] | None:
    """The first character that breaks the highly restrictive level of UTS 39, and its place from 1.

    Han with Latin, digits and punctuation is normal, and so is a name of one script; Han or Latin with
    Cyrillic or Greek is not. The character is the first of another script than these, where there is one.
    """
    shared: frozenset[str] | None = None
    latin, foreign = False, None
    for place, character in enumerate(name, 1):
        systems = _systems(character)
        latin = latin or "Latin" in systems
        if systems and "Latin" not in systems:
            shared = systems if shared is None else shared & systems
            if foreign is None and not systems & CJK:
                foreign = character, place
        if shared is not None and not (shared & CJK if latin else shared):
            return foreign or (character, place)
    return None


CJK = frozenset(system for systems in WRITING_SYSTEMS.values() for system in systems)


@cache
def _systems(character: str) -> frozenset[str]:
    """The writing systems that a character belongs to; none where it belongs to all."""
    found: set[str] = set()
    for letter in unicodedata.normalize("NFKC", character):
        names = _scripts_of(ord(letter))
        found |= {system for name in names for system in WRITING_SYSTEMS.get(name, (name,))}
    return frozenset(found)


def _scripts_of(place: int) -> list[str]:
    firsts, ranges = _script_ranges()
    index = bisect_right(firsts, place) - 1
    if index < 0 or place > ranges[index][0]:
        return []
    return ranges[index][1]


@cache
def _script_ranges() -> tuple[list[int], list[tuple[int, list[str]]]]:
    with SCRIPTS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    firsts = [int(row["first"], 16) for row in rows]
    return firsts, [(int(row["last"], 16), row["scripts"].split()) for row in rows]


@cache
def _forms() -> dict[int, str]:
    with LOOKALIKES.open(encoding="utf-8", newline="") as file:
        return {ord(row["character"]): row["form"] for row in csv.DictReader(file)}


@cache
def _legal_forms() -> re.Pattern[str]:
    forms = sorted(map(_look, LEGAL_FORMS), key=len, reverse=True)
    return re.compile(f"(?:{'|'.join(forms)})$")


def _look(name: str) -> str:
    """A name as it looks: lookalikes by their prototype, then case and accents folded, then our own forms.

    A sign that looks like a letter counts as that letter, a letter that looks like a sign as that sign; signs
    are decoration, and dropped at the end.
    """
    plain = unicodedata.normalize("NFKC", name.translate(BADGES))
    look = "".join(filter(_looks_like_letters, plain)).translate(_forms())
    look = unicodedata.normalize("NFKD", look.casefold())
    look = "".join(letter for letter in look if not unicodedata.combining(letter))
    look = look.translate(_forms()).casefold().translate(OWN_FORMS)
    return "".join(filter(_is_letter, look))


def _looks_like_letters(character: str) -> bool:
    """Whether it is a letter, a digit or an accent, or a sign that looks like one: a long dash like 一."""
    return unicodedata.category(character)[0] in "LNM" or any(
        map(_is_letter, _forms().get(ord(character), ""))
    )


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] in "LN"


def _without_punctuation(text: str) -> str:
    """Letters, digits, marks and symbols; what separates them dropped."""
    return "".join(letter for letter in text if unicodedata.category(letter)[0] not in "PZC")
