"""The connection to the mail relay, over TLS if the operator says so."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from ....settings import Settings

TIMEOUT_S = 15
"""How long the relay may be silent."""


@contextmanager
def mail_relay(settings: Settings) -> Iterator[smtplib.SMTP]:
    """A session with the relay, logged in if there is a user; it ends with the block.

    Over TLS the relay's certificate is checked for its host, and nothing is said in the clear.

    Raises:
        ssl.SSLCertVerificationError: the certificate is not the relay's, or nobody known vouches for it.
        smtplib.SMTPException, OSError: the relay is away, offers no TLS, or refuses the login.
    """
    with _connected(settings) as relay:
        if settings.smtp_starttls and not settings.smtp_tls:
            relay.starttls(context=_trust(settings))
        if settings.smtp_user:
            relay.login(settings.smtp_user, settings.smtp_password)
        yield relay


def _connected(settings: Settings) -> smtplib.SMTP:
    if settings.smtp_tls:
        trust = _trust(settings)
        return smtplib.SMTP_SSL(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_S, context=trust)
    return smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_S)


def _trust(settings: Settings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=settings.smtp_ca_file or None)
