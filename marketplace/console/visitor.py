"""Who looks at a page: the session of the cookie, what a page asks of it, and from where forms may come."""

import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from flask import Response, current_app, g, redirect, request, url_for

from ..errors import Forbidden
from ..events.actor import ANONYMOUS, Actor, acting_person
from ..events.models import NOBODY
from ..events.work import task_owner
from ..http import rate_limits
from ..http.authentication import EVERY_KEY, Access
from ..http.bodies import FORM, read_body
from ..messages.names import Name
from ..persons import service as persons
from ..persons.models import Right
from ..persons.service import Acting, LoggedIn
from .page import page, pages
from .warnings import warnings_to_show

COOKIE, SECURE_COOKIE = "huanliu_session", "__Host-huanliu_session"
"""Over HTTPS the second name, which a browser takes from nobody but this very host."""
COOKIE_S = 14 * 24 * 3600
ASKING, SECURE_ASKING = "huanliu_asking", "__Host-huanliu_asking"
"""By which a browser that is logging in proves that it is the one which began."""
ASKING_S = 600
SAFE = ("GET", "HEAD", "OPTIONS")
PRIVATE = "no-store"
SCRIPT = "passkey.js"
"""Of the pages on which a passkey is shown or made."""
ONE_CLICK = "console.unsubscribe"
"""The one form that others may send, mail programs above all: its address entitles to it, no cookie."""
NEXT, AGAIN = "next", "again"
LOST_FILES = "lost_files"
"""The field that says that files of a form were not kept."""
KEPT = "kept."
"""Before the name of a field of a form that was sent after its session had ended."""
NOT_KEPT = (NEXT, LOST_FILES)
ONE_TIME_CODES = "/settings/account"
"""Below it a field `code` is one that proves an address; elsewhere it is that of a waste."""
LONGEST_KEPT = 20_000
MOST_READ = 1_000_000
"""Bytes of a form of a stranger that are read to keep what was typed; one with pictures is not."""

ASK_AGAIN, ASK_FACTOR = "again", "factor"
"""Of what another would do with a session that was left open: the log-in is asked for again unless it was
just now, and of who has a second factor that one. The latter is of forms that ask for the password anyway."""
COPIES = ("privacy.export", "privacy.export_person")
"""What programs read with a key, and a browser with the session of somebody who has just logged in."""

OWN_ACCOUNT = ""
"""The scope of pages about the person alone: whatever the right in an enterprise, they are the person's."""

View = Callable[..., Any]


def visitor() -> LoggedIn | None:
    """Who is logged in; looked up once in a request."""
    if "visitor" not in g:
        token = session_token()
        g.visitor = persons.logged_in(token) if token else None
    found: LoggedIn | None = g.visitor
    return found


def actor_of_session() -> Actor | None:
    """As whom the visitor acts; None of who has not logged in, or not wholly."""
    who = visitor()
    if who is None or (request.endpoint in COPIES and not who.is_recent):
        return None
    return who.actor


def session_token() -> str | None:
    """The token of the session that the browser has, whether or not it has ended."""
    return request.cookies.get(_cookie_name())


def begin_session(response: Any, token: str) -> Any:
    """Have the browser keep the token of a session."""
    response.set_cookie(
        _cookie_name(), token, max_age=COOKIE_S, secure=request.is_secure, httponly=True, samesite="Lax"
    )
    return response


def end_session(response: Any) -> Any:
    """Have the browser forget its session."""
    response.delete_cookie(_cookie_name(), secure=request.is_secure, httponly=True, samesite="Lax")
    return response


def new_asking() -> str:
    """A token for a browser that begins to log in."""
    return secrets.token_urlsafe(32)


def keep_asking(response: Any, asking: str) -> Any:
    """Have the browser keep the token until it has logged in."""
    response.set_cookie(
        _asking_name(), asking, max_age=ASKING_S, secure=request.is_secure, httponly=True, samesite="Lax"
    )
    return response


def asking_of_browser() -> str:
    """The token of the browser that began to log in; empty of one that did not."""
    return request.cookies.get(_asking_name(), "")


def forget_asking(response: Any) -> Any:
    """Have the browser forget it."""
    response.delete_cookie(_asking_name(), secure=request.is_secure, httponly=True, samesite="Lax")
    return response


def _asking_name() -> str:
    return SECURE_ASKING if request.is_secure else ASKING


