"""Which events enterprises may know of, whom each concerns, and what is said of it: ids, numbers, states."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from ...database import db, is_among
from ...licences import service as licences
from ...listings.models import Listing
from ...receivers.models import ReceiverRequest
from ...transfers.models import TransferApplication

Payload = Mapping[str, Any]
Readers = Callable[[Payload], Iterable[Any]]


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of an event, and the enterprises that it is said to."""

    kind: str
    subject: dict[str, str]
    data: dict[str, Any]
    readers: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Group:
    """Events of one subject, named `<group>.<happened>`.

    Attributes:
        happened: those that are told of; what is not named here stays inside.
        subjects: what they are about, and where the payload has its id: the one that the payload calls its
            `kind`, else the first whose id it has.
        fields: what else is said of the payload: no names, no reasons, no ids that a reader may not look up.
        readers: the enterprises that the event concerns, None where they are looked up by the subject.
    """

    happened: tuple[str, ...]
    subjects: Mapping[str, str]
    fields: tuple[str, ...] = ()
    readers: Readers | None = None

    def subject_of(self, payload: Payload) -> tuple[str, str]:
        """What an event is about, and its id."""
        called = payload.get("kind")
        has_id = (kind for kind, key in self.subjects.items() if key in payload)
        kind = str(called) if called in self.subjects else next(has_id)
        return kind, str(payload[self.subjects[kind]])


def _named(*keys: str) -> Readers:
    return lambda payload: [payload[key] for key in keys if payload.get(key)]


def _of_manifest(payload: Payload) -> list[Any]:
    """Its parties; before it was requested or issued the sender alone."""
    keys = ("sender_id", "receiver_id", "transporter_id") if payload["is_known"] else ("sender_id",)
    return [payload[key] for key in keys]


def _of_checks(payload: Payload) -> list[Any]:
    """The generator, and a receiver that was checked; no carrier, which may not look the deal up."""
    checked = [payload["enterprise_id"]] if payload["contractor"] == "receiver" else []
    return [payload["generator_id"], *checked]


PERMITS = {TransferApplication.__tablename__: "id", **dict.fromkeys(licences.PERMIT_TABLES, "id")}
"""What events of permits are about, by their tables; an application says no kind."""
OWN = _named("enterprise_id")
BOTH = _named("supplier_id", "receiver_id")

GROUPS: dict[str, Group] = {
    "listing": Group(
        ("published", "changed", "closed", "fulfilled", "reopened"), {"listing": "listing_id"}, ("status",)
    ),
    "match": Group(("mutual",), {"listing": "listing_id"}, ("listing_id", "other_id")),
    "offer": Group(
        ("made", "countered", "accepted", "rejected", "withdrawn", "lapsed"),
        {"offer": "offer_id"}, ("by", "supply_id", "demand_id"), BOTH,
    ),
    "deal": Group(
        (
            "agreed", "moving", "completed", "cancelled", "disputed", "settled", "lapsed", "invoiced",
            "fulfilled",
        ),
        {"deal": "deal_id"}, ("by", "status", "number", "supply_id", "demand_id"), BOTH,
    ),
    "manifest": Group(
        (
            "drafted", "changed", "requested", "scheduled", "declined", "carrier_changed", "issued",
            "cancelled", "picked_up", "handed_over", "delivered", "received", "refused", "differed",
            "explained", "followed", "closed", "treated", "correction_asked", "corrected",
            "correction_rejected", "overdue", "late",
        ),
        {"manifest": "manifest_id"}, ("number", "status", "step"), _of_manifest,
    ),
    "receiver_request": Group(
        ("made", "accepted", "declined", "withdrawn", "lapsed"), {"receiver_request": "request_id"}
    ),
    "licence": Group(("confirmed", "refused"), {"licence": "licence_id"}, ("number",), OWN),
    "permit": Group(
        (
            "changed", "suspended", "resumed", "paused", "expired", "revoked", "over", "tested", "applied",
            "application_moved",
        ),
        PERMITS, ("number", "year", "passed", "status"),
    ),
    "transporter": Group(
        ("changed", "submitted", "verified", "refused", "ended", "expiring"),
        {"transporter_paper": "paper_id", "transporter": "enterprise_id"}, ("paper",), OWN,
    ),
    "due_diligence": Group(
        ("confirmed",), {"deal": "deal_id"}, ("contractor",), _of_checks
    ),
    "registration": Group(
        ("confirmed", "refused"), {"registration": "registration_id"}, ("number",), OWN
    ),
    "declaration": Group(
        ("due", "late", "missing", "confirmed", "corrected", "filed", "waived", "full_year"),
        {"declaration": "report_id"}, ("kind", "due_on"), OWN,
    ),
    "plan": Group(
        ("due", "late", "submitted", "amended", "filed"), {"management_plan": "report_id"}, ("due_on",), OWN
    ),
    "inspection": Group(
        ("finished", "ordered", "overdue", "corrected", "returned"),
        {"inspection": "inspection_id"}, ("number", "kind", "due_on"), OWN,
    ),
    "credit": Group(
        ("changed", "withdrawn", "repaired"), {"enterprise": "enterprise_id"},
        ("event_id", "score", "grade", "grade_before", "blocked"), OWN,
    ),
    "appeal": Group(
        ("opened", "upheld", "overturned", "withdrawn", "ended"),
        {"appeal": "appeal_id"}, ("event_id", "due_on"), OWN,
    ),
    "repair": Group(
        ("opened", "checked", "extended", "granted", "refused", "withdrawn", "ended"),
        {"repair": "repair_id"}, ("event_id", "due_on"), OWN,
    ),
    "evaluation": Group(
        ("published", "ending"), {"evaluation": "evaluation_id"}, ("grade", "valid_until", "days"), OWN
    ),
    "enterprise": Group(
        ("approved", "rejected", "suspended", "lapsed", "change_confirmed", "change_refused"),
        {"enterprise": "enterprise_id"}, ("change_id",), OWN,
    ),
}  # fmt: skip
"""By group: an event is told of only where it is named here."""

