"""The page of errors: every stable code with its cause and fix, in both languages, as HTML and Markdown."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup, escape

from ..messages import LANGUAGES, causes, pattern, say, table
from . import error_codes
from .languages import language

DOCS = Path(__file__).resolve().parents[2] / "docs"

pages = Blueprint("pages", __name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """A code: its statuses with their titles, its sentence, its cause, how to fix it."""

    code: str
    statuses: list[str]
    sentence: str
    cause: str
    cure: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a pairing is not lawful, and the rule behind it."""

    gate: str
    reason: str
    sentence: str
    rule: str


@pages.get("/errors")
def errors() -> Response:
    """The page in the language of `?lang=` (en or zh), else of Accept-Language."""
    requested = request.args.get("lang")
    lang = requested if requested in LANGUAGES else language()
    return Response(error_page("errors.html", lang), mimetype="text/html", headers={"Content-Language": lang})


@cache
def error_page(template: str, lang: str) -> str:
    """The page in a language, by the template errors.html or errors.md."""
    sentences = {code: pattern(code, lang) for code in table()}
    refusals = [_entry(code, statuses, lang) for code, statuses in error_codes.refusals().items()]
    warnings = [_entry(code, (), lang) for code in error_codes.warnings()]
    cells = {code: sentences[code] for code in error_codes.cell_errors()}
    field_errors = [sentences[code] for code in error_codes.field_errors()]
    reasons = [
        Reason(gate, reason, sentences[f"why_{gate}_{reason}"], sentences[f"source_{gate}"])
        for gate, reason in error_codes.gates()
    ]
    return render_template(
        template,
        lang=lang,
        text=lambda name: sentences[f"page_{name}"],
        refusals=refusals,
        warnings=warnings,
        field_errors=field_errors,
        cells=cells,
        reasons=reasons,
    )


def docs_file(lang: str) -> Path:
    """The file of docs/ that holds the page in a language."""
    return DOCS / ("errors.md" if lang == "en" else "errors.zh-CN.md")


def _entry(code: str, statuses: tuple[int, ...], lang: str) -> Entry:
    titles = [f"{status} {say(f'status_{status}', lang)}" for status in statuses]
    message = causes()[code]
    return Entry(code, titles, pattern(code, lang), message["cause"][lang], message["cure"][lang])


@pages.app_template_filter("with_code")
def with_code(text: str) -> Markup:
    """`Names` between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before