def _cookie_name() -> str:
    return SECURE_COOKIE if request.is_secure else COOKIE


def members_only(
    scope: str = "read",
    kinds: tuple[str, ...] = EVERY_KEY,
    *,
    drivers: bool = False,
    sensitive: str | None = None,
    max_bytes: int | None = None,
) -> Callable[[View], View]:
    """Show a page to who is logged in and may do this; the view's first argument is the `Acting`.

    Others are asked to log in, and then come back to where they were.

    Args:
        drivers: whether a driver may as well, who has none of the scopes; what of it, the page says.
        sensitive: `ASK_AGAIN` or `ASK_FACTOR`; None of what an open session is enough for.
        max_bytes: replaces the largest form accepted, for forms with pictures.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(**path: Any) -> Any:
            who = visitor()
            if not isinstance(who, Acting):
                rate_limits.count_call(rate_limits.PUBLIC, rate_limits.address())
                return _ask(who)
            if max_bytes is not None:
                request.max_content_length = max_bytes
                read_body()
            _admit(who.actor, OWN_ACCOUNT if drivers and who.right == Right.DRIVER else scope, kinds)
            if sensitive and not who.is_recent and (who.has_factor or sensitive == ASK_AGAIN):
                return _ask_again(who)
            return view(who, **path)

        guarded.access = Access(kinds, scope)  # type: ignore[attr-defined]
        guarded.sensitive = sensitive  # type: ignore[attr-defined]
        return guarded

    return decorate


def _admit(actor: Actor, scope: str, kinds: tuple[str, ...]) -> None:
    g.actor = actor
    task_owner.set(actor.enterprise_id or NOBODY)
    acting_person.set(actor.person_id)
    rate_limits.count_for(actor)
    if actor.kind not in kinds:
        raise Forbidden("role_forbids", allowed=tuple(Name("actor", kind) for kind in kinds))
    needed = "admin" if actor.is_admin and scope not in ("read", OWN_ACCOUNT) else scope
    if needed != OWN_ACCOUNT and needed not in actor.scopes:
        raise Forbidden("right_forbids", scope=Name("scope", needed))


def is_in_place(actor: Actor) -> bool:
    """Whether whoever acts does so in place of a party, as an admin, and says why."""
    return actor.is_admin and "admin" in actor.scopes


def open_to_anyone(view: View) -> View:
    """Show a page to everybody; the view's first argument is the `LoggedIn` who may read more, or None."""

    @wraps(view)
    def guarded(**path: Any) -> Any:
        who = visitor()
        if who is not None and who.actor is not None and "read" in who.actor.scopes:
            _admit(who.actor, "read", EVERY_KEY)
            return view(who, **path)
        rate_limits.count_call(rate_limits.PUBLIC, rate_limits.address())
        g.actor = ANONYMOUS
        return view(None, **path)

    guarded.access = Access((), "read")  # type: ignore[attr-defined]
    return guarded


