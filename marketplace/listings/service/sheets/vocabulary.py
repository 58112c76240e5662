"""The columns and words of a sheet of listings, in Chinese and English."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

CHINESE, ENGLISH = "zh", "en"
T = TypeVar("T")


REQUIRED = " *"
"""What the template puts behind the headings of required columns."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its headings; `export_only` ones are ignored on import.

    `also` has earlier headings that are still understood.
    """

    zh: str
    en: str
    required: bool = False
    export_only: bool = False
    also: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The English heading as an identifier."""
        return self.en.replace(" ", "_")

    def heading(self, language: str) -> str:
        """The heading in a language."""
        return self.zh if language == CHINESE else self.en


COLUMNS = {
    column.name: column
    for column in (
        Column("类型", "kind", required=True),
        Column("名称", "title", required=True),
        Column("废物代码", "waste codes", required=True),
        Column("名录", "scheme", also=("代码体系",)),
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
        Column("编号", "id", export_only=True),
        Column("状态", "status", export_only=True),
        Column("剩余数量", "remaining", export_only=True),
        Column("企业", "enterprise", export_only=True),
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
        "receiver": ("接收单位付货款", "receiver pays", "收货方付款"),
        "supplier": ("供货单位付处置费", "supplier pays", "供货方付款"),
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
    for folded in {fold(heading) for heading in (column.zh, column.en, column.name, *column.also)}
}
_BY_WORD = {
    name: {fold(word): value for value, words in meanings.items() for word in words}
    for name, meanings in WORDS.items()
}


def _agreed(known: Mapping[str, T], text: str) -> T | None:
    """What `text` means, alone or as "中文 / English"; None when its parts are unknown or disagree."""
    found = [known.get(fold(part)) for part in text.split("/")]
    return found[0] if all(meaning == found[0] for meaning in found) else None


def column_of(heading: str) -> Column | None:
    """The column that goes by this heading, with or without the mark of a required one."""
    return _agreed(_BY_HEADING, heading.removesuffix(REQUIRED))


def value_of(column: str, word: str) -> str | None:
    """The value that `word` means in a column of words."""
    return _agreed(_BY_WORD[column], word)


def word_for(column: str, value: str, language: str) -> str:
    """The word for a value in that language."""
    chinese, english, *_ = WORDS[column][value]
    return chinese if language == CHINESE else english


def both(chinese: str, english: str) -> str:
    """A heading or word in both languages, as the template writes it."""
    return f"{chinese} / {english}"
