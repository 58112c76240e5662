"""The application served to a real Chromium, and Chromium itself where there can be one."""

import os
import threading

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.browser import chromium
from tests.conftest import NO_CHROMIUM
from tests.ports import free_port

REQUIRED = "HUANLIU_BROWSER"
"""Set by `make test-pages`: without Chromium the tests then fail."""


class Quiet(WSGIRequestHandler):
    def log(self, *_):
        """Write nothing."""


@pytest.fixture(scope="package")
def launched():
    """A Chromium without windows; it ends with the package, as does the event loop that it needs."""
    try:
        found = chromium.find()
    except chromium.Unavailable as reason:
        if os.environ.get(REQUIRED):
            pytest.fail(str(reason))
        pytest.skip(f"{NO_CHROMIUM}: {reason}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=found.path, args=list(chromium.FLAGS), env=found.environment
        )
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def browser(launched):
    """The Chromium, in which nothing of another module is open."""
    yield launched
    for context in launched.contexts:
        context.close()


@pytest.fixture(scope="module")
def origin(app, browser):
    """Where the application is served, by threads of this process and at the time of the tests."""
    port = free_port()
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{port}"
    server.shutdown()
    thread.join()
