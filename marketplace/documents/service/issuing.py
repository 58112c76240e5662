"""Documents issued: the same facts are the same file, under one token."""

import logging
import secrets
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import select

from ... import clock
from ...database import db
from ...events.actor import Actor
from ...events.work import Work, unit_of_work
from ..models import Document, DocumentKind
from .qr import qr_svg
from .rendering import digest_of, render_pdf
from .wording import moment

TOKEN_BYTES = 32
KEPT = frozenset({DocumentKind.CONTRACT})
"""What both sides sign: its bytes are kept, so that no later engine or template changes them."""

Facts = Mapping[str, Any]

log = logging.getLogger(__name__)


def issue_document(
    actor: Actor, kind: DocumentKind, number: str, subject_id: UUID, facts_of: Callable[[], Facts]
) -> bytes:
    """The PDF of a deal, manifest or inspection: the one that was issued already, or a new one with a token.

    Args:
        number: of what the document is about, as `verify` says it.
        facts_of: what the template of that kind shows; asked once for a kind that is kept, else each time.

    Raises:
        Unavailable: too many documents are asked for at once (`documents_busy`).
    """
    facts = None if kind in KEPT else facts_of()
    row, content = _found_or_issued(
        actor, Document(kind=kind, number=number, subject_id=subject_id), facts, facts_of
    )
    return content or row.content or _render(row, facts or {})


def address_of(
    actor: Actor, kind: DocumentKind, number: str, subject_id: UUID, facts_of: Callable[[], Facts]
) -> str:
    """The address that the QR code of that document holds; it is issued if it was not yet.

    Raises: as `issue_document`.
    """
    facts = None if kind in KEPT else facts_of()
    row, _ = _found_or_issued(
        actor, Document(kind=kind, number=number, subject_id=subject_id), facts, facts_of
    )
    return _address(row)


def _found_or_issued(
    actor: Actor, wanted: Document, facts: Facts | None, facts_of: Callable[[], Facts]
) -> tuple[Document, bytes | None]:
    """The document, and its bytes where it is issued just now."""
    row = _issued(wanted.kind, wanted.subject_id, facts)
    if row is None:
        with unit_of_work() as work:
            work.lock_name(f"document:{wanted.kind}:{wanted.subject_id}")
            row = _issued(wanted.kind, wanted.subject_id, facts)
            if row is None:
                return wanted, _issue(work, actor, wanted, facts or facts_of())
    return row, None


def _issued(kind: DocumentKind, subject_id: UUID, facts: Facts | None) -> Document | None:
    """The issue of a subject that says the same; of a kept kind its only one."""
    query = select(Document).where(Document.kind == kind, Document.subject_id == subject_id)
    if facts is not None:
        query = query.where(Document.facts_digest == digest_of(kind, facts))
    return db.session.scalars(query).one_or_none()


def _issue(work: Work, actor: Actor, row: Document, facts: Facts) -> bytes:
    row.token = secrets.token_urlsafe(TOKEN_BYTES)
    row.created_at = clock.now().replace(microsecond=0)
    content = _render(row, facts)
    row.facts_digest = digest_of(row.kind, facts)
    row.checksum = sha256(content).hexdigest()
    row.content = content if row.kind in KEPT else None
    work.add(row)
    work.audit(actor, "issue_document", row, kind=row.kind, subject_id=str(row.subject_id))
    about = {"kind": row.kind, "subject_id": str(row.subject_id), "size": len(content)}
    log.info("document issued", extra=about)
    return content


def _render(row: Document, facts: Facts) -> bytes:
    address = _address(row)
    about = {"address": address, "issued": moment(row.created_at)}
    return render_pdf(row.kind, {**facts, **about}, row.created_at, {"qr": qr_svg(address)})


def _address(row: Document) -> str:
    return f"{current_app.config['SETTINGS'].public_url.rstrip('/')}/verify/{row.token}"
