"""What every page of the console shares: its frame, its language, its headers, its files."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, g, render_template, request, send_from_directory, url_for
from marshmallow import EXCLUDE, ValidationError

from ..catalogue import service as catalogue
from ..http.browsers import OWN_PAGE, SCRIPTED_PAGE
from ..http.languages import LANGUAGE_PARAMETER, choose_page_language, language, render
from ..http.problems import messages_by_field
from ..http.schemas import Schema, refuse_bad_characters
from ..messages import say
from ..messages.names import Name, readable
from ..persons.models import Right
from . import formats

HERE = Path(__file__).parent
STATIC = HERE / "static"
FIRST_LANGUAGE = "zh"
"""Of a page whose reader names none."""
YEAR_S = 365 * 24 * 3600
PUBLIC = "no-cache"
"""A page that everybody sees alike may be kept, and is asked for again each time."""

FAULT = re.compile(
    r'<(?:input|select|textarea)\b[^>]*(?= aria-invalid="true")'
    r'|<(?:p|h2)\b[^>]*(?= role="alert"| class="wrong")'
)
"""The beginning of a tag that says what is wrong with what was sent."""

pages = Blueprint("console", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True)
class Tab:
    """An entry of the navigation: the page that it leads to, its sentence, its icon in icons.html; `also` are
    the beginnings of the other pages that belong to it."""

    path: str
    sentence: str
    icon: str
    also: tuple[str, ...] = ()

    @property
    def is_here(self) -> bool:
        """Whether the page that is shown belongs to it."""
        return request.path == self.path or request.path.startswith(self.also)


TABS = (
    Tab("/", "tab_front", "home"),
    Tab("/board", "tab_board", "board"),
    Tab("/verify", "tab_verify", "verify"),
    Tab("/help", "tab_help", "help"),
)
"""What everybody may go to."""
PERMITS = ("/licences", "/channels", "/exemptions")
SETTINGS = Tab("/settings", "tab_settings", "me", ("/settings/",))
MEMBER_TABS = (
    Tab("/today", "tab_today", "today", ("/credit", "/inspections", "/declarations", "/inbox", "/plans")),
    Tab("/hall", "tab_hall", "hall", ("/hall/", "/receivers")),
    Tab("/post", "tab_post", "post", ("/post/", "/listings")),
    Tab("/deals", "tab_deals", "deals", ("/deals/", "/offers", "/loads", "/transfers")),
    Tab(SETTINGS.path, SETTINGS.sentence, SETTINGS.icon, (*SETTINGS.also, *PERMITS)),
)
STAFF_TABS = (
    Tab("/desk", "tab_desk", "today", ("/desk/", "/transfers", "/receivers/", *PERMITS)),
    Tab("/cockpit", "tab_cockpit", "cockpit", ("/allocations",)),
    Tab("/enterprises", "tab_firms", "firms", ("/enterprises/",)),
    Tab("/operations", "tab_operations", "operations", ("/policy",)),
    SETTINGS,
)
"""What members and staff go to from the pages that are theirs."""
OF_ADMINS = ("/operations",)
"""Entries that a regulator does not have."""
DRIVER_TABS = (Tab("/loads", "tab_loads", "truck", ("/loads/",)), TABS[3], SETTINGS)
"""A driver has the loads of the day, and nothing else of the enterprise."""


def page(
    template: str,
    http_status: int = 200,
    *,
    cache_control: str = PUBLIC,
    script: str | None = None,
    **facts: Any,
) -> Response:
    """A page by the template of that name, in the language of its reader.

    Args:
        script: the file in static/ that makes it easier to use; whatever it does works without it too.
        facts: what the template shows; `api` is the address of the same as JSON, "for programs".
    """
    lang = choose_page_language(FIRST_LANGUAGE)
    html = render_template(f"console/{template}", script=script, **facts)
    shown = html if http_status < 400 else begin_at_the_fault(html)
    response = Response(shown, http_status, mimetype="text/html")
    response.headers["Content-Language"] = formats.HTML_LANGUAGE[lang]
    response.headers["Content-Security-Policy"] = SCRIPTED_PAGE if script else OWN_PAGE
    response.headers["Cache-Control"] = cache_control
    response.headers.update(g.get("refusal_headers", {}))
    response.vary.update(("Cookie", "Accept-Language"))
    return response


def begin_at_the_fault(html: str) -> str:
    """A page that refuses a form, with the focus on the first fault: on a phone it may be screens down."""
    for tag in FAULT.finditer(html):
        if " hidden" not in html[tag.start() : html.index(">", tag.end())]:
            attributes = " autofocus" if tag[0].startswith(("<i", "<s", "<t")) else ' tabindex="-1" autofocus'
            return html[: tag.end()] + attributes + html[tag.end() :]
    return html


def as_json(text: str) -> Response:
    """What a script of ours asked for; nobody keeps it."""
    return Response(text, mimetype="application/json", headers={"Cache-Control": "no-store"})


def read_query(schema: Schema) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The query of a page, and by field what is wrong with it.

    Parameters that the page does not know are ignored; what is wrong is left out: its fields have defaults.
    """
    choose_page_language(FIRST_LANGUAGE)
    given = {name: value for name, value in request.args.to_dict().items() if value != ""}
    errors: dict[str, list[str]] = {}
    for load in (refuse_bad_characters, lambda sent: schema.load(sent, unknown=EXCLUDE)):
        try:
            load(given)
        except ValidationError as error:
            for path, message in messages_by_field(error.messages):
                errors.setdefault(path, []).append(render(message))
    sound = {name: value for name, value in given.items() if name not in errors}
    query: dict[str, Any] = schema.load(sound, unknown=EXCLUDE)
    return query, errors


