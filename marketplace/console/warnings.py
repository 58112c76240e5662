"""Warnings of a change that was made, shown once: on the page that it leads to.

They wait in a cookie of the browser, for minutes, so that no address and no table holds them.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable

from flask import Response, g, request

from ..errors import Notice
from ..http.json_text import parsed
from ..http.languages import render_warnings
from .page import pages

COOKIE, SECURE_COOKIE = "huanliu_warnings", "__Host-huanliu_warnings"
"""Over HTTPS the second name, which a browser takes from nobody but this very host."""
COOKIE_S = 300
MOST_BYTES = 2700
"""Of sentences: what with base64 fits into a cookie of 4 KB."""


def warn(notices: Iterable[Notice]) -> None:
    """Have the next page that the person sees say what was odd about the change that was made."""
    g.setdefault("warnings", []).extend(each["detail"] for each in render_warnings(notices))


def warnings_to_show() -> list[str]:
    """What has not been said yet, of this request and of the one that led here; it is said now."""
    g.are_warnings_shown = True
    return list(dict.fromkeys([*_kept(), *g.get("warnings", ())]))


def _kept() -> list[str]:
    """The sentences in the cookie; none of one that is not ours."""
    try:
        found = parsed(urlsafe_b64decode(request.cookies.get(_name(), "")))
    except ValueError:
        return []
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


@pages.after_request
def keep_warnings(response: Response) -> Response:
    """Keep what was not shown, and forget what was."""
    kept, seconds = "", 0
    if g.get("warnings") and not g.get("are_warnings_shown"):
        kept, seconds = _to_keep(g.warnings), COOKIE_S
    elif not g.get("are_warnings_shown") or _name() not in request.cookies:
        return response
    response.set_cookie(
        _name(), kept, max_age=seconds, secure=request.is_secure, httponly=True, samesite="Lax"
    )
    return response


def _to_keep(sentences: list[str]) -> str:
    while len(written := json.dumps(sentences, ensure_ascii=False).encode()) > MOST_BYTES:
        sentences = sentences[:-1]
    return urlsafe_b64encode(written).decode()


def _name() -> str:
    return SECURE_COOKIE if request.is_secure else COOKIE
