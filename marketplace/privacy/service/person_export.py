"""A copy of all that is kept of a person (Personal Information Protection Law, art. 45)."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import select

from ... import clock, spreadsheet_files
from ...database import Base, db
from ...enterprises.models import ApiKey
from ...events.actor import Actor
from ...events.models import Audit
from ...events.work import unit_of_work
from ...http.fields import moment_text
from ...persons import service as persons
from ...persons.models import (
    AccessReset,
    EmailChange,
    Invitation,
    LinkedAccount,
    Membership,
    Passkey,
    PasswordReset,
    Person,
    RecoveryCode,
    Session,
)
from .exporting import ROWS_AT_ONCE

SECRETS = frozenset(
    {"password_hash", "totp_secret", "totp_step", "digest", "credential_id", "public_key", "sign_count"}
)
OF_PERSON: tuple[tuple[type[Base], Any, frozenset[str]], ...] = (
    (Person, Person.id, SECRETS),
    (Membership, Membership.person_id, SECRETS),
    (Invitation, Invitation.person_id, SECRETS),
    (Session, Session.person_id, SECRETS),
    (RecoveryCode, RecoveryCode.person_id, SECRETS),
    (PasswordReset, PasswordReset.person_id, SECRETS),
    (EmailChange, EmailChange.person_id, SECRETS),
    (Passkey, Passkey.person_id, SECRETS),
    (LinkedAccount, LinkedAccount.person_id, SECRETS),
    (
        AccessReset,
        AccessReset.person_id,
        SECRETS | {"proposed_by", "proposer_id", "confirmed_by", "confirmer_id"},
    ),
    (ApiKey, ApiKey.person_id, SECRETS),
    (Audit, Audit.person_id, frozenset({"detail"})),
)
"""Of each table the column of the person, and what is left out: secrets, ids of staff, and what the audit
holds of others. What a person did for an enterprise is on record there; its lines say what and when."""
DONE_FOR_OTHERS = {
    "offer_round": "terms that it named for an enterprise",
    "deal_rating": "what it said for an enterprise of another",
    "manifest_version": "what it signed for an enterprise",
    "manifest_correction": "what it asked for, for an enterprise",
    "due_diligence": "what it confirmed for an enterprise",
    "declaration_version": "what it declared for an enterprise",
    "management_plan_version": "what it planned for an enterprise",
    "reporting_class_decision": "what it decided as staff",
    "credit_file": "what it added to the record of an enterprise",
    "inspection_photo": "what it saw as staff",
    "listing_photo": "a photo of a listing that it added for an enterprise",
    "manifest_file": "a picture that it took of a load for an enterprise",
    "webhook_endpoint": "an address that it registered for an enterprise",
}
"""Tables that name a person who acted, and are left out of its copy and its erasure, with what they hold."""


def export_person(actor: Actor) -> Iterator[bytes]:
    """One JSON object with the rows by table, as the export of an enterprise; that it was taken is audited.

    Raises:
        Forbidden: a key acts that is bound to nobody (`person_needed`).
    """
    with unit_of_work() as work:
        person = persons.myself(actor)
        work.audit(actor, "export_person", person)
        work.write_records()
        return spreadsheet_files.finished(_pieces(person.id))


def _pieces(person_id: UUID) -> Iterator[bytes]:
    head = {"person_id": str(person_id), "exported_at": moment_text(clock.now())}
    yield f'{json.dumps(head)[:-1]}, "tables": {{'.encode()
    for position, (model, column, hidden) in enumerate(OF_PERSON):
        yield f"{',' if position else ''}\n{json.dumps(model.__tablename__)}: [".encode()
        for number, row in enumerate(_rows(model, column == person_id, hidden)):
            yield b",\n" * (number > 0) + current_app.json.dumps(row).encode()
        yield b"]"
    yield b"}}\n"


def _rows(model: type[Base], condition: Any, hidden: frozenset[str]) -> Iterator[dict[str, Any]]:
    table = model.__table__
    columns = [column for column in table.columns if column.name not in hidden]
    query = select(*columns).where(condition).order_by(*table.primary_key)
    for row in db.session.execute(query.execution_options(yield_per=ROWS_AT_ONCE)):
        yield {column.name: value for column, value in zip(columns, row, strict=True)}
