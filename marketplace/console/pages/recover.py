"""An enterprise that lost its keys gets another by its proven address; what exists is said to nobody."""

from typing import Any

from flask import Response

from ...enterprises import service as enterprises
from ...http.authentication import ANYONE, allow
from ...http.fields import Identifier
from ...http.rate_limits import REGISTRATION
from ...http.schemas import Schema
from ..forms import Errors, change_or_show, typed
from ..page import pages
from ..visitor import private


class RecoveryForm(Schema):
    """By the name of the API; whether there is such a code is not looked at here."""

    uscc = Identifier(30, required=True)


class TokenForm(Schema):
    token = Identifier(100, required=True)


RECOVERY, TOKEN = RecoveryForm(), TokenForm()


@pages.get("/recover")
@allow(*ANYONE)
def show_recovery() -> Response:
    """Where a link is asked for."""
    return _recovery()


def _recovery(http_status: int = 200, errors: Errors | None = None, *, is_sent: bool = False) -> Response:
    values = typed() if errors else {}
    return private("recover.html", http_status, values=values, errors=errors or {}, is_sent=is_sent)


@pages.post("/recover")
@allow(*ANYONE, limit=REGISTRATION)
def request_recovery() -> Any:
    """Have a link mailed to the proven address; the answer is the same whether there is one."""

    def send(data: dict[str, Any]) -> Response:
        enterprises.request_recovery(data["uscc"])
        return _recovery(is_sent=True)

    return change_or_show(RECOVERY, _recovery, send)


@pages.get("/recover/confirm")
@allow(*ANYONE)
def show_recovering() -> Response:
    """Where the last part of the link is typed."""
    return _recovering()


@pages.get("/recover/confirm/<token>")
@allow(*ANYONE)
def follow_recovery_link(token: str) -> Response:
    """The link itself: merely opened it changes nothing."""
    return _recovering(token=token)


def _recovering(
    http_status: int = 200, errors: Errors | None = None, *, token: str = "", key: str | None = None
) -> Response:
    return private(
        "recovering.html",
        http_status,
        token=typed().get("token", "") if errors else token,
        key=key,
        errors=errors or {},
    )


@pages.post("/recover/confirm")
@allow(*ANYONE, limit=REGISTRATION)
def recover() -> Any:
    """Create the key; it is shown this once, and the link works no more."""

    def create(data: dict[str, Any]) -> Response:
        return _recovering(201, key=enterprises.recover(data["token"])[1])

    return change_or_show(TOKEN, _recovering, create)
