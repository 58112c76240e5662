"""Passkeys (WebAuthn): registered under a name, listed, removed, and shown in place of a password.

One that says that it knows its owner, by a finger or a number, is two factors in one. What a browser sends is
read by the library; whatever it stumbles over is refused alike.
"""

import ipaddress
import logging
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from flask import current_app
from sqlalchemy import func, select

from .... import clock
from ....database import db
from ....errors import Conflict, Forbidden, Invalid, NotFound, Unauthorised, Unavailable
from ....events.actor import PLATFORM
from ....events.work import Work, unit_of_work
from ....http.json_text import parsed
from ...models import HandshakeKind, Passkey, Person, Session
from .handshakes import ask, take
from .sessions import begin, pass_second_factor

MOST_PASSKEYS = 10
"""Of one person; our own choice."""
NAME = "Huanliu 环流"
LOCAL = "localhost"

log = logging.getLogger(__name__)


class RelyingParty(NamedTuple):
    """For whom passkeys are made: the host of PUBLIC_URL, and its origin."""

    host: str
    origin: str


class Shown(NamedTuple):
    """A passkey that was shown, whose it is, and whether it verified its owner."""

    passkey_id: UUID
    person_id: UUID
    is_verified: bool


def relying_party() -> RelyingParty | None:
    """None where browsers make no passkeys: for a number in place of a name, and without HTTPS."""
    parts = urlsplit(current_app.config["SETTINGS"].public_url)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        is_secure = parts.scheme == "https" or host == LOCAL
        return RelyingParty(host, f"{parts.scheme}://{parts.netloc}") if host and is_secure else None
    return None


def _required_party() -> RelyingParty:
    party = relying_party()
    if party is None:
        raise Unavailable("passkeys_unavailable")
    return party


def offer_passkey(session_id: UUID, person_id: UUID) -> str:
    """What the browser needs to make a passkey, as JSON.

    Raises:
        Unavailable: there are none at this address (`passkeys_unavailable`).
        Forbidden: an account elsewhere began the session (`passkey_needs_own_log_in`).
        Conflict: the person has as many as may be (`too_many_passkeys`).
    """
    from webauthn import generate_registration_options, options_to_json  # only here: 10 MB that few need
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    party = _required_party()
    _require_own_log_in(session_id)
    person = db.session.get_one(Person, person_id)
    known = list_passkeys(person_id)
    if len(known) >= MOST_PASSKEYS:
        raise Conflict("too_many_passkeys", most=MOST_PASSKEYS)
    options = generate_registration_options(
        rp_id=party.host,
        rp_name=NAME,
        user_id=person.id.bytes,
        user_name=person.email or person.phone or person.name,
        user_display_name=person.name,
        challenge=_bytes_of(ask(HandshakeKind.REGISTER_PASSKEY, str(session_id))),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=passkey.credential_id) for passkey in known],
    )
    return options_to_json(options)


def add_passkey(session_id: UUID, person_id: UUID, name: str, credential: str) -> Passkey:
    """Keep a passkey that the browser has made.

    Args:
        name: what its owner calls it. credential: what the browser returned, as JSON.
    Raises:
        NotFound: the person has just been erased.
        Invalid: it was made for another question, page or host (`passkey_invalid`, `handshake_over`).
        Forbidden: an account elsewhere began the session (`passkey_needs_own_log_in`).
        Conflict: it is known already (`passkey_known`), or there are too many.
    """
    from webauthn import verify_registration_response  # only here, as above

    party = _required_party()
    _require_own_log_in(session_id)
    challenge = _challenge_in(credential)
    take(HandshakeKind.REGISTER_PASSKEY, str(session_id), challenge)
    try:
        made = verify_registration_response(
            credential=credential,
            expected_challenge=_bytes_of(challenge),
            expected_rp_id=party.host,
            expected_origin=party.origin,
        )
    except Exception as error:
        raise Invalid("passkey_invalid") from error
    with unit_of_work() as work:
        person = work.lock(Person, Person.id == person_id, Person.erased_at.is_(None))
        of_person = select(func.count()).where(Passkey.person_id == person_id)
        if (work.session.scalar(of_person) or 0) >= MOST_PASSKEYS:
            raise Conflict("too_many_passkeys", most=MOST_PASSKEYS)
        if _find(work, made.credential_id) is not None:
            raise Conflict("passkey_known")
        passkey = work.add(
            Passkey(
                person_id=person_id,
                name=name,
                credential_id=made.credential_id,
                public_key=made.credential_public_key,
                sign_count=made.sign_count,
                created_at=clock.now(),
            )
        )
        work.audit(replace(PLATFORM, person_id=person_id), "add_passkey", person)
    return passkey


def _require_own_log_in(session_id: UUID) -> None:
    """Whoever logs in elsewhere adds nothing that logs in without it: it would outlive the account there, and
    whoever runs the provider could plant it.

    Raises: Forbidden: `passkey_needs_own_log_in`.
    """
    if db.session.scalar(select(Session.issuer).where(Session.id == session_id)) is not None:
        raise Forbidden("passkey_needs_own_log_in")


