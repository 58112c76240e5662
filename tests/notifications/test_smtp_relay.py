"""E-mail goes to the relay over TLS, with its certificate checked, or not at all."""

import smtplib
import ssl
from contextlib import contextmanager
from dataclasses import replace
from email.message import EmailMessage

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from marketplace.notifications.service.delivery.smtp_relay import mail_relay
from marketplace.settings import Settings
from tests.ports import free_port

pytestmark = pytest.mark.own_servers


class Inbox:
    """What a relay got: the envelope's sender, and whether the session was encrypted and logged in."""

    def __init__(self):
        self.letters = []

    async def handle_DATA(self, server, session, envelope):
        encrypted = server.transport.get_extra_info("ssl_object") is not None
        self.letters.append((envelope.mail_from, encrypted, session.authenticated))
        return "250 taken"


def is_known(server, session, envelope, mechanism, login):
    return AuthResult(success=login.password == b"right")


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def trusted(authority, tmp_path):
    """Settings that know the authority."""
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(file)
    return replace(
        Settings.from_environment({}), smtp_host="127.0.0.1", smtp_ca_file=str(file),
        smtp_user="huanliu", smtp_password="right",
    )  # fmt: skip


@contextmanager
def listening(authority, name, **how):
    """A relay with a certificate for `name`, and its port; `how` is "ssl_context" or "tls_context"."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    inbox, port = Inbox(), free_port()
    options = {key: context for key in how if how[key]}
    controller = Controller(
        inbox, hostname="127.0.0.1", port=port, authenticator=is_known,
        require_starttls=bool(options.get("tls_context")), auth_require_tls=bool(options.get("tls_context")),
        **options,
    )  # fmt: skip
    controller.start()
    try:
        yield inbox, port
    finally:
        controller.stop(no_assert=True)


def send(settings):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.com", "b@example.com", "x"
    with mail_relay(settings) as relay:
        relay.send_message(message)


@pytest.mark.parametrize(("kind", "setting"), [("ssl_context", "smtp_tls"), ("tls_context", "smtp_starttls")])
def test_mail_is_encrypted_and_logged_in_both_ways_that_relays_offer(authority, trusted, kind, setting):
    with listening(authority, "127.0.0.1", **{kind: True}) as (inbox, port):
        send(replace(trusted, smtp_port=port, **{setting: True}))

    assert inbox.letters == [("a@example.com", True, True)]


@pytest.mark.parametrize(("kind", "setting"), [("ssl_context", "smtp_tls"), ("tls_context", "smtp_starttls")])
@pytest.mark.parametrize("wrong", ["name", "authority"])
def test_a_relay_that_cannot_prove_who_it_is_gets_nothing(authority, trusted, kind, setting, wrong):
    issuer = trustme.CA() if wrong == "authority" else authority
    name = "mail.example.com" if wrong == "name" else "127.0.0.1"

    with (
        listening(issuer, name, **{kind: True}) as (inbox, port),
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        send(replace(trusted, smtp_port=port, **{setting: True}))
    assert inbox.letters == []


def test_a_relay_that_offers_no_tls_gets_neither_mail_nor_password(authority, trusted):
    with listening(authority, "127.0.0.1") as (inbox, port), pytest.raises(Exception, match="STARTTLS"):
        send(replace(trusted, smtp_port=port, smtp_starttls=True))
    assert inbox.letters == []


@pytest.mark.parametrize("host", ["relay.invalid", "10.0.0.1"])
def test_a_password_is_never_said_in_the_clear_to_another_machine(trusted, host):
    with pytest.raises(smtplib.SMTPException, match="SMTP_STARTTLS"):
        send(replace(trusted, smtp_host=host, smtp_port=25))


def test_port_465_speaks_tls_from_the_first_byte_without_being_told(trusted, monkeypatch):
    contexts = []
    monkeypatch.setattr(
        smtplib, "SMTP_SSL", lambda *_, **how: contexts.append(how["context"]) or smtplib.SMTP()
    )
    settings = replace(trusted, smtp_user="", smtp_port=465, smtp_starttls=True)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(settings)
    (context,) = contexts
    assert context.check_hostname
    assert context.verify_mode == ssl.CERT_REQUIRED
