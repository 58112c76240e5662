"""A registration is entered by an admin, or handed in by its holder; then an admin decides."""

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select

from ... import clock, plausibility
from ...catalogue import service as catalogue
from ...catalogue.models import CatalogueCode, Mode
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise
from ...errors import Conflict, Forbidden, Invalid, Notice
from ...events.actor import Actor
from ...events.work import Work, unit_of_work
from ...licences.models import mode_mask
from ...messages.names import Name
from ..models import Registration, RegistrationStatus, Site, SiteCode, SiteKind

MOST_SUBMITTED = 10
"""Registrations of one holder that wait for a decision; our own choice."""
MODES_OF = {SiteKind.PLANT: (Mode.USE, Mode.DISPOSE), SiteKind.STORE: (Mode.STORE,)}
"""What a site of each kind may do; what it does if nothing else is said."""

log = logging.getLogger(__name__)


def check_holder(actor: Actor, raw: dict[str, Any]) -> None:
    """Refuse a registration that an enterprise hands in for another.

    Raises:
        Forbidden: `own_registration_only`, `enterprise_suspended`, `enterprise_rejected` or
            `enterprise_lapsed`.
    """
    if actor.enterprise_id is None:
        return
    enterprises.require_unfrozen(actor)
    named = raw.get("enterprise_id")
    if isinstance(named, str) and named.lower() != str(actor.enterprise_id):
        raise Forbidden("own_registration_only", at="enterprise_id")


def add(actor: Actor, data: dict[str, Any]) -> tuple[Registration, list[Notice]]:
    """Enter a registration with its plants and stores.

    An admin's entry counts at once; a holder's own counts once an admin confirms it.

    Returns:
        the registration, and notices about doubtful codes, days and places.
    Raises:
        Invalid: no holder is named (`field_required`), `unknown_enterprise`, `unknown_region`, a place in
            another province (`place_not_in_region`), a code that is unknown or hazardous
            (`registration_is_general`), or a mode that the kind of site cannot have (`site_mode`).
        Conflict: the document is entered already (`already_entered`), or too many that the holder handed in
            are still to be decided (`too_many_registrations`).
    """
    holder = _holder(actor, data)
    names = ("number", "authority", "valid_from", "valid_until")
    is_submission = actor.enterprise_id is not None
    registration = Registration(
        **{name: data[name] for name in names},
        enterprise_id=holder.id,
        status=RegistrationStatus.SUBMITTED if is_submission else RegistrationStatus.CONFIRMED,
    )
    with unit_of_work() as work:
        enterprises.lock(work, holder.id)
        if is_submission:
            _require_few_waiting(work, holder.id)
        require_new(work, registration)
        registration.sites, notices = _sites(actor, holder, data["sites"])
        work.add(registration)
        work.audit(actor, "submit" if is_submission else "add", registration, number=registration.number)
        work.emit("registration.changed", registration_id=str(registration.id))
    log.info("registration %s", registration.status, extra={"registration_id": str(registration.id)})
    validity = plausibility.period_notices(
        registration.valid_from,
        registration.valid_until,
        clock.today(),
        ("valid_from", "valid_until"),
        plausibility.VALIDITY,
    )
    return registration, notices + validity


def _holder(actor: Actor, data: dict[str, Any]) -> Enterprise:
    holder_id = data.get("enterprise_id") or actor.enterprise_id
    if holder_id is None:
        raise Invalid("field_required", at="enterprise_id")
    holder = enterprises.by_id({holder_id}).get(holder_id)
    if holder is None:
        raise Invalid("unknown_enterprise", at="enterprise_id")
    return holder


def _require_few_waiting(work: Work, holder_id: UUID) -> None:
    waiting = select(func.count()).where(
        Registration.enterprise_id == holder_id, Registration.status == RegistrationStatus.SUBMITTED
    )
    if (work.session.scalar(waiting) or 0) >= MOST_SUBMITTED:
        raise Conflict("too_many_registrations", most=MOST_SUBMITTED)


