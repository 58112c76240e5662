"""Documents issued: the same facts are the same file, under one token."""

import logging
import secrets
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import select

from ... import clock
from ...database import db
from ...events.actor import Actor
from ...events.work import unit_of_work
from ..models import Document, DocumentKind
from .qr import qr_svg
from .rendering import digest_of, render_pdf

TOKEN_BYTES = 32
KEPT = frozenset({DocumentKind.CONTRACT})
"""What both sides sign: its bytes are kept, so that no later engine or template changes them."""

log = logging.getLogger(__name__)


def issue_document(
    actor: Actor, kind: DocumentKind, number: str, subject_id: UUID, facts: Mapping[str, Any]
) -> bytes:
    """The PDF that says these facts: the one that was issued already, or a new one with a token of its own.

    Args:
        number: of what the document is about, as `verify` says it.
        facts: what the template of that kind shows; of a kept kind they count when it is first issued.

    Raises:
        Unavailable: too many documents are asked for at once (`documents_busy`).
    """
    digest = digest_of(kind, facts)
    row = _issued(kind, subject_id, digest)
    if row is not None:
        return row.content or _render(kind, facts, row.token, row.created_at)
    with unit_of_work() as work:
        work.lock_name(f"document:{kind}:{subject_id}")
        row = _issued(kind, subject_id, digest)
        if row is not None:
            return row.content or _render(kind, facts, row.token, row.created_at)
        token, now = secrets.token_urlsafe(TOKEN_BYTES), clock.now().replace(microsecond=0)
        content = _render(kind, facts, token, now)
        row = Document(
            kind=kind,
            number=number,
            subject_id=subject_id,
            token=token,
            facts_digest=digest,
            checksum=sha256(content).hexdigest(),
            content=content if kind in KEPT else None,
            created_at=now,
        )
        work.add(row)
        work.audit(actor, "issue_document", row, kind=kind, subject_id=str(subject_id))
    log.info("document issued", extra={"kind": kind, "subject_id": str(subject_id), "size": len(content)})
    return content


def _issued(kind: DocumentKind, subject_id: UUID, digest: str) -> Document | None:
    """The issue of a subject that says the same; of a kept kind its only one."""
    query = select(Document).where(Document.kind == kind, Document.subject_id == subject_id)
    if kind not in KEPT:
        query = query.where(Document.facts_digest == digest)
    return db.session.scalars(query).one_or_none()


def _render(kind: DocumentKind, facts: Mapping[str, Any], token: str, at: datetime) -> bytes:
    address = f"{current_app.config['SETTINGS'].public_url.rstrip('/')}/verify/{token}"
    issued = at.astimezone(clock.LOCAL)
    about = {"address": address, "issued": f"{issued:%Y-%m-%d %H:%M}"}
    return render_pdf(kind, {**facts, **about}, at, {"qr": qr_svg(address)})
