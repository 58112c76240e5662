"""The page of errors: every stable code with its cause and fix, in both languages, as HTML and Markdown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from flask import Blueprint, Response, render_template
from markupsafe import Markup, escape

from ..messages import causes, pattern, say, source_code, table
from . import error_codes
from .languages import choose_page_language

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
    """The page in the language of `?lang=` (en or zh), else of an earlier choice, else of Accept-Language."""
    lang = choose_page_language()
    return Response(error_page("errors.html", lang), mimetype="text/html", headers={"Content-Language": lang})


def error_page(template: str, lang: str) -> str:
    """The page in a language, by the template errors.html or errors.md; it cites the law of today."""
    return _rendered(template, lang, tuple((code, pattern(code, lang)) for code in table()))


@lru_cache(maxsize=8)
def _rendered(template: str, lang: str, patterns: tuple[tuple[str, str], ...]) -> str:
    """The page of these sentences, rendered once for as long as they cite the same law."""
    sentences = dict(patterns)
    entry = partial(_entry, lang, sentences)
    refusals = [entry(code, statuses) for code, statuses in error_codes.refusals().items()]
    warnings = [entry(code, ()) for code in error_codes.warnings()]
    cells = {code: sentences[code] for code in error_codes.cell_errors()}
    field_errors = [sentences[code] for code in error_codes.field_errors()]
    reasons = [
        Reason(gate, reason, sentences[f"why_{gate}_{reason}"], sentences[source_code(gate, reason)])
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


def _entry(lang: str, sentences: Mapping[str, str], code: str, statuses: tuple[int, ...]) -> Entry:
    titles = [f"{status} {say(f'status_{status}', lang)}" for status in statuses]
    message = causes()[code]
    return Entry(code, titles, sentences[code], message["cause"][lang], message["cure"][lang])


@pages.app_template_filter("with_code")
def with_code(text: str) -> Markup:
    """`Names` between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before
