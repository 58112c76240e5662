"""What the staff reads of people's data and of credit records: each read is a line of the audit."""

from contextvars import ContextVar
from uuid import UUID

from ..actor import ADMIN, REGULATOR, Actor
from ..work import unit_of_work

CONTACT = "contact"
CREDIT = "credit"
CREW = "crew"

Reads = dict[tuple[str, UUID], set[str]]
_reads: ContextVar[Reads | None] = ContextVar("staff_reads", default=None)


def begin_reads() -> None:
    """Note what is read from here on, for `record_reads`."""
    _reads.set({})


def note_read(actor: Actor, part: str, row_id: UUID, kind: str = "enterprise") -> None:
    """Note that `actor` is shown the `part` of a row of the table `kind`. Only the staff's reads are kept."""
    reads = _reads.get()
    if reads is not None and actor.kind in (ADMIN, REGULATOR):
        reads.setdefault((kind, row_id), set()).add(part)


def record_reads(actor: Actor) -> None:
    """Write the reads noted since `begin_reads` into the audit, one line a row."""
    reads = _reads.get()
    if reads:
        with unit_of_work() as work:
            work.audit_reads(actor, reads)
        begin_reads()
