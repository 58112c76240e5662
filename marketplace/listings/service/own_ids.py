"""The id that an owner calls a listing by: no two of its listings share one, and the database decides."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import errors as postgres
from sqlalchemy.exc import IntegrityError

from ...errors import Conflict
from ..models import Listing

UNIQUE = "ix_listing_external_id"


@contextmanager
def own_id_kept_unique(row: Listing) -> Iterator[None]:
    """Write the row within the block. Raises: Conflict: another listing of the owner has its id."""
    external_id = row.external_id  # after a refusal the row cannot be read
    try:
        yield
    except IntegrityError as error:
        taken = isinstance(error.orig, postgres.UniqueViolation) and error.orig.diag.constraint_name == UNIQUE
        if not taken:
            raise
        raise Conflict("external_id_taken", at="external_id", external_id=external_id) from error
