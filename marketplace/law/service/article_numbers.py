"""The number of an article as each language writes it: `476 §2` is 第四百七十六条第二款."""

import re

DIGITS = "零一二三四五六七八九"
UNITS = ((1000, "千"), (100, "百"), (10, "十"))
ARTICLE = re.compile(r"(\d+)(?: §(\d+)(?:-(\d+))?)?(?: \((\d+)\))?", re.ASCII)
"""An article, its paragraphs, an item in them: `476`, `476 §2`, `37 §1-2`, `1171 (3)`."""


def article_in(article: str, language: str) -> str:
    """The article in words of that language. Raises: ValueError: it has another form."""
    form = ARTICLE.fullmatch(article)
    if form is None:
        raise ValueError(f"{article!r} is no article such as 476, 476 §2 or 1171 (3)")
    if language != "zh":
        return article
    number, first, last, item = form.groups()
    paragraphs = range(int(first), int(last or first) + 1) if first else ()
    parts = [f"第{chinese_number(int(number))}条"]
    parts += ["、".join(f"第{chinese_number(paragraph)}款" for paragraph in paragraphs)]
    parts += [f"第{chinese_number(int(item))}项"] if item else []
    return "".join(parts)


def chinese_number(number: int) -> str:
    """A number from 1 to 9,999 in Chinese numerals: 1068 is 一千零六十八."""
    text, rest = "", number
    for unit, sign in UNITS:
        digit, rest = divmod(rest, unit)
        if digit:
            text += DIGITS[digit] + sign
        elif text and rest and not text.endswith("零"):
            text += "零"
    text += DIGITS[rest] if rest else ""
    return text.removeprefix("一") if 10 <= number < 20 else text
