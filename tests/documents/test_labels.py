"""Labels after HJ 1276-2022: sizes by volume, colours, fields, and everything within the frame."""

import time
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.documents.service.label_text import LEADING, SMALLEST_MM, fitted, width
from marketplace.documents.service.labels import MOST_LABELS, Label, label_sheet
from tests.effort import tries

SVG = "{http://www.w3.org/2000/svg}"
LABEL = Label(
    digital_id="91330600MA2BC123459003493420261126001",
    name="稀硫酸 20%",
    category="HW34 废酸",
    code="900-349-34",
    form="液态",
    hazards="腐蚀性",
    main_components="H2SO4 18–22 %",
    harmful_components="硫酸",
    precautions="液面上方留出至少 100 mm 空间",
    enterprise="绍兴市上虞区某某化工有限公司",
    contact="王工 13800000000",
    generated_on="2026-11-26",
    weight="20.000 吨",
)


def drawn(*labels):
    return ElementTree.fromstring(label_sheet(labels))


def texts(svg):
    return "".join(element.text or "" for element in svg.iter(f"{SVG}text"))


@pytest.mark.parametrize(
    ("volume_l", "side"), [(20, 100), (50, 100), (51, 150), (450, 150), (451, 200), (None, 200)]
)
def test_the_size_follows_the_volume(volume_l, side):
    svg = drawn(replace(LABEL, volume_l=volume_l))
    assert (svg.get("width"), svg.get("height")) == (f"{side}mm", f"{side}mm")


def test_a_label_has_the_colours_the_fields_and_the_code_of_the_standard():
    svg = drawn(LABEL)
    ground, frame = list(svg.iter(f"{SVG}rect"))
    assert ground.get("fill") == "rgb(255,150,0)"
    assert frame.get("stroke") == svg.get("fill") == "rgb(0,0,0)"
    assert float(frame.get("stroke-width")) >= 1
    said = texts(svg)
    for name in (
        "危险废物", "废物名称", "废物类别", "废物代码", "废物形态", "危险特性", "主要成分", "有害成分",
        "注意事项",
        "数字识别码", "产生/收集单位", "联系人和联系方式", "产生日期", "废物重量", "备注", LABEL.digital_id,
    ):  # fmt: skip
        assert name in said, name
    assert len(list(svg.iter(f"{SVG}path"))) == 1


def test_hostile_text_stays_text():
    hostile = "<script>alert(1)</script>&\"'\u202e😀"
    svg = drawn(replace(LABEL, name=hostile, note=hostile))
    assert not list(svg.iter(f"{SVG}script"))
    assert "<script>" in texts(svg)


@settings(max_examples=tries(60))
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=400))
def test_nothing_leaves_the_frame(text):
    fields = ("name", "main_components", "enterprise", "contact", "note")
    for element in drawn(replace(LABEL, **dict.fromkeys(fields, text))).iter(f"{SVG}text"):
        size, x, y = (float(element.get(name)) for name in ("font-size", "x", "y"))
        assert y <= 200 - 4
        if element.get("text-anchor") is None:
            assert x + width(element.text or "") * size <= 200 - 4 + size


def test_a_long_text_shrinks_and_is_cut_at_last():
    size, lines = fitted("字" * 20, 4.0, 40.0, 12.0)
    assert (size, "".join(lines)) == (4.0, "字" * 20)
    size, lines = fitted("字" * 40, 4.0, 40.0, 12.0)
    assert size < 4.0
    size, lines = fitted("字" * 4000, 4.0, 40.0, 12.0)
    assert size >= SMALLEST_MM
    assert lines[-1].endswith("…")
    assert len(lines) * size * LEADING <= 12.0


def test_a_sheet_of_100_labels_takes_less_than_2_seconds():
    labels = [replace(LABEL, digital_id=f"{LABEL.digital_id[:-3]}{number:03d}") for number in range(100)]
    began = time.process_time()
    svg = drawn(*labels)
    assert time.process_time() - began < 2
    assert texts(svg).count("91330600MA2BC12345") == 100
    with pytest.raises(ValueError, match="no sheet"):
        label_sheet([LABEL] * (MOST_LABELS + 1))
