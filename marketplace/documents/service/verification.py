"""Whether a document is ours, asked by whoever holds it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select

from ...database import db
from ...errors import NotFound
from ..models import Document, DocumentKind

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
STATES: dict[DocumentKind, Callable[[UUID], StrEnum]] = {}
"""By kind: the state of what a document is about. The room that owns it enters its function here."""


@dataclass(frozen=True, slots=True)
class Verified:
    """All that a document says of itself to a stranger."""

    kind: DocumentKind
    number: str
    status: StrEnum
    checksum: str


def verify(token: str) -> Verified:
    """What was issued under a token, and the state that its subject is in now. Raises: NotFound."""
    row = issued_under(token)
    return Verified(row.kind, row.number, STATES[row.kind](row.subject_id), row.checksum)


def issued_under(token: str) -> Document:
    """The document of a token. Raises: NotFound."""
    row = None
    if TOKEN.fullmatch(token):
        row = db.session.scalars(select(Document).where(Document.token == token)).one_or_none()
    if row is None:
        raise NotFound()
    return row
