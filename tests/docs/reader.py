"""A reader who does what a document says: its `sh` blocks in one shell, the application on a socket."""

import json
import re
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from math import isclose
from pathlib import Path

from werkzeug.serving import make_server
from werkzeug.wrappers import Response

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(
    r"(?:<!-- wait (?P<unit>\w+)=(?P<span>\d+) -->\n+)?```(?P<kind>\w+)\n(?P<text>.*?)```", re.DOTALL
)
ADDRESS = "http://127.0.0.1:8000"
SPOKEN = "--- all of it is done ---"


@dataclass(frozen=True)
class Block:
    """A block of code in a document, and how long its reader waits before it."""

    kind: str
    text: str
    wait: dict[str, float]


def blocks(path, section=None):
    """The blocks of a document, or of one of its sections."""
    text = (ROOT / path).read_text(encoding="utf-8")
    if section:
        text = re.split(r"^#{2,3} ", text.split(f"{section}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    return [
        Block(found["kind"], found["text"], {found["unit"]: float(found["span"])} if found["unit"] else {})
        for found in BLOCK.finditer(text)
    ]


class Reader:
    """A shell, and every response that the platform gave to it."""

    def __init__(self, app, path):
        self.app, self.path, self.responses = app, path, []

    def __call__(self, environ, start_response):
        """The application, with every response kept."""
        response = Response.from_app(self.app.wsgi_app, environ, buffered=True)
        self.responses.append(response)
        return response(environ, start_response)

    def do(self, text):
        """Run a block; returns the responses that it got."""
        before = len(self.responses)
        self.shell.stdin.write(f"{text.replace(ADDRESS, self.address)}\necho; echo '{SPOKEN}'\n")
        self.shell.stdin.flush()
        heard = []
        for line in self.shell.stdout:
            if line.strip() == SPOKEN:
                return self.responses[before:]
            heard.append(line)
        raise AssertionError(f"the shell ended in:\n{text}\n{''.join(heard)}")

    @contextmanager
    def at_work(self):
        server = make_server("127.0.0.1", 0, self, threaded=True)
        self.address = f"http://127.0.0.1:{server.port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.shell = subprocess.Popen(
            ["sh", "-eu"], cwd=ROOT, env=self.path, text=True, encoding="utf-8",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            yield self
        finally:
            self.shell.stdin.close()
            self.shell.wait(10)
            self.shell.stdout.close()
            server.shutdown()
            thread.join(10)
            server.server_close()


def hold(shown, response):
    """Require a response shown in a document (a `http` block) to have shape and numbers of the real one."""
    head, _, body = shown.partition("\n\n")
    status, *headers = head.strip().splitlines()
    assert int(status.split()[1]) == response.status_code, f"{shown}\n{response.get_data(as_text=True)}"
    for header in headers:
        assert header.partition(":")[0] in response.headers, f"{header}\n{response.headers}"
    if body.strip():
        alike(json.loads(body), response.get_json(force=True), "answer")
        assert list(sentences(json.loads(body), response.get_json(force=True))) == [], "run `make examples`"


SENTENCES = {"title", "detail", "reason", "source"}
"""Fields that are shown to people: a document shows them to the letter."""


def renewed(shown, response):
    """The `http` block with its sentences as they really are, to be written back to the document."""
    body = shown.partition("\n\n")[2]
    for old, new in sentences(json.loads(body), response.get_json(force=True)) if body.strip() else ():
        shown = shown.replace(json.dumps(old, ensure_ascii=False), json.dumps(new, ensure_ascii=False))
    return shown


def sentences(shown, real, name="", within_errors=False):
    """Pairs of (sentence shown, real sentence) that differ."""
    if isinstance(shown, dict) and isinstance(real, dict):
        for key in shown.keys() & real.keys():
            yield from sentences(shown[key], real[key], key, within_errors or key == "errors")
    elif isinstance(shown, list) and isinstance(real, list):
        for ours, theirs in zip(shown, real, strict=False):
            yield from sentences(ours, theirs, name, within_errors)
    elif isinstance(shown, str) and shown != real and (name in SENTENCES or within_errors):
        yield shown, real


def alike(shown, real, place):
    """Require the same names, types and numbers; `...` is for what is left out."""
    if isinstance(shown, dict):
        names = shown.keys() - {"..."}
        assert names <= real.keys() if "..." in shown else names == real.keys(), f"{place}: {real}"
        for name in names:
            alike(shown[name], real[name], f"{place}.{name}")
    elif isinstance(shown, list):
        items = [item for item in shown if item != "..."]
        assert len(items) <= len(real) if "..." in shown else len(items) == len(real), f"{place}: {real}"
        for number, item in enumerate(items):
            alike(item, real[number], f"{place}.{number}")
    else:
        same = kind(shown) == kind(real) and (kind(real) is not float or isclose(shown, real, rel_tol=1e-6))
        assert same, f"{place}: {shown!r} is shown, {real!r} is returned"


def kind(value):
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)
