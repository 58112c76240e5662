"""gunicorn's worker of the web process: clients wait in one poller, only whole requests take a thread.

A thread that reads from a client or writes to it can be held for as long as that client likes; sixteen of
them stop the service. So the loop of this worker reads heads and bodies and sends answers without waiting for
any one client, and ends those that are late; a thread has nothing to do but to run the application. The
arbiter, forks and preloading, signals and the parsing of HTTP are gunicorn's.

If a body does not come with its head, the application is asked by the head alone, and what it refuses without
the body (a missing key, an unknown path, a limit, a length) is answered without hearing the body out. If it
wants the body, the request waits here, without a thread or a connection to the database, and is run again
from its start when the body is here.
"""

import logging
import os
import selectors
import socket
import struct
import sys
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn.http.errors import ParseException
from gunicorn.workers.base import Worker
from gunicorn.workers.gthread import PollableMethodQueue

from .answers import BodyAwaited, answer_of, refusal, refusal_of
from .capacity import connections_allowed
from .client import Client, Stage
from .endings import Endings
from .framing import body_of
from .pace import MAX_HELD_BYTES, PROMPT_S

TICK_S = 0.5
"""How often late clients are looked for."""
SEND_BUFFER = 256 * 1024
"""What the kernel holds of an answer; without a bound it takes 4 MB for each client that does not read."""
STOP_REST_S = 2.0
"""How long a stopping worker keeps connections that rest: a request may be under way."""
LATE = {Stage.HEAD: "head_late", Stage.BODY: "body_late", Stage.SENDING: "answer_late"}
PROBES = ("/healthz", "/readyz", "/metrics")
"""What is answered beside all else, by a thread each: whoever asks decides whether we live."""
ACCEPTED_AT_ONCE = 4
JUDGED_AT_ONCE = 4
SWITCH_S = 0.001
"""After how long a computing thread makes way for another. The loop computes little but often; with Python's
own 5 ms it would wait that long at each of its ten calls of the system for a request."""
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

log = logging.getLogger(__name__)


