"""The columns and words of a sheet of listings, in Chinese and English."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

from .... import plain_text
from .number_cells import half_width

CHINESE, ENGLISH = "zh", "en"
T = TypeVar("T")


REQUIRED_NOTES = re.compile(r"\((?:必填|选填|可选|可空|required|optional)\)", re.IGNORECASE)
REQUIRED = " *"
"""What the template puts behind the headings of required columns."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its headings.

    Attributes:
        required: a sheet must have it, or say the same elsewhere (a kind by the role, a unit in its cells).
        export_only: it says nothing of a new listing and is left out on import.
        offered: the template has it.
    """

    zh: str
    en: str
    required: bool = False
    export_only: bool = False
    offered: bool = True

    @property
    def name(self) -> str:
        """The English heading as an identifier."""
        return self.en.replace(" ", "_")

    def heading(self, language: str) -> str:
        """The heading in a language."""
        return self.zh if language == CHINESE else self.en


_SYNONYMS = tomllib.loads(Path(__file__).with_name("synonyms.toml").read_text(encoding="utf-8"))
COLUMNS = {
    column.name: column
    for column in (
        Column("类型", "kind", required=True),
        Column("名称", "title", required=True),
        Column("废物代码", "waste codes", required=True),
        Column("废物类别", "waste category", offered=False),
        Column("名录", "scheme"),
        Column("数量", "quantity", required=True),
        Column("单位", "unit", required=True),
        Column("单件重量", "weight each", offered=False),
        Column("密度", "density"),
        Column("最小批量", "min lot"),
        Column("付款方", "who pays"),
        Column("单价", "price per tonne"),
        Column("起始日期", "available from", required=True),
        Column("截止日期", "available until", required=True),
        Column("预计转移时间", "transfer period", offered=False),
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
        Column("编号", "id", export_only=True),
        Column("状态", "status", export_only=True),
        Column("剩余数量", "remaining", export_only=True),
        Column("企业", "enterprise", export_only=True),
        Column("信用等级", "credit grade", export_only=True),
        Column("信用分", "credit score", export_only=True),
        Column("需更正", "to correct", export_only=True, offered=False),
        Column("错误说明", "faults", export_only=True, offered=False),
        Column("备注", "remarks", export_only=True, offered=False),
        Column("其他", "other", export_only=True, offered=False),
    )
}
REPLACES = {
    "transfer_period": {"available_from", "available_until"},
    "waste_category": {"waste_codes"},
}
"""Columns that say what required others would."""
IMPLIED: dict[str, dict[str, str]] = _SYNONYMS["implied"]
"""What a heading says besides which column it is."""
WORDS: dict[str, dict[str, tuple[str, str]]] = {
    "kind": {"supply": ("供应", "supply"), "demand": ("需求", "demand")},
    "unit": {"t": ("吨", "t"), "kg": ("千克", "kg"), "m3": ("立方米", "m3")},
    "who_pays": {
        "receiver": ("接收单位付货款", "receiver pays"),
        "supplier": ("供货单位付处置费", "supplier pays"),
        "negotiable": ("面议", "negotiable"),
    },
    "crs": {"wgs84": ("WGS-84", "wgs84"), "gcj02": ("GCJ-02", "gcj02"), "bd09": ("BD-09", "bd09")},
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
"""By column and value: the Chinese word and the English one; synonyms.toml has others."""
SIZE_OF_PACKAGE = re.compile(r"^\d+(?:\.\d+)? ?(?:l|升|kg|公斤|千克|t|吨|m3|立方米?) ?/?(?=.)")
"""What a package holds, as in 200L铁桶, which says nothing of its kind."""
EXAMPLE_TITLE = "【示例】稀硫酸 20%（导入时忽略本行） / EXAMPLE: this row is not imported"
"""The title by which the template's example is known."""


def fold(text: str) -> str:
    """Full-width made half-width, case and extra white space taken out."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def fold_heading(text: str) -> str:
    """A heading without blanks inside Chinese, the mark of a required column, and colons."""
    folded = fold(REQUIRED_NOTES.sub("", half_width(plain_text.shown(text)))).strip("*: ")
    return folded if folded.isascii() else folded.replace(" ", "")


_BY_HEADING = {
    fold_heading(heading): column
    for column in COLUMNS.values()
    for heading in (column.zh, column.en, column.name, *_SYNONYMS["headings"].get(column.name, ()))
}
_BY_WORD = {
    name: {
        fold(word): value
        for value, words in meanings.items()
        for word in (*words, *_SYNONYMS["words"].get(name, {}).get(value, ()))
    }
    for name, meanings in WORDS.items()
}


def _agreed(known: Mapping[str, T], text: str) -> T | None:
    """What `text` means, alone or as "中文 / English"; None when its parts are unknown or disagree."""
    if (whole := known.get(fold(text))) is not None:
        return whole
    found = [known.get(fold(part)) for part in text.split("/")]
    return found[0] if all(meaning == found[0] for meaning in found) else None


def column_of(heading: str) -> Column | None:
    """The column that goes by this heading, with or without the mark of a required one."""
    whole = _BY_HEADING.get(fold_heading(heading))
    if whole is not None:
        return whole
    found = [_BY_HEADING.get(fold_heading(part)) for part in heading.split("/")]
    return found[0] if all(column is not None and column is found[0] for column in found) else None


def implied_by(heading: str) -> dict[str, str]:
    """What a heading says besides which column it is."""
    return IMPLIED.get(fold_heading(heading), {})


@cache
def chinese_heading_words() -> frozenset[str]:
    """All headings that no other script could spell, as people write them."""
    also = (text for texts in _SYNONYMS["headings"].values() for text in texts)
    headings = (*(column.zh for column in COLUMNS.values()), *also)
    return frozenset(heading for heading in headings if not heading.isascii() and len(heading) > 1)


def value_of(column: str, word: str) -> str | None:
    """The value that `word` means in a column of words."""
    whole = _agreed(_BY_WORD[column], word)
    if whole is None and column == "packaging":
        return _BY_WORD[column].get(SIZE_OF_PACKAGE.sub("", fold(word)))
    return whole


def word_for(column: str, value: str, language: str) -> str:
    """The word for a value in that language."""
    chinese, english = WORDS[column][value]
    return chinese if language == CHINESE else english


def sheet_heading(column: str, language: str) -> str:
    """The heading of a column by its name; of an unknown one what was written."""
    return COLUMNS[column].heading(language) if column in COLUMNS else column


def both(chinese: str, english: str) -> str:
    """A heading or word in both languages, as the template writes it."""
    return f"{chinese} / {english}"