def half_logged_in(lack: str) -> Callable[[View], View]:
    """Show a page to whoever has logged in but lacks this: the second factor, or one at all.

    The second factor may be shown at any time.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(**path: Any) -> Any:
            rate_limits.count_call(rate_limits.PUBLIC, rate_limits.address())
            who = visitor()
            if who is None:
                return redirect(url_for("console.show_login"), 303)
            if who.lacks != lack and not (lack == FACTOR and who.has_factor):
                return redirect(url_for("console.show_today"), 303)
            return view(who, **path)

        guarded.access = Access((), "read")  # type: ignore[attr-defined]
        return guarded

    return decorate


def _ask(who: LoggedIn | None) -> Any:
    """Ask for what is missing. What was typed into a form stays: it comes back after the log-in."""
    if who is not None and who.lacks != FACTOR:
        return redirect(url_for(PAGE_OF_LACK[who.lacks or ""]), 303)
    if request.method in SAFE:
        asked = PAGE_OF_LACK[FACTOR] if who else "console.show_login"
        return redirect(url_for(asked, next=_here()), 303)
    ask = factor_page if who else login_page
    return ask(401, next=_here(), kept=_typed(), lost_files=_sent_files())


def _ask_again(who: LoggedIn) -> Any:
    """Ask who has not shown for a while who it is; what was typed stays, as after a log-in."""
    asked, ask = (PAGE_OF_LACK[FACTOR], factor_page) if who.has_factor else ("console.show_login", login_page)
    if request.method in SAFE:
        return redirect(url_for(asked, next=_here(), again=1), 303)
    return ask(401, next=_here(), kept=_typed(), lost_files=_sent_files(), again=True)


def factor_page(http_status: int = 200, **facts: Any) -> Response:
    """Where the second factor is shown; `next` and `kept` are what it goes on with."""
    who = visitor()
    assert who is not None
    fits = persons.relying_party() is not None and bool(persons.list_passkeys(who.person_id))
    shown = {"errors": {}, "next": "", "kept": [], "lost_files": False, "again": False, **facts}
    return private("second_factor.html", http_status, script=SCRIPT, passkey_fits=fits, **shown)


def login_page(http_status: int = 200, **facts: Any) -> Response:
    """The ways to log in; `next` and `kept` are what a log-in goes on with."""
    shown = {"values": {}, "errors": {}, "has_passkeys": persons.relying_party() is not None,
             "lost_files": False, "again": False, **facts}  # fmt: skip
    shown["providers"] = persons.list_providers()
    who = visitor()
    if shown["again"] and who is not None and who.actor is not None:
        me = persons.myself(who.actor)
        shown["values"] = {"login": me.phone or me.email, **shown["values"]}
    return private("login.html", http_status, script=SCRIPT, **shown)


FACTOR = "second_factor"
PAGE_OF_LACK = {
    FACTOR: "console.show_second_factor",
    "enrolment": "console.show_enrolment",
    "membership": "console.show_no_membership",
}


def _typed() -> list[tuple[str, str]]:
    """What was typed into the form that was sent, each name as often as it came, as far as it may be kept in
    the page."""
    if (request.content_length or 0) > MOST_READ:
        return []
    sent = request.form.items(multi=True)
    typed = [(name, value) for name, value in sent if name not in NOT_KEPT and not _is_secret(name)]
    return typed if sum(len(value) for _, value in typed) <= LONGEST_KEPT else []


def _is_secret(name: str) -> bool:
    return "password" in name or (name == "code" and request.path.startswith(ONE_TIME_CODES))


def _sent_files() -> bool:
    """Whether files were chosen in the form that was sent: they are not kept, and have to be chosen again."""
    if request.mimetype != FORM:
        return False
    if (request.content_length or 0) > MOST_READ:
        return True
    return any(file.filename for file in request.files.values())


def _here() -> str:
    return request.full_path.rstrip("?")


def page_at(target: str) -> str:
    """The page at an address of ours, or above it where only a form is taken."""
    routes, parts = current_app.url_map.bind(""), urlsplit(target)
    path = parts.path
    while path != "/" and routes.test(path, "POST") and not routes.test(path, "GET"):
        path = path.rpartition("/")[0] or "/"
    return target if path == parts.path else path


def way_back(given: str | None) -> str:
    """Where to go after a log-in: a page of ours that was asked for, else the page of today."""
    parts = urlsplit(given or "")
    is_ours = bool(given) and not parts.scheme and not parts.netloc and parts.path.startswith("/")
    if not is_ours or parts.path.startswith(("//", "/\\")) or "\\" in parts.path:
        return url_for("console.show_today")
    return parts._replace(fragment="").geturl()


@pages.before_request
def refuse_forms_of_others() -> None:
    """Take forms from pages of ours only: a cookie is sent along with those of others.

    Raises:
        Forbidden: `form_of_another_site`.
    """
    if request.method in SAFE or request.endpoint == ONE_CLICK:
        return
    fetched = request.headers.get("Sec-Fetch-Site")
    if fetched is not None and fetched != "same-origin":
        raise Forbidden("form_of_another_site")
    origin = request.headers.get("Origin")
    if fetched is None and origin not in _own_origins():
        raise Forbidden("form_of_another_site")


def _own_origins() -> tuple[str, ...]:
    public = urlsplit(current_app.config["SETTINGS"].public_url)
    return (f"{request.scheme}://{request.host}", f"{public.scheme}://{public.netloc}")


def private(template: str, http_status: int = 200, **facts: Any) -> Response:
    """A page that nobody keeps, with the warnings of what led to it."""
    return page(template, http_status, cache_control=PRIVATE, said=warnings_to_show(), **facts)


@pages.app_template_global("account")
def account() -> LoggedIn | None:
    """Who is logged in, for the frame of a page; None on pages that are the same for everybody."""
    found: LoggedIn | None = g.get("visitor")
    return found
