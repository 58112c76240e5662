"""What forms of papers ask for alike: a period, the lines of a licence, a scan, a reason, used tonnes."""

from collections.abc import Callable
from typing import Any

from flask import request
from marshmallow import fields

from ..catalogue.models import Mode
from ..errors import DomainError, UnsupportedMedia
from ..events.actor import Actor
from ..http.documents import MAX_DOCUMENT
from ..http.fields import MAX_TONNES, Identifier, Lines, List, OneOf, Range
from ..http.schemas import PeriodSchema, Schema
from ..licences.models import LicenceKind
from .form_fields import TypedTonnes, TypedWhole, WrittenCodes
from .form_rows import Rows
from .forms import Errors, once, wrong
from .page import text

MAX_FORM = 2 * MAX_DOCUMENT
"""Bytes of a form with a scan; one that is too large for the platform is refused beside its field."""
MOST_USED = 100_000_000
"""Tonnes that are counted or taken back at once."""


class LicenceForm(PeriodSchema):
    number = Identifier(60, required=True)
    kind = fields.String(required=True, validate=OneOf(LicenceKind))


class LineForm(Schema):
    """A line of a licence: codes that share its tonnes."""

    codes = WrittenCodes(4000, required=True)
    modes = List(fields.String(validate=OneOf(Mode)), len(Mode), 1, required=True)
    tonnes_per_year = TypedTonnes(0.001, MAX_TONNES, required=True)


LINES = Rows("lines", LineForm(), by=("codes", "tonnes_per_year"))


class ReasonForm(Schema):
    reason = Lines(500, required=True)


class UsageForm(Schema):
    """Tonnes that were handled outside the platform; negative ones take back."""

    year = TypedWhole(required=True, validate=Range(min=2000, max=2200))
    tonnes = TypedTonnes(-MOST_USED, MAX_TONNES, required=True)
    note = Lines(200, load_default="")


def read_lines() -> tuple[list[dict[str, Any]], Errors]:
    """The lines of a licence as the service takes them, and what is wrong with them."""
    rows, errors = LINES.read()
    if not rows and not errors:
        return [], {"lines.0.codes": [text("papers_no_line")]}
    return [{**row, "scheme": None} for row in rows], errors


def read_scan() -> tuple[bytes | None, Errors]:
    """The scan of the form, if there is one; what it holds the service judges."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return None, {}
    content = sent.read()
    sent.seek(0)  # it is read once more to tell one form from another
    if len(content) > MAX_DOCUMENT:
        return None, {"file": [text("paper_too_large", mb=MAX_DOCUMENT // 2**20)]}
    return content, {}


def keep_scan(
    actor: Actor, show: Callable[[int, Errors], Any], keep: Callable[[bytes], Any], then: str
) -> Any:
    """Keep the scan of a form that is nothing without one and go on, or show its page with what is wrong."""
    scan, errors = read_scan()
    if scan is None:
        return show(422, errors or {"file": [text("paper_none")]})

    def make() -> str:
        keep(scan)
        return then

    try:
        return once(actor, make)
    except DomainError as error:
        return show(error.status, beside_scan(error))


def beside_scan(error: DomainError) -> Errors:
    """A refusal as words beside the scan where it is about it."""
    errors = wrong(error)
    if isinstance(error, UnsupportedMedia):
        return {"file": [sentence for words in errors.values() for sentence in words]}
    return errors
