"""New listings as rows: written past the unit of work of SQLAlchemy, which takes thrice as long for it."""

from typing import Any

from uuid_utils.compat import uuid7

from ... import clock
from ...events.records import insert_with_records
from ...events.work import Work
from ..models import Accept, Listing
from .own_ids import own_id_kept_unique

WRITTEN = tuple(column.key for column in Listing.__table__.columns if column.key != "no")
ACCEPTED = tuple(column.key for column in Accept.__table__.columns)
WRITE = insert_with_records((Listing, WRITTEN), (Accept, ACCEPTED))


def begin(row: Listing) -> None:
    """Give a new listing what the database is not asked for: its id, its version and its moments."""
    row.id, row.version = uuid7(), 1
    row.created_at = row.updated_at = clock.now()


def write(work: Work, row: Listing) -> None:
    """Write a listing that has begun, its codes, and the records of the work up to now, by one statement.

    Its number (`no`) stays in the database: the row is not read back.

    Raises:
        Conflict: another listing of the owner has its id (`external_id_taken`).
    """
    with own_id_kept_unique(row):
        work.add_with_records(WRITE, {"listing": [values_of(row)], "listing_accept": accepted_by(row)})


def values_of(row: Listing) -> dict[str, Any]:
    """What is written of a new listing itself, by column: all that was set, without SQLAlchemy's events."""
    held = vars(row)
    return {name: held.get(name) for name in WRITTEN}


def accepted_by(row: Listing) -> list[dict[str, Any]]:
    """The rows of the codes that a listing accepts."""
    return [
        {
            "listing_id": row.id,
            "code_id": accept.code_id,
            "unlisted_code": accept.unlisted_code,
            "position": accept.position,
        }
        for accept in row.accepts
    ]
