"""Where the link that stops e-mails leads (RFC 8058): a page with one button."""

from collections.abc import Callable

from flask import Response

from ...errors import Invalid
from ...http.authentication import ANYONE, allow
from ...http.rate_limits import REGISTRATION
from ...notifications import service as notifications
from ..page import pages
from ..visitor import private


@pages.get("/unsubscribe/<token>")
@allow(*ANYONE, limit=REGISTRATION)
def show_unsubscribe(token: str) -> Response:
    """What the link would stop; merely opened it stops nothing."""
    return _unsubscribe(token, notifications.find_unsubscribed, is_done=False)


@pages.post("/unsubscribe/<token>")
@allow(*ANYONE, limit=REGISTRATION)
def unsubscribe(token: str) -> Response:
    """Stop the e-mails; the link is all that it takes, from whichever program it comes."""
    return _unsubscribe(token, notifications.unsubscribe, is_done=True)


def _unsubscribe(token: str, follow: Callable[[str], notifications.Unsubscribed], is_done: bool) -> Response:
    try:
        kind = follow(token).kind
    except Invalid as error:
        return private("unsubscribe.html", error.status, kind=None)
    is_all = kind == notifications.ALL_KINDS
    return private("unsubscribe.html", kind=kind, is_all=is_all, is_done=is_done)
