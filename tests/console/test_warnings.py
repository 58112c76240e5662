"""What was odd about a change is said once, on the page that it leads to."""

from base64 import urlsafe_b64encode

import pytest
from flask import Response

from marketplace.console.warnings import COOKIE, keep_warnings, warn, warnings_to_show
from marketplace.errors import Notice

ODD = [Notice("proof_requested", "contact")]
DEEP = urlsafe_b64encode(b"[" * 2500).decode()


@pytest.fixture
def browser(app):
    """Requests of one browser: what it is shown, and the cookie that it keeps."""

    class Browser:
        cookie = None

        def request(self, notices=(), shows=True):
            headers = {"Cookie": f"{COOKIE}={self.cookie}"} if self.cookie else {}
            with app.test_request_context("/offers", headers=headers):
                if notices:
                    warn(notices)
                shown = warnings_to_show() if shows else None
                response = keep_warnings(Response())
            for sent in response.headers.getlist("Set-Cookie"):
                self.cookie = sent.partition("=")[2].partition(";")[0]
                self.attributes = sent
            return shown

    return Browser()


def test_a_warning_is_shown_on_the_next_page_and_on_no_other(browser):
    browser.request(ODD, shows=False)
    assert "HttpOnly" in browser.attributes
    assert len(browser.request()) == 1
    assert (browser.request(), browser.cookie) == ([], "")


def test_a_page_that_answers_at_once_shows_its_own_warnings(browser):
    assert len(browser.request(ODD)) == 1
    assert browser.cookie is None


def test_a_redirect_in_between_loses_nothing(browser):
    browser.request(ODD, shows=False)
    browser.request(shows=False)
    assert len(browser.request()) == 1


@pytest.mark.parametrize("cookie", ["x", "e30=", urlsafe_b64encode(b"[1, {}]").decode(), "4pyT", "%%%", DEEP])
def test_a_cookie_that_is_not_ours_says_nothing(browser, cookie):
    browser.cookie = cookie
    assert browser.request() == []


def test_more_than_a_cookie_holds_is_cut_and_kept_all_the_same(browser):
    many = [
        Notice("outside_window", "until", {"first": "2026-12-01", "last": f"{n}" * 40}) for n in range(99)
    ]
    browser.request(many, shows=False)
    assert len(browser.attributes) < 4096
    assert 1 <= len(browser.request()) < 99
