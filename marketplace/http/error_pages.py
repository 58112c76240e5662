"""The page of errors: every stable code with its cause and cure, in both languages, as HTML and Markdown."""

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
    """A code, the statuses and titles it comes with, what it says, where it comes from, what to do."""

    code: str
    statuses: list[str]
    says: str
    cause: str
    cure: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a pairing is not lawful, and the rule behind it."""

    gate: str
    reason: str
    says: str
    rule: str


@pages.get("/errors")
def errors() -> Response:
    """The page in the language of `?lang=` (en or zh), else of Accept-Language."""
    asked = request.args.get("lang")
    tongue = asked if asked in LANGUAGES else language()
    return Response(
        written("errors.html", tongue), mimetype="text/html", headers={"Content-Language": tongue}
    )


@cache
def written(template: str, tongue: str) -> str:
    """The page by `errors.html` or `errors.md`."""
    sentences = {code: pattern(code, tongue) for code in table()}
    refusals = [_entry(code, statuses, tongue) for code, statuses in error_codes.refusals().items()]
    warnings = [_entry(code, (), tongue) for code in error_codes.warnings()]
    cells = {code: sentences[code] for code in error_codes.cells()}
    complaints = [sentences[code] for code in error_codes.complaints()]
    reasons = [
        Reason(gate, reason, sentences[f"why_{gate}_{reason}"], sentences[f"source_{gate}"])
        for gate, reason in error_codes.gates()
    ]
    return render_template(
        template,
        tongue=tongue,
        text=lambda name: sentences[f"page_{name}"],
        refusals=refusals,
        warnings=warnings,
        complaints=complaints,
        cells=cells,
        reasons=reasons,
    )


def kept_in(tongue: str) -> Path:
    """The file of docs/ that keeps the page of a language."""
    return DOCS / ("errors.md" if tongue == "en" else "errors.zh-CN.md")


def _entry(code: str, statuses: tuple[int, ...], tongue: str) -> Entry:
    titles = [f"{status} {say(f'status_{status}', tongue)}" for status in statuses]
    about = causes()[code]
    return Entry(code, titles, pattern(code, tongue), about["cause"][tongue], about["cure"][tongue])


@pages.app_template_filter("typed")
def typed(text: str) -> Markup:
    """`Names` between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before
