"""Platform staff: admins, and regulators of a region."""

import logging

from ...catalogue import service as catalogue
from ...events.actor import Actor
from ...events.work import unit_of_work
from ..models import Staff
from .keys.api_keys import add_first_key

log = logging.getLogger(__name__)


def create_staff(actor: Actor, kind: str, name: str, region: int | None = None) -> tuple[Staff, str]:
    """Create an admin or a regulator, and its first key, which is shown this once.

    Args:
        kind: "admin" or "regulator"; a regulator needs a region.
    Raises:
        Invalid: unknown region (`unknown_region`).
    """
    if region is not None:
        catalogue.find_region(region)
    with unit_of_work() as work:
        staff = work.add(Staff(kind=kind, name=name, region=region))
        key = add_first_key(work, Actor(kind, staff.id))
        work.audit(actor, f"create_{kind}", staff, name=name)
    log.info("staff created", extra={"staff_id": str(staff.id), "kind": kind, "region": region})
    return staff, key
