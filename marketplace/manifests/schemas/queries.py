"""Searches of manifests, and what is asked of one."""

from typing import Any

from marshmallow import fields

from ...http.fields import Adcode, Choices, Day, Identifier, OneOf, QueryWhole, Range, Text
from ...http.paging import PageQuery
from ...http.schemas import Schema
from ..models import LoadPicture, ManifestStatus
from .loads import MOST_LINES, MOST_PACKAGES

MOST_LITRES = 1_000_000


def about(description: str) -> dict[str, Any]:
    return {"load_default": None, "metadata": {"description": description}}


class ManifestFilter(Schema):
    status = Choices(ManifestStatus, "manifest_status", **about("One or several states, comma separated."))
    role = fields.String(
        validate=OneOf(("supplier", "transporter", "receiver"), "party"),
        **about("As which party you take part."),
    )
    mine = fields.Boolean(load_default=False, metadata={"description": "Only those that you take part in."})
    from_ = Day(data_key="from", **about("First day on which it was drafted (Asia/Shanghai)."))
    until = Day(**about("Last day on which it was drafted."))
    deal_id = fields.UUID(**about("Of this deal."))
    number = Identifier(30, **about("Our number, or the official one."))
    region = Adcode(**about("Where the load leaves from: a region with all within it."))
    differing = fields.Boolean(
        load_default=False, metadata={"description": "Only loads that differ from their manifest."}
    )
    today = fields.Boolean(
        load_default=False,
        metadata={
            "description": "Only what is to be done or was done today: to be picked up, on its way, at the"
            " receiver, or picked up or received today."
        },
    )
    late = fields.Boolean(
        load_default=False, metadata={"description": "Only those with a late step that was reported."}
    )


class ManifestQuery(ManifestFilter, PageQuery):
    """A search of manifests and its page, newest first."""


class ManifestExportQuery(ManifestFilter):
    format = fields.String(
        load_default="csv", validate=OneOf(("csv", "xlsx")), metadata={"description": "Of the file."}
    )


class ExpectedQuery(PageQuery):
    from_ = Day(data_key="from", **about("First day; default today."))
    until = Day(**about("Last day."))


class ManifestFileQuery(Schema):
    shows = fields.String(
        load_default=LoadPicture.PHOTO,
        validate=OneOf(LoadPicture),
        metadata={"description": "What the picture shows."},
    )
    name = Text(1000, **about("What the picture is called; a form says so itself."))


class ManifestLabelQuery(Schema):
    line = QueryWhole(
        load_default=None,
        validate=Range(1, MOST_LINES),
        metadata={"description": "Only the labels of this line."},
    )
    package = QueryWhole(
        load_default=None,
        validate=Range(1, MOST_PACKAGES),
        metadata={"description": "Only the label of this package, counted from 1 in its line."},
    )
    first = QueryWhole(
        load_default=1,
        validate=Range(1, MOST_PACKAGES),
        metadata={"description": "Of all labels, the one with which the sheet of up to 100 begins."},
    )
    volume_l = QueryWhole(
        load_default=None,
        validate=Range(1, MOST_LITRES),
        metadata={
            "description": "Litres that each container holds: the size of its label. Default: the largest."
        },
    )
