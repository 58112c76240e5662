"""Licences that holders hand in: they count once confirmed; their files are for those who may read them."""

import pytest

from tests.http.responses import refused
from tests.uploaded_files import made
from tests.uploaded_files.made import JPEG, PDF, PNG

LINE = {"scheme": "cn-hw", "code": "HW34", "tonnes_per_year": 100}
BODY = {"number": "浙危废经第7号", "valid_from": "2026-01-01", "valid_until": "2027-12-31", "lines": [LINE]}


@pytest.fixture
def holder(marketplace):
    return marketplace.enterprise("recycler")


@pytest.fixture
def submitted(holder):
    response = holder.post("/licences", BODY)
    assert response.status_code == 201, response.json
    return response.json


def send(party, licence, content, media_type="application/pdf"):
    return party.call("POST", f"/licences/{licence['id']}/files", data=content, content_type=media_type)


def test_a_licence_handed_in_counts_only_once_confirmed(marketplace, holder, submitted):
    assert submitted["status"] == "submitted"
    assert submitted["enterprise_id"] == holder.id
    generator = marketplace.enterprise("generator")
    warned = holder.post("/listings", {
        "kind": "demand", "title": "收废酸", "accepts": [{"scheme": "cn-hw", "code": "HW34"}],
        "quantity_t": 500, "min_lot_t": 1, "available_from": "2026-12-01", "available_until": "2027-05-31",
        "publish": True,
    }).json  # fmt: skip
    assert [warning["code"] for warning in warned["warnings"]] == ["licence_missing"]
    supply = marketplace.supply(generator)
    assert marketplace.why_not(generator, supply, warned) == {"licence": "no_permit"}

    confirmed = marketplace.admin.post(f"/licences/{submitted['id']}/confirm")

    assert (confirmed.status_code, confirmed.json["status"]) == (200, "confirmed")
    assert confirmed.json["decided_at"] is not None
    assert marketplace.matches(generator, supply) == [warned["id"]]
    refused(marketplace.admin.post(f"/licences/{submitted['id']}/confirm"), 409, "wrong_state")
    refused(
        marketplace.admin.post(f"/licences/{submitted['id']}/refuse", {"reason": "x"}), 409, "wrong_state"
    )


def test_a_refused_licence_says_why_and_may_be_handed_in_again(marketplace, holder, submitted):
    path = f"/licences/{submitted['id']}"
    refused(marketplace.admin.post(f"{path}/refuse", {}), 422, "invalid_input", "reason")
    assert marketplace.admin.post(f"{path}/refuse", {"reason": "副本不清"}).json["status"] == "refused"
    assert holder.get(path).json["reason"] == "副本不清"
    assert holder.post("/licences", BODY).status_code == 201
    assert [row["id"] for row in holder.get("/licences", status="refused").json["items"]] == [submitted["id"]]


def test_a_submission_takes_nobodys_number(marketplace, holder, submitted):
    refused(holder.post("/licences", {**BODY, "number": "浙危废经 第７号"}), 409, "already_entered", "number")
    other = marketplace.enterprise("recycler")
    entered = marketplace.admin.post("/licences", {**BODY, "enterprise_id": other.id})
    assert entered.status_code == 201
    met = marketplace.admin.post(f"/licences/{submitted['id']}/confirm")
    refused(met, 409, "already_entered", "number")
    assert met.json["entry_id"] == entered.json["id"]
    again = holder.post("/licences", {**BODY, "valid_until": "2029-12-31"})
    refused(again, 409, "already_entered", "number")
    assert "entry_id" not in again.json, "a stranger's entry is not named"


def test_only_the_holder_hands_in_and_only_an_admin_decides(marketplace, holder, submitted):
    other = marketplace.enterprise("recycler")
    refused(
        holder.post("/licences", {**BODY, "enterprise_id": other.id}),
        403,
        "own_licence_only",
        "enterprise_id",
    )
    for party in (holder, other, marketplace.regulator("330600")):
        refused(party.post(f"/licences/{submitted['id']}/confirm"), 403, "role_forbids")
    marketplace.admin.post(f"/enterprises/{other.id}/suspend")
    refused(other.post("/licences", BODY), 403, "enterprise_suspended")
    refused(marketplace.admin.post("/licences", BODY), 422, "field_required", "enterprise_id")
    assert marketplace.enterprise("recycler", approved=False).post("/licences", BODY).status_code == 201


