"""Photos of items: who shows what when, what is kept of them, and who sees them."""

import io
import os
from datetime import timedelta

import pytest

from marketplace import uploaded_files
from marketplace.inspections.service import photos
from tests.http.responses import refused
from tests.inspections.site import ROOT
from tests.uploaded_files import made

PNG, JPEG = "image/png", "image/jpeg"


def send(party, inspection, content=made.PNG, media_type=PNG, item="L1"):
    path = f"{ROOT}/{inspection['id']}/photos"
    return party.call("POST", path, data=content, content_type=media_type, query_string={"item": item})


def shown(party, inspection, item="L1"):
    """What the photos of an item show, and the photos."""
    items = party.get(f"{ROOT}/{inspection['id']}").json["items"]
    kept = next(entry["photos"] for entry in items if entry["item"]["code"] == item)
    return [photo["shows"] for photo in kept], kept


def test_the_finding_the_remedy_and_the_recheck_are_shown_by_who_sees_them(site):
    inspection = site.answered(L1=0)
    refused(send(site.generator, inspection), 403, "inspection_of_others")
    assert send(site.regulator, inspection).json["shows"] == "finding"
    site.step(inspection, "finish", {})
    refused(send(site.regulator, inspection, made.JPEG, JPEG), 403, "inspection_of_others")
    assert send(site.generator, inspection, made.JPEG, JPEG).json["shows"] == "remedy"
    site.rectified(inspection)
    refused(send(site.generator, inspection, made.png(7)), 403, "inspection_of_others")
    assert send(site.regulator, inspection, made.png(7)).json["shows"] == "recheck"
    site.step(inspection, "recheck", {"items": [{"item": "L1", "corrected": True}]})
    refused(send(site.regulator, inspection, made.png(8)), 409, "wrong_state")
    assert shown(site.generator, inspection)[0] == ["finding", "remedy", "recheck"]
    assert shown(site.generator, inspection, "L2") == ([], [])


def test_a_photo_is_shown_to_the_enterprise_and_its_overseers_alone(site):
    inspection = site.begin()
    photo = send(site.regulator, inspection).json
    path = f"{ROOT}/photos/{photo['id']}"
    for party in (site.generator, site.regulator, site.admin):
        answer = party.get(path)
        assert (answer.status_code, answer.data, answer.content_type) == (200, made.PNG, PNG)
        assert answer.headers["Content-Disposition"].startswith("attachment;")
    for party in (site.marketplace.enterprise("recycler"), site.marketplace.regulator("310000")):
        refused(party.get(path), 404, "not_found")
        refused(send(party, inspection, made.png(5)), 404, "not_found")


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code"),
    [
        (made.PDF, "application/pdf", 415, "media_type_photo"),
        (made.PDF, PNG, 415, "media_type_document"),
        (made.PNG[:-12], PNG, 422, "file_incomplete"),
        (b"", PNG, 422, "file_empty"),
    ],
)
def test_what_is_no_photo_is_refused(site, content, media_type, status, code):
    inspection = site.begin()
    fields = ["file"] if status == 422 else []
    refused(send(site.regulator, inspection, content, media_type), status, code, *fields)
    assert shown(site.regulator, inspection) == ([], [])


def test_a_pdf_in_a_form_is_no_photo_either(site):
    path = f"{ROOT}/{site.begin()['id']}/photos?item=L1"
    form = {"file": (io.BytesIO(made.PDF), "photo.png", "image/png")}
    answer = site.regulator.call("POST", path, data=form, content_type="multipart/form-data")
    refused(answer, 415, "media_type_photo")


def test_an_item_has_each_photo_once_and_ten_at_most(site, monkeypatch):
    monkeypatch.setattr(photos, "MOST_PHOTOS", 2)
    inspection = site.begin()
    assert send(site.regulator, inspection).status_code == 201
    refused(send(site.regulator, inspection), 409, "already_entered", "file")
    assert send(site.regulator, inspection, made.png(4)).status_code == 201
    refused(send(site.regulator, inspection, made.png(5)), 409, "too_many_files", "file")
    assert send(site.regulator, inspection, item="L2").status_code == 201
    refused(send(site.regulator, inspection, item="X9"), 422, "unknown_item", "item")


def test_a_photo_with_a_row_is_never_swept(site):
    inspection = site.begin()
    photo = send(site.regulator, inspection).json
    marketplace = site.marketplace
    folder = marketplace.app.config["SETTINGS"].files_folder
    long_ago = (marketplace.now - timedelta(days=9)).timestamp()
    os.utime(folder / photo["sha256"][:2] / photo["sha256"], (long_ago, long_ago))
    with marketplace.app.app_context():
        uploaded_files.sweep()
    assert site.generator.get(f"{ROOT}/photos/{photo['id']}").data == made.PNG
