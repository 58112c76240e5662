"""Cells of compositions such as "H2SO4 18-22 %; Fe <1 %", read and written."""

import re
from collections.abc import Iterable
from typing import Any

NUMBER = r"\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
RANGE = re.compile(
    rf"(?:(?P<low>{NUMBER})\s*[-~]\s*(?P<high>{NUMBER})|(?P<sign>[<>]=?|[≤≥])\s*(?P<end>{NUMBER})|(?P<exact>{NUMBER}))",
    re.ASCII,
)
QUOTED = re.compile(r'"((?:[^"]|"")*)"')
RANGE_START = re.compile(r"(?<![^\s\"])(?=\d)|(?=[<>≤≥])", re.ASCII)
"""Where a range may begin: at a number after white space, or at a sign."""
HALF_WIDTH = str.maketrans(
    {**{chr(0xFF10 + digit): str(digit) for digit in range(10)}, "．": ".", "－": "-", "～": "~", "—": "-"}
    | {"–": "-", "＜": "<", "＞": ">", "％": "%", "；": ";"}
)


def components_of(text: str) -> list[dict[str, Any]]:
    """The components in a text such as "H2SO4 18-22 %; Fe <1 %"; names and units may be quoted.

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
    starts = [found.start() for found in RANGE_START.finditer(before_unit)]
    start = starts[-1] if starts else 0
    return part[:start].strip(), part[start:]


def _unquoted(text: str) -> str:
    return text[1:-1].replace('""', '"') if QUOTED.fullmatch(text) else text


def _ends(found: re.Match[str]) -> dict[str, float | None]:
    if found["exact"]:
        return {"min": float(found["exact"]), "max": float(found["exact"])}
    if found["sign"]:
        below = found["sign"][0] in "<≤"
        return (
            {"min": None, "max": float(found["end"])} if below else {"min": float(found["end"]), "max": None}
        )
    return {"min": float(found["low"]), "max": float(found["high"])}


def written_components(components: Iterable[dict[str, Any]]) -> str:
    """A text that `components_of` reads as `components`, in quotes only what would else be misread."""
    return "; ".join(_written(component) for component in components)


def _written(component: dict[str, Any]) -> str:
    component = {name: component[name] for name in ("component", "min", "max", "unit")}
    span = _span(component["min"], component["max"])
    plain = f"{component['component']} {span} {component['unit']}"
    if '"' not in plain and _reads_as(plain, component):  # a lone mark would open a quotation across parts
        return plain
    return f"{_quoted(component['component'])} {span} {_quoted(component['unit'])}"


def _reads_as(text: str, component: dict[str, Any]) -> bool:
    try:
        return components_of(text) == [component]
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
