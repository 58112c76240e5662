"""The management class of an enterprise: as an authority decided, else computed from what is known."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, extract, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from ... import clock
from ...catalogue.models import WasteCode
from ...database import db, is_among
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise
from ...errors import Forbidden
from ...events.actor import PLATFORM, REGULATOR, Actor
from ...events.lifecycle import Party
from ...events.work import Work, unit_of_work
from ...licences.models import RECORDED, Licence
from ...listings.models import Kind, Listing
from ...manifests.models import CLOSED_STATES, NOT_ISSUED, Manifest, ManifestKind, ManifestStatus
from ..models import (
    CONFIRMED_STATES,
    DECLARATION_LIFE,
    UNCONFIRMED,
    ClassBasis,
    ClassDecision,
    Declaration,
    ReportingClass,
    ReportKind,
)
from .payloads import emit
from .periods import terms_on

KEY_KG, SIMPLIFIED_KG = 100_000, 10_000
"""Annual amounts from which a unit is of the class: HJ 1259-2022, 4.2.1."""
YEARS = 3
"""Whole calendar years of which the greatest amount counts: HJ 1259-2022, 4.2.3."""
COUNTY_DIGITS = 100
"""The code of a city or province ends in zeros below this."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Classified:
    """The class of an enterprise, why, and the annual amount that is known of it."""

    management_class: ReportingClass
    basis: ClassBasis
    annual_kg: int | None


def class_of(actor: Actor, enterprise_id: UUID) -> dict[str, Any]:
    """The class of an enterprise today, or nothing where no hazardous waste of it is known.

    Raises:
        NotFound: the actor does not see all of the enterprise.
    """
    enterprises.find_governed(actor, enterprise_id)
    return present_class(enterprise_id)


def present_class(enterprise_id: UUID) -> dict[str, Any]:
    """The same of an enterprise that the caller has found for who asks."""
    found = classes_on([enterprise_id], clock.today()).get(enterprise_id)
    return {
        "enterprise_id": enterprise_id,
        "management_class": found and found.management_class,
        "basis": found and found.basis,
        "annual_kg": found and found.annual_kg,
        "decisions": list_decisions(enterprise_id),
    }


def list_decisions(enterprise_id: UUID) -> Sequence[ClassDecision]:
    """All decisions about an enterprise, the newest first."""
    rows = select(ClassDecision).where(ClassDecision.enterprise_id == enterprise_id)
    return db.session.scalars(rows.order_by(ClassDecision.id.desc())).all()


def find_decidable(actor: Actor, enterprise_id: UUID) -> Enterprise:
    """The enterprise, if the actor may decide its class: an admin, or its authority from the city upwards
    (HJ 1259-2022, 4.2.2).

    Raises:
        Forbidden: an admin's key lacks its scope (`scope_missing`).
        NotFound: the enterprise is outside the regulator's region.
        Forbidden: the regulator's region is below a city (`prefecture_decides`).
    """
    enterprises.require_official(actor)
    enterprise = enterprises.find_governed(actor, enterprise_id)
    if not may_decide(actor):
        raise Forbidden("prefecture_decides")
    return enterprise


def may_decide(actor: Actor) -> bool:
    """Whether a member of the staff may decide classes at all: not the authority of a county."""
    return actor.kind != REGULATOR or not (actor.region or 0) % COUNTY_DIGITS


def decide_class(actor: Actor, enterprise_id: UUID, data: dict[str, Any]) -> ClassDecision:
    """Put an enterprise into a class from a day on; what is not due by it any more is waived."""
    with unit_of_work() as work:
        row = work.add(ClassDecision(enterprise_id=enterprise_id, decided_by=actor.id, **data))
        work.audit(actor, "decide_class", row, management_class=row.management_class, source=row.source)
        waived = _waive(work, row)
    log.info("reporting class decided", extra={"class": row.management_class, "waived": waived})
    return row


def _waive(work: Work, decision: ClassDecision) -> int:
    """Waive what nobody has confirmed and the class that was decided does not ask for. Returns: how many."""
    asked = {
        term.kind for term in terms_on(clock.today()) if term.management_class == decision.management_class
    }
    rows = work.session.scalars(
        select(Declaration)
        .where(
            Declaration.enterprise_id == decision.enterprise_id,
            Declaration.status.in_(UNCONFIRMED),
            Declaration.kind.not_in(asked),
            Declaration.last_day >= decision.valid_from,
            Declaration.last_day <= (decision.valid_until or date.max),
        )
        .with_for_update(key_share=True)
    ).all()
    for row in rows:
        DECLARATION_LIFE.move(row, "waive", by=Party.SYSTEM)
        work.audit(PLATFORM, "waive", row)
        emit(work, "declaration.waived", row)
    return len(rows)


