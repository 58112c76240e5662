"""The tables of persons, what they are members of, how they log in and get back what is lost."""

from .log_ins import Handshake, HandshakeKind, LinkedAccount, LoginFailure, Passkey, RecoveryCode, Session
from .memberships import (
    CURRENT,
    INVITATION_LIFE,
    INVITED_FOR,
    Invitation,
    InvitationStatus,
    Membership,
    Right,
)
from .persons import LIVING, Language, Person
from .recovery import (
    CONFIRMED_FOR,
    PROPOSED_FOR,
    RESET_LIFE,
    AccessReset,
    EmailChange,
    PasswordReset,
    ResetKind,
    ResetStatus,
)

__all__ = [
    "CONFIRMED_FOR",
    "CURRENT",
    "INVITATION_LIFE",
    "INVITED_FOR",
    "LIVING",
    "PROPOSED_FOR",
    "RESET_LIFE",
    "AccessReset",
    "EmailChange",
    "Handshake",
    "HandshakeKind",
    "Invitation",
    "InvitationStatus",
    "Language",
    "LinkedAccount",
    "LoginFailure",
    "Membership",
    "Passkey",
    "PasswordReset",
    "Person",
    "RecoveryCode",
    "ResetKind",
    "ResetStatus",
    "Right",
    "Session",
]
