"""Pages for people who follow a link of an e-mail: a few sentences, and perhaps one button."""

from typing import Any

from flask import Response, render_template, request

from ..messages import say
from .browsers import OWN_PAGE
from .languages import choose_page_language

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": OWN_PAGE,
}
"""The address of such a page holds a secret: nobody keeps it or shows it in a frame; `browsers` has nobody
pass it on."""


def wants_page() -> bool:
    """Whether the caller prefers a page to JSON, as browsers do."""
    return request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"


def page_of_sentences(
    name: str,
    *,
    button: str | None = None,
    further: tuple[str, str] | None = None,
    http_status: int = 200,
    **facts: Any,
) -> Response:
    """The page with the sentences `page_<name>_title` and `page_<name>_text`, which may need `facts`.

    Args:
        button: the sentence of a button that posts to the page's own address.
        further: the sentence of a link, and where it leads.
    """
    lang = choose_page_language()
    page = render_template(
        "link.html",
        title=say(f"page_{name}_title", lang, **facts),
        sentence=say(f"page_{name}_text", lang, **facts),
        button=button and say(button, lang),
        further=further and (say(further[0], lang), further[1]),
    )
    return Response(page, http_status, headers=HEADERS | {"Content-Language": lang}, mimetype="text/html")
