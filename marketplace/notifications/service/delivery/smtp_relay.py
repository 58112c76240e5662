"""The connection to the mail relay, over TLS if the operator says so."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from ....settings import Settings

LOOPBACK = ("localhost", "127.0.0.1", "::1")
SMTPS_PORT = 465
"""The port of TLS from the first byte (RFC 8314)."""
TIMEOUT_S = 15
"""How long the relay may be silent."""


@contextmanager
def mail_relay(settings: Settings) -> Iterator[smtplib.SMTP]:
    """A session with the relay, logged in if there is a user; it ends with the block.

    Over TLS the relay's certificate is checked for its host, and nothing is said in the clear. A password is
    told over TLS only, but for a relay on this machine.

    Raises:
        ssl.SSLCertVerificationError: the certificate is not the relay's, or nobody known vouches for it.
        smtplib.SMTPException, OSError: the relay is away, offers no TLS, or refuses the login.
    """
    if settings.smtp_user:
        _require_secrecy(settings)
    with _connected(settings) as relay:
        if settings.smtp_starttls and not _is_tls_from_the_start(settings):
            relay.starttls(context=_trust(settings))
        if settings.smtp_user:
            relay.login(settings.smtp_user, settings.smtp_password)
        yield relay


def _is_tls_from_the_start(settings: Settings) -> bool:
    return settings.smtp_tls or settings.smtp_port == SMTPS_PORT


def _require_secrecy(settings: Settings) -> None:
    """Raises: smtplib.SMTPException: the password would be said in the clear."""
    is_encrypted = settings.smtp_starttls or _is_tls_from_the_start(settings)
    if not is_encrypted and settings.smtp_host not in LOOPBACK:
        raise smtplib.SMTPException("SMTP_USER needs SMTP_STARTTLS or SMTP_TLS")


def _connected(settings: Settings) -> smtplib.SMTP:
    if _is_tls_from_the_start(settings):
        trust = _trust(settings)
        return smtplib.SMTP_SSL(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_S, context=trust)
    return smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_S)


def _trust(settings: Settings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=settings.smtp_ca_file or None)
