"""A mail relay: a real SMTP listener on loopback that keeps, or refuses, what it gets."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask

from tests.ports import free_port


@dataclass
class Relay:
    """What arrived, as parsed messages with the envelope's recipients; the refusals turn all away.

    Attributes:
        refusal: the reply to the message itself; `of_address` that to RCPT, `of_sender` that to MAIL.
        tries: how often somebody began to send.
    """

    port: int
    letters: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    refusal: str = ""
    of_address: str = ""
    of_sender: str = ""
    tries: int = 0

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        self.tries += 1
        envelope.mail_from = address
        return self.of_sender or "250 go on"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.of_address or "250 go on"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refusal:
            return self.refusal
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append((envelope.rcpt_tos, letter))
        return "250 taken"

    def take(self) -> list[EmailMessage]:
        """Letters that came since the last look."""
        letters, self.letters = self.letters, []
        return [letter for _, letter in letters]

    def take_one(self) -> EmailMessage:
        (letter,) = self.take()
        return letter


def body(letter: EmailMessage) -> str:
    part = letter.get_body()
    assert part is not None
    return part.get_content()


@pytest.fixture(scope="session")
def listener() -> Iterator[Relay]:
    """The listener, one for all tests of this process."""
    port = free_port()
    relay = Relay(port)
    controller = Controller(relay, hostname="127.0.0.1", port=port)
    controller.start()
    yield relay
    controller.stop()


def relay_of_programs(listener: Relay) -> dict[str, str]:
    """Empty the relay; what the environment of a program says that uses it."""
    listener.letters, listener.refusal = [], ""
    return {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(listener.port)}


@pytest.fixture
def relay(app: Flask, listener: Relay, monkeypatch: pytest.MonkeyPatch) -> Relay:
    """An empty relay that the application is set to use."""
    listener.letters, listener.refusal = [], ""
    listener.of_address, listener.of_sender, listener.tries = "", "", 0
    settings = replace(app.config["SETTINGS"], smtp_host="127.0.0.1", smtp_port=listener.port)
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    return listener
