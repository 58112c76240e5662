"""What a sheet of listings says: columns and words in Chinese and English, codes and shares as written."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

CHINESE, ENGLISH = "zh", "en"


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its headings; `told` ones are exported and, on the way back, left aside."""

    zh: str
    en: str
    required: bool = False
    told: bool = False

    @property
    def name(self) -> str:
        return self.en.replace(" ", "_")

    def heading(self, language: str) -> str:
        return self.zh if language == CHINESE else self.en


COLUMNS = {
    column.name: column
    for column in (
        Column("类型", "kind", required=True),
        Column("名称", "title", required=True),
        Column("废物代码", "waste codes", required=True),
        Column("代码体系", "scheme"),
        Column("数量", "quantity", required=True),
        Column("单位", "unit", required=True),
        Column("密度", "density"),
        Column("最小批量", "min lot", required=True),
        Column("付款方", "who pays"),
        Column("单价", "price per tonne"),
        Column("起始日期", "available from", required=True),
        Column("截止日期", "available until", required=True),
        Column("地区代码", "region"),
        Column("经度", "lon"),
        Column("纬度", "lat"),
        Column("坐标系", "crs"),
        Column("最远距离", "max distance km"),
        Column("形态", "form"),
        Column("包装", "packaging"),
        Column("处置方式", "treatment"),
        Column("成分", "composition"),
        Column("豁免项", "exemption item"),
        Column("编号", "id", told=True),
        Column("状态", "status", told=True),
        Column("剩余数量", "remaining", told=True),
        Column("企业", "enterprise", told=True),
    )
}

WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "kind": {"supply": ("供应", "supply"), "demand": ("需求", "demand")},
    "unit": {
        "t": ("吨", "t", "tonne", "tonnes"),
        "kg": ("千克", "kg", "公斤"),
        "m3": ("立方米", "m3", "立方"),
    },
    "who_pays": {
        "receiver": ("收货方付款", "receiver pays"),
        "supplier": ("供货方付款", "supplier pays"),
        "negotiable": ("面议", "negotiable"),
    },
    "crs": {
        "wgs84": ("WGS-84", "wgs84"),
        "gcj02": ("GCJ-02", "gcj02"),
        "bd09": ("BD-09", "bd09"),
    },
    "form": {
        "solid": ("固体", "solid"),
        "liquid": ("液体", "liquid"),
        "sludge": ("污泥", "sludge"),
        "gas": ("气体", "gas"),
        "powder": ("粉末", "powder"),
        "mixed": ("混合", "mixed"),
    },
    "packaging": {
        "bulk": ("散装", "bulk"),
        "tank": ("罐装", "tank"),
        "drum": ("桶装", "drum"),
        "bag": ("袋装", "bag"),
        "box": ("箱装", "box"),
        "pallet": ("托盘", "pallet"),
        "container": ("集装箱", "container"),
        "other": ("其他", "other"),
    },
}
"""By column and value: the Chinese word, the English one, and others that are understood."""

EXAMPLE_TITLE = "【示例】稀硫酸 20%（导入时忽略本行） / EXAMPLE: this row is not imported"
"""The title by which the template's example is known."""


