"""The contract and the settlement of a deal as documents: who reads them, and what they say."""

from hashlib import sha256
from io import BytesIO

import pypdf
import pytest
from sqlalchemy import select

from marketplace.database import db
from marketplace.documents.models import Document

VALID = "2026-12-20T10:00:00Z"


@pytest.fixture
def deal(marketplace):
    """An agreed deal; `generator` and `recycler` are its sides."""
    generator = marketplace.enterprise("generator", name="绍兴<酸>厂😀有限公司")
    recycler = marketplace.recycler(name="上虞染化有限公司")
    supply = marketplace.supply(generator, composition=[{"component": "H2SO4", "min": 18, "max": 22}])
    demand = marketplace.demand(recycler, requires=[{"component": "H2SO4", "min": 10}])
    terms = {"quantity_t": 60.0, "price_cny_per_t": -120.5, "valid_until": VALID, "note": "工作日送货"}
    offer = generator.post("/offers", {"supply_id": supply["id"], "demand_id": demand["id"], **terms})
    assert offer.status_code == 201, offer.json
    agreed = recycler.post(f"/offers/{offer.json['id']}/accept", {})
    assert agreed.status_code == 200, agreed.json
    return {**agreed.json["deal"], "parties": (generator, recycler)}


def text_of(response):
    assert (response.status_code, response.mimetype) == (200, "application/pdf")
    return "".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(response.data)).pages)


def test_the_contract_says_what_was_agreed_and_stays_as_it_is(marketplace, deal):
    generator, recycler = deal["parties"]
    path = f"/deals/{deal['id']}/contract.pdf"
    first = generator.get(path)
    text = text_of(first).replace("\n", "")
    for said in (
        deal["number"], "绍兴<酸>厂〓有限公司", "上虞染化有限公司", generator.number, recycler.number,
        "60.000 吨",
        "每吨 120.50 元", "接收单位支付处置费", "900-349-34", "H2SO4 18–22 %", "H2SO4 ≥ 10 %", "R5",
        deal["legal_basis"]["reference"], "《生态环境法典》第四百九十条", "第一千零六十八条", "无联单转移",
        "工作日送货", "浙江省绍兴市",
    ):  # fmt: skip
        assert said in text, said
    assert recycler.get(path).data == first.data
    assert (
        generator.post(f"/deals/{deal['id']}/cancel", {"reason": "停产", "fault": "none"}).status_code == 200
    )
    assert marketplace.admin.get(path).data == first.data


def test_a_contract_over_general_waste_names_who_pays_and_no_duty_of_hazardous_waste(marketplace):
    generator = marketplace.enterprise("generator")
    recycler = marketplace.enterprise("recycler")
    steel = {"scheme": "cn-sw", "code": "900-001-S17"}
    supply = marketplace.supply(generator, waste=steel, price_cny_per_t=None)
    demand = marketplace.demand(recycler, accepts=[steel], treatment="R4", price_cny_per_t=None)
    terms = {"quantity_t": 30.0, "price_cny_per_t": 80.0, "valid_until": VALID}
    offer = recycler.post("/offers", {"supply_id": supply["id"], "demand_id": demand["id"], **terms})
    deal = generator.post(f"/offers/{offer.json['id']}/accept", {}).json["deal"]
    text = text_of(generator.get(f"/deals/{deal['id']}/contract.pdf")).replace("\n", "")
    for said in (
        "固体废物委托利用处置合同",
        "接收单位向供货单位支付货款，每吨 80.00 元",
        "一般固体废物",
        "R4",
    ):
        assert said in text, said
    assert "危险废物转移联单" not in text


def test_the_qr_code_of_a_contract_leads_to_its_checksum_and_its_present_state(marketplace, deal):
    generator, _ = deal["parties"]
    content = generator.get(f"/deals/{deal['id']}/contract.pdf").data
    with marketplace.app.app_context():
        token = db.session.scalars(select(Document.token)).one()
    expected = {"kind": "contract", "number": deal["number"], "checksum": sha256(content).hexdigest()}
    assert marketplace.client.get(f"/verify/{token}").json == {**expected, "status": "agreed"}
    generator.post(f"/deals/{deal['id']}/complete", {})
    assert marketplace.client.get(f"/verify/{token}").json == {**expected, "status": "completed"}


def test_a_settlement_is_issued_again_when_what_it_says_has_changed(marketplace, deal):
    generator, recycler = deal["parties"]
    path = f"/deals/{deal['id']}/settlement.pdf"
    before = generator.get(path)
    assert recycler.get(path).data == before.data
    for said in (deal["number"], "供货单位付 120.50 元/吨", "0.00 元", "未开票"):
        assert said in text_of(before), said
    generator.post(f"/deals/{deal['id']}/complete", {})
    after = generator.get(path)
    assert after.data != before.data
    assert "已完成" in text_of(after)


def test_neighbours_and_regulators_of_elsewhere_find_no_document(marketplace, deal):
    for name in ("contract", "settlement"):
        path = f"/deals/{deal['id']}/{name}.pdf"
        assert marketplace.enterprise("generator", "recycler").get(path).status_code == 404
        assert marketplace.regulator("310000").get(path).status_code == 404
        assert marketplace.regulator("330600").get(path).status_code == 200