def require_new(work: Work, registration: Registration) -> None:
    """Refuse a document that is entered already: the same end again, or the number of another holder.

    Raises:
        Conflict: `already_entered`; it names the holder's own entry only.
    """
    work.lock_name(f"receiver_registration:{registration.number_key}")
    same_end = (Registration.enterprise_id == registration.enterprise_id) & (
        Registration.valid_until == registration.valid_until
    )
    of_other = (Registration.enterprise_id != registration.enterprise_id) & (
        Registration.status == RegistrationStatus.CONFIRMED
    )
    with work.session.no_autoflush:
        met = work.session.scalars(
            select(Registration)
            .where(
                Registration.number_key == registration.number_key,
                Registration.revoked_at.is_(None),
                Registration.status != RegistrationStatus.REFUSED,
                Registration.id.is_distinct_from(registration.id),
                or_(same_end, of_other),
            )
            .limit(1)
        ).one_or_none()
    if met is None:
        return
    subject = Name("subject", Registration.__tablename__)
    if met.enterprise_id != registration.enterprise_id:
        raise Conflict("already_entered", at="number", subject=subject, entry="")
    entry = f" ({met.number}, {met.valid_from} – {met.valid_until})"
    raise Conflict("already_entered", at="number", subject=subject, entry=entry, entry_id=str(met.id))


def _sites(
    actor: Actor, holder: Enterprise, sites: Sequence[dict[str, Any]]
) -> tuple[list[Site], list[Notice]]:
    rows: list[Site] = []
    notices: list[Notice] = []
    for number, data in enumerate(sites):
        row, doubts = _site(actor, holder, data, f"sites.{number}")
        rows.append(row)
        notices += doubts
    return rows, notices


def _site(actor: Actor, holder: Enterprise, data: dict[str, Any], at: str) -> tuple[Site, list[Notice]]:
    kind = SiteKind(data["kind"])
    lon, lat, region = _place(holder, data, at)
    codes, notices = _codes(actor, data["codes"], at)
    notices += plausibility.quantity_notices(data["capacity_t"], f"{at}.capacity_t", hazardous=False)
    row = Site(
        kind=kind,
        name=data["name"],
        region=region,
        lon=lon,
        lat=lat,
        modes=_modes(kind, data["modes"], at),
        capacity_kg=data["capacity_t"],
        codes=[SiteCode(code_id=code_id) for code_id in codes],
    )
    return row, notices


def _modes(kind: SiteKind, named: Sequence[str] | None, at: str) -> int:
    modes = [Mode(mode) for mode in named or MODES_OF[kind]]
    if not set(modes) <= set(MODES_OF[kind]):
        raise Invalid("site_mode", at=f"{at}.modes", kind=kind, modes=MODES_OF[kind])
    return mode_mask(modes)


def _place(holder: Enterprise, data: dict[str, Any], at: str) -> tuple[float, float, int]:
    """Where a site lies; without a location its holder's place, or the seat of a region that is named."""
    region = data["region"] or holder.region
    if data["location"] is None:
        seat = holder if region == holder.region else catalogue.find_region(region, f"{at}.region")
        return seat.lon, seat.lat, region
    catalogue.find_region(region, f"{at}.region")
    lon, lat = catalogue.to_wgs84(data["location"])
    district = catalogue.locate(lon, lat, region, f"{at}.location")
    return lon, lat, district or region


def _codes(
    actor: Actor, named: Sequence[dict[str, Any]], at: str
) -> tuple[dict[int, CatalogueCode], list[Notice]]:
    """Each code once, by id; only staff may name one that no table has yet."""
    codes: dict[int, CatalogueCode] = {}
    notices: list[Notice] = []
    for place, written in enumerate(named):
        code_at = f"{at}.codes.{place}"
        if actor.enterprise_id is not None:
            code, doubts = catalogue.known_code(written["scheme"], written["code"], code_at)
        else:
            code, doubts = catalogue.resolve(written["scheme"], written["code"], code_at)
            code = code if code.id is not None else catalogue.add_to_catalogue(code.code)
        if code.hazardous:
            raise Invalid("registration_is_general", at=f"{code_at}.code", code=code.code)
        codes[code.id] = code
        notices += doubts
    return codes, notices
