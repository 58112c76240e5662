"""The second factor: codes of an authenticator (TOTP, RFC 6238), and codes on paper in its place."""

import secrets
from dataclasses import replace
from uuid import UUID

import pyotp
from sqlalchemy import delete, select, update

from .... import clock, sealing
from ....errors import Conflict, Invalid, Unauthorised
from ....events.actor import PLATFORM
from ....events.work import Work, unit_of_work
from ....http.authentication import digest
from ...models import Person, RecoveryCode

ISSUER = "Huanliu 环流"
PURPOSE = "totp"
"""For which the secrets of authenticators are sealed."""
STEP_S = 30
DRIFT = 1
"""Steps by which the clock of a telephone may be off."""
RECOVERY_CODES = 8
RESEALED_AT_ONCE = 200
"""Rows that are locked together while they are sealed with another key."""
CODE_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Letters and digits that nobody mistakes for each other on paper."""


def offer(person_id: UUID) -> str:
    """Make a secret for a person who has no second factor; returns the otpauth address for the authenticator.

    Raises:
        NotFound: the person has just been erased.
        Conflict: there is one already (`second_factor_exists`).
        Unavailable: there is no key to seal it with (`secret_keys_missing`).
    """
    with unit_of_work() as work:
        person = work.lock(Person, Person.id == person_id, Person.erased_at.is_(None))
        if person.totp_since is not None:
            raise Conflict("second_factor_exists")
        if person.totp_secret is None:
            person.totp_secret = sealing.seal(PURPOSE, str(person.id), pyotp.random_base32())
        secret = _secret_of(person)
    return pyotp.TOTP(secret).provisioning_uri(name=person.email or person.phone, issuer_name=ISSUER)


def _secret_of(person: Person) -> str:
    """What the authenticator has. Raises: sealing.Unsealable: its key is gone, or the row is another's."""
    assert person.totp_secret is not None
    return sealing.unseal(PURPOSE, str(person.id), person.totp_secret)


def reseal_secrets(batch: int = RESEALED_AT_ONCE) -> tuple[int, int]:
    """Seal with the key in use what an earlier one sealed; in batches, so that it may be stopped and begun
    again.

    Returns:
        how many were sealed with it now, and how many no key opens, which stay as they are.
    Raises:
        Unavailable: there is no key (`secret_keys_missing`).
    """
    done = lost = 0
    after, is_sealed_now = (
        UUID(int=0),
        Person.totp_secret.startswith(f"{sealing.key_in_use()}.", autoescape=True),
    )
    while True:
        with unit_of_work() as work:
            waiting = select(Person.id, Person.totp_secret).where(~is_sealed_now, Person.id > after)
            rows = work.session.execute(waiting.order_by(Person.id).limit(batch).with_for_update()).all()
            for after, kept in rows:
                assert kept is not None, "a row without a secret begins with no key, and is not among them"
                try:
                    secret = sealing.unseal(PURPOSE, str(after), kept)
                except sealing.Unsealable:
                    lost += 1
                    continue
                sealed = sealing.seal(PURPOSE, str(after), secret)
                work.session.execute(update(Person).where(Person.id == after).values(totp_secret=sealed))
                done += 1
        if not rows:
            return done, lost


def confirm(person_id: UUID, code: str) -> list[str]:
    """Take the offered secret as the second factor, once a code of it is shown.

    Returns:
        codes that stand in for it once each; they are shown this once.
    Raises:
        NotFound: the person has just been erased.
        Conflict: there is one already (`second_factor_exists`).
        Invalid: the code is wrong (`second_factor_wrong`).
    """
    with unit_of_work() as work:
        person = work.lock(Person, Person.id == person_id, Person.erased_at.is_(None))
        if person.totp_since is not None:
            raise Conflict("second_factor_exists")
        step = _step_of(person, code)
        if step is None:
            raise Invalid("second_factor_wrong", at="code")
        person.totp_since, person.totp_step = clock.now(), step
        codes = _new_recovery_codes(work, person)
        work.audit(replace(PLATFORM, person_id=person.id), "set_second_factor", person)
    return codes


def require_factor(work: Work, person: Person, code: str) -> None:
    """Take a code of a locked person's authenticator, or one on paper; each works once.

    Raises:
        Unauthorised: it is wrong, or was used before (`second_factor_wrong`).
    """
    step = _step_of(person, code)
    if step is not None:
        person.totp_step = step
    elif not _uses_recovery_code(work, person, code):
        raise Unauthorised("second_factor_wrong", at="code")


def _step_of(person: Person, code: str) -> int | None:
    """The step of 30 seconds that a code is of; None if it is wrong, or no later than the last one."""
    if person.totp_secret is None:
        return None
    now, authenticator = clock.now(), pyotp.TOTP(_secret_of(person), interval=STEP_S)
    typed = code.replace(" ", "")
    for drift in range(-DRIFT, DRIFT + 1):
        step = authenticator.timecode(now) + drift
        is_later = person.totp_step is None or step > person.totp_step
        if is_later and secrets.compare_digest(authenticator.generate_otp(step).encode(), typed.encode()):
            return step
    return None


def _new_recovery_codes(work: Work, person: Person) -> list[str]:
    work.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    codes = [random_code(10) for _ in range(RECOVERY_CODES)]
    for code in codes:
        work.add(RecoveryCode(person_id=person.id, digest=digest(read_code(code))))
    return codes


def _uses_recovery_code(work: Work, person: Person, code: str) -> bool:
    query = select(RecoveryCode).where(
        RecoveryCode.person_id == person.id,
        RecoveryCode.digest == digest(read_code(code)),
        RecoveryCode.used_at.is_(None),
    )
    row = work.session.scalars(query).one_or_none()
    if row is None:
        return False
    row.used_at = clock.now()
    return True


def random_code(length: int) -> str:
    """A code to be written on paper, in groups of five."""
    letters = "".join(secrets.choice(CODE_ALPHABET) for _ in range(length))
    return "-".join(letters[start : start + 5] for start in range(0, length, 5))


def read_code(typed: str) -> str:
    """A code that was typed, in its one form."""
    return "".join(letter for letter in typed.upper() if letter.isalnum())