def classes_on(ids: Collection[UUID], day: date) -> dict[UUID, Classified]:
    """Of these enterprises those of which hazardous waste is known, each with its class on a day."""
    decided, licensed = _decided(ids, day), _licensed(ids, day)
    amounts = _annual_amounts(ids, day.year)
    found = {}
    for enterprise_id in decided.keys() | licensed | amounts.keys() | _known(ids):
        kg = amounts.get(enterprise_id)
        if enterprise_id in decided:
            found[enterprise_id] = Classified(decided[enterprise_id], ClassBasis.DECISION, kg)
        else:
            found[enterprise_id] = _computed(enterprise_id in licensed, kg)
    return found


def _computed(is_licensed: bool, annual_kg: int | None) -> Classified:
    if is_licensed:
        return Classified(ReportingClass.KEY, ClassBasis.LICENCE, annual_kg)
    if annual_kg is None:
        return Classified(ReportingClass.REGISTERED, ClassBasis.UNKNOWN_AMOUNT, None)
    return Classified(class_by_amount(annual_kg), ClassBasis.AMOUNT, annual_kg)


def class_by_amount(annual_kg: int) -> ReportingClass:
    """The class of a unit of which only the annual amount counts."""
    if annual_kg >= KEY_KG:
        return ReportingClass.KEY
    return ReportingClass.SIMPLIFIED if annual_kg >= SIMPLIFIED_KG else ReportingClass.REGISTERED


def _decided(ids: Collection[UUID], day: date) -> dict[UUID, ReportingClass]:
    rows = (
        select(ClassDecision.enterprise_id, ClassDecision.management_class)
        .ext(distinct_on(ClassDecision.enterprise_id))
        .where(is_among(ClassDecision.enterprise_id, ids), ClassDecision.is_in_force_on(day))
        .order_by(ClassDecision.enterprise_id, ClassDecision.valid_from.desc(), ClassDecision.id.desc())
    )
    return {row.enterprise_id: row.management_class for row in db.session.execute(rows)}


def _licensed(ids: Collection[UUID], day: date) -> set[UUID]:
    """Who holds an operating licence on a day; a suspended one is still held."""
    valid = (Licence.valid_from <= day, Licence.valid_until >= day, Licence.revoked_at.is_(None))
    rows = select(Licence.enterprise_id).where(
        is_among(Licence.enterprise_id, ids), Licence.status.in_(RECORDED), *valid
    )
    return set(db.session.scalars(rows))


def _annual_amounts(ids: Collection[UUID], year: int) -> dict[UUID, int]:
    """The greatest annual amount of the years before `year`: as handed over by closed manifests, or as
    declared as generated, whichever is more."""
    first = date(year - YEARS, 1, 1)
    of_year = extract("year", Manifest.load_on)
    loads = (
        select(Manifest.sender_id, func.sum(Manifest.accepted_kg).label("kg"))
        .where(
            is_among(Manifest.sender_id, ids),
            _is_handed_over(),
            Manifest.load_on >= first,
            Manifest.load_on < date(year, 1, 1),
        )
        .group_by(Manifest.sender_id, of_year)
        .subquery()
    )
    handed_over = select(loads.c.sender_id, func.max(loads.c.kg)).group_by(loads.c.sender_id)
    declared = (
        select(Declaration.enterprise_id, func.max(Declaration.generated_kg))
        .where(
            is_among(Declaration.enterprise_id, ids),
            Declaration.kind == ReportKind.YEAR,
            Declaration.status.in_(CONFIRMED_STATES),
            Declaration.first_day >= first,
            Declaration.first_day < date(year, 1, 1),
        )
        .group_by(Declaration.enterprise_id)
    )
    amounts: dict[UUID, int] = {}
    for rows in (handed_over, declared):
        for enterprise_id, kg in db.session.execute(rows):
            if kg:
                amounts[enterprise_id] = max(int(kg), amounts.get(enterprise_id, 0))
    return amounts


def _is_handed_over() -> ColumnElement[bool]:
    """The condition of loads of hazardous waste that were handed over; a return is none."""
    is_closed = Manifest.status.in_(CLOSED_STATES)
    return and_(Manifest.hazardous, Manifest.kind != ManifestKind.RETURN, is_closed)


def _known(ids: Collection[UUID]) -> set[UUID]:
    """Of whom hazardous waste is known at all: by a manifest that was issued, or a supply that was
    published."""
    issued = and_(Manifest.hazardous, Manifest.status.not_in((*NOT_ISSUED, ManifestStatus.CANCELLED)))
    has_load = or_(
        exists().where(Manifest.sender_id == Enterprise.id, issued),
        exists().where(Manifest.receiver_id == Enterprise.id, issued),
    )
    offers = exists().where(
        Listing.enterprise_id == Enterprise.id,
        Listing.kind == Kind.SUPPLY,
        Listing.published_at.is_not(None),
        WasteCode.id == Listing.code_id,
        WasteCode.hazardous,
    )
    rows = select(Enterprise.id).where(is_among(Enterprise.id, ids), or_(has_load, offers))
    return set(db.session.scalars(rows))
