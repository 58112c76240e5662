"""Templates are compiled once: their code is kept in files, wherever that is possible."""

from pathlib import Path

import jinja2
import pytest
from flask import Flask, render_template

from marketplace import compiled_templates


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "macros.html").write_text(
        "{% macro bold(said) %}<b>{{ said }}{{ mark() }}</b>{% endmacro %}"
    )
    (templates / "page.html").write_text('{% from "macros.html" import bold %}{{ bold(who) }}')
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kept"))
    return tmp_path


def _shown(folder: Path) -> str:
    app = Flask(__name__, template_folder=str(folder / "templates"))
    compiled_templates.keep(app)
    app.jinja_env.globals["mark"] = lambda: "!"
    with app.app_context():
        return render_template("page.html", who="<Lin>")


def _kept(folder: Path) -> list[Path]:
    return sorted((folder / "kept/templates").iterdir())


def test_a_template_that_was_compiled_is_not_compiled_again(folder: Path, monkeypatch: pytest.MonkeyPatch):
    assert _shown(folder) == "<b>&lt;Lin&gt;!</b>"

    def refuse(*_: object) -> None:
        raise AssertionError("compiled again")

    monkeypatch.setattr(jinja2.Environment, "_parse", refuse)

    assert _shown(folder) == "<b>&lt;Lin&gt;!</b>"


def test_a_template_that_was_changed_is_compiled_again(folder: Path):
    _shown(folder)
    (folder / "templates/page.html").write_text("changed")

    assert _shown(folder) == "changed"
    assert len(_kept(folder)) == 2


@pytest.mark.parametrize("length", [0, 40, 300])
def test_code_that_was_cut_short_is_made_again(folder: Path, length: int):
    _shown(folder)
    for file in _kept(folder):  # as after a power cut
        file.write_bytes(file.read_bytes()[:length])

    assert _shown(folder) == "<b>&lt;Lin&gt;!</b>"


def test_a_page_is_shown_where_no_folder_can_be_made(folder: Path):
    (folder / "kept").write_text("no folder")

    assert _shown(folder) == "<b>&lt;Lin&gt;!</b>"


def test_a_page_is_shown_where_the_disk_is_full(folder: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(jinja2.bccache.Bucket, "write_bytecode", refuse)

    assert _shown(folder) == "<b>&lt;Lin&gt;!</b>"
    assert _kept(folder) == []
