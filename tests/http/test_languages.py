"""Every sentence has both languages; no response has the library's own English."""

import re
from pathlib import Path

import pytest

from marketplace.http import error_codes
from marketplace.http.languages import Message
from marketplace.http.schemas import Schema
from marketplace.matches.service.ranking.disclosure import WITHHELD_CREDIT
from marketplace.matches.service.ranking.pair_warnings import VARIANTS
from marketplace.messages import HERE, LANGUAGES, facts_of, say, table
from marketplace.notifications.service.kinds import KINDS


def test_every_message_has_both_languages_with_the_same_facts():
    for code, sentences in table().items():
        assert set(sentences) - {"cause", "cure"} == set(LANGUAGES), code
        assert all(sentences[language].strip() or sentences[language] == " " for language in LANGUAGES), code
        assert facts_of(sentences["en"]) == facts_of(sentences["zh"]), code


def test_every_chinese_sentence_is_chinese():
    for code, sentences in table().items():
        chinese = re.sub(r"\{law\[[^]]+\]\}", "法", sentences["zh"])
        assert re.search(r"[\u4e00-\u9fff]", chinese) or code in ("kind_id", "kind_flag", "mark_sentence"), (
            code
        )
        assert not re.search(r"[\u4e00-\u9fff]", sentences["en"])


QUOTED = re.compile(
    r"`[^`]*`|\{[^}]*\}|（[^）]*）|\([^)]*\)|“[^”]*”|\"[^\"]*\""
    r"|(GET|POST|PUT|PATCH|DELETE) \S+|[\w-]+/[\w./-]+|\.[a-z]+"
)
"""Where code may stand in a sentence: between backticks or quotation marks, in parentheses, as a fact, an
address, a media type or the end of a file's name."""
CODE_WORD = re.compile(r"\b[a-z]+_[a-z_]+\b")
LATIN_WORD = re.compile(r"(?<![\w/-])[a-z]{3,}(?![\w/])")
KNOWN_TO_READERS = {"null", "true", "false", "curl", "lon", "lat"}


def all_texts():
    """(place, language, text) of every sentence, cause and cure."""
    for code, message in table().items():
        for part, texts in (
            (code, message),
            *((f"{code}.{name}", message.get(name, {})) for name in ("cause", "cure")),
        ):
            yield from ((part, language, texts[language]) for language in LANGUAGES if language in texts)


def test_no_sentence_shows_a_code_word():
    for place, language, text in all_texts():
        words = set(CODE_WORD.findall(QUOTED.sub(" ", text)))
        if language == "zh":
            words |= set(LATIN_WORD.findall(QUOTED.sub(" ", text))) - KNOWN_TO_READERS
        assert not words, (
            f"{place} ({language}) shows {sorted(words)}: use a fact with a name of names.toml, or backticks"
            " where the field of a request is meant"
        )


def test_chinese_sentences_have_full_width_punctuation():
    for place, language, text in all_texts():
        if language == "zh":
            plain = re.sub("`[^`]*`", "", text)
            assert not re.search(r"[\u4e00-\u9fff][,;:?!]|[,;:?!][\u4e00-\u9fff]", plain), f"{place}: {text}"


