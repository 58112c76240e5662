"""Who has logged in elsewhere: a person that is linked, that proves its address, that was invited, or new.

An account is linked to a person once: by an address that the provider says it has proven, and that we have
proven too; or by an invitation, whose code only the invited has. An address that nobody proved links nothing.
Whatever a provider says, it logs in those only whom the operator lets it (`allowance.py`).
"""

import logging
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from .... import clock, identity
from ....enterprises.models import Enterprise
from ....errors import Unauthorised
from ....events.actor import PLATFORM
from ....events.work import Work, unit_of_work
from ....http.authentication import digest
from ....openid_providers import OpenIdProvider
from ....plain_text import BadText, one_line
from ...models import HandshakeKind, Invitation, Language, LinkedAccount, Membership, Person, Right
from ..login.handshakes import ask, take
from ..login.logging_in import is_called
from ..login.passwords import unguessable_hash
from ..login.second_factor import read_code
from ..login.sessions import begin
from ..membership.joining import accept, admit, lock_open, refusal_of
from .allowance import require_invitation, require_known, require_stranger, serves_enterprise
from .provider import authorization_url, claims_of, find_provider, list_providers

MFA = "mfa"
"""What `amr` holds where somebody showed more than one factor (RFC 8176)."""
LONGEST_NAME = 50

log = logging.getLogger(__name__)


class Begun(NamedTuple):
    """A session that has begun, by its token, and the page that was asked for.

    `names_whom` says whether the account, or the invitation that was accepted, names for whom it acts.
    """

    token: str
    next_page: str | None
    names_whom: bool


class Account(NamedTuple):
    """What the provider says, as far as it can be believed: proven addresses and numbers only."""

    provider: OpenIdProvider
    subject: str
    name: str | None
    email: str | None
    phone: str | None
    uscc: str | None
    has_passed: bool


def ask_provider(
    key: str, holder: str, next_page: str | None = None, invitation_code: str | None = None
) -> str:
    """Where the browser logs in; it comes back with an answer that only it can give.

    Args:
        key: of the provider. holder: the token that the browser keeps.
        next_page: where it wants to go. invitation_code: of the invitation that is accepted by the log-in.
    Raises:
        NotFound: there is no such provider.
        Unavailable: the provider says nothing (`account_unavailable`).
        Invalid: the invitation is unknown or over (`invitation_invalid`).
    """
    provider = find_provider(key)
    code_digest = digest(read_code(invitation_code)) if invitation_code else None
    if code_digest:
        with unit_of_work() as work:
            lock_open(work, code_digest)
    state = ask(HandshakeKind.ACCOUNT, _holder_at(provider, holder), next_page, code_digest)
    return authorization_url(provider, state, *_secrets(holder, state))


def _holder_at(provider: OpenIdProvider, holder: str) -> str:
    """Who may answer: this browser, coming from this provider."""
    return f"{provider.key} {holder}"


def _secrets(holder: str, state: str) -> tuple[str, str]:
    """Nonce and verifier (RFC 7636) of a log-in: what only the browser's token gives is kept nowhere."""
    return digest(f"nonce {holder} {state}"), digest(f"verifier {holder} {state}")


def log_in_by_account(key: str, holder: str, state: str, code: str, device: str) -> Begun:
    """Begin a session of whoever has logged in elsewhere.

    Args:
        key: of the provider that it comes from.
        holder: the token that the browser kept. state, code: what it came back with.
    Raises:
        NotFound: there is no such provider.
        Invalid: it was not asked for here, or is over (`handshake_over`, `invitation_invalid`).
        Unauthorised: the provider takes it back (`account_refused`), nobody whom it may log in has this
            account (`account_unknown`), or the person acts for others too (`account_too_narrow`).
        Conflict: the invitation does not fit (`already_member` and others of joining).
    """
    provider = find_provider(key)
    asked = take(HandshakeKind.ACCOUNT, _holder_at(provider, holder), state)
    account = _account(provider, claims_of(provider, code, *_secrets(holder, state)))
    try:
        with unit_of_work() as work:
            token, person_id, names_whom = _begin(work, account, asked.invitation_digest, device)
    except IntegrityError as error:
        raise refusal_of(error) from error
    log.info("logged in elsewhere", extra={"person_id": str(person_id), "issuer": provider.issuer})
    return Begun(token, asked.next, names_whom)


