"""The working copy of a manifest as a document, and the labels of its packages."""

from hashlib import sha256
from io import BytesIO
from xml.etree import ElementTree

import pypdf
import pytest
from sqlalchemy import select

from marketplace.database import db
from marketplace.documents.models import Document
from tests.manifests.trade import TRUCK, ok, refused

TEXT = "{http://www.w3.org/2000/svg}text"


def text_of(response):
    assert (response.status_code, response.mimetype) == (200, "application/pdf")
    return "".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(response.data)).pages)


def sheet(party, manifest, **query):
    response = party.get(f"/manifests/{manifest['id']}/label.svg", **query)
    assert (response.status_code, response.mimetype) == (200, "image/svg+xml"), response.json
    return ElementTree.fromstring(response.data)


def digital_ids(svg):
    said = [element.text or "" for element in svg.iter(TEXT)]
    return [text.partition("：")[2] for text in said if text.startswith("数字识别码")]


def test_the_document_says_what_the_manifest_says_and_that_it_is_not_the_statutory_form(trade):
    moving = trade.moving(20.0, 20.1)
    path = f"/manifests/{moving['id']}/manifest.pdf"
    content = trade.carrier.get(path)
    text = text_of(content)
    for said in (
        "不是法定的转移联单", moving["number"], moving["official_number"], "运输中", "酸厂", "染厂",
        "运输一号",
        "浙D12345", "张三", "李四", "900-349-34", "20.000", "20.100", "移出人签署", "承运人签署",
    ):  # fmt: skip
        assert said in text, said
    assert trade.supplier.get(path).data == content.data
    trade.by(trade.receiver, moving, "receive", weight_t=20.1)
    later = trade.receiver.get(path)
    assert later.data != content.data
    with trade.marketplace.app.app_context():
        first, second = db.session.scalars(select(Document).order_by(Document.id)).all()
    expected = {"kind": "manifest", "number": moving["number"], "status": "received"}
    for row, issued in ((first, content), (second, later)):
        verified = trade.marketplace.client.get(f"/verify/{row.token}").json
        assert verified == {**expected, "checksum": sha256(issued.data).hexdigest()}


def test_every_package_has_a_label_with_an_id_that_stays_and_that_the_pickup_knows(trade):
    issued = trade.issued(20.0, packages=3, packing="drum")
    svg = sheet(trade.supplier, issued, volume_l=200)
    ids = digital_ids(svg)
    assert [len(each) for each in ids] == [37] * 3
    assert len(set(ids)) == 3
    assert all(each[18:34] == "9003493420261201" for each in ids)
    assert svg.get("width") == f"{3 * 160}mm"
    assert digital_ids(sheet(trade.carrier, issued)) == ids
    assert digital_ids(sheet(trade.receiver, issued, package=2)) == ids[1:2]
    assert sheet(trade.receiver, issued, package=2).get("width") == "200mm"
    assert digital_ids(sheet(trade.receiver, issued, first=3)) == ids[2:]
    trade.by(trade.carrier, issued, "pickup", weight_t=20.0, packages=3, containers=ids, **TRUCK)


def test_containers_that_are_named_keep_their_ids(trade):
    labels = digital_ids(sheet(trade.supplier, trade.draft(10.0, packages=2)))
    named = trade.draft(10.0, containers=labels)
    assert digital_ids(sheet(trade.supplier, named)) == labels


def test_what_has_no_package_of_hazardous_waste_has_no_label(trade):
    drafted = trade.draft()
    path = f"/manifests/{drafted['id']}/label.svg"
    refused(trade.supplier.get(path, line=2), "no_label")
    refused(trade.supplier.get(path, first=2), "no_label")
    assert trade.supplier.get(path, line=0).status_code == 422


def test_who_takes_no_part_finds_neither(trade):
    drafted = trade.draft()
    stranger = trade.marketplace.enterprise("generator", "transporter")
    for name in ("manifest.pdf", "label.svg"):
        path = f"/manifests/{drafted['id']}/{name}"
        assert stranger.get(path).status_code == 404
        assert trade.marketplace.regulator("310000").get(path).status_code == 404
        assert trade.marketplace.regulator("330600").get(path).status_code == 200


@pytest.mark.parametrize("party", ["supplier", "receiver", "carrier", "regulator"])
def test_the_contact_is_for_those_who_handle_the_waste_and_who_oversee_it(trade, party):
    drafted = trade.draft()
    reader = trade.marketplace.regulator("330600") if party == "regulator" else getattr(trade, party)
    phone = ok(trade.supplier.get("/enterprises/me"))["contact"]["phone"]
    assert phone in "".join(element.text or "" for element in sheet(reader, drafted).iter(TEXT))
