"""The pages for a phone at a gate: a load is picked up, or received, with its weight, photos and a signature.

They work without a script. With it, what was typed, photographed and drawn is kept in the browser until it
has been sent, and sent once: `static/gate.js`.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from flask import Response, redirect, request

from ... import uploaded_files
from ...errors import DomainError, Invalid, PreconditionFailed, UnsupportedMedia
from ...events.actor import Actor
from ...http.bodies import FORM
from ...http.documents import MAX_DOCUMENT
from ...http.fields import Identifier, Lines, Text
from ...http.languages import language
from ...http.schemas import Schema
from ...manifests import service as manifests
from ...manifests.models import HEAVIEST_KG, LoadPicture
from ...messages import say
from ...persons.models import Right
from ...persons.service import Acting
from ..form_fields import Checked, TypedLoad, TypedTonnes, TypedWhole
from ..formats import KG_PER_T
from ..forms import SIGNER, Errors, once, read_fields, read_form, typed, version_seen, wrong
from ..page import pages, text
from ..visitor import is_in_place, members_only, private
from ..warnings import warn
from .loads import PATH, WRITERS, moves_of, shown_to

HEAVIEST_T = HEAVIEST_KG / 1000
MOST_PHOTOS = 3
LINE_FIELD = re.compile(r"lines\.([1-9]\d?)\.(?:weight|refused)_t", re.ASCII)
TOO_LARGE = "file_too_large"
MAX_FORM = MOST_PHOTOS * MAX_DOCUMENT + 1_000_000
"""Bytes of a form with photos; what is too large in it is said beside its field."""


class PickupForm(Schema):
    """What the transporter signs for, by the names of the API."""

    weight_t = TypedLoad(HEAVIEST_T, required=True)
    packages = TypedWhole(load_default=None)
    vehicle = Identifier(20, required=True)
    driver = Text(50, required=True)
    escort = Text(50, load_default=None)
    estimated = Checked()
    signed_name = Text(50, load_default=None)
    reason = Lines(500, load_default=None)


class ReceiptForm(Schema):
    """What the receiver signs for."""

    weight_t = TypedLoad(HEAVIEST_T, required=True)
    refused_t = TypedTonnes(0, HEAVIEST_T, load_default=0)
    packages = TypedWhole(load_default=None)
    significant = Checked()
    note = Lines(500, load_default=None)
    reason = Lines(500, load_default=None)
    signed_name = Text(50, load_default=None)


class LineForm(Schema):
    """The weight of one of several kinds of waste, which the form asks beside that of the load."""

    weight_t = TypedLoad(HEAVIEST_T, required=True)
    refused_t = TypedTonnes(0, HEAVIEST_T, load_default=0)


LINE = LineForm()
SUMMED = ("weight_t",)
"""What the weights of the lines say too."""


class Picture(NamedTuple):
    """A picture of a form that may be kept."""

    shows: LoadPicture
    file: Any
    name: str | None


class Gate(NamedTuple):
    """One of the two pages: the move that it makes, its form, its template."""

    move: str
    schema: Schema
    without_weight: Schema
    template: str
    sign: Callable[[Actor, UUID, dict[str, Any]], Any]


def _pick_up(actor: Actor, manifest_id: UUID, data: dict[str, Any]) -> Any:
    return manifests.pick_up(actor, manifest_id, {**data, "containers": None})


def _receive(actor: Actor, manifest_id: UUID, data: dict[str, Any]) -> Any:
    body = {**data, "significant": data["significant"] or None}
    return manifests.receive(actor, manifest_id, body)


PICKUP = Gate("pickup", PickupForm(), PickupForm(partial=SUMMED), "pickup.html", _pick_up)
RECEIPT = Gate("receive", ReceiptForm(), ReceiptForm(partial=SUMMED), "receipt.html", _receive)


@pages.get(f"{PATH}/pickup")
@members_only("deals:write", kinds=WRITERS, drivers=True)
def show_pickup(who: Acting, manifest_id: UUID) -> Any:
    """Where the transporter signs."""
    return _show(who, manifest_id, PICKUP)


@pages.post(f"{PATH}/pickup")
@members_only("deals:write", kinds=WRITERS, drivers=True, max_bytes=MAX_FORM)
def sign_pickup(who: Acting, manifest_id: UUID) -> Any:
    """Sign for it."""
    return _sign(who, manifest_id, PICKUP)


@pages.get(f"{PATH}/receipt")
@members_only("deals:write", kinds=WRITERS)
def show_receipt(who: Acting, manifest_id: UUID) -> Any:
    """Where the receiver signs."""
    return _show(who, manifest_id, RECEIPT)


@pages.post(f"{PATH}/receipt")
@members_only("deals:write", kinds=WRITERS, max_bytes=MAX_FORM)
def sign_receipt(who: Acting, manifest_id: UUID) -> Any:
    """Sign for it."""
    return _sign(who, manifest_id, RECEIPT)


def _show(who: Acting, manifest_id: UUID, gate: Gate) -> Any:
    """The form, as long as it is this person's to sign; else the load, which says whose turn it is."""
    row = shown_to(who, manifest_id)
    if gate.move not in moves_of(who, row):
        return redirect(f"/loads/{manifest_id}", 303)
    return _form(who, row, gate, _known(who, row, gate))