def fold(text: str) -> str:
    """Full-width made half-width, case and extra white space taken out."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


_BY_HEADING = {
    folded: column
    for column in COLUMNS.values()
    for folded in {fold(column.zh), fold(column.en), fold(column.name)}
}
_BY_WORD = {
    name: {fold(word): value for value, words in meanings.items() for word in words}
    for name, meanings in WORDS.items()
}


def _agreed(known: dict[str, Any], text: str) -> Any:
    """What `text` means, alone or as "中文 / English"; None when its parts are unknown or disagree."""
    found = [known.get(fold(part)) for part in text.split("/")]
    return found[0] if all(one == found[0] for one in found) else None


def column_of(heading: str) -> Column | None:
    """The column that goes by this heading."""
    return _agreed(_BY_HEADING, heading)


def value_of(column: str, word: str) -> str | None:
    """The value that `word` stands for in a column of words."""
    return _agreed(_BY_WORD[column], word)


def word_for(column: str, value: str, language: str) -> str:
    """The word for a value in that language."""
    chinese, english, *_ = WORDS[column][value]
    return chinese if language == CHINESE else english


def both(chinese: str, english: str) -> str:
    """A heading or word in both languages, as the template writes it."""
    return f"{chinese} / {english}"


# ---------------------------------------------------------------- waste codes

SEPARATORS = re.compile(r"[;,、\n]")
SCHEMES = (
    ("cn-hw", re.compile(r"HW\d\d|\d{3}-\d{3}-\d\d", re.ASCII)),
    ("cn-sw", re.compile(r"SW\d\d|\d{3}-\d{3}-S\d\d", re.ASCII)),
    ("eu-low", re.compile(r"\d\d( \d\d){0,2}\*?", re.ASCII)),
)


def listed(text: str) -> list[str]:
    """The parts of a list such as "HW34; HW17", half-width."""
    parts = SEPARATORS.split(unicodedata.normalize("NFKC", text))
    return [" ".join(part.split()) for part in parts if part.strip()]


def scheme_of(code: str) -> str | None:
    """The scheme that a code shows by its form."""
    return next((scheme for scheme, form in SCHEMES if form.fullmatch(code)), None)


def code_refs(codes: str, schemes: str | None) -> list[dict[str, str | None]]:
    """`{"scheme", "code"}` of each code in a list.

    `schemes` names one scheme for all or one for each; without it the form of a code shows its scheme,
    which is None where it does not.

    Raises:
        ValueError: there are several schemes, and not one for each code.
    """
    named = listed(codes)
    given = [one.lower() for one in listed(schemes or "")]
    if len(given) == 1:
        given *= len(named)
    if not given:
        return [_ref(code) for code in named]
    return [{"scheme": scheme, "code": code} for scheme, code in zip(given, named, strict=True)]


def _ref(code: str) -> dict[str, str | None]:
    """A code whose form is known is written as the catalogue has it; there the European `*` is a property."""
    upper = code.upper()
    scheme = scheme_of(upper)
    return {"scheme": scheme, "code": upper.removesuffix("*") if scheme else code}


def written_refs(refs: Iterable[dict[str, str]]) -> tuple[str, str]:
    """(codes, schemes) that `code_refs` reads as `refs`; the schemes are empty where the form shows them."""
    refs = list(refs)
    codes = "; ".join(one["code"] for one in refs)
    if code_refs(codes, None) == refs:
        return codes, ""
    return codes, "; ".join(one["scheme"] for one in refs)


# ---------------------------------------------------------------- composition

NUMBER = r"\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
RANGE = re.compile(
    rf"(?:(?P<low>{NUMBER})\s*[-~]\s*(?P<high>{NUMBER})|(?P<sign>[<>]=?|[≤≥])\s*(?P<end>{NUMBER})|(?P<one>{NUMBER}))",
    re.ASCII,
)
QUOTED = re.compile(r'"((?:[^"]|"")*)"')
STANDS = re.compile(r"(?<![^\s\"])(?=\d)|(?=[<>≤≥])", re.ASCII)
"""Where a range may begin: at a number after white space, or at a sign."""
HALF_WIDTH = str.maketrans(
    {**{chr(0xFF10 + digit): str(digit) for digit in range(10)}, "．": ".", "－": "-", "～": "~", "—": "-"}
    | {"–": "-", "＜": "<", "＞": ">", "％": "%", "；": ";"}
)


def components_of(text: str) -> list[dict[str, Any]]:
    """The components in a text such as "H2SO4 18-22 %; Fe <1 %"; names and units may stand in quotes.

    Raises:
        ValueError: a part cannot be read; its argument is the part.
    """
    return [_component(part) for part in _parts(text)]


def _parts(text: str) -> list[str]:
    """`text` cut at the semicolons outside quotes; what is outside quotes is made half-width."""
    parts = [""]
    for place, piece in enumerate(re.split(r'("(?:[^"]|"")*")', text)):
        if place % 2:
            parts[-1] += piece
            continue
        first, *others = _tight(piece.translate(HALF_WIDTH)).split(";")
        parts[-1] += first
        parts += others
    return [part.strip() for part in parts if part.strip()]


def _tight(text: str) -> str:
    """`text` without white space inside a range."""
    return re.sub(r"([<>≤≥]=?)\s+(?=\d)", r"\1", re.sub(r"(?<=\d)\s*([-~])\s*(?=\d)", r"\1", text))


def _component(part: str) -> dict[str, Any]:
    name, rest = _leading_name(part)
    found = RANGE.match(rest)
    if not name or found is None:
        raise ValueError(part)
    unit = rest[found.end() :].strip()
    return {"component": name, **_ends(found), "unit": _unquoted(unit) or "%"}


def _leading_name(part: str) -> tuple[str, str]:
    """(name, what follows): the name ends before the last place where a range may begin."""
    quoted = QUOTED.match(part)
    if quoted:
        return _unquoted(quoted[0]), part[quoted.end() :].strip()
    before_unit = part.partition('"')[0]
    starts = [found.start() for found in STANDS.finditer(before_unit)]
    start = starts[-1] if starts else 0
    return part[:start].strip(), part[start:]


def _unquoted(text: str) -> str:
    return text[1:-1].replace('""', '"') if QUOTED.fullmatch(text) else text


def _ends(found: re.Match[str]) -> dict[str, float | None]:
    if found["one"]:
        return {"min": float(found["one"]), "max": float(found["one"])}
    if found["sign"]:
        below = found["sign"][0] in "<≤"
        return (
            {"min": None, "max": float(found["end"])} if below else {"min": float(found["end"]), "max": None}
        )
    return {"min": float(found["low"]), "max": float(found["high"])}


def written_components(components: Iterable[dict[str, Any]]) -> str:
    """A text that `components_of` reads as `components`, in quotes only what would else be misread."""
    return "; ".join(_written(one) for one in components)


def _written(one: dict[str, Any]) -> str:
    one = {name: one[name] for name in ("component", "min", "max", "unit")}
    span = _span(one["min"], one["max"])
    plain = f"{one['component']} {span} {one['unit']}"
    if _reads_as(plain, one):
        return plain
    return f"{_quoted(one['component'])} {span} {_quoted(one['unit'])}"


def _reads_as(text: str, one: dict[str, Any]) -> bool:
    try:
        return components_of(text) == [one]
    except ValueError:
        return False


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _span(low: float | None, high: float | None) -> str:
    if low is None:
        return f"<={plain_number(high)}"
    if high is None:
        return f">={plain_number(low)}"
    return plain_number(low) if low == high else f"{plain_number(low)}-{plain_number(high)}"


def plain_number(value: float | None) -> str:
    """A number without a needless ".0"; empty for None."""
    if value is None:
        return ""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
