"""Files of credit events: who adds and reads them, what is kept, and what a changed disk does."""

import hashlib
import io
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from marketplace import uploaded_files
from marketplace.credit.models import CreditFile
from marketplace.database import db
from tests.http.responses import refused
from tests.marketplace import as_owner
from tests.uploaded_files import made

TYPES = {"application/pdf": made.PDF, "image/png": made.PNG, "image/jpeg": made.JPEG}


@pytest.fixture
def event(marketplace):
    return marketplace.credit_event(marketplace.enterprise("generator"), "site.defect")


def send(party, event, content=made.PDF, media_type="application/pdf", **query):
    path = f"/credit/events/{event['id']}/files"
    return party.call("POST", path, data=content, content_type=media_type, query_string=query)


def place_of(marketplace, file):
    return marketplace.app.config["SETTINGS"].files_folder / file["sha256"][:2] / file["sha256"]


def kept_files(marketplace):
    return {path.name for path in marketplace.app.config["SETTINGS"].files_folder.glob("??/*")}


@pytest.mark.parametrize("media_type", TYPES)
def test_a_file_comes_back_to_who_oversees_the_event_and_to_nobody_else(marketplace, media_type):
    subject = marketplace.enterprise("generator", region="330602")
    event = marketplace.credit_event(subject, "site.defect")
    content = TYPES[media_type]
    sent = send(marketplace.admin, event, content, media_type, name="决定书.scan")
    assert sent.status_code == 201, sent.json
    assert sent.json["sha256"] == hashlib.sha256(content).hexdigest()
    assert (sent.json["media_type"], sent.json["size"]) == (media_type, len(content))
    assert sent.json["name"].startswith("决定书.")

    for party in (subject, marketplace.admin, marketplace.regulator("330600")):
        shown = party.get(f"/credit/files/{sent.json['id']}")
        assert (shown.status_code, shown.data, shown.content_type) == (200, content, media_type)
        assert shown.headers["Content-Disposition"].startswith("attachment;")
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        assert party.get(f"/credit/events/{event['id']}/files").json == {"items": [sent.json]}
    for party in (marketplace.enterprise("recycler"), marketplace.regulator("310000")):
        refused(party.get(f"/credit/files/{sent.json['id']}"), 404, "not_found")
        refused(party.get(f"/credit/events/{event['id']}/files"), 404, "not_found")


def test_a_form_says_what_the_file_is_called(marketplace, event):
    form = {"file": (io.BytesIO(made.PDF), "..\\责令改正.exe")}
    path = f"/credit/events/{event['id']}/files"
    sent = marketplace.admin.call("POST", path, data=form, content_type="multipart/form-data")
    assert (sent.status_code, sent.json["name"]) == (201, "责令改正.pdf")


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code"),
    [
        (b"<html><script>alert(1)</script>", "application/pdf", 415, "media_type_document"),
        (made.PNG, "application/pdf", 415, "media_type_document"),
        (made.PDF, "text/html", 415, "media_type_document"),
        (made.archive(), "application/pdf", 415, "media_type_document"),
        (b"", "application/pdf", 422, "file_empty"),
        (made.PNG[:-8], "image/png", 422, "file_incomplete"),
        (b"%PDF-1.7\n%%EOF\n", "application/pdf", 422, "file_unreadable"),
        (made.written(made.with_script), "application/pdf", 422, "file_active"),
        (made.written(made.with_password), "application/pdf", 422, "file_encrypted"),
        (made.raw_pdf(made.stream(b"<html>")), "application/pdf", 422, "file_of_two_kinds"),
        (made.png(30_000, 30_000, packed=b""), "image/png", 422, "file_bomb"),
        (made.PDF + b" " * 10 * 1024 * 1024, "application/pdf", 413, "body_too_large"),
        (made.PDF + b" " * 10 * 1024 * 1024, "text/html", 413, "body_too_large"),
    ],
    ids=made.numbered(),
)  # fmt: skip
def test_what_proves_nothing_is_refused(marketplace, event, content, media_type, status, code):
    before = kept_files(marketplace)
    response = send(marketplace.admin, event, content, media_type)
    refused(response, status, code, *(["file"] if status == 422 else []))
    assert marketplace.admin.get(f"/credit/events/{event['id']}/files").json == {"items": []}
    assert kept_files(marketplace) == before


