"""What surrounds the pages: the reader's choice of language, and refusals shown as pages."""

import json
from http import HTTPStatus
from typing import cast

from flask import Flask, Response, current_app, redirect, request
from werkzeug.exceptions import HTTPException

from ..http.languages import LANGUAGE_COOKIE, LANGUAGE_PARAMETER, choose_page_language
from ..http.link_pages import wants_page
from ..messages import LANGUAGES
from .page import FIRST_LANGUAGE, YEAR_S, page

PROBLEM = "application/problem+json"
PAGES = "console."
FOR_PROGRAMS = ("/api/", "/openapi.json", "/metrics", "/healthz", "/readyz", "/version")
"""Addresses that answer with problems, whoever asks."""


def register(app: Flask) -> None:
    """Read the reader's language before anything is said, show refusals as pages, and keep the choice.

    To be called before whatever else refuses calls, so that it too speaks the language of the page.
    """
    app.before_request(_read_language)
    app.after_request(_as_page)
    app.after_request(_keep_language)


def _is_page() -> bool:
    return not request.path.startswith(FOR_PROGRAMS) and wants_page()


def _read_language() -> None:
    if _is_page():
        choose_page_language(FIRST_LANGUAGE)


def _as_page(response: Response) -> Response:
    """The page of a refusal, with the headers of the refusal, such as Retry-After; of an address that takes
    forms only, the page above it."""
    if response.mimetype != PROBLEM or not _is_page():
        return response
    if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and request.method in ("GET", "HEAD"):
        above = _page_above()
        if above is not None:
            return _lead_to(above)
    problem = json.loads(response.get_data())
    shown = page("error.html", response.status_code, cache_control="no-store", problem=problem)
    response.set_data(shown.get_data())
    for name, value in shown.headers:
        response.headers[name] = value
    return response


def _page_above() -> str | None:
    """The path of the nearest page above an address that takes forms only; None if there is none.

    A form that is refused is shown again at its own address. Whoever then switches the language, follows a
    link that keeps the address or comes back to it asks for a page that is not there.
    """
    adapter = current_app.create_url_adapter(request)
    path = request.path
    while adapter is not None and path:
        path = path.rpartition("/")[0]
        try:
            endpoint, _ = adapter.match(path or "/", method="GET")
        except HTTPException:
            continue
        if endpoint.startswith(PAGES):
            return path or "/"
    return None


def _lead_to(path: str) -> Response:
    query = request.query_string.decode()
    found = redirect(request.script_root + path + (f"?{query}" if query else ""), HTTPStatus.SEE_OTHER)
    found.headers["Cache-Control"] = "no-store"
    return cast(Response, found)


def _keep_language(response: Response) -> Response:
    """Keep the language that was chosen in the address for a year."""
    lang = request.args.get(LANGUAGE_PARAMETER)
    if lang in LANGUAGES and response.mimetype == "text/html":
        response.set_cookie(
            LANGUAGE_COOKIE, lang, max_age=YEAR_S, secure=request.is_secure, httponly=True, samesite="Lax"
        )
    return response
