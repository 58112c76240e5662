"""Clients as rude as they come, on bare sockets."""

import os
import select
import socket
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path

from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
HALF_A_HEAD = b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Waiting: "


@contextmanager
def serving(config, app, log, env):
    """Port of a gunicorn that runs until the end of the block."""
    number = free_port()
    args = [sys.executable, "-m", "gunicorn", "-c", config, app]
    with log.open("wb") as out:
        server = subprocess.Popen(
            args, cwd=ROOT, env={**os.environ, "PORT": str(number), **env}, stderr=out, stdout=out
        )
    try:
        wait_for_port(number, server)
        yield number
    finally:
        server.terminate()
        server.wait(20)


def wait_for_port(number, server):
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", number), timeout=1).close()
            return
        except OSError:
            assert server.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)


def connected(port, sent=b"", source="127.0.0.1", buffer=None):
    """A socket to the port, on which this is sent."""
    sock = socket.socket()
    if buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    sock.bind((source, 0))
    sock.settimeout(10)
    sock.connect(("127.0.0.1", port))
    if sent:
        sock.sendall(sent)
    return sock


def heard(sock, seconds=10.0):
    """All that is answered until the other side hangs up, or b"..." of what came if it does not in time."""
    answered, deadline = b"", time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not select.select([sock], [], [], max(0, deadline - time.monotonic()))[0]:
            break
        try:
            data = sock.recv(1 << 20)
        except ConnectionError:
            return answered
        if not data:
            return answered
        answered += data
    return answered + b"..."


def said(port, sent, seconds=10.0):
    """What is answered to this until the other side hangs up."""
    with closing(connected(port, sent)) as sock:
        return heard(sock, seconds)


def status(answered):
    """Status of the first answer."""
    return int(answered.split(b" ", 2)[1]) if answered.startswith(b"HTTP/1.1 ") else None