@pytest.mark.parametrize(
    ("content", "media_type"), [(PDF, "application/pdf"), (PNG, "image/png"), (JPEG, "image/jpeg")]
)
def test_a_scan_comes_back_as_it_was_sent_to_save(marketplace, holder, submitted, content, media_type):
    sent = send(holder, submitted, content, media_type)
    assert sent.status_code == 201, sent.json
    assert (sent.json["media_type"], sent.json["size"]) == (media_type, len(content))
    path = f"/licences/{submitted['id']}"
    assert holder.get(path).json["files"] == [sent.json]
    for party in (holder, marketplace.admin, marketplace.regulator("330600")):
        shown = party.get(f"{path}/files/{sent.json['id']}")
        assert shown.data == content
        assert shown.content_type == media_type
        assert shown.headers["Content-Disposition"].startswith("attachment;")
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
    for party in (marketplace.enterprise("recycler"), marketplace.regulator("310000")):
        refused(party.get(f"{path}/files/{sent.json['id']}"), 404, "not_found")


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code"),
    [
        (b"<html><script>alert(1)</script>", "application/pdf", 415, "media_type_document"),
        (b"GIF89a", "image/png", 415, "media_type_document"),
        (PNG, "application/pdf", 415, "media_type_document"),
        (PDF, "text/html", 415, "media_type_document"),
        (b"", "application/pdf", 422, "file_empty"),
        (PNG[:-8], "image/png", 422, "file_incomplete"),
        (b"%PDF-1.4\n%%EOF\n", "application/pdf", 422, "file_unreadable"),
        (made.written(made.with_script), "application/pdf", 422, "file_active"),
        (b"%PDF-1.7 cut", "application/pdf", 422, "file_incomplete"),
        (PDF + b"x" * 10 * 1024 * 1024, "application/pdf", 413, "body_too_large"),
    ],
    ids=made.numbered(),
)
def test_what_is_no_scan_is_refused(holder, submitted, content, media_type, status, code):
    refused(send(holder, submitted, content, media_type), status, code, *(["file"] if status == 422 else []))
    assert holder.get(f"/licences/{submitted['id']}").json["files"] == []


def test_files_come_before_the_decision_and_are_ten_at_most(marketplace, holder, submitted):
    for _ in range(10):
        assert send(holder, submitted, PDF).status_code == 201
    refused(send(holder, submitted, PDF), 409, "too_many_files", "file")
    marketplace.admin.post(f"/licences/{submitted['id']}/refuse", {"reason": "x"})
    refused(send(holder, submitted, PDF), 409, "licence_decided")


def test_ten_licences_may_wait_for_a_decision(marketplace, holder, submitted):
    for number in range(9):
        assert holder.post("/licences", {**BODY, "number": f"浙危废经第{number + 100}号"}).status_code == 201
    one_more = {**BODY, "number": "浙危废经第8号"}
    assert "10" in refused(holder.post("/licences", one_more), 409, "too_many_submissions")["detail"]

    marketplace.admin.post(f"/licences/{submitted['id']}/refuse", {"reason": "x"})
    assert holder.post("/licences", one_more).status_code == 201
    assert marketplace.enterprise("recycler").post("/licences", BODY).status_code == 201
    entered = {**BODY, "enterprise_id": holder.id, "number": "浙危废经第9号"}
    assert marketplace.admin.post("/licences", entered).status_code == 201, "staff may enter more"


def test_files_of_what_waits_are_bounded_together(marketplace, holder, submitted, monkeypatch):
    monkeypatch.setattr("marketplace.licences.service.handed_in.MOST_BYTES", len(PDF) * 2)
    another = holder.post("/licences", {**BODY, "number": "浙危废经第8号"}).json
    assert [send(holder, licence, PDF).status_code for licence in (submitted, another)] == [201, 201]
    refused(send(holder, another, PDF), 409, "files_too_large", "file")
    assert send(marketplace.admin, another, PDF).status_code == 201
    marketplace.admin.post(f"/licences/{another['id']}/refuse", {"reason": "x"})
    assert send(holder, submitted, PDF).status_code == 201


def test_a_suspended_holder_adds_no_file(marketplace, holder, submitted):
    marketplace.admin.post(f"/enterprises/{holder.id}/suspend", {})
    refused(send(holder, submitted, PDF), 403, "enterprise_suspended")
