"""Ports on which a test may start a server of its own."""

import random
import socket
from contextlib import closing, suppress

PORTS = range(20_000, 32_000)
"""Below those that systems give to outgoing connections (Linux from 32768, others from 49152).

So no connection of another test takes the port between its choice and the server's start.
"""


def free_port() -> int:
    for port in random.SystemRandom().sample(PORTS, 100):
        with suppress(OSError), closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("0.0.0.0", port))
            return port
    raise OSError("a hundred ports were tried and all are taken")