KINDS = tuple(f"{group}.{happened}" for group, about in GROUPS.items() for happened in about.happened)
CHOICES = (*GROUPS, *KINDS)
"""What an endpoint or a reader may ask for: all of a group, or one kind."""
NOTIFICATION = "notification"
NOTIFICATION_KIND = "notification.released"
WANTED = (*CHOICES, NOTIFICATION, NOTIFICATION_KIND)
"""What an endpoint may ask for: besides events, messages of the inbox, which have a list of their own."""
_TOLD = frozenset(KINDS)
OWNERS: dict[str, tuple[InstrumentedAttribute[UUID], ...]] = {
    "listing": (Listing.enterprise_id,),
    "receiver_request": (ReceiverRequest.supplier_id, ReceiverRequest.receiver_id),
    TransferApplication.__tablename__: (TransferApplication.generator_id, TransferApplication.receiver_id),
    **licences.PERMIT_TABLES,
}
"""By what an event is about: the columns with the enterprises that it concerns."""


def tell(events: Sequence[tuple[str, Payload]]) -> list[Told | None]:
    """What is said of each event; None of one that concerns no enterprise, or stays inside."""
    owners = _owners(events)
    return [_tell(name, payload, owners) if name in _TOLD else None for name, payload in events]


def _tell(name: str, payload: Payload, owners: Mapping[str, frozenset[UUID]]) -> Told | None:
    group = GROUPS[name.partition(".")[0]]
    kind, subject_id = group.subject_of(payload)
    if group.readers is not None:
        readers = frozenset(UUID(each) for each in group.readers(payload))
    else:
        named = (subject_id, payload.get("other_id"))
        readers = frozenset().union(*(owners.get(each, frozenset()) for each in named if each))
    if not readers:
        return None
    data = {key: payload[key] for key in group.fields if payload.get(key) is not None}
    return Told(name, {"kind": kind, "id": subject_id}, data, readers)


def _owners(events: Sequence[tuple[str, Payload]]) -> dict[str, frozenset[UUID]]:
    """Who is concerned by each listing, request and permit that the events are about, by its id as text."""
    ids = defaultdict[str, set[UUID]](set)
    for name, payload in events:
        if name not in _TOLD or GROUPS[name.partition(".")[0]].readers is not None:
            continue
        kind, subject_id = GROUPS[name.partition(".")[0]].subject_of(payload)
        ids[kind].add(UUID(subject_id))
        if payload.get("other_id"):
            ids[kind].add(UUID(payload["other_id"]))
    found: dict[str, frozenset[UUID]] = {}
    for kind, parties in OWNERS.items():
        if ids[kind]:
            model = parties[0].class_
            rows = select(model.id, *parties).where(is_among(model.id, ids[kind]))
            found |= {str(key): frozenset(owners) for key, *owners in db.session.execute(rows)}
    return found
