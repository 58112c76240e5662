"""Waste codes as people write them, read without the catalogue.

Width, case, blanks, dots, dashes and hyphens of every kind do not matter, nor does a category beside its
code: `HW08（900–249–08）废矿物油` says HW08, 900-249-08 and the words 废矿物油. What a code means, and
whether what is said of it is true, `resolution` asks the catalogue.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

CN_HW, CN_SW, EU_LOW = "cn-hw", "cn-sw", "eu-low"
GAP = r"[-_. ]{0,3}"
"""What people put between the groups of digits of a code."""
START, END = r"(?<![0-9A-Z])", r"(?![0-9A-Z])"
FORMS = (
    (CN_HW, "code", rf"(\d{{3}}){GAP}(\d{{3}}){GAP}(\d\d)"),
    (CN_SW, "code", rf"(\d{{3}}){GAP}(\d{{3}}){GAP}(?:S|SW){GAP}(\d\d)"),
    (CN_HW, "category", rf"HW{GAP}(\d{{1,2}})"),
    (CN_SW, "category", rf"(?:SW{GAP}(?=\d)|S(?=\d\d))(\d{{1,2}})"),
    (EU_LOW, "code", r"(?<!\d[-.])(\d\d)(?:(?P<gap>[-. ]{0,2})(\d\d)(?P=gap)(\d\d)(?: ?\*)?)(?![-. ]?\d)"),
    (None, "code", rf"(?!HW|SW|EWC|LOW|EU|AVV|LER|CER)([A-Z]{{2,8}})[-_.]?(\d\d){GAP}(\d\d){GAP}(\d\d)"),
)
"""Scheme (None: a local one), level and groups of the codes that are found within a text."""
CODE_IN_TEXT = re.compile(
    rf"{START}(?:{'|'.join(f'(?P<form{number}>{form})' for number, (_, _, form) in enumerate(FORMS))}){END}",
    re.ASCII,
)
HEADING = re.compile(rf"(\d\d)(?:{GAP}(\d\d))?", re.ASCII)
"""A chapter or subchapter of the European list; two digits are too few to be looked for among words."""
JOINED_CATEGORY = re.compile(rf"(HW{GAP}\d\d)(?=\d{{3}}{GAP}\d{{3}}{GAP}\d\d{END})", re.ASCII)
"""A category that its code follows without a gap: HW0890024908."""
DASH_BETWEEN_DIGITS = re.compile(r"(?<=\d)[一ー~]+(?=\d)")
"""Letters that are typed for dashes."""
NEGATION_BEFORE = re.compile(
    r"(?:非|不是|并非|不属于?|不含|没有|除了?|(?<![A-Z])(?:NOT|NON|NO|EXCEPT|WITHOUT))[^0-9A-Z\u4e00-\u9fff]*$"
)
NEAR = 40
"""Characters before a code among which a "not" belongs to it."""
NOT_IN_KEYS = re.compile(r"[\W_]+")
STARS = str.maketrans(dict.fromkeys("∗⁎✱✲✻﹡⋆★☆", "*"))
DASHES = frozenset("−⁃")
"""Dashes that Unicode does not count among its punctuation."""
LABELS = re.compile(
    r"(?:国家|危险|一般|工业|固体|废物|固废|危废|类别|代码|编码|名录|代号|小类|大类|行业|类)+"
    r"|EWC|LOW|EURAL|AVV|LER|CER|WASTE|CODES?|CATEGORY|NO|CN|EU|T|C|I|R|IN"
)
"""Words that only say that a code follows, and the letters of its hazards."""


@dataclass(frozen=True, slots=True)
class FoundCode:
    """A code found in a text.

    `key` is its letters and digits alone, by which the catalogue finds it whatever its punctuation; `scheme`
    is None where the form does not show it; `is_plain` says that it was written as digits alone, which may
    be a day or a telephone number as well; `is_negated` that a "not" stands before it.
    """

    key: str
    scheme: str | None
    is_category: bool
    is_starred: bool
    is_plain: bool
    is_negated: bool = False


@dataclass(frozen=True, slots=True)
class WrittenCode:
    """What a text says of codes: those in it, each once, and the `words` beside them.

    `key` is that of the whole text, for codes whose form nobody foresaw.
    """

    text: str
    key: str
    codes: tuple[FoundCode, ...]
    words: str

    @property
    def keys(self) -> frozenset[str]:
        """The keys by which the catalogue may find a code that this text names."""
        return frozenset({self.key, *(code.key for code in self.codes)})


def fold_code(text: str) -> str:
    """The text half-width, in capitals, with one kind of dash, star and blank, without what does not show."""
    half = unicodedata.normalize("NFKC", text.translate(STARS)).translate(STARS).upper()
    shown = "".join(_folded(letter) for letter in half)
    return " ".join(DASH_BETWEEN_DIGITS.sub("-", shown).split())


def _folded(letter: str) -> str:
    kind = unicodedata.category(letter)
    if kind == "Pd" or letter in DASHES:
        return "-"
    return "" if kind == "Cf" else letter


def key_of(code: str) -> str:
    """The letters and digits of a code, in capitals; the column `waste_code.key` holds it."""
    return NOT_IN_KEYS.sub("", fold_code(code))


def stand_in_key(category_key: str) -> str:
    """The key of a category's stand-in; no text is read as it, as a key that is read has no such sign."""
    return f"*{category_key}"


