"""Photos of listings: what is kept of them, who sees them, and how they end."""

import os

import pytest
from sqlalchemy import update

from marketplace import clock, uploaded_files
from marketplace.database import db
from marketplace.listings.jobs import delete_waiting_photos
from marketplace.listings.models import Listing
from marketplace.privacy.jobs import erase_past_retention
from tests.http.responses import refused
from tests.listings.photos import send_photo
from tests.uploaded_files import made

PNG, JPEG = "image/png", "image/jpeg"
HEIC_BRANDS = (b"heic", b"heix", b"mif1")


@pytest.fixture
def owner(marketplace):
    return marketplace.enterprise("generator")


@pytest.fixture
def listing(marketplace, owner):
    return marketplace.supply(owner)


def path(listing, number=None):
    return f"/listings/{listing['id']}/photos" + (f"/{number}" if number else "")


def numbers(party, listing):
    return [photo["number"] for photo in party.get(path(listing)).json["items"]]


def test_a_photo_is_seen_by_exactly_who_sees_the_listing(marketplace, owner, listing):
    draft = marketplace.supply(owner, publish=False)
    for shown in (listing, draft):
        assert send_photo(owner, shown, made.JPEG, JPEG).status_code == 201
    readers = [
        owner, marketplace.admin, marketplace.regulator("330600"), marketplace.regulator("310000"),
        marketplace.recycler(), marketplace.enterprise("recycler", approved=False),
    ]  # fmt: skip
    for shown in (listing, draft):
        for reader in readers:
            sees = reader.get(f"/listings/{shown['id']}").status_code
            photo = reader.get(path(shown, 1))
            assert {photo.status_code, reader.get(path(shown)).status_code} == {sees}
            assert (photo.data == made.JPEG) == (sees == 200)
    assert owner.get(path(listing, 1)).headers["Content-Disposition"].startswith("attachment;")
    owner.post(f"/listings/{listing['id']}/withdraw")
    refused(readers[4].get(path(listing, 1)), 404, "not_found")


def test_only_the_picture_is_kept_once_under_the_first_free_number(owner, listing):
    placed = made.jpeg(made.segment(0xE1, made.exif(1)), made.segment(0xFE, b"Shaoxing, 30.03 N 120.58 E"))
    sent = send_photo(owner, listing, placed, JPEG).json
    assert (sent["number"], sent["size"]) == (1, len(made.JPEG))
    assert owner.get(path(listing, 1)).data == made.JPEG
    assert send_photo(owner, listing, made.JPEG, JPEG).json == sent
    for height in (3, 4, 5):
        assert send_photo(owner, listing, made.png(3, height)).status_code == 201
    refused(send_photo(owner, listing, made.png(3, 6)), 409, "too_many_photos", "file")
    assert owner.call("DELETE", path(listing, 2)).status_code == 204
    refused(owner.call("DELETE", path(listing, 2)), 404, "not_found")
    assert send_photo(owner, listing, made.png(3, 6)).json["number"] == 2
    assert numbers(owner, listing) == [1, 2, 3, 4]


def test_what_is_no_photo_is_refused_in_words(owner, listing):
    for brand in HEIC_BRANDS:
        heic = b"\0\0\0\x18ftyp" + brand + b"x" * 40
        refused(send_photo(owner, listing, heic, JPEG), 415, "media_type_heic")
    refused(send_photo(owner, listing, made.PDF, PNG), 415, "media_type_document")
    refused(send_photo(owner, listing, made.png(30_001, 1)), 422, "file_bomb", "file")
    refused(send_photo(owner, listing, made.PNG + bytes(10 * 2**20)), 413, "body_too_large")
    assert numbers(owner, listing) == []


def test_others_and_closed_listings_get_no_photo(marketplace, owner, listing):
    refused(send_photo(marketplace.recycler(), listing), 404, "not_found")
    assert send_photo(owner, listing).status_code == 201
    owner.post(f"/listings/{listing['id']}/withdraw")
    refused(send_photo(owner, listing, made.png(4)), 409, "wrong_state")
    assert owner.call("DELETE", path(listing, 1)).status_code == 204


def test_photos_end_with_the_retention_of_ended_listings_and_their_files_are_swept(
    marketplace, owner, listing
):
    closed = marketplace.supply(owner)
    kept, forgotten = send_photo(owner, listing, made.png(4)).json, send_photo(owner, closed).json
    owner.post(f"/listings/{closed['id']}/withdraw")
    with marketplace.app.app_context():
        for row in (listing, closed):
            db.session.execute(
                update(Listing).filter_by(id=row["id"]).values(updated_at=clock.now().replace(year=2024))
            )
        db.session.commit()
        erase_past_retention()
        delete_waiting_photos()
        folder = marketplace.app.config["SETTINGS"].files_folder
        for photo in (kept, forgotten):
            place = folder / photo["sha256"][:2] / photo["sha256"]
            os.utime(place, (0, 0))
        uploaded_files.sweep()
        assert not (folder / forgotten["sha256"][:2] / forgotten["sha256"]).exists()
    assert numbers(owner, closed) == []
    assert owner.get(path(listing, kept["number"])).data == made.png(4)


def test_erasing_the_people_of_an_enterprise_deletes_its_photos(marketplace, owner, listing):
    send_photo(owner, listing)
    marketplace.admin.post(f"/enterprises/{owner.id}/suspend", {"reason": "停业"})
    erased = marketplace.admin.post(f"/enterprises/{owner.id}/erase-contact", {"reason": "本人来函"})
    assert erased.status_code == 200, erased.json
    assert numbers(marketplace.admin, listing) == []
