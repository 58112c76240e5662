"""A client's connection: what has come, what goes out, and until when it must have moved on."""

import socket
import time
from enum import Enum
from typing import Any

from ..http.addresses import counted_as, read_address
from .answers import Answer
from .framing import Body, Head
from .pace import LINGER_S, REST_S, Pace

RECEIVE_BYTES = 65_536
PIECES_AT_ONCE = 16
"""How many pieces of an answer are sent before other clients have their turn."""


class Stage(Enum):
    """What a connection waits for; while it waits for the application, a thread has it."""

    HEAD = "head"
    BODY = "body"
    APPLICATION = "application"
    SENDING = "answer"
    LINGERING = "end"


def origin_of(address: Any) -> str:
    """Whose connections are counted together: an address, 64 bits of it in IPv6; empty for this machine."""
    if not isinstance(address, tuple):
        return ""
    found = read_address(address[0])
    return "" if found.is_loopback else counted_as(found)


class Client:
    """One connection. Only one thread uses it at a time: the loop, or the one that runs the application."""

    def __init__(self, sock: socket.socket, address: Any, server: Any, patience_s: float) -> None:
        sock.setblocking(False)
        self.sock, self.address, self.server = sock, address, server
        self.patience_s = patience_s
        self.origin = origin_of(address)
        self.stage = Stage.HEAD
        self.head = Head()
        self.is_resting = False
        self.due = time.monotonic() + patience_s
        self.is_judged = self.is_queued = False
        self.request: Any = None
        self.body = Body()
        self.answer = Answer()
        self.pace = Pace(patience_s)

    @property
    def name(self) -> str:
        """The address of the client, for people."""
        return self.address[0] if isinstance(self.address, tuple) else "a local socket"

    @property
    def held_bytes(self) -> int:
        """Bytes that are held for it."""
        return len(self.head.received) + self.body.amount + self.answer.amount

    def receive(self) -> bytes | None:
        """What the client sent; None if nothing is there yet, empty if it sends no more."""
        try:
            return self.sock.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def hear(self, data: bytes) -> None:
        """Add to the head; its time runs from the first byte, or from the start of the connection."""
        if self.is_resting:
            self.is_resting, self.due = False, time.monotonic() + self.patience_s
        self.head.received += data

    def await_body(self, request: Any, body: Body) -> None:
        """The head is here: wait for the body."""
        self._let_go()
        self.request, self.body = request, body
        self.is_judged = self.is_queued = False
        self.stage = Stage.BODY
        self.start_pace()

    @property
    def is_to_be_judged(self) -> bool:
        """Whether the application is to judge the head without waiting for the body."""
        return not self.is_judged and (self.request._expected_100_continue or not self.body.is_prompt)

    def start_pace(self) -> None:
        """From now on the client has to move at its pace."""
        self.pace = Pace(self.patience_s)
        self.due = self.pace.due

    def feed(self, data: bytes) -> None:
        """Add to the body what has come of it."""
        self.body.feed(data)
        self.pace.move(len(data))
        self.due = self.pace.due

    def start_answer(self, answer: Answer) -> None:
        """Send this answer from now on."""
        self.answer.close()
        self.answer, self.stage = answer, Stage.SENDING
        self.start_pace()

    def send(self) -> bool:
        """Send what the client takes of the answer. Returns whether all of it is sent.

        Raises:
            OSError: the client is gone.
        """
        for _ in range(PIECES_AT_ONCE):
            piece = self.answer.piece()
            if not piece:
                return True
            try:
                sent = self.sock.send(piece)
            except BlockingIOError:
                return False
            self.answer.advance(sent)
            self.pace.move(sent)
            self.due = self.pace.due
        return False

    def rest(self) -> bytes:
        """Answered: wait for the next request. Returns what has come of it."""
        received = self.body.rest
        self._let_go()
        self.stage = Stage.HEAD
        self.is_resting, self.due = True, time.monotonic() + REST_S
        return received

    def linger(self) -> None:
        """Answered for the last time: say so, and listen until the client hangs up."""
        self.stage = Stage.LINGERING
        self.due = time.monotonic() + LINGER_S
        self._let_go()
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.due = 0.0

    def close(self) -> None:
        """Let go of everything."""
        self._let_go()
        self.sock.close()

    def _let_go(self) -> None:
        """Let go of the request and its answer."""
        self.body.close()
        self.answer.close()
        self.request, self.head, self.body, self.answer = None, Head(), Body(), Answer()
