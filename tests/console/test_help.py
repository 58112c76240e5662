"""Help is honest: what it names exists, in both languages alike."""

import re
from pathlib import Path

import pytest

from marketplace.console.page import STATIC
from marketplace.console.pages.help import HELP, ORDER, texts
from marketplace.messages import LANGUAGES
from tests.browser.pictures import MOST_BYTES, SHOWN_BY_HELP, TOUR
from tests.test_house import API

CALL = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/[^`]+)`")


def all_texts(reader):
    yield from (reader[name] for name in ("who", "does", "title", "intro", "later"))
    for step in reader["steps"]:
        yield from (step[name] for name in step if name not in ("link", "picture"))


def test_there_is_a_page_for_each_reader_and_no_other():
    assert {path.stem for path in HELP.iterdir()} == set(ORDER)


@pytest.mark.parametrize("name", ORDER)
def test_a_page_says_the_same_in_both_languages(name):
    page = texts()[name]
    assert set(page) == set(LANGUAGES)
    called = [
        sorted(call for text in all_texts(page[lang]) for call in CALL.findall(text)) for lang in LANGUAGES
    ]
    links = [[(step.get("link"), step.get("picture")) for step in page[lang]["steps"]] for lang in LANGUAGES]
    assert called[0] == called[1]
    assert links[0] == links[1]
    for text in all_texts(page["zh"]):
        assert re.search(r"[\u4e00-\u9fff]", text)
        assert not re.search(r"[\u4e00-\u9fff][,;:?!]|[,;:?!][\u4e00-\u9fff]", re.sub("`[^`]*`", "", text)), (
            text
        )
    for text in all_texts(page["en"]):
        assert not re.search(r"[\u4e00-\u9fff]", text)


def test_every_call_that_help_names_exists(app):
    rules = {
        (method, re.sub(r"<[^>]+>", "{}", rule.rule.removeprefix(API)))
        for rule in app.url_map.iter_rules()
        for method in rule.methods
    }
    for name in ORDER:
        for text in all_texts(texts()[name]["en"]):
            for method, path in CALL.findall(text):
                assert (method, re.sub(r"\{[^}]+\}", "{}", path)) in rules, f"{name}: {method} {path}"


def test_every_picture_of_the_help_is_there_in_both_languages_small_and_described():
    kept = {path.relative_to(STATIC).as_posix(): path for path in (STATIC / "help").iterdir()}
    assert set(kept) == {f"help/{name}.{lang}.png" for name in SHOWN_BY_HELP for lang in LANGUAGES}
    assert all(path.stat().st_size <= MOST_BYTES for path in kept.values())
    for name in ORDER:
        for lang in LANGUAGES:
            for step in texts()[name][lang]["steps"]:
                assert ("picture" in step) == ("alt" in step)
                assert step.get("picture", "login") in SHOWN_BY_HELP


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_tour_of_the_readme_shows_every_picture_that_is_kept_and_each_is_small(readme):
    root = Path(__file__).parents[2]
    source = (root / readme).read_text(encoding="utf-8")
    shown = re.findall(r"!\[[^\]]+\]\(docs/pictures/([\w-]+)\.webp\)", source)
    kept = {path.stem: path for path in (root / "docs" / "pictures").iterdir()}
    assert set(shown) == set(kept) == set(TOUR)
    assert all(path.stat().st_size <= MOST_BYTES for path in kept.values())
