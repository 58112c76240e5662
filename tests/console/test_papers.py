"""Papers handed in on a page: each kind with its scan, once, by the owner alone."""

from io import BytesIO

import pytest

from tests.console.hand import Hand
from tests.console.people import browser_of
from tests.console.reader import read
from tests.console.trading import HOSTILE
from tests.uploaded_files import made

PHONES = ("13800138001", "13800138002", "13800138003", "13800138004")
PERIOD = {"valid_from": "2026-01-01", "valid_until": "2028-12-31"}
LICENCE = {
    "number": "浙危废经第 88 号", "kind": "comprehensive", "lines.0.codes": "900-349-34\nHW17",
    "lines.0.modes": ["use", "dispose"], "lines.0.tonnes_per_year": "12,000", **PERIOD,
}  # fmt: skip
PAPERS = {
    "permit": {"number": "330600123456", "scope": f"危险货物运输{HOSTILE}", **PERIOD},
    "vehicle": {"plate": "浙D·12345", "kind": "厢式货车", "payload_t": "20", "valid_until": "2028-12-31"},
    "crew": {
        "name": "张三<script>alert(1)</script>",
        "kind": "driver",
        "number": "330600199001011234",
        "valid_until": "2028-12-31",
    },
    "insurance": {"number": "PZ2026", "insurer": "人保", **PERIOD},
}


def scan(content=made.PDF, name="扫描件.pdf", media_type="application/pdf"):
    return (BytesIO(content), name, media_type)


@pytest.fixture
def firms(marketplace):
    """A recycler and a transporter, each with the browser of its owner."""
    recycler, carrier = marketplace.recycler(), marketplace.enterprise("transporter")
    with marketplace.at_its_time():
        yield recycler, browser_of(recycler, PHONES[0]), carrier, browser_of(carrier, PHONES[1])


def test_a_licence_is_handed_in_once_with_its_scan_and_gets_further_ones(firms):
    recycler, owner, _, _ = firms
    for _ in range(2):
        sent = owner.post("/settings/papers/licence", **LICENCE, file=scan(), idempotency_key="k")
        assert sent.status == 303
    (licence,) = recycler.get("/licences", status="submitted").json["items"]
    (line,) = licence["lines"]
    assert (line["codes"], line["modes"], line["tonnes_per_year"]) == (
        ["900-349-34", "HW17"],
        ["use", "dispose"],
        12000,
    )
    assert [file["media_type"] for file in licence["files"]] == ["application/pdf"]
    hand = Hand(owner, "/settings/papers")
    assert "浙危废经第 88 号" in hand.page.text
    hand.press("上传扫描件", file=(lambda: BytesIO(made.PNG), "x.png", "image/png"))
    hand.again()
    (licence,) = recycler.get("/licences", status="submitted").json["items"]
    assert len(licence["files"]) == 2


def test_a_licence_gets_as_many_lines_as_it_has_and_what_is_wrong_is_beside_its_own(firms):
    recycler, owner, _, _ = firms
    empty = {"lines.1.codes": "", "lines.1.modes": ["use", "dispose"], "lines.1.tonnes_per_year": " "}
    lines = {"lines.2.codes": "900-041-49", "lines.2.modes": "store", "lines.2.tonnes_per_year": "7", **empty}
    shown = owner.post("/settings/papers/licence", **LICENCE, **lines, more="lines", file=scan())
    assert (shown.status, shown.page.faults) == (200, [])
    fields = {area["name"] for area in shown.page.all("textarea")}
    assert fields == {f"lines.{no}.codes" for no in range(4)}
    assert "请重新选择扫描件" in shown.page.text
    assert "900-041-49" in shown.page.html
    assert recycler.get("/licences", status="submitted").json["items"] == []
    refused = owner.post("/settings/papers/licence", **LICENCE, **{**lines, "lines.2.codes": "999-999-99"})
    (wrong,) = [area for area in refused.page.all("textarea") if area.get("aria-invalid")]
    assert (refused.status, wrong["name"]) == (422, "lines.1.codes"), "empty rows are left out"
    assert owner.post("/settings/papers/licence", **LICENCE, **lines).status == 303
    (licence,) = recycler.get("/licences", status="submitted").json["items"]
    assert [(line["codes"], line["modes"], line["tonnes_per_year"]) for line in licence["lines"]] == [
        (["900-349-34", "HW17"], ["use", "dispose"], 12000), (["900-041-49"], ["store"], 7),
    ]  # fmt: skip
    many = {f"lines.{no}.codes": "HW17" for no in range(30)}
    assert owner.post("/settings/papers/licence", **many, more="lines").page.html.count("<textarea") == 20


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lines.0.codes": "999-999-99"}, "999-999-99"),
        ({"lines.0.codes": ","}, "必填"),
        ({"lines.0.codes": "", "lines.0.tonnes_per_year": ""}, "至少填写一项"),
        ({"lines.0.modes": []}, "必填"),
        ({"valid_until": "2025-12-31"}, "早于"),
        ({"number": HOSTILE, "lines.0.tonnes_per_year": "x"}, "数"),
        ({"file": (b"\0\0\0\x18ftypheic" + b"x" * 40, "x.heic", "image/heic")}, "兼容性最佳"),
        ({"file": (made.PDF + bytes(10 * 2**20), "x.pdf", "application/pdf")}, "超过 10 MB"),
        ({"file": (made.written(made.with_script), "x.pdf", "application/pdf")}, "文件"),
    ],
    ids=("code", "comma", "no line", "mode", "days", "script", "heic", "heavy", "active"),
)
def test_what_is_wrong_with_a_paper_is_said_and_nothing_of_it_is_kept(firms, changes, words):
    recycler, owner, _, _ = firms
    changes = dict(changes)
    if "file" in changes:
        changes["file"] = scan(*changes["file"])
    sent = owner.post("/settings/papers/licence", **{**LICENCE, **changes}, idempotency_key="k")
    assert sent.status in (415, 422)
    html = sent.response.get_data(as_text=True)
    assert any(words in said.split("</p>")[0] for said in html.split('class="wrong"')[1:])
    assert "<script>alert" not in html
    assert read(sent.response).faults == []
    assert "lines.0.codes" in changes or "900-349-34" in html
    assert recycler.get("/licences", status="submitted").json["items"] == []


