"""Labels of containers with hazardous waste as SVG, after HJ 1276-2022.

Orange ground, black frame and letters; sizes, fields and colours are those of the standard as law.md of the
project has them (from a summary); the arrangement within the frame is ours. Sizes are millimetres.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from ...plain_text import shown
from .label_text import LEADING, fitted
from .qr import qr_svg

GROUND = "rgb(255,150,0)"
INK = "rgb(0,0,0)"
SIZES_MM = ((50, 100), (450, 150))
"""(litres up to, side of the label); above them LARGEST_MM."""
LARGEST_MM = 200
MARGIN_MM, FRAME_MM, GAP_MM = 3.0, 1.0, 10.0
ACROSS = 5
MOST_LABELS = 100
FONTS = "'Noto Sans SC','Source Han Sans SC','Microsoft YaHei','SimHei',sans-serif"
TITLE_SHARE, ROW_SHARE, TEXT_SHARE, QR_SHARE = 0.125, 0.0515, 0.034, 0.235
"""Heights of title, row and letters, and the side of the QR code, as parts of the label's side."""


@dataclass(frozen=True, slots=True)
class Label:
    """What the label of one container says; all texts in Chinese.

    Attributes:
        digital_id: 37 characters: USCC, code without hyphens, day, serial.
        volume_l: litres of the container; None if nobody said, then the largest size is taken.
    """

    digital_id: str
    name: str
    category: str
    code: str
    form: str
    hazards: str
    main_components: str
    harmful_components: str
    precautions: str
    enterprise: str
    contact: str
    generated_on: str
    weight: str
    note: str = ""
    volume_l: int | None = None

    @property
    def side_mm(self) -> int:
        """The least side that the standard asks for a container of that volume."""
        volume = self.volume_l
        return next((side for most, side in SIZES_MM if volume is not None and volume <= most), LARGEST_MM)


def label_sheet(labels: Sequence[Label]) -> str:
    """The labels side by side as one SVG, each in its size; one label alone has no gap around it.

    Raises:
        ValueError: there are none, or more than MOST_LABELS.
    """
    if not 0 < len(labels) <= MOST_LABELS:
        raise ValueError(f"{len(labels)} labels are no sheet: 1 to {MOST_LABELS}")
    cell = max(label.side_mm for label in labels) + (GAP_MM if len(labels) > 1 else 0)
    across, down = min(ACROSS, len(labels)), -(-len(labels) // ACROSS)
    width, height = across * cell, down * cell
    places = ((number % ACROSS * cell, number // ACROSS * cell) for number in range(len(labels)))
    drawn = [
        f'<g transform="translate({x:g} {y:g})">{"".join(_drawn(label))}</g>'
        for label, (x, y) in zip(labels, places, strict=True)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" height="{height:g}mm"'
        f' viewBox="0 0 {width:g} {height:g}" font-family="{FONTS}" fill="{INK}">'
        f"<title>危险废物标签</title>{''.join(drawn)}</svg>"
    )


def _drawn(label: Label) -> Iterator[str]:
    """The elements of one label, its corner at 0 0."""
    side = float(label.side_mm)
    corner, inner = MARGIN_MM + FRAME_MM / 2, side - 2 * MARGIN_MM - FRAME_MM
    yield f'<rect width="{side:g}" height="{side:g}" fill="{GROUND}"/>'
    yield (
        f'<rect x="{corner:g}" y="{corner:g}" width="{inner:g}" height="{inner:g}"'
        f' fill="none" stroke="{INK}" stroke-width="{FRAME_MM:g}"/>'
    )
    title = side * 0.075
    yield _text(
        "危险废物",
        side / 2,
        MARGIN_MM + side * TITLE_SHARE * 0.75,
        title,
        ' text-anchor="middle" font-weight="bold"',
    )
    yield from _fields(label, side)
    qr = side * QR_SHARE
    yield (
        f'<svg x="{side - MARGIN_MM - 2 - qr:g}" y="{side - MARGIN_MM - 2 - qr:g}" width="{qr:g}"'
        f' height="{qr:g}">{qr_svg(label.digital_id)}</svg>'
    )


def _fields(label: Label, side: float) -> Iterator[str]:
    """The named fields under the title; those beside the QR code end before it."""
    left, right = MARGIN_MM + FRAME_MM + 1.5, side - MARGIN_MM - FRAME_MM - 1.5
    qr_top = qr_left = side - MARGIN_MM - 2 - side * QR_SHARE
    y = MARGIN_MM + side * TITLE_SHARE
    for lines, *fields in _rows(label):
        height = side * ROW_SHARE * lines
        end = right if y + height <= qr_top else qr_left - 1
        share = (end - left) / len(fields)
        for number, (name, value) in enumerate(fields):
            start = left + number * share
            yield from _field(f"{name}：{value}", start, y, share - 1, height, side * TEXT_SHARE)
        y += height


ONE_LINE, TWO_LINES = 1.0, 1.7
"""Heights of rows, in rows."""


def _rows(label: Label) -> list[tuple[Any, ...]]:
    """Height of each row, and its fields in the order of the standard."""
    return [
        (TWO_LINES, ("废物名称", label.name)),
        (ONE_LINE, ("废物类别", label.category), ("危险特性", label.hazards)),
        (ONE_LINE, ("废物代码", label.code), ("废物形态", label.form)),
        (TWO_LINES, ("主要成分", label.main_components)),
        (TWO_LINES, ("有害成分", label.harmful_components)),
        (TWO_LINES, ("注意事项", label.precautions)),
        (ONE_LINE, ("数字识别码", label.digital_id)),
        (TWO_LINES, ("产生/收集单位", label.enterprise)),
        (ONE_LINE, ("联系人和联系方式", label.contact)),
        (ONE_LINE, ("产生日期", label.generated_on)),
        (ONE_LINE, ("废物重量", label.weight)),
        (ONE_LINE, ("备注", label.note)),
    ]


def _field(text: str, x: float, y: float, width_mm: float, height_mm: float, size_mm: float) -> Iterator[str]:
    size, lines = fitted(shown(text), size_mm, width_mm, height_mm)
    for number, line in enumerate(lines):
        yield _text(line, x, y + size * (1 + number * LEADING), size)


def _text(line: str, x: float, y: float, size: float, more: str = "") -> str:
    return f'<text x="{x:.4g}" y="{y:.4g}" font-size="{size:.3g}"{more}>{escape(line)}</text>'