class WebWorker(Worker):  # type: ignore[misc]
    """One thread for all sockets, `threads` for whole requests, one for judging heads, one for probes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.waiting: dict[Client, None] = {}
        """Clients that the poller watches; those that have waited for the longest first."""
        self.origins: Counter[str] = Counter()
        self.prompt: deque[tuple[float, Client, Any]] = deque()
        """Requests whose body is not whole, and when their heads are judged without it."""
        self.judging = 0
        self.count = 0
        self.next_tick = 0.0

    # ------------------------------------------------------------ the loop

    def init_process(self) -> None:
        """Prepare this process; gunicorn calls it after the fork, and it ends in `run`."""
        self.poller = selectors.DefaultSelector()
        self.calls = PollableMethodQueue()
        self.calls.init()
        sys.setswitchinterval(SWITCH_S)
        self.requests = ThreadPoolExecutor(self.cfg.threads, "request")
        self.judgements = ThreadPoolExecutor(1, "judgement")
        self.probes = {path: ThreadPoolExecutor(1, "probe") for path in PROBES}
        self.endings = Endings()
        self.capacity = connections_allowed(self.cfg.worker_connections)
        super().init_process()

    def run(self) -> None:
        """Serve until told to stop."""
        settings = self.wsgi.config["SETTINGS"]
        self.patience_s = settings.client_timeout_s
        self.per_origin = 0 if settings.proxy_hops else settings.connections_per_address
        self.poller.register(self.calls.fileno(), selectors.EVENT_READ, self.calls.run_callbacks)
        self.poller.register(self.PIPE[0], selectors.EVENT_READ, _drain)
        for listener in self.sockets:
            listener.setblocking(False)
            _bound(listener, self.patience_s)
            server = listener.getsockname()
            self.poller.register(listener, selectors.EVENT_READ, partial(self._accept, server))
        while self.alive and self.ppid == os.getppid():
            self._turn()
        self._stop()

    def _turn(self) -> None:
        """Do what is to be done now, waiting for it for half a second at most."""
        self.notify()
        wait = TICK_S
        if self.prompt and self.judging < JUDGED_AT_ONCE:
            wait = min(wait, max(0.0, self.prompt[0][0] - time.monotonic()))
        for key, _ in self.poller.select(wait):
            key.data(key.fileobj)
        now = time.monotonic()
        self._judge_late_bodies(now)
        if now >= self.next_tick:
            self.next_tick = now + TICK_S
            self._end_late(now)
            self._hold_less()
            self.endings.report()

    def _stop(self) -> None:
        """Take no more connections, and finish what has been asked."""
        for listener in self.sockets:
            self.poller.unregister(listener)
            listener.close()
        now = time.monotonic()
        for client in self.waiting:
            if client.stage is Stage.HEAD:
                client.due = min(client.due, now + STOP_REST_S)
        while self.count and time.monotonic() < now + self.cfg.graceful_timeout:
            self._turn()
        for client in list(self.waiting):
            self._end(client)
        self._close_pools()

    def _close_pools(self) -> None:
        for pool in (self.requests, self.judgements, *self.probes.values()):
            pool.shutdown(wait=False, cancel_futures=True)

    def handle_quit(self, sig: int, frame: Any) -> None:
        """SIGQUIT and SIGINT: stop at once."""
        self._close_pools()
        super().handle_quit(sig, frame)

    # ------------------------------------------------------------ connections

    def _accept(self, server: Any, listener: Any) -> None:
        """Take a few connections; our other processes shall have some too."""
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                sock, address = listener.accept()
            except (BlockingIOError, ConnectionError):
                return
            except OSError:  # no file descriptor is left
                self._make_room()
                return
            self._welcome(Client(sock, address, server, self.patience_s))

    def _welcome(self, client: Client) -> None:
        """Hear a new connection; if there are too many, another gives way or this one is refused."""
        self.count += 1
        self.origins[client.origin] += 1
        if client.origin and 0 < self.per_origin < self.origins[client.origin]:
            self._refuse(client, refusal(429, "too_many_connections"), "too_many", linger=False)
            return
        if self.count > self.capacity and not self._make_room():
            self._end(client, "crowded_out")
            return
        self._guard(client, self._read)

    def _make_room(self) -> bool:
        """End the connection that has waited for its client the longest. Returns whether there was one."""
        if not self.waiting:
            return False
        self._end(next(iter(self.waiting)), "crowded_out")
        return True

    def _end(self, client: Client, reason: str = "", detail: str = "") -> None:
        """Close a connection for good."""
        if reason:
            self.endings.count(reason, client.name, detail)
        self._unwatch(client)
        self.count -= 1
        self.origins[client.origin] -= 1
        if not self.origins[client.origin]:
            del self.origins[client.origin]
        client.close()

    def _watch(self, client: Client, event: int, react: Callable[[Client], None]) -> None:
        """Have the poller wait for this client; `react` is called for each event until `_unwatch`."""
        if client not in self.waiting:
            self.waiting[client] = None
            self.poller.register(client.sock, event, partial(self._react, client, react))

    def _react(self, client: Client, react: Callable[[Client], None], _: Any) -> None:
        """React to an event, unless the client had to give way since."""
        if client in self.waiting:
            self._guard(client, react)

    def _guard(self, client: Client, do: Callable[..., None], *args: Any) -> None:
        """Whatever goes wrong with one client ends that client, never the loop."""
        try:
            do(client, *args)
        except Exception:
            log.exception("a connection failed")
            self._end(client, "failed")

    def _unwatch(self, client: Client) -> None:
        if client in self.waiting:
            del self.waiting[client]
            self.poller.unregister(client.sock)

    def _end_late(self, now: float) -> None:
        """End those who kept us waiting: with a word to those who owe us a request, else without."""
        for client in [client for client in self.waiting if client.due <= now]:
            if client.is_resting or client.stage is Stage.LINGERING:
                self._end(client)
            elif client.stage is Stage.HEAD and not client.head.received:
                self._end(client, LATE[client.stage])
            elif client.stage is Stage.SENDING:
                _forget_unsent(client.sock)
                self._end(client, LATE[client.stage])
            else:
                self._refuse(client, refusal(408), LATE[client.stage])

    def _hold_less(self) -> None:
        """End those that have waited the longest of whom we hold something, while we hold too much."""
        held = sum(client.held_bytes for client in self.waiting)
        for client in list(self.waiting):
            if held <= MAX_HELD_BYTES:
                return
            if client.held_bytes:
                held -= client.held_bytes
                self._end(client, "crowded_out")

    # ------------------------------------------------------------ requests

    def _read(self, client: Client) -> None:
        """Take what the client sent, and do what it allows."""
        data = client.receive()
        if data is None:
            self._watch(client, selectors.EVENT_READ, self._read)
        elif client.stage is Stage.LINGERING:
            if not data:
                self._end(client)
        elif not data:
            self._hear_end(client)
        elif client.stage is Stage.BODY:
            self._feed(client, data)
        else:
            self._hear(client, data)

    def _hear_end(self, client: Client) -> None:
        """The client sends no more: half a body is refused, half a head forgotten."""
        if client.stage is Stage.BODY:
            self._refuse(client, refusal(400, "body_broken"), "body_broken")
        else:
            self._end(client)

    def _hear(self, client: Client, data: bytes) -> None:
        """Add to the head; when it is whole, go on with its body."""
        client.hear(data)
        if not client.head.is_decided(self.cfg.limit_request_line):
            self._watch(client, selectors.EVENT_READ, self._read)
            return
        try:
            request, rest = client.head.request(self.cfg, client.address)
            client.await_body(request, body_of(request))
        except (ParseException, OSError) as error:
            self._refuse(client, refusal_of(error), "malformed", str(error))
            return
        self._feed(client, rest)
        if client.stage is Stage.BODY and not client.is_queued:
            self.prompt.append((time.monotonic() + PROMPT_S, client, request))

    def _feed(self, client: Client, data: bytes) -> None:
        """Add to the body; when it is whole, or more than the route takes, run the application.

        Of a large one the head is judged next, and of one whose client waits for leave to send it.
        """
        try:
            client.feed(data)
        except ParseException as error:
            self._refuse(client, refusal(400, "body_broken"), "body_broken", str(error))
            return
        except OSError as error:  # the folder for temporary files is full
            self._refuse(client, refusal(503, "storage_full"), "no_room", str(error))
            return
        if client.body.is_complete or client.body.is_too_large:
            self._run(client)
            return
        if client.is_to_be_judged and not client.is_queued:
            client.is_queued = True
            self.prompt.appendleft((0.0, client, client.request))
        self._watch(client, selectors.EVENT_READ, self._read)

    def _judge_late_bodies(self, now: float) -> None:
        """Ask the application about requests whose bodies did not come promptly.

        Only a few at once: the others stay in the poller, where they can still come whole or give way.
        """
        while self.prompt and self.prompt[0][0] <= now and self.judging < JUDGED_AT_ONCE:
            _, client, request = self.prompt.popleft()
            if client in self.waiting and client.request is request and not client.is_judged:
                self.judging += 1
                judged = self._run(client)
                judged.add_done_callback(lambda _: self.calls.defer(self._count_judgement))

    def _count_judgement(self) -> None:
        self.judging -= 1

    def _run(self, client: Client) -> Future[None]:
        """Have a thread run the application."""
        self._unwatch(client)
        client.stage = Stage.APPLICATION
        client.request._expected_100_continue, expects = False, client.request._expected_100_continue
        return self._pool_for(client).submit(self._answer, client, expects)

    def _pool_for(self, client: Client) -> ThreadPoolExecutor:
        """Whole requests have the threads for themselves: no flood of half-sent ones is ahead of them."""
        whole = self.requests if client.body.is_complete else self.judgements
        return self.probes.get(client.request.path, whole)

    def _answer(self, client: Client, expects_continue: bool) -> None:
        """In a thread: run the application, and send what the client takes at once."""
        ends = (client.address, client.server)
        try:
            answer = answer_of(self.wsgi, self.cfg, client.request, client.body, ends, self.alive)
        except BodyAwaited:
            self.calls.defer(self._guard, client, self._await_body, expects_continue)
        except BaseException:
            log.exception("a request failed")
            self.calls.defer(self._end, client, "failed")
        else:
            client.start_answer(answer)
            with suppress(OSError):  # the loop, which sends on, will see it
                client.send()
            self.calls.defer(self._guard, client, self._send)

    def _await_body(self, client: Client, expects_continue: bool) -> None:
        """The application wants the body: wait for it, and say so if the client waits for that."""
        client.stage, client.is_judged = Stage.BODY, True
        client.start_pace()
        if expects_continue:
            with suppress(OSError):  # reading will show it
                client.sock.send(CONTINUE)
        self._feed(client, b"")

    # ------------------------------------------------------------ answers

    def _send(self, client: Client) -> None:
        """Send on; when all is sent, go on with the next request or say good-bye."""
        try:
            is_sent = client.send()
        except OSError:
            self._end(client)
            return
        if not is_sent:
            self._watch(client, selectors.EVENT_WRITE, self._send)
            return
        self._unwatch(client)
        if client.answer.keeps_connection and self.alive:
            self._rest(client)
        else:
            client.linger()
            self._watch(client, selectors.EVENT_READ, self._read)

    def _rest(self, client: Client) -> None:
        """Wait for the next request; its first bytes may have come with the last one."""
        if received := client.rest():
            self._hear(client, received)
        else:
            self._watch(client, selectors.EVENT_READ, self._read)

    def _refuse(
        self, client: Client, answer: Any, reason: str, detail: str = "", linger: bool = True
    ) -> None:
        """Answer in the application's stead, and end the connection."""
        self.endings.count(reason, client.name, detail)
        self._unwatch(client)
        client.start_answer(answer)
        if linger:
            self._send(client)
            return
        with suppress(OSError):
            client.send()
        self._end(client)


def _drain(pipe: int) -> None:
    """Empty the pipe by which signals wake the loop."""
    with suppress(BlockingIOError):
        os.read(pipe, 4096)


def _bound(listener: Any, patience_s: float) -> None:
    """Bound what the kernel holds for the connections of a listener, and how long it tries dead ones."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    if listener.family != socket.AF_UNIX:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(patience_s * 2000))


def _forget_unsent(sock: socket.socket) -> None:
    """Have the kernel drop what the client has not taken, instead of offering it for minutes."""
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
