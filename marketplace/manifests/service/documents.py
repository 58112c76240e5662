"""The working copy of a manifest as a document: the facts that its template shows, in Chinese."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select

from ...catalogue import service as catalogue
from ...database import db
from ...documents import service as documents
from ...documents.models import DocumentKind
from ...documents.service import wording
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise
from ...errors import NotFound
from ...events.actor import Actor
from ...listings.models import Form, Packaging
from ..models import Manifest, ManifestLeg, ManifestLine, ManifestMismatch, ManifestStatus
from .sealing import signatures, versions

MOST_REMARKS = 40
"""Signatures and differences that a document has room for; the platform shows all."""


def manifest_pdf(actor: Actor, row: Manifest) -> bytes:
    """The working copy of a manifest; it says that it is not the statutory form."""
    return documents.issue_document(actor, DocumentKind.MANIFEST, row.number, row.id, partial(_facts, row))


def verification_address(actor: Actor, row: Manifest) -> str:
    """What the QR code of the working copy holds: the page that says whether it is ours."""
    facts_of = partial(_facts, row)
    return documents.address_of(actor, DocumentKind.MANIFEST, row.number, row.id, facts_of)


def _state_of(manifest_id: UUID) -> ManifestStatus:
    row = db.session.get(Manifest, manifest_id)
    if row is None:
        raise NotFound()
    return row.status


documents.STATES[DocumentKind.MANIFEST] = _state_of


def _facts(row: Manifest) -> dict[str, Any]:
    known = enterprises.by_id({row.sender_id, row.receiver_id, *(leg.transporter_id for leg in row.legs),
                               row.transporter_id})  # fmt: skip
    sides = known[row.sender_id], known[row.receiver_id]
    regions = catalogue.region_names(side.region for side in sides)
    codes = catalogue.codes_by_id({line.code_id for line in row.lines})
    return {
        "number": row.number,
        "hazardous": row.hazardous,
        "official_number": row.official_number or "尚未填写",
        "status": wording.in_chinese(row.status),
        "planned_on": row.planned_on.isoformat(),
        "issued_at": wording.moment(row.issued_at),
        "sender": _party(sides[0], regions),
        "receiver": _party(sides[1], regions),
        "lines": [_line(line, codes[line.code_id].code) for line in row.lines],
        "legs": [_leg(leg, known[leg.transporter_id]) for leg in row.legs]
        or [_planned_leg(row, known[row.transporter_id])],
        "remarks": [*_remarks(row)][:MOST_REMARKS],
    }


def _party(row: Enterprise, regions: dict[int, str]) -> dict[str, str]:
    return {"name": row.name, "uscc": row.uscc, "region": regions[row.region]}


def _line(line: ManifestLine, code: str) -> list[str]:
    """The cells of a line, in the sequence of the template's columns."""
    weights = (line.quantity_kg, line.picked_up_kg, line.received_kg, line.refused_kg, line.accepted_kg)
    return [
        str(line.no),
        line.name,
        code,
        wording.in_chinese(Form(line.form) if line.form else None),
        line.hazard or wording.ABSENT,
        line.component or wording.ABSENT,
        wording.in_chinese(Packaging(line.packing) if line.packing else None),
        str(line.packages or wording.ABSENT),
        *map(wording.tonnes, weights),
    ]


def _leg(leg: ManifestLeg, carrier: Enterprise) -> list[str]:
    crew = [leg.vehicle, leg.driver, leg.escort, leg.place]
    return [str(leg.no), carrier.name, carrier.uscc, *_or_dash(crew), wording.moment(leg.started_at)]


def _planned_leg(row: Manifest, carrier: Enterprise) -> list[str]:
    """Who is to fetch the load, before anybody has."""
    crew = [row.vehicle, row.driver, row.escort, None]
    return ["计划", carrier.name, carrier.uscc, *_or_dash(crew), wording.moment(row.planned_at)]


def _or_dash(texts: Sequence[str | None]) -> list[str]:
    return [text or wording.ABSENT for text in texts]


def _remarks(row: Manifest) -> Iterator[tuple[str, str]]:
    """Emergency measures, signatures, differences and notes, where there are any."""
    if row.emergency:
        yield "应急措施", row.emergency
    if row.estimated:
        yield "装运重量", "估重，未过磅"
    for signed in signatures(versions(row)):
        yield SIGNED[signed.part], f"{wording.moment(signed.at)}　内容校验 {signed.checksum[:16]}"
    of_manifest = select(ManifestMismatch).where(ManifestMismatch.manifest_id == row.id)
    for differing in db.session.scalars(of_manifest.order_by(ManifestMismatch.id)):
        kind = wording.in_chinese(differing.kind)
        yield (
            "差异",
            f"{kind}：应为 {differing.expected}，实为 {differing.found}；{differing.explanation or '未说明'}",
        )
    if row.missing_delivery:
        yield "送达", "承运人未登记送达，由接收人直接签收"
    if row.note:
        yield "备注", row.note


SIGNED = {"sender": "移出人签署", "carrier": "承运人签署", "receiver": "接收人签署"}