@pages.get("/static/<path:name>")
def show_file(name: str) -> Response:
    """A file of ours: kept for a year under an address that names its content, else asked for again."""
    named = request.args.get("v") == digests().get(name, "")
    response: Response = send_from_directory(STATIC, name, max_age=YEAR_S if named else None)
    return response


@cache
def digests() -> dict[str, str]:
    """The beginning of the SHA-256 of each file of ours, by its path in static/."""
    files = (path for path in STATIC.rglob("*") if path.is_file())
    return {path.relative_to(STATIC).as_posix(): sha256(path.read_bytes()).hexdigest()[:12] for path in files}


@pages.app_template_global("file_of_ours")
def file_of_ours(name: str) -> str:
    """The address of a file in static/, another one after each change of it."""
    return _file_address(request.script_root, name)


@cache
def _file_address(_script_root: str, name: str) -> str:
    return url_for("console.show_file", name=name, v=digests()[name])


@pages.app_template_global("text")
def text(sentence: str, /, **facts: Any) -> str:
    """The sentence `page_<sentence>` in the language of the page."""
    return say(f"page_{sentence}", language(), **facts)


@pages.app_template_global("named")
def named(group: str, value: str) -> str:
    """What people call a value, by names.toml."""
    return str(readable(Name(group, value), language()))


@pages.app_template_global("named_all")
def named_all(group: str, values: Iterable[str]) -> list[tuple[str, str]]:
    """Values with what people call them, for a choice."""
    return [(str(value), named(group, value)) for value in values]


@pages.app_template_global("treatment_named")
def treatment_named(code: str) -> str:
    """A treatment as people read it: its code, and what is done; of an unknown one what was written."""
    return f"{code} {catalogue.treatment_names(language()).get(code, '')}".rstrip()


@pages.app_template_global("tabs")
def tabs() -> tuple[Tab, ...]:
    """The entries of the navigation for whoever looks at the page."""
    who = g.get("visitor")
    if who is None or who.actor is None or "actor" not in g:
        return TABS
    if who.right == Right.DRIVER:
        return DRIVER_TABS
    if who.actor.enterprise_id:
        return MEMBER_TABS
    return tuple(tab for tab in STAFF_TABS if who.actor.is_admin or tab.path not in OF_ADMINS)


@pages.app_template_global("page_language")
def page_language() -> str:
    """The language of the page as HTML names it."""
    return formats.HTML_LANGUAGE[language()]


@pages.app_template_global("other_language")
def other_language() -> str:
    """The language that the page can be switched to."""
    return "en" if language() == "zh" else "zh"


@pages.app_template_global("address_in")
def address_in(lang: str) -> str:
    """This page in another language: its query alone, so that no path of a stranger gets into a link."""
    return "?" + urlencode({**request.args.to_dict(), LANGUAGE_PARAMETER: lang})


@pages.app_template_global("query_with")
def query_with(query: Mapping[str, Any], **changes: Any) -> str:
    """This page with another query: what is None is left out."""
    wanted = {name: value for name, value in {**query, **changes}.items() if value is not None}
    return "?" + urlencode(wanted)


for name, show in formats.FILTERS.items():
    pages.add_app_template_filter(show, name)
