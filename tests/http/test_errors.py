"""The page of errors lists every code that can occur, with its cause and cure, in both languages."""

import re

import pytest

from marketplace.http import error_codes, error_pages
from marketplace.messages import LANGUAGES, causes, table

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_every_code_has_its_cause_and_cure_in_both_languages():
    wanted = {*error_codes.refusals(), *error_codes.warnings()}
    assert len(wanted) > 60
    lacking = sorted(wanted - causes().keys())
    assert not lacking, f"add to marketplace/messages/<room>.toml, with en, zh, cause and cure: {lacking}"
    unused = sorted(causes().keys() - wanted)
    assert not unused, f"nothing refers to these any more, remove them from marketplace/messages/: {unused}"
    for code, message in causes().items():
        parts = {*LANGUAGES, "cause", "cure"}
        assert message.keys() == parts, f"[{code}] in marketplace/messages/ needs {sorted(parts)}"
        for said in (message["cause"], message["cure"]):
            assert said.keys() == set(LANGUAGES), code
            assert CHINESE.search(said["zh"]), code
            assert not CHINESE.search(said["en"]), code
            assert said["en"].endswith("."), code
            assert said["zh"].endswith("。"), code


def test_codes_and_their_statuses_are_read_from_the_source():
    found = error_codes.refusals()

    assert (found["wrong_state"], found["enterprise_pending"], found["not_found"]) == ((409,), (403,), (404,))
    assert (found["rate_limited"], found["invalid_input"], found["version_changed"]) == (
        (429,),
        (422,),
        (412,),
    )
    assert {"licence_missing", "transfer_approval_required"} <= set(error_codes.warnings())
    assert {"email_form", "field_null", "too_precise"} <= set(error_codes.field_errors())
    assert ("licence", "no_permit") in error_codes.gates()


@pytest.mark.parametrize(
    ("path", "wanted", "lang"),
    [
        ("/errors", None, "en"), ("/errors", "zh-CN,zh;q=0.9", "zh"), ("/errors?lang=zh", "en", "zh"),
        ("/errors?lang=en", "zh", "en"), ("/errors?lang=fr", "zh", "zh"),
    ],
)  # fmt: skip
def test_the_page_needs_no_key_and_is_in_the_readers_language(marketplace, path, wanted, lang):
    response = marketplace.client.get(path, headers={"Accept-Language": wanted} if wanted else {})
    page = response.get_data(as_text=True)

    assert (response.status_code, response.mimetype, response.headers["Content-Language"]) == (
        200,
        "text/html",
        lang,
    )
    for code in (*error_codes.refusals(), *error_codes.warnings()):
        assert f'id="{code}"' in page
    assert table()["page_refusals"][lang] in page
    assert causes()["lot_over_quantity"]["cure"][lang] in page
    assert f"/errors?lang={'en' if lang == 'zh' else 'zh'}" in page


def test_the_page_is_linked_from_the_description(marketplace):
    document = marketplace.client.get("/openapi.json").json

    assert document["externalDocs"]["url"] == "/errors"
    assert "(/errors)" in document["info"]["description"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_in_docs_is_what_the_source_says(app, lang):
    with app.app_context():
        now = error_pages.error_page("errors.md", lang)
    assert error_pages.docs_file(lang).read_text(encoding="utf-8") == now, "write it again: make errors"
