"""Documents issued once for the same facts, and verified by whoever holds one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from hashlib import sha256
from uuid import uuid4

import pytest
from sqlalchemy import select

from marketplace.database import db
from marketplace.documents import service
from marketplace.documents.models import Document, DocumentKind
from marketplace.errors import Conflict
from marketplace.events.actor import PLATFORM
from marketplace.events.work import unit_of_work
from marketplace.manifests.models import ManifestStatus
from tests.documents.facts import CONTRACT, SETTLEMENT

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def issued(app, monkeypatch):
    """Issue a document; returns its content and its row."""
    state = {"status": ManifestStatus.ISSUED}
    for kind in DocumentKind:
        monkeypatch.setitem(service.STATES, kind, lambda subject_id: state["status"])

    def issue(kind, facts, subject_id):
        content = service.issue_document(PLATFORM, kind, facts["number"], subject_id, lambda: facts)
        newest = select(Document).where(Document.subject_id == subject_id).order_by(Document.id.desc())
        return content, db.session.scalars(newest).first()

    issue.state = state
    with app.app_context():
        yield issue


def test_the_same_facts_are_one_issue_and_others_another(marketplace, issued):
    deal_id = uuid4()
    content, row = issued(DocumentKind.SETTLEMENT, SETTLEMENT, deal_id)
    again, same = issued(DocumentKind.SETTLEMENT, SETTLEMENT, deal_id)
    assert (again, same.token) == (content, row.token)
    assert row.checksum == sha256(content).hexdigest()
    later, other = issued(DocumentKind.SETTLEMENT, {**SETTLEMENT, "total": "1.00"}, deal_id)
    assert other.token != row.token
    assert later != content


def test_a_contract_is_issued_once_and_stays_as_it_was(marketplace, issued):
    deal_id = uuid4()
    content, row = issued(DocumentKind.CONTRACT, CONTRACT, deal_id)
    again, same = issued(DocumentKind.CONTRACT, {**CONTRACT, "note": "changed"}, deal_id)
    assert (again, same.token) == (content, row.token)


def test_those_who_ask_at_once_get_the_same_issue(marketplace, issued, app):
    deal_id = uuid4()

    def issue(_):
        with app.app_context():
            return issued(DocumentKind.CONTRACT, CONTRACT, deal_id)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(issue, range(4)))
    assert len({content for content, _ in answers}) == 1
    assert len({row.token for _, row in answers}) == 1


def test_a_stranger_learns_kind_number_state_and_checksum_and_nothing_else(marketplace, issued):
    _, row = issued(DocumentKind.CONTRACT, CONTRACT, uuid4())
    stranger = marketplace.client
    expected = {
        "kind": "contract", "number": CONTRACT["number"], "status": "issued", "checksum": row.checksum,
    }  # fmt: skip
    for path in (f"/verify/{row.token}", f"/api/v1/verify/{row.token}"):
        response = stranger.get(path)
        assert (response.status_code, response.json) == (200, expected), path
        assert "RateLimit" in response.headers
    issued.state["status"] = ManifestStatus.CLOSED
    assert stranger.get(f"/verify/{row.token}").json["status"] == "closed"


def test_a_browser_gets_a_page_in_its_language(marketplace, issued):
    _, row = issued(DocumentKind.CONTRACT, CONTRACT, uuid4())
    page = marketplace.client.get(f"/verify/{row.token}", headers={**PAGE, "Accept-Language": "zh-CN"})
    assert page.mimetype == "text/html"
    assert page.headers["Cache-Control"] == "no-store"
    for said in ("文件属实", "合同", CONTRACT["number"], "已签发", row.checksum):
        assert said in page.get_data(as_text=True), said
    missing = marketplace.client.get("/verify/" + "A" * 43, headers=PAGE)
    assert (missing.status_code, missing.mimetype) == (404, "text/html")


@pytest.mark.parametrize("token", ["A" * 43, "short", "A" * 500, "%00" * 43, "..%2f..%2fetc"])
def test_other_tokens_are_not_found(marketplace, token):
    response = marketplace.client.get(f"/verify/{token}")
    assert (response.status_code, response.json["code"]) == (404, "not_found")


def test_digital_ids_are_given_once_and_counted_by_unit_code_and_day(marketplace, issued):
    unit = {"uscc": "91330600MA2BC12345", "code": "900-349-34", "day": date(2026, 11, 26)}
    first, second = uuid4(), uuid4()
    with unit_of_work() as work:
        ids = service.digital_ids(work, first, 1, 2, **unit)
    assert ids == ["91330600MA2BC123459003493420261126001", "91330600MA2BC123459003493420261126002"]
    later = {**unit, "day": date(2026, 12, 1)}
    with unit_of_work() as work:
        assert service.digital_ids(work, first, 1, 3, **later) == [*ids, f"{ids[0][:26]}20261201001"]
        assert service.digital_ids(work, second, 1, 1, **unit) == [f"{ids[0][:-1]}3"]
    with pytest.raises(Conflict, match="labels_used_up"), unit_of_work() as work:
        service.digital_ids(work, second, 2, 997, **unit)
    with unit_of_work() as work:
        assert service.digital_ids(work, second, 3, 1, **unit) == [f"{ids[0][:-1]}4"]
