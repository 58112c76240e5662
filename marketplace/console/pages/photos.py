"""Photos of listings: chosen at the first step of posting, added and removed with the listing."""

from typing import Any
from uuid import UUID

from flask import Response, redirect, request, url_for
from marshmallow import fields

from ... import uploaded_files
from ...errors import DomainError
from ...events.actor import ENTERPRISE
from ...http.blueprint import attachment
from ...http.bodies import FORM
from ...http.documents import MAX_DOCUMENT
from ...http.fields import OneOf, Text
from ...http.rate_limits import PUBLISH, count_for
from ...http.schemas import Schema
from ...listings import service as listings
from ...listings.models import Kind
from ...persons.service import Acting
from ..forms import Errors, once, read_form, typed, wrong
from ..listing_words import LONGEST_TITLE
from ..page import pages, text
from ..visitor import members_only
from .listings import listing_page
from .post import first_step

FIELD = "file"
PHOTOS = "/listings/<uuid:listing_id>/photos"
PHOTO = f"{PHOTOS}/<int:number>"
MAX_FORM = 3 * MAX_DOCUMENT
"""Bytes of a form with a photo; one that is too large for the platform is refused beside its field."""


class WordsForm(Schema):
    """The first step: what it is, and a photo that was chosen before, if any."""

    kind = fields.String(load_default=None, validate=OneOf(Kind))
    title = Text(LONGEST_TITLE, required=True)
    photo = fields.UUID(load_default=None)


WORDS = WordsForm()


@pages.get("/post/photo")
@members_only("listings:write", kinds=(ENTERPRISE,))
def show_first_step(who: Acting) -> Any:
    """Back to the first step, after a log-in in the middle of it."""
    return redirect(url_for("console.show_post"), 303)


@pages.post("/post/photo")
@members_only("listings:write", kinds=(ENTERPRISE,), max_bytes=MAX_FORM)
def take_first_step(who: Acting) -> Any:
    """On to the second step; a photo waits there for the draft. The same one sent twice waits once."""
    actor = who.actor
    data, errors = read_form(WORDS)
    file, wrong_file = sent_photo()
    errors |= wrong_file
    try:
        waiting = None
        if file is not None:
            count_for(actor, PUBLISH)
            waiting = listings.keep_waiting_photo(actor, file).id
    except DomainError as error:
        return first_step(who, typed(), error.status, wrong(error))
    if data is None or errors:
        values = typed() if waiting is None else {**typed(), "photo": waiting}
        return first_step(who, values, 422, errors)
    query = {"kind": data["kind"], "title": data["title"], "photo": waiting or data["photo"]}
    return redirect(url_for("console.show_post", **query), 303)


def sent_photo() -> tuple[uploaded_files.JudgedFile | None, Errors]:
    """The photo of the form, if there is one, and what is wrong with it; no photo is an empty file."""
    sent = request.files.get(FIELD)
    if sent is None or not sent.filename:
        return None, {}
    content = sent.read()
    sent.seek(0)  # it is read once more to tell one form from another
    if len(content) > MAX_DOCUMENT:
        return None, {FIELD: [text("photo_too_large", mb=MAX_DOCUMENT // 2**20)]}
    try:
        return uploaded_files.judged_picture(content, FORM), {}
    except DomainError as error:
        if error.code in ("media_type_document", "media_type_photo"):
            return None, {FIELD: [text("photo_no_picture")]}
        return None, {FIELD: wrong(error).popitem()[1]}


@pages.get("/post/photo/<uuid:photo_id>")
@members_only("listings:write", kinds=(ENTERPRISE,))
def show_waiting_photo(who: Acting, photo_id: UUID) -> Response:
    """A photo that waits for its draft, for its enterprise alone."""
    return _picture(listings.find_waiting_photo(who.actor, photo_id))


@pages.get(PHOTO)
@members_only()
def show_photo(who: Acting, listing_id: UUID, number: int) -> Response:
    """A photo of a listing, for whoever may see the listing."""
    return _picture(listings.find_photo(who.actor, listing_id, number))


def _picture(photo: Any) -> Response:
    return attachment(uploaded_files.content_of(photo), photo.media_type, photo.name)


@pages.get(PHOTOS)
@members_only()
def show_photos(who: Acting, listing_id: UUID) -> Any:
    """The listing, which shows its photos."""
    return redirect(url_for("console.show_listing", listing_id=listing_id), 303)


@pages.post(PHOTOS)
@members_only("listings:write", kinds=(ENTERPRISE,), max_bytes=MAX_FORM)
def add_photo(who: Acting, listing_id: UUID) -> Any:
    """Add a photo to a listing of one's own."""
    actor = who.actor
    row = listings.find_own(actor, listing_id)
    file, errors = sent_photo()
    if file is None:
        return listing_page(who, row.id, 422, errors or {FIELD: [text("photo_none")]})
    photo = file

    def make() -> str:
        count_for(actor, PUBLISH)
        listings.add_photo(actor, listing_id, photo)
        return url_for("console.show_listing", listing_id=listing_id)

    try:
        return once(actor, make)
    except DomainError as error:
        return listing_page(who, listing_id, error.status, {FIELD: wrong(error).popitem()[1]})


@pages.post(f"{PHOTO}/remove")
@members_only("listings:write", kinds=(ENTERPRISE,))
def remove_photo(who: Acting, listing_id: UUID, number: int) -> Any:
    """Remove a photo of a listing of one's own; pressed twice it is gone all the same."""
    row = listings.find_own(who.actor, listing_id)
    if any(photo.number == number for photo in listings.list_photos(row.id)):
        listings.remove_photo(who.actor, row.id, number)
    return redirect(url_for("console.show_listing", listing_id=listing_id), 303)
