"""Headers for browsers: what a page may load, who may frame it, what they say of it elsewhere."""

import re
from base64 import b64encode
from hashlib import sha256

from flask import Flask, Response, request

NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The policy of what is no page: should a browser show it as one, nothing in it loads or runs."""
OWN_PAGE = (
    "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; style-src 'self';"
    " img-src 'self'"
)
"""The policy of a page of our own: its stylesheet and pictures are files of ours, its forms come to us, and
no script runs."""
SCRIPTED_PAGE = f"{OWN_PAGE}; script-src 'self'; connect-src 'self'"
"""The policy of a page of our own with a script, which is a file of ours and asks nobody but us."""
PAGES = {
    "pages.errors": f"{NOTHING}; style-src 'self'; img-src 'self'",
    "swagger_ui.show": (
        f"{NOTHING}; script-src 'self' {{script}}; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
        " connect-src 'self'"
    ),
}
"""The policies of pages by endpoint. Swagger UI builds its page with inline styles; a script runs only if it
is a file of ours or was part of the page from the start, by its digest."""
INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)
HEADERS = {
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
STRICT_TRANSPORT = "max-age=31536000"
_policies: dict[str, str] = {}


def register(app: Flask) -> None:
    """Add the headers to all responses."""
    app.after_request(_add_headers)


def _add_headers(response: Response) -> Response:
    response.headers.extend(HEADERS)
    if "Content-Security-Policy" not in response.headers:  # a page of our own brings it, whatever its status
        response.headers["Content-Security-Policy"] = _policy(response)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = STRICT_TRANSPORT
    return response


def _policy(response: Response) -> str:
    """The policy of a response; a page's is made once, as what stands in it is the same for everybody."""
    endpoint = request.endpoint or ""
    if endpoint not in PAGES or response.mimetype != "text/html" or response.status_code != 200:
        return NOTHING
    if endpoint not in _policies:
        _policies[endpoint] = PAGES[endpoint].format_map(_digests(response.get_data(as_text=True)))
    return _policies[endpoint]


def _digests(page: str) -> dict[str, str]:
    """Sources of a policy that admit the inline scripts and styles of a page, and no others."""
    admitted: dict[str, list[str]] = {"script": [], "style": []}
    for kind, content in INLINE.findall(page):
        admitted[kind].append(f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'")
    return {kind: " ".join(digests) for kind, digests in admitted.items()}