OF_PROGRAMS = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE) /|`|/[\w-]+/\{|\{(?!external_)(\w+_)?id[}:]")
"""A route, a field of a request, or an id: what no person reads on a page."""


def sentences_for_programs(texts):
    """A line for each sentence that speaks to a program, though a person may read it on a page.

    The cause and the cure may: they are for developers. So may the page of errors.
    """
    return [
        f"{place} ({language}) says {OF_PROGRAMS.search(text)[0]!r}: say it in a person's words, and give"
        " programs the route or field in the cure"
        for place, language, text in texts
        if not place.startswith("page_") and not place.endswith((".cause", ".cure"))
        if OF_PROGRAMS.search(re.sub(r"\{url\}\S*", "", text))
    ]


def test_what_a_person_may_read_names_no_route_no_field_and_no_id():
    found = sentences_for_programs(all_texts())
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "text",
    [
        "Search with GET /waste-codes?q=.", "Give the reason in `reason`.", "请用 POST /offers 提出。",
        "See /receiver-requests/{request_id}.", "Event {id} waits.", "单号 {deal_id}",
    ],
)  # fmt: skip
def test_a_sentence_that_speaks_to_programs_fails_with_where_to_put_the_route(text):
    (line,) = sentences_for_programs([("unknown_code", "en", text), ("unknown_code.cure", "en", text)])
    assert line.startswith("unknown_code (en) says ")
    assert not sentences_for_programs([("unknown_code", "zh", "不存在该代码（{external_id}），请查询名录。")])


OLD_WORDS = re.compile(
    r"\b(anew|told|parted|stands|thing|the askers?|asking enterprise|from today on|at hand|cure)\b",
    re.IGNORECASE,
)


def test_english_sentences_are_modern():
    for place, language, text in all_texts():
        if language == "en":
            assert not OLD_WORDS.search(text), f"{place}: {text}"


def described(node):
    """Every summary and description of an OpenAPI document."""
    if isinstance(node, dict):
        yield from (node[key] for key in ("summary", "description") if isinstance(node.get(key), str))
        yield from (text for key, part in node.items() if key != "examples" for text in described(part))
    elif isinstance(node, list):
        yield from (text for part in node for text in described(part))


def test_the_description_of_the_api_is_in_modern_english(app):
    with app.app_context():
        texts = list(described(app.test_client().get("/openapi.json").json))
    assert len(texts) > 300
    assert not [text for text in texts if OLD_WORDS.search(text)]


def test_every_code_in_the_source_has_its_sentence_and_its_facts():
    assert len(error_codes.usages()) > 80
    for usage in error_codes.usages():
        assert usage.code in table(), (
            f"{usage.place} speaks of {usage.code}, which has no sentence: add [{usage.code}] with en and zh"
            " to marketplace/messages/<room>.toml"
        )
        if usage.facts is not None:
            assert facts_of(table()[usage.code]["en"]) <= usage.facts, (
                f"{usage.place} gives {usage.code} too few facts"
            )


def test_every_sentence_is_used_somewhere():
    said = {usage.code for usage in error_codes.usages()} | {
        *error_codes.refusals(),
        *error_codes.warnings(),
        *error_codes.field_errors(),
    }
    said |= {*error_codes.cell_errors()}
    said |= {f"{code}_{variant}" for code in error_codes.warnings() for variant in VARIANTS}
    computed = (
        "template_",
        "why_",
        "withheld_",
        "source_",
        "finding_",
        "near_miss_",
        "kind_",
        "status_",
        "component_",
        "carbon_",
        "mail_",
        "page_",
    )
    assert not [code for code in table() if code not in said and not code.startswith(computed)]


def test_every_error_status_has_its_title():
    for statuses in error_codes.refusals().values():
        assert all(f"status_{status}" in table() for status in statuses)


def test_every_gate_reason_warning_and_component_of_the_matching_has_its_sentence():
    import matching

    source = "\n".join(
        path.read_text(encoding="utf-8") for path in Path(matching.__file__).parent.rglob("*.py")
    )
    for gate in matching.GATES:
        assert any(code.startswith(f"source_{gate}") for code in table()), gate
        assert any(code.startswith(f"finding_{gate}_") for code in table()) or gate == "self"
        assert any(code.startswith(f"why_{gate}_") for code in table()), gate
    for code in table():
        if code.startswith("why_"):
            reason = code.removeprefix("why_").split("_", 1)[1]
            assert f'"{reason}"' in source or reason == WITHHELD_CREDIT, f"{code} is never said"


def test_what_is_withheld_is_the_same_reason_with_fewer_figures():
    full = {code.removeprefix("why_") for code in table() if code.startswith("why_")}
    withheld = {code.removeprefix("withheld_") for code in table() if code.startswith("withheld_")}

    assert withheld == {name for name in full if name.startswith(("quantity_", "distance_"))} | {
        "licence_tonnes",
        "licence_tonnes_lot",
        "region_approval_tonnes",
    }
    for name in withheld:
        more = facts_of(table()[f"why_{name.removesuffix('_lot')}"]["en"])
        assert facts_of(table()[f"withheld_{name}"]["en"]) < more, name


def all_schemas(of=Schema):
    for schema in of.__subclasses__():
        yield schema
        yield from all_schemas(schema)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_of_every_field_is_ours(app, language):
    """Bound fields, and those inside lists and dictionaries, keep only sentences that `say` can speak."""

    def hold(field, place):
        for key, message in field.error_messages.items():
            assert isinstance(message, Message), f"{place}: {key} says {message!r}"
            kinds = {name: say(str(fact), language) for name, fact in message.facts.items()}
            assert say(str(message), language, **kinds)
        for name in ("inner", "key_field", "value_field"):
            if getattr(field, name, None) is not None:
                hold(getattr(field, name), f"{place}.{name}")

    schemas = {schema for schema in all_schemas() if schema.__module__.startswith("marketplace.")}
    assert len(schemas) > 40
    for schema in schemas:
        assert all(isinstance(said, Message) for said in schema.error_messages.values())
        for name, field in schema().fields.items():
            hold(field, f"{schema.__name__}.{name}")


WRONG = {
    "kind": 5, "title": [], "waste": "acid", "accepts": 5, "quantity_t": "12", "min_lot_t": True,
    "price_cny_per_t": 0.001, "region": "33", "location": {"lon": 200, "crs": "mars"}, "max_distance_km": 0,
    "available_from": "tomorrow", "available_until": None, "form": "plasma", "composition": [{"min": "1"}],
    "requires": {}, "treatment": "RRRR", "exemption_item": 2.5, "publish": "yes", "colour": "red",
}  # fmt: skip


def test_every_field_error_is_in_the_readers_language(marketplace):
    owner = marketplace.enterprise("generator", "recycler", "collector")
    for path, body in (
        ("/listings", WRONG),
        ("/api-keys", {"name": None, "scopes": ["king", 5], "expires_at": "tomorrow"}),
    ):
        field_errors = {}
        for wanted in ("en", "zh-CN"):
            response = owner.post(path, body, Accept_Language=wanted)
            assert response.status_code == 422
            field_errors[wanted] = response.json["errors"]
        assert field_errors["en"].keys() == field_errors["zh-CN"].keys()
        for field, said in field_errors["zh-CN"].items():
            assert all(re.search(r"[\u4e00-\u9fff]", sentence) for sentence in said), (field, said)
            assert not any(
                re.search(r"[\u4e00-\u9fff]", sentence) for sentence in field_errors["en"][field]
            ), field


def test_reasons_gates_and_their_rules_are_in_the_readers_language(marketplace):
    supplier, receiver = marketplace.enterprise("generator"), marketplace.recycler()
    supply, lawful = marketplace.supply(supplier), marketplace.demand(receiver)
    unlawful = marketplace.demand(marketplace.enterprise("recycler"))

    def texts(wanted):
        headers = {"Accept-Language": wanted}
        good, bad = (
            supplier.call("GET", f"/listings/{supply['id']}/matches/{other['id']}", headers=headers).json
            for other in (lawful, unlawful)
        )
        reasons = [component["reason"] for component in good["components"]]
        return reasons + [gate[name] for gate in bad["failed_gates"] for name in ("detail", "source")]

    assert len(texts("en")) == len(texts("zh-CN")) == 8
    assert all(re.search(r"[\u4e00-\u9fff]", sentence) for sentence in texts("zh-CN"))
    assert "The receiver has no licence" in texts("en")[6]


def test_every_email_is_written_in_both_languages():
    letters = {path.name.split(".", 1)[0] for path in (HERE.parent / "templates" / "mail").iterdir()}
    assert letters
    for letter in letters:
        for language in LANGUAGES:
            assert (HERE.parent / "templates" / "mail" / f"{letter}.{language}.txt").exists()
    letters -= {"foot"}  # under each of the others
    for kind in (kind.replace(".", "_") for kind in KINDS):
        assert any(code.startswith(f"mail_line_{kind}") for code in table()), kind
        assert f"mail_section_{kind}" in table(), kind
        assert all(f"mail_subject_{letter}_{kind}" in table() for letter in letters), kind


def test_errors_in_policies_are_in_the_readers_language_too(marketplace):
    body = {"weights": {"code": "x"}, "half_distance_km": {"default": "far", "": 0}, "push_top": 0}
    response = marketplace.admin.call(
        "PUT", "/matching-policy", json=body, headers={"If-Match": "*", "Accept-Language": "zh-CN"}
    )

    assert response.status_code == 422
    assert all(
        re.search(r"[\u4e00-\u9fff]", sentence)
        for said in response.json["errors"].values()
        for sentence in said
    )
    policy = marketplace.admin.get("/matching-policy").json
    unbalanced = {**policy, "weights": {**policy["weights"], "code": 0.9}}
    response = marketplace.admin.call(
        "PUT", "/matching-policy", json=unbalanced, headers={"If-Match": "*", "Accept-Language": "zh-CN"}
    )
    assert response.json["errors"] == {"weights": [table()["policy_refused"]["zh"]]}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (None, "en"), ("en", "en"), ("en-GB,en;q=0.9", "en"), ("zh-CN", "zh"), ("zh", "zh"), ("zh-TW", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("en;q=0.9,zh;q=0.1", "en"), ("fr", "en"), ("*", "en"), ("", "en"),
        ("en;q=0.1,zh;q=0.9", "zh"), ("zh;q=0,en;q=0.1", "en"), ("zh;q=0", "en"), ("en;q=0,zh;q=0.1", "zh"),
        ("zh-HK", "zh"), ("zh-Hant-TW", "zh"), ("zh-Hans-CN", "zh"), ("ZH-cn", "zh"), ("EN-us", "en"),
        ("de,zh;q=0.5", "zh"), ("de,fr;q=0.9", "en"), ("zh;q=abc", "en"), (";;,=", "en"),
    ],
)  # fmt: skip
def test_the_language_is_the_readers_and_english_otherwise(marketplace, wanted, expected):
    headers = {"Accept-Language": wanted} if wanted is not None else {}
    response = marketplace.client.get("/api/v1/listings", headers=headers)

    assert response.json["detail"] == say("key_missing", expected)
    assert response.json["title"] == say("status_401", expected)
    assert "Accept-Language" in response.headers["Vary"]


def test_warnings_are_in_the_readers_language(marketplace):
    owner = marketplace.enterprise("recycler")
    for wanted, beginning in (("en", "You hold no"), ("zh-CN", "贵企业没有")):
        body = {
            "kind": "demand", "title": "收废酸", "accepts": [{"scheme": "cn-hw", "code": "HW34"}],
            "quantity_t": 100, "min_lot_t": 1, "available_from": "2026-12-01",
            "available_until": "2027-01-01", "publish": True,
        }  # fmt: skip
        (warning,) = owner.post("/listings", body, Accept_Language=wanted).json["warnings"]
        assert (warning["code"], warning["field"]) == ("licence_missing", "accepts")
        assert warning["detail"].startswith(beginning)