def test_a_transporter_hands_in_each_kind_of_paper(firms):
    _, _, carrier, owner = firms
    for form, fields in PAPERS.items():
        sent = owner.post(f"/settings/papers/{form}", **fields, file=scan(), idempotency_key=form)
        assert sent.status == 303, (form, sent.page.text)
    papers = carrier.get("/transporter-papers").json["items"]
    assert {paper["paper"] for paper in papers} == set(PAPERS)
    assert all(len(paper["files"]) == 1 for paper in papers)
    for lang in ("zh", "en"):
        shown = owner.get(f"/settings/papers?lang={lang}")
        assert shown.page.faults == []
        html = shown.response.get_data(as_text=True)
        assert "<script>alert" not in html
        assert len(html) < 60_000
    assert owner.get("/settings/papers/crew").location == "/settings/papers"


def test_a_transporter_says_where_it_carries_and_nobody_else_does(firms, marketplace):
    _, recycler_owner, carrier, owner = firms
    path = "/settings/carrier"
    assert path in owner.get("/settings/papers").page.links("")
    hand = Hand(owner, path).fill(
        service_area="330700，330782\n330700", hazardous="true", duty_phone="0575 85000000", note=HOSTILE
    )
    assert hand.press("保存").page.faults == []
    said = carrier.get(f"/transporters/{carrier.id}").json
    assert (said["service_area"], said["hazardous"]) == (["330700", "330782"], True)
    assert "<script>alert" not in hand.page.html
    carrier.put(f"/transporters/{carrier.id}", {"service_area": []})
    assert owner.post(path, version="1", note="晚了").status == 412
    for wrong in ("33070", "999999", "绍兴"):
        refused = owner.post(path, service_area=wrong)
        assert (refused.status, refused.page.faults) == (422, [])
        assert 'id="service_area-error"' in refused.page.html
    trader = browser_of(carrier, PHONES[3], "trader")
    assert trader.post(path, note="x").status == 403
    assert recycler_owner.get(path).status == 403
    assert marketplace.admin.get(f"/transporters/{carrier.id}").json["note"] is None


def test_others_hand_in_nothing(firms, marketplace):
    recycler, owner, _, carrier = firms
    owner.post("/settings/papers/licence", **LICENCE)
    (licence,) = recycler.get("/licences", status="submitted").json["items"]
    trader = browser_of(recycler, PHONES[2], "trader")
    assert trader.post("/settings/papers/licence", **LICENCE).status == 403
    assert "提交证照" not in trader.get("/settings/papers").page.text
    assert owner.post("/settings/papers/permit", **PAPERS["permit"]).status in (403, 404)
    path = f"/settings/papers/licence/{licence['id']}"
    assert carrier.post(path, file=scan()).status == 404
    assert owner.post(path).status == 422
    marketplace.admin.post(f"/licences/{licence['id']}/confirm")
    assert owner.post(path, file=scan(made.PNG, "x.png", "image/png")).status == 409
