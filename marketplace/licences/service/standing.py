"""Whether permits count on a day."""

from collections.abc import Sequence
from datetime import date

from ...database import db
from ...errors import Conflict
from ...messages.names import Name
from ..models import PermitKind
from .balances import HeldPermit, PermitRef, permit_on_day

SUBJECTS = {
    PermitKind.LINE: "licence_line", PermitKind.CHANNEL: "channel", PermitKind.APPROVAL: "transfer_approval",
}  # fmt: skip
"""What people call the permits of each kind: values of the names `subject`."""


def require_permit_on(permits: Sequence[PermitRef], day: date) -> None:
    """Refuse what needs these permits on a day on which one of them does not count.

    A licence that was renewed under its number counts by the renewal.

    Raises:
        Conflict: `permit_not_valid`, with the permit's number, its days, and why it was halted.
    """
    for ref in permits:
        permit = permit_on_day(db.session(), ref, None, day)
        if permit.halt is not None or not permit.reaches_day(day):
            raise permit_not_valid(permit)


def permit_not_valid(permit: HeldPermit) -> Conflict:
    """The refusal of what needs a permit that does not count."""
    return Conflict(
        "permit_not_valid",
        subject=Name("subject", SUBJECTS[permit.ref.kind]),
        number=permit.number,
        why=Name("permit_halt", permit.halt or "out_of_days"),
        valid_from=permit.valid_from,
        valid_until=permit.valid_until,
    )
