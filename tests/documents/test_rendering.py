"""PDF documents: readable by any viewer, fonts embedded, the same bytes for the same facts."""

import json
import time
from datetime import UTC, datetime
from io import BytesIO

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.documents.service.coverage import is_covered, printable
from marketplace.documents.service.qr import qr_svg
from marketplace.documents.service.rendering import MOST_FACTS, TEMPLATES, render_pdf
from tests.documents.facts import CONTRACT, MANIFEST, SETTLEMENT
from tests.effort import tries

NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)
FACTS = {"contract": CONTRACT, "manifest": MANIFEST, "settlement": SETTLEMENT}
ADDRESS = "https://huanliu.example/verify/" + "A" * 43
ABOUT = {"address": ADDRESS, "issued": "2026-12-01 12:00"}
BEST_S = 0.15
"""Seconds of processor: other tests run beside this one."""
HOSTILE = [
    "<script>alert(1)</script>",
    '#panic() #read("/etc/passwd") #import "@preview/x:1.0.0"',
    "$x$ *b* _i_ `c` = h \\ // /* */ [x] #{1}",
    "化工👩‍🏭有限公司😀",
    "مصنع الأحماض ليمتد",
    "מפעל \u202eחומצה\u202c",
    "\u0301" * 300,
    "字" * 2000,
    "x" * 2000,
    "𠮷田㛃𬭎",
    "a\nb\u2028c",
    "",
]


def rendered(kind, facts=None, at=NOON):
    return render_pdf(kind, {**(facts or FACTS[kind]), **ABOUT}, at, {"qr": qr_svg(ADDRESS)})


def text_of(content):
    return "".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(content)).pages)


def fonts_of(content):
    """(name, whether its file is in the document) of each font of each page."""
    for page in pypdf.PdfReader(BytesIO(content)).pages:
        for font in page["/Resources"]["/Font"].values():
            whole = font.get_object()
            for part in whole.get("/DescendantFonts", [whole]):
                descriptor = part.get_object()["/FontDescriptor"]
                yield whole["/BaseFont"], bool({"/FontFile2", "/FontFile3", "/FontFile"} & set(descriptor))


@pytest.mark.parametrize("kind", FACTS)
def test_every_document_has_its_fonts_its_text_and_its_language(kind):
    content = rendered(kind)
    fonts = dict(fonts_of(content))
    assert fonts
    assert all(fonts.values()), fonts
    text = text_of(content)
    for said in (FACTS[kind]["number"], "绍兴市上虞区某某化工有限公司", "91330600MA2BC12345"):
        assert said in text
    root = pypdf.PdfReader(BytesIO(content)).trailer["/Root"]
    assert root["/Lang"].startswith("zh")
    assert root["/MarkInfo"]["/Marked"]
    assert "/Names" not in root or "/EmbeddedFiles" not in root["/Names"]


def test_a_contract_says_the_terms_the_basis_and_the_duties():
    text = text_of(rendered("contract"))
    for said in (
        "60.000 吨",
        "150.00 元",
        "900-349-34",
        "浙危废经第33号",
        "污染防治要求",
        "连带责任",
        "无联单转移",
    ):
        assert said in text.replace("\n", ""), said
    general = text_of(rendered("contract", {**CONTRACT, "hazardous": False}))
    assert "无联单转移" not in general


def test_a_manifest_says_that_it_is_not_the_statutory_form():
    text = text_of(rendered("manifest"))
    assert "不是法定的转移联单" in text
    assert MANIFEST["official_number"] in text
    assert "浙D12345" in text


def test_the_same_facts_of_the_same_day_are_the_same_bytes():
    first = rendered("contract")
    assert rendered("manifest") != first
    assert rendered("contract") == first
    assert rendered("contract", at=NOON.replace(day=2)) != first


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_set_as_text(text):
    facts = json.loads(json.dumps(CONTRACT))
    facts["supplier"] |= {"name": text, "region": text}
    facts["waste"] = dict.fromkeys(facts["waste"], text)
    facts["note"] = text
    began = time.process_time()
    content = rendered("contract", facts)
    assert time.process_time() - began < 2
    assert "root:" not in text_of(content)
    assert all(embedded for _, embedded in fonts_of(content))


@settings(max_examples=tries(30))
@given(st.text(max_size=200))
def test_any_text_can_be_set(text):
    rendered("settlement", {**SETTLEMENT, "payer": text, "number": text})


def test_what_the_fonts_lack_is_one_mark():
    assert printable("化工👩‍🏭有限公司😀") == "化工〓有限公司〓"
    assert printable("浙D·12345（甲）≥ μ") == "浙D·12345（甲）≥ μ"
    assert printable("字" * 2000) == "字" * 1000 + "…"
    assert is_covered("危")
    assert not is_covered("😀")


def test_a_document_of_too_many_facts_is_refused():
    with pytest.raises(ValueError, match="more than a document has room for"):
        rendered("manifest", {**MANIFEST, "lines": [["字" * 900] * 13] * (MOST_FACTS // 13 // 900)})


def test_templates_ask_for_nothing_from_elsewhere():
    for path in TEMPLATES.glob("*.typ"):
        source = path.read_text(encoding="utf-8")
        assert "@preview" not in source
        assert "read(" not in source
        assert "eval(" not in source


@pytest.mark.parametrize("kind", FACTS)
def test_a_document_takes_less_than_150_ms_after_the_first(kind):
    rendered(kind)
    taken = []
    for number in range(3):
        began = time.process_time()
        rendered(kind, {**FACTS[kind], "number": f"D{number}"})
        taken.append(time.process_time() - began)
    assert min(taken) < BEST_S