@lru_cache(maxsize=4096)
def read_code(text: str) -> WrittenCode:
    """The codes that a text names and the words beside them."""
    folded = fold_code(text)
    heading = HEADING.fullmatch(folded)
    if heading is not None:
        found = FoundCode(key_of(folded), EU_LOW, is_category=True, is_starred=False, is_plain=False)
        return WrittenCode(folded, found.key, (found,), "")
    apart = JOINED_CATEGORY.sub(r"\1 ", folded)
    codes = {found.key: found for found in map(_found_code, CODE_IN_TEXT.finditer(apart))}
    words = " ".join(_words(CODE_IN_TEXT.sub(" ", apart)))
    return WrittenCode(folded, key_of(folded), tuple(codes.values()), words)


def _found_code(match: re.Match[str]) -> FoundCode:
    number = next(number for number in range(len(FORMS)) if match[f"form{number}"] is not None)
    scheme, level, _ = FORMS[number]
    written = match[f"form{number}"]
    return FoundCode(
        key=_key(scheme, level, written),
        scheme=scheme,
        is_category=level == "category",
        is_starred=written.endswith("*"),
        is_plain=written.isdigit(),
        is_negated=_is_negated(match.string, match.start()),
    )


def _is_negated(text: str, place: int) -> bool:
    return NEGATION_BEFORE.search(text, max(0, place - NEAR), place) is not None


def _key(scheme: str | None, level: str, written: str) -> str:
    digits = "".join(letter for letter in written if letter.isdigit())
    if level == "category":
        return f"{'HW' if scheme == CN_HW else 'SW'}{digits:0>2}"
    if scheme == CN_SW:
        return f"{digits[:6]}S{digits[6:]}"
    return key_of(written)


def _words(rest: str) -> Iterator[str]:
    for word in NOT_IN_KEYS.split(rest):
        if word and not LABELS.fullmatch(word):
            yield word


def form_scheme(code: str) -> str | None:
    """The scheme that a code shows by its form; None if it does not, or names several."""
    schemes = {found.scheme for found in read_code(code).codes}
    return schemes.pop() if len(schemes) == 1 else None


def key_beginning(text: str) -> str | None:
    """The key of the beginning of a code, such as `900-24`; None if the text cannot be one."""
    key = re.sub(r"[-_. *]", "", fold_code(text))
    return key if re.fullmatch(r"[0-9A-Z]+", key) else None


@lru_cache(maxsize=256)
def fold_scheme(scheme: str) -> str:
    """The name of a scheme as the catalogue spells it, as far as case, width and dashes go."""
    return fold_code(scheme).replace("_", "-").replace(" ", "-").lower()
