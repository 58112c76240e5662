"""A flood of clients that hold their connections: half-sent requests, and answers that nobody reads."""

import http.client
import resource
import selectors
import threading
import time
from contextlib import closing

from tests.web.sockets import HALF_A_HEAD, connected

OPEN_POST = b"POST /api/v1/enterprises HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
HALF_OPEN = (
    b"",
    HALF_A_HEAD,
    OPEN_POST + b"Content-Length: 1000\r\n\r\n{",
    OPEN_POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
    OPEN_POST.replace(b"/enterprises", b"/listings") + b"Content-Length: 900000\r\n\r\n{",
)
UNREAD = b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n"


class Flood:
    """So many half-open and slow-reading sockets, opened again whenever they are ended."""

    def __init__(self, port, half_open=500, slow=200, source="127.0.0.1"):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
        self.port, self.source = port, source
        self.sent = [HALF_OPEN[number % len(HALF_OPEN)] for number in range(half_open)] + [UNREAD] * slow
        self.ended = 0
        self.stop = threading.Event()
        self.selector = selectors.DefaultSelector()
        self.thread = threading.Thread(target=self._go_on)

    def __enter__(self):
        for sent in self.sent:
            self._open(sent)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()

    def _open(self, sent):
        try:
            sock = connected(self.port, sent, self.source, 4096)
        except OSError:
            self.ended += 1
            return
        self.selector.register(sock, selectors.EVENT_READ, sent)

    def _go_on(self):
        """Read a little of what is answered, slowly, and open again what was ended."""
        while not self.stop.wait(0.25):
            for key, _ in self.selector.select(0):
                try:
                    data = key.fileobj.recv(16)
                except OSError:
                    data = b""
                if not data:
                    self.ended += 1
                    self.selector.unregister(key.fileobj)
                    key.fileobj.close()
                    self._open(key.data)


def seconds_of_health(port, count=100, pause=0.005):
    """How long /healthz took, each on a connection of its own, shortest first."""
    took = []
    for _ in range(count):
        began = time.monotonic()
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
            connection.request("GET", "/healthz")
            assert connection.getresponse().status == 200
        took.append(time.monotonic() - began)
        time.sleep(pause)
    return sorted(took)
