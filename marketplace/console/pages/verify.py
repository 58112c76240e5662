"""Verify a document by hand: its code, or the address that its QR code holds."""

import re

from flask import Response, redirect, request, url_for

from ...http.authentication import ANYONE, allow
from ...http.languages import language
from ...messages import say
from ..page import page, pages

LONGEST = 300
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


@pages.get("/verify")
@allow(*ANYONE)
def show_verify() -> Response:
    """The form; what it sends leads to the page that verifies."""
    given = request.args.get("code", "").strip()[:LONGEST]
    if not given:
        return page("verify.html", given="", errors=[])
    if token := token_in(given):
        return redirect(url_for("verify", token=token), 303)  # type: ignore[return-value]
    return page("verify.html", 422, given=given, errors=[say("page_verify_unreadable", language())])


def token_in(given: str) -> str | None:
    """The code that was given, alone or at the end of an address; None of anything else."""
    last = re.split(r"[/?#\s]", given.rstrip("/"))[-1]
    return last if TOKEN.fullmatch(last) else None