def list_passkeys(person_id: UUID) -> Sequence[Passkey]:
    """A person's passkeys, the oldest first."""
    query = select(Passkey).where(Passkey.person_id == person_id).order_by(Passkey.id)
    return db.session.scalars(query).all()


def remove_passkey(person_id: UUID, passkey_id: UUID) -> None:
    """Take one of a person's passkeys no more. Raises: NotFound: it is another's, or gone."""
    with unit_of_work() as work:
        passkey = work.lock(Passkey, Passkey.id == passkey_id, Passkey.person_id == person_id)
        work.session.delete(passkey)
        person = work.lock(Person, Person.id == person_id)
        work.audit(replace(PLATFORM, person_id=person_id), "remove_passkey", person)


def ask_for_passkey(kind: HandshakeKind, holder: str, person_id: UUID | None = None) -> str:
    """What the browser needs to show a passkey, as JSON: any of this host or, of a person, one of its own.

    Raises:
        Unavailable: there are none at this address (`passkeys_unavailable`).
    """
    from webauthn import generate_authentication_options, options_to_json  # only here, as above
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    party = _required_party()
    own = list_passkeys(person_id) if person_id else ()
    options = generate_authentication_options(
        rp_id=party.host,
        challenge=_bytes_of(ask(kind, holder)),
        allow_credentials=[PublicKeyCredentialDescriptor(id=passkey.credential_id) for passkey in own],
    )
    return options_to_json(options)


def log_in_by_passkey(holder: str, credential: str, device: str) -> str:
    """Begin a session of the person whose passkey is shown; with its owner verified, past the second factor.

    Args:
        holder: what the browser keeps of the question. device: what the browser calls itself.
    Returns:
        the token of the session, which is shown this once.
    Raises:
        Unauthorised: it is nobody's, or wrong (`passkey_unknown`). Invalid: `handshake_over`.
    """
    shown = _shown(HandshakeKind.LOG_IN, holder, credential)
    with unit_of_work() as work:
        person = work.lock(Person, Person.id == shown.person_id)
        is_left = select(Passkey.id).where(Passkey.id == shown.passkey_id)
        if person.erased_at is not None or work.session.scalar(is_left) is None:
            raise Unauthorised("passkey_unknown")
        token = begin(work, person, device, has_passed=shown.is_verified)
    log.info("logged in by passkey", extra={"person_id": str(person.id)})
    return token


def show_passkey(session_id: UUID, credential: str) -> None:
    """Take a person's passkey as the second factor of its session.

    Raises:
        NotFound: the session has ended. Unauthorised: it is another's, wrong, or did not verify its owner
        (`passkey_unknown`). Invalid: `handshake_over`.
    """
    session = db.session.get(Session, session_id)
    if session is None:
        raise NotFound()
    shown = _shown(HandshakeKind.SECOND_FACTOR, str(session_id), credential)
    if shown.person_id != session.person_id or not shown.is_verified:
        raise Unauthorised("passkey_unknown")
    pass_second_factor(session_id)


def _shown(kind: HandshakeKind, holder: str, credential: str) -> Shown:
    from webauthn import verify_authentication_response  # only here, as above

    party = _required_party()
    challenge = _challenge_in(credential)
    take(kind, holder, challenge)
    with unit_of_work() as work:
        passkey = _find(work, _id_in(credential))
        if passkey is None:
            raise Unauthorised("passkey_unknown")
        try:
            answer = verify_authentication_response(
                credential=credential,
                expected_challenge=_bytes_of(challenge),
                expected_rp_id=party.host,
                expected_origin=party.origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
            )
        except Exception as error:
            log.info("passkey refused", extra={"passkey_id": str(passkey.id), "reason": str(error)})
            raise Unauthorised("passkey_unknown") from error
        passkey.sign_count, passkey.used_at = answer.new_sign_count, clock.now()
        return Shown(passkey.id, passkey.person_id, answer.user_verified)


def _find(work: Work, credential_id: bytes) -> Passkey | None:
    query = select(Passkey).where(Passkey.credential_id == credential_id).with_for_update()
    return work.session.scalars(query).one_or_none()


def _challenge_in(credential: str) -> str:
    """The question that was answered, as the browser says; the library then compares it with the signature's.

    Raises: Invalid: `passkey_invalid`.
    """
    try:
        client_data = parsed(_bytes_of(_read(credential)["response"]["clientDataJSON"]))
        return str(client_data["challenge"])
    except (ValueError, KeyError, TypeError) as error:
        raise Invalid("passkey_invalid") from error


def _id_in(credential: str) -> bytes:
    try:
        return _bytes_of(_read(credential)["rawId"])
    except (ValueError, KeyError, TypeError) as error:
        raise Invalid("passkey_invalid") from error


def _read(credential: str) -> dict[str, Any]:
    read: dict[str, Any] = parsed(credential.encode())
    return read


def _bytes_of(written: str) -> bytes:
    return urlsafe_b64decode(written + "=" * (-len(written) % 4))
