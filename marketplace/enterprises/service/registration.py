"""An enterprise registers itself, and is pending until an admin approves it."""

import logging
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ...catalogue import service as catalogue
from ...database import db
from ...errors import Conflict
from ...events.actor import ENTERPRISE, Actor
from ...events.work import Work, unit_of_work
from ..models import ENDED, Enterprise
from .contacts import contact_columns
from .keys.api_keys import add_first_key
from .privacy_notice import notice_version
from .profile import place
from .review import record_claim

log = logging.getLogger(__name__)


def register(data: dict[str, Any]) -> tuple[Enterprise, str]:
    """Register a new, pending enterprise; returns it and its first key. Raises: as `register_pending`."""
    with unit_of_work() as work:
        enterprise = register_pending(work, data)
        return enterprise, add_first_key(work, Actor(ENTERPRISE, enterprise.id))


def register_pending(work: Work, data: dict[str, Any], person_id: UUID | None = None) -> Enterprise:
    """Write a new, pending enterprise, which has no key yet.

    Args:
        data: as RegistrationSchema loads it.
        person_id: who registers it, where that is a person.

    Raises:
        Invalid: unknown region (`unknown_region`), or a place in another province (`place_not_in_region`).
        Conflict: the USCC is registered already (`uscc_taken`); staff decides who is right.
    """
    region = catalogue.find_region(data["region"])
    lon, lat = place(data["location"], region)
    district = catalogue.locate(lon, lat, region.adcode, "location")
    enterprise = Enterprise(
        uscc=data["uscc"],
        name=data["name"],
        roles=data["roles"],
        region=region.adcode,
        lon=lon,
        lat=lat,
        place_region=district,
        privacy_notice=notice_version(),
        **contact_columns(data["contact"]),
    )
    try:
        work.add(enterprise)
    except IntegrityError as error:
        record_claim(data)
        raise Conflict("uscc_taken", at="uscc") from error
    work.audit(Actor(ENTERPRISE, enterprise.id, person_id=person_id), "register", enterprise)
    work.emit("enterprise.registered", enterprise_id=str(enterprise.id))
    log.info("enterprise registered", extra={"enterprise_id": str(enterprise.id), "region": region.adcode})
    return enterprise


def refuse_taken(data: dict[str, Any]) -> None:
    """Refuse to register a USCC a second time, and note who claims it. Raises: Conflict: `uscc_taken`."""
    if is_registered(data["uscc"]):
        record_claim(data)
        raise Conflict("uscc_taken", at="uscc")


def locate_enterprises(*, everything: bool) -> int:
    """Say of enterprises in which district they lie: where it is not known yet, or of all. Returns how many
    changed."""
    with unit_of_work() as work:
        return catalogue.locate_rows(work.session, Enterprise, everything=everything)


def is_registered(uscc: str) -> bool:
    """Whether an enterprise is registered under this USCC."""
    query = select(Enterprise.id).where(Enterprise.uscc == uscc, Enterprise.status.not_in(ENDED))
    return db.session.scalar(query) is not None