def test_of_a_photo_the_place_where_it_was_taken_is_not_kept(marketplace, event):
    photo = made.jpeg(made.segment(0xE1, made.exif(6)), behind=b"GPS")
    sent = send(marketplace.admin, event, photo, "image/jpeg")
    kept = marketplace.admin.get(f"/credit/files/{sent.json['id']}").data
    assert b"GPS" in photo
    assert b"GPS" not in kept
    assert sent.json["sha256"] == hashlib.sha256(kept).hexdigest()


def test_a_regulator_adds_to_what_its_authority_records_in_its_region(marketplace):
    subject = marketplace.enterprise("generator", region="330602")
    own = marketplace.credit_event(subject, "law.penalty_minor")
    regulator, stranger = marketplace.regulator("330600"), marketplace.regulator("310000")

    assert send(regulator, own).status_code == 201
    refused(send(stranger, own), 404, "not_found")
    refused(send(subject, own), 403, "role_forbids")
    automatic = marketplace.credit_event(subject, "manifest.late_close")
    refused(send(regulator, automatic), 403, "rule_names_another")


def test_an_event_has_ten_files_at_most_and_each_once(marketplace, event):
    for number in range(10):
        assert send(marketplace.admin, event, made.png(number + 1), "image/png").status_code == 201
    again = refused(send(marketplace.admin, event, made.png(1), "image/png"), 409, "already_entered", "file")
    assert again["entry_id"]
    refused(send(marketplace.admin, event, made.png(11), "image/png"), 409, "too_many_files", "file")


def test_of_the_same_file_sent_twice_at_once_one_is_kept(marketplace, event):
    with ThreadPoolExecutor(2) as both:
        responses = list(both.map(lambda _: send(marketplace.admin, event).status_code, range(2)))
    assert sorted(responses) == [201, 409]


def test_a_file_that_was_changed_on_the_disk_is_not_shown_until_it_is_whole_again(marketplace, event, caplog):
    sent = send(marketplace.admin, event).json
    place_of(marketplace, sent).write_bytes(made.PDF.replace(b"200", b"999"))

    response = marketplace.admin.get(f"/credit/files/{sent['id']}")
    assert sent["sha256"] in refused(response, 503, "file_damaged")["detail"]
    assert any(record.getMessage() == "a file is not what was stored" for record in caplog.records)

    other = marketplace.credit_event(marketplace.enterprise("generator"), "site.defect")
    assert send(marketplace.admin, other).status_code == 201
    assert marketplace.admin.get(f"/credit/files/{sent['id']}").data == made.PDF


def test_a_folder_that_cannot_be_written_changes_nothing(marketplace, event, configure, tmp_path):
    (tmp_path / "file").touch()
    configure(files_dir=str(tmp_path / "file"))
    refused(send(marketplace.admin, event), 503, "files_not_kept")
    assert marketplace.admin.get(f"/credit/events/{event['id']}/files").json == {"items": []}


def test_a_file_without_a_row_is_swept_after_a_day_and_one_with_a_row_never(marketplace, event):
    orphan, kept = (
        send(marketplace.admin, event, content, "image/png").json for content in (made.png(5), made.png(6))
    )
    with as_owner(marketplace.app) as connection:
        connection.execute(delete(CreditFile).where(CreditFile.id == orphan["id"]))
    for file, age in ((orphan, timedelta(hours=23)), (kept, timedelta(days=9))):
        at = (marketplace.now - age).timestamp()
        os.utime(place_of(marketplace, file), (at, at))

    def sweep():
        with marketplace.app.app_context():
            return uploaded_files.sweep()

    sweep()
    assert place_of(marketplace, orphan).exists()
    marketplace.now += timedelta(hours=2)
    assert sweep() == 1
    assert not place_of(marketplace, orphan).exists()
    assert marketplace.admin.get(f"/credit/files/{kept['id']}").data == made.png(6)


def test_the_enterprise_gets_a_copy_of_what_is_said_of_its_files(marketplace):
    subject = marketplace.enterprise("generator")
    event = marketplace.credit_event(subject, "site.defect")
    sent = send(marketplace.admin, event).json
    (row,) = subject.get("/enterprises/me/export").json["tables"]["credit_file"]
    assert row["sha256"] == sent["sha256"]
    assert "added_by" not in row
    with marketplace.app.app_context():
        assert db.session.scalar(select(CreditFile.added_by)) is not None
