"""What strangers write is shown as words: nothing in the program or in a template says that it is HTML."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2] / "marketplace"
UNESCAPED = re.compile(
    r"\|\s*safe\b|{%-?\s*autoescape|jinja_options|from_string"
    r"|Markup\((?!'[^'{}]*(?:{}[^'{}]*)*'\)\.format|\"[^\"{}]*(?:{}[^\"{}]*)*\"\)\.format)"
)
"""Whatever makes HTML of a text; a pattern of ours that escapes what is put into it does not."""
MEANT = {
    "console/templates/console/enrolment.html": "| safe",
    "console/templates/console/load_qr.html": "| safe",
    "http/error_pages.py": "Markup(",
}
"""QR codes, which segno draws of an address of ours; and an explanation of ours, escaped before."""


def test_nothing_but_codes_that_we_draw_is_taken_for_html():
    found = {}
    for path in [*ROOT.rglob("*.py"), *ROOT.rglob("*.html")]:
        source = path.read_text(encoding="utf-8")
        for what in UNESCAPED.findall(source):
            found[path.relative_to(ROOT).as_posix()] = what
    assert found == MEANT


def test_every_template_escapes(app):
    names = {
        path.name for path in ROOT.glob("**/templates/**/*") if path.is_file() and path.suffix == ".html"
    }
    assert len(names) > 100
    assert all(app.jinja_env.autoescape(name) for name in names)