def _account(provider: OpenIdProvider, claims: dict[str, Any]) -> Account:
    methods = claims.get("amr")
    return Account(
        provider=provider,
        subject=claims["sub"],
        name=_name(claims),
        email=_proven(claims, "email", identity.email),
        phone=_proven(claims, "phone_number", identity.phone),
        uscc=_read(claims.get(provider.uscc_claim), identity.uscc),
        has_passed=isinstance(methods, list) and MFA in methods,
    )


def _name(claims: dict[str, Any]) -> str | None:
    given = claims.get("name") or claims.get("preferred_username") or ""
    try:
        return one_line(str(given))[:LONGEST_NAME] or None
    except BadText:
        return None


def _proven(claims: dict[str, Any], name: str, form: Any) -> str | None:
    """An address or number that the provider says is proven; one that it merely has is as good as none."""
    return _read(claims.get(name), form) if claims.get(f"{name}_verified") is True else None


def _read(value: Any, form: Any) -> str | None:
    try:
        return str(form(value)) if isinstance(value, str) else None
    except ValueError:
        return None


def _begin(
    work: Work, account: Account, invitation_digest: str | None, device: str
) -> tuple[str, UUID, bool]:
    issuer = account.provider.issuer
    linked = work.session.scalars(
        select(LinkedAccount)
        .where(LinkedAccount.issuer == issuer, LinkedAccount.subject == account.subject)
        .with_for_update()
    ).one_or_none()
    invitation = lock_open(work, invitation_digest) if invitation_digest else None
    if invitation is not None:
        require_invitation(work, account.provider, invitation)
    person = _person(work, account, linked, invitation)
    if linked is None:
        work.add(
            LinkedAccount(person_id=person.id, issuer=issuer, subject=account.subject, created_at=clock.now())
        )
        work.audit(replace(PLATFORM, person_id=person.id), "link_account", person, issuer=issuer)
    membership = accept(work, invitation, person) if invitation else None
    membership_id = membership.id if membership else _membership_id(work, account, person, linked is None)
    token = begin(work, person, device, account.has_passed, membership_id, issuer)
    return token, person.id, membership_id is not None


def _person(
    work: Work, account: Account, linked: LinkedAccount | None, invitation: Invitation | None
) -> Person:
    """Raises: Unauthorised: `account_unknown`, `account_too_narrow`."""
    if linked is not None:
        person = _lock_living(work, linked.person_id)
        require_known(work, account.provider, person)
        return person
    if account.email is not None:
        query = select(Person.id).where(is_called(account.email), Person.erased_at.is_(None))
        if (found := work.session.scalar(query)) is not None:
            person = _lock_living(work, found)
            require_stranger(work, account.provider, list_providers(), person)
            return person
    email = (invitation.email if invitation else None) or account.email
    has_place = invitation is not None or _enterprise_id(work, account) is not None
    if not has_place or not (email or account.phone):
        raise Unauthorised("account_unknown")
    return work.add(
        Person(
            name=account.name or email or account.phone,
            email=email,
            phone=None if email else account.phone,
            language=invitation.language if invitation else Language.ZH,
            password_hash=unguessable_hash(),
            created_at=clock.now(),
        )
    )


def _lock_living(work: Work, person_id: UUID) -> Person:
    person = work.lock(Person, Person.id == person_id)
    if person.erased_at is not None:
        raise Unauthorised("account_unknown")
    return person


def _membership_id(work: Work, account: Account, person: Person, is_new_link: bool) -> UUID | None:
    """The membership in the enterprise that the account names; with a new link it is made.

    Who was a member and is no more does not become one again by it.
    """
    enterprise_id = _enterprise_id(work, account)
    if enterprise_id is None:
        return None
    known = work.session.execute(
        select(Membership.id, Membership.ended_at)
        .where(Membership.person_id == person.id, Membership.enterprise_id == enterprise_id)
        .order_by(Membership.id.desc())
    ).first()
    if known is not None:
        return None if known.ended_at else known.id
    if not is_new_link:
        return None
    return admit(work, person, enterprise_id, Right(account.provider.right)).id


def _enterprise_id(work: Work, account: Account) -> UUID | None:
    """The approved enterprise with the credit code that the account names, if the provider may name it."""
    if account.uscc is None:
        return None
    found = work.session.scalars(select(Enterprise).where(Enterprise.uscc == account.uscc)).all()
    return next(
        (firm.id for firm in found if firm.may_trade and serves_enterprise(account.provider, firm)), None
    )
