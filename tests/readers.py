"""Readers of files without their start: forks of a process that has imported what they need.

A file of a stranger is read by a process of its own (marketplace/sandbox), whose start and imports cost more
than what most tests send. Here each is a fork of one light process, which runs the same `main`: with the same
limits, without environment, and dead afterwards. In `make thorough` each is started as in service.
"""

import json
import os
import selectors
import socket
import subprocess
import sys
import threading
import time
from types import SimpleNamespace
from typing import Any

from marketplace.credit.service.feeds.reading import READER as FEEDS
from marketplace.listings.service.sheets.reading import READER as SHEETS
from marketplace.sandbox import process
from marketplace.uploaded_files.judging import READER as FILES

READERS = (FEEDS, SHEETS, FILES)
PROCESS = process.__file__
SERVER = """
import importlib, json, os, runpy, socket, sys
own = socket.socket(fileno=int(sys.argv[1]))
process = runpy.run_path(sys.argv[2])
for module in sys.argv[3:]:
    process["_make_packages_empty"](module)
    importlib.import_module(module)
while True:
    asked, ends, *_ = socket.recv_fds(own, 10_000, 3)
    if not asked:
        break
    child = os.fork()
    if not child:
        own.close()
        for number, end in enumerate(ends):
            os.dup2(end, number)
            os.close(end)
        code = 1
        try:
            code = process["main"](*json.loads(asked))
        except BaseException as error:
            print(f"{type(error).__name__}: ", file=sys.stderr, flush=True)
        finally:
            os._exit(code)
    for end in ends:
        os.close(end)
    own.sendall(b"%d\\n" % os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


class ForkedReaders:
    """In the place of the module `subprocess`, for `marketplace.sandbox.running`."""

    TimeoutExpired = subprocess.TimeoutExpired

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._own, theirs = socket.socketpair()
        number = str(theirs.fileno())
        command = [sys.executable, "-I", "-X", "utf8", "-c", SERVER, number, PROCESS, *READERS]
        self._server = subprocess.Popen(command, env={}, cwd="/", pass_fds=[theirs.fileno()])
        theirs.close()

    def run(self, command: list[str], **how: Any) -> Any:
        """What `subprocess.run` would return of the process that reads; anything else is run by that."""
        if command[4:5] != [PROCESS] or command[5] not in READERS:
            return subprocess.run(command, **how)
        module, seconds, megabytes = command[5:]
        about = json.dumps([module, int(seconds), int(megabytes)]).encode()
        with self._turn:
            return self._read(about, how["input"], time.monotonic() + how["timeout"])

    def _read(self, about: bytes, file: bytes, deadline: float) -> Any:
        given = os.memfd_create("upload")
        with os.fdopen(given, "wb", closefd=False) as out:
            out.write(file)
        os.lseek(given, 0, os.SEEK_SET)
        answer, answered = os.pipe()
        error, erred = os.pipe()
        socket.send_fds(self._own, [about], [given, answered, erred])
        for end in (given, answered, erred):
            os.close(end)
        said = self._heard((answer, error), deadline)
        return SimpleNamespace(returncode=int(self._own.recv(20)), stdout=said[answer], stderr=said[error])

    @staticmethod
    def _heard(ends: tuple[int, ...], deadline: float) -> dict[int, bytes]:
        """All that comes out of these ends."""
        said = {end: bytearray() for end in ends}
        with selectors.DefaultSelector() as open_ends:
            for end in ends:
                open_ends.register(end, selectors.EVENT_READ)
            while open_ends.get_map():
                assert time.monotonic() < deadline, "a reader hangs"
                for key, _ in open_ends.select(1):
                    if not (more := os.read(key.fd, 1_000_000)):
                        open_ends.unregister(key.fd)
                        os.close(key.fd)
                    said[key.fd] += more
        return {end: bytes(heard) for end, heard in said.items()}

    def close(self) -> None:
        """End the process that they are forked from."""
        self._own.close()
        self._server.wait(10)