def _known(who: Acting, row: Any, gate: Gate) -> dict[str, str]:
    """What the form begins with; the weight is left to the scale."""
    known = {"signed_name": who.name}
    if gate is PICKUP:
        is_driver = who.right == Right.DRIVER
        known |= {"vehicle": row.vehicle, "driver": row.driver or (who.name if is_driver else ""),
                  "escort": row.escort}  # fmt: skip
    return {name: value or "" for name, value in known.items()}


def _form(
    who: Acting,
    row: Any,
    gate: Gate,
    values: dict[str, str],
    http_status: int = 200,
    errors: Errors | None = None,
) -> Response:
    (shown,) = manifests.present([row])
    has_pictures = who.actor is not None and not is_in_place(who.actor)  # who was not there has none to show
    return private(
        gate.template,
        http_status,
        load=shown,
        line_fields=_line_fields(shown["lines"]),
        version=row.version,
        values=values,
        errors=errors or {},
        most_photos=MOST_PHOTOS,
        heaviest_t=HEAVIEST_T,
        has_pictures=has_pictures,
        script="gate.js" if has_pictures else None,
        api=f"/api/v1/manifests/{row.id}",
    )


def _line_fields(lines: list[dict[str, Any]]) -> tuple[str, ...]:
    """The fields of several kinds of waste; of one kind there are none, its weight is the load's."""
    names = [f"lines.{line['no']}.{name}" for line in lines for name in LINE.fields]
    return tuple(names) if len(lines) > 1 else ()


def _sign(who: Acting, manifest_id: UUID, gate: Gate) -> Any:
    """Sign and keep the pictures, all or nothing, once however often it is sent.

    A page that one person filled in is not signed by the next one who logs in on the same telephone.
    """
    actor = who.actor
    row = shown_to(who, manifest_id)
    if request.form.get(SIGNER) not in (None, str(who.person_id)):
        return _form(who, row, gate, typed(), 409, {SIGNER: [text("gate_another")]})
    data, errors = _read(gate)
    pictures, wrong_pictures = _pictures()
    errors |= wrong_pictures
    if data is None or errors:
        return _form(who, row, gate, typed(), 422, errors)

    def make() -> str:
        if version_seen() not in (None, row.version):
            raise PreconditionFailed("version_changed")
        warn(gate.sign(actor, manifest_id, data)[1])
        for picture in pictures:
            manifests.add_file(actor, manifest_id, *picture[:2], picture.name)
        return f"/loads/{manifest_id}"

    try:
        return once(actor, make)
    except DomainError as error:
        return _form(who, shown_to(who, manifest_id), gate, typed(), error.status, wrong(error))


def _read(gate: Gate) -> tuple[dict[str, Any] | None, Errors]:
    """What was typed. Where each kind of waste has a weight of its own, that of the load may be left out."""
    lines, errors = _read_lines()
    data, wrong_fields = read_form(gate.without_weight if lines else gate.schema)
    errors |= wrong_fields
    if data is None or errors or not lines:
        return (None if data is None else {**data, "lines": lines}), errors
    sums = {name: sum(line[name] for line in lines) for name in LINE.fields}
    if sums["weight_t"] > HEAVIEST_KG:
        errors["weight_t"] = [say("load_weight", language(), value=f"{sums['weight_t'] / KG_PER_T:g}")]
    typed_sums = {name: data[name] for name in sums if data.get(name)}
    return {**data, **sums, **typed_sums, "lines": lines}, errors


def _read_lines() -> tuple[list[dict[str, Any]] | None, Errors]:
    """The weights of the lines, if any of them was typed; then that of each is asked for."""
    matched = [(LINE_FIELD.fullmatch(name), value.strip()) for name, value in request.form.items()]
    if not any(found and value for found, value in matched):
        return None, {}
    asked = dict.fromkeys(found[1] for found, _ in matched if found)
    lines: list[dict[str, Any]] = []
    errors: Errors = {}
    for number in asked:
        prefix = f"lines.{number}."
        line, wrong_line = read_fields(LINE, prefix)
        errors |= {prefix + name: words for name, words in wrong_line.items()}
        lines.append({"no": int(number), **(line or {})})
    return (None if errors else lines), errors


def _pictures() -> tuple[list[Picture], Errors]:
    """The pictures of the form, and what is wrong with them; a field without one sends an empty file."""
    found: list[Picture] = []
    errors: Errors = {}
    for shows, most in ((LoadPicture.PHOTO, MOST_PHOTOS), (LoadPicture.SIGNATURE, 1)):
        sent = [file for file in request.files.getlist(shows) if file.filename]
        if len(sent) > most:
            errors[shows] = [text("gate_too_many", most=most)]
        for file in sent[:most]:
            content = file.read()
            file.seek(0)  # it is read once more to tell one form from another
            try:
                found.append(Picture(shows, _judged(content), file.filename))
            except DomainError as error:
                errors.setdefault(shows, []).append(_words(error, content))
    return found, errors


def _judged(content: bytes) -> Any:
    if len(content) > MAX_DOCUMENT:
        raise Invalid(TOO_LARGE)
    return uploaded_files.judged_picture(content, FORM)


def _words(error: DomainError, content: bytes) -> str:
    """What is wrong with a picture, for who holds a telephone."""
    if error.code == TOO_LARGE:
        return text("gate_too_large", mb=MAX_DOCUMENT // 2**20)
    if isinstance(error, UnsupportedMedia):
        return text("gate_heic" if error.code == "media_type_heic" else "gate_no_picture")
    return wrong(error).popitem()[1][0]
