"""Text that does not show, or steers what does: folded or refused by one rule, at every door."""

from itertools import chain

import pytest
from marshmallow import fields

from marketplace import plain_text
from marketplace.http.fields import Choices, Identifier, Lines, List, OneOf, Text
from marketplace.http.paging import PageQuery
from marketplace.http.schemas import ContactSchema, Password
from marketplace.listings.schemas import ListingFilter
from tests.http.responses import refused, verdict
from tests.listings.sheets import DEMAND, csv_of, faults, send
from tests.marketplace import ACID, listing_terms, new_uscc

FAMILY = "👩‍👩‍👧‍👦 ❤️ 👍🏽 1️⃣ 🇨🇳 🏴󠁧󠁢󠁥󠁮󠁧󠁿"
HIDDEN = {
    "a control": "\x07", "escape": "\x1b", "delete": "\x7f", "a C1 control": "\x9b", "joiner": "\u200d",
    "non-joiner": "\u200c", "left-to-right mark": "\u200e", "right-to-left override": "\u202e",
    "embedding": "\u202b", "isolate": "\u2067", "invisible times": "\u2062", "deprecated mark": "\u206a",
    "annotation": "\ufff9", "Hangul filler": "\u3164", "half-width Hangul filler": "\uffa0",
    "choseong filler": "\u115f", "jungseong filler": "\u1160", "Braille blank": "\u2800",
    "grapheme joiner": "\u034f", "Khmer vowel": "\u17b4", "Mongolian selector": "\u180b",
    "Mongolian separator": "\u180e", "selector alone": "\ufe0f", "later selector": "\U000e0101",
    "tag": "\U000e0041", "language tag": "\U000e0001", "beam": "\U0001d173", "null note": "\U0001d159",
}  # fmt: skip
MEANINGLESS = {
    "NUL": "\0", "private": "\ue000", "private of plane 16": "\U0010fffd", "nobody's": "\u0378",
    "not a character": "\uffff", "not a character inside": "\ufdd0", "replacement": "\ufffd",
    "object": "\ufffc", "surrogate": "\ud83d",
}  # fmt: skip
BREAKS = ("\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029")
HINTS = ("\u200b", "\u00ad", "\u2060", "\ufeff")
BLANKS = (" ", "\t", "\u00a0", "\u3000", "\u2009", "\u202f", "\u205f", " \u3000 ")


def blamed(fold, text):
    """(code, character, place) for which a text is refused, or the folded text."""
    try:
        return fold(text)
    except plain_text.BadText as error:
        return error.code, error.character.partition(" ")[0], error.place


@pytest.mark.parametrize("fold", [plain_text.one_line, plain_text.identifier, plain_text.lines])
def test_what_does_not_show_or_means_nothing_is_refused_with_its_place(fold):
    for code, characters in (("hidden_character", HIDDEN), ("bad_character", MEANINGLESS)):
        for name, character in characters.items():
            assert blamed(fold, f"AB{character}酸") == (code, f"U+{ord(character):04X}", 3), name


def test_one_line_is_one_line():
    for line_break in BREAKS:
        assert plain_text.one_line(f"废酸{line_break}2. 废碱\n") == "废酸 2. 废碱", ascii(line_break)
        assert blamed(plain_text.identifier, f" a{line_break}b")[0::2] == ("line_break", 3), ascii(line_break)
        assert plain_text.identifier(f"a{line_break}") == "a"


def test_lines_keep_their_breaks_and_no_other_control():
    assert {plain_text.lines(f"a {line_break}\u3000b") for line_break in BREAKS} == {"a\nb"}
    assert plain_text.lines("\n\n1. 废酸\n\n2. 废碱\r\n") == "1. 废酸\n\n2. 废碱"
    assert blamed(plain_text.lines, "ab\r\nc\u202ed") == ("hidden_character", "U+202E", 6)


def test_blanks_of_every_kind_are_one_blank():
    for blank in BLANKS:
        for fold in (plain_text.one_line, plain_text.identifier, plain_text.lines, plain_text.shown):
            assert fold(f"{blank}a{blank}b{blank}") == "a b", ascii(blank)


def test_hints_where_a_line_may_break_are_dropped_from_words_and_refused_in_codes():
    for hint in HINTS:
        assert plain_text.one_line(f"稀硫{hint}酸") == "稀硫酸"
        assert blamed(plain_text.identifier, f"90{hint}0")[0::2] == ("hidden_character", 3)


def test_what_copying_leaves_at_the_ends_is_dropped():
    for mark in (*HINTS, "\u200e", "\u200f", "\u061c", "\u202a", "\u202c", "\u2068", "\u2069", "\u200d"):
        for fold in (plain_text.one_line, plain_text.identifier):
            assert fold(f"{mark}\u3000a{mark}\n{mark}") == "a", ascii(mark)


def test_what_belongs_to_an_emoji_stays():
    for fold in (plain_text.one_line, plain_text.identifier, plain_text.lines, plain_text.shown):
        assert fold(FAMILY) == FAMILY
    for torn in ("\u200d👧", "a\u200d👧", "👧\u200da", "👧\ufe0f\ufe0f", "🏴\U000e0067"):
        text = f"x{torn}x"
        assert blamed(plain_text.one_line, text)[0] == "hidden_character", ascii(text)


def test_characters_of_a_newer_unicode_stay():
    newer = "\U0002ebf0\U000323b0\U0001faf8"
    assert plain_text.identifier(newer) == newer


def test_a_variant_of_a_han_character_is_that_character():
    assert plain_text.one_line("葛\U000e0100城\ufe00") == "葛城"


def test_what_was_stored_before_is_shown_without_what_does_not_show():
    for character in chain(HIDDEN.values(), MEANINGLESS.values(), HINTS):
        assert plain_text.shown(f"稀{character}酸") == "稀酸", ascii(character)
    for line_break in BREAKS:
        assert plain_text.shown(f"稀酸{line_break}2. 废碱") == "稀酸 2. 废碱"


# ---------------------------------------------------------------- every door


def request_schemas(app):
    """(route, schema) of all bodies and query strings, and of the filter of a saved search."""
    yield "saved searches", ListingFilter
    for rule in app.url_map.iter_rules():
        about = getattr(app.view_functions[rule.endpoint], "_apidoc", {})
        for parameter in about.get("arguments", {}).get("parameters", ()):
            if "schema" in parameter:
                yield str(rule), parameter["schema"]


def free_texts(schema, path=""):
    """(path, field) of each field of a schema that takes a string."""
    given = schema if not isinstance(schema, type) else schema()
    for name, field in given.load_fields.items():
        yield from _within(f"{path}.{name}", field)


def _within(path, field):
    if isinstance(field, fields.Nested):
        yield from free_texts(field.schema, path)
    elif isinstance(field, fields.String):
        yield path, field
    for name in ("inner", "key_field", "value_field"):
        if getattr(field, name, None) is not None:
            yield from _within(f"{path}.{name}", getattr(field, name))


def is_guarded(field):
    """Whether no hidden character can pass: it is folded, or one of a few words, or a password, which is
    refused with such characters, as nothing of it is folded away."""
    words = isinstance(field, Choices) or any(isinstance(check, OneOf) for check in field.validators)
    return words or isinstance(field, Text | Password | fields.UUID)


UNGUARDED = {".cursor", ".query.key_field"}
"""Read by `paging.position_of`; names that the filter of a saved search must know."""


def test_every_text_that_a_route_reads_is_folded(app):
    found = [
        (route, path, field) for route, schema in request_schemas(app) for path, field in free_texts(schema)
    ]
    assert len(found) > 100
    lacking = {
        f"{route} {path}" for route, path, field in found if not is_guarded(field) and path not in UNGUARDED
    }
    assert not lacking, f"make these Text, Lines or Identifier of http/fields: {sorted(lacking)}"


def test_a_text_that_nothing_folds_is_found():
    class Loose(PageQuery):
        contact = fields.Nested(ContactSchema)
        words = List(fields.String(), 10)

    loose = [path for path, field in free_texts(Loose) if not is_guarded(field)]
    assert loose == [".cursor", ".words.inner"]


def supply(**about):
    return {**listing_terms(kind="supply", title="稀硫酸", waste=ACID), **about}


def test_a_hidden_character_is_blamed_on_its_field_by_name_and_place(marketplace):
    owner = marketplace.enterprise("generator")
    body = refused(owner.post("/listings", supply(title="稀\u3164酸")), 422, "invalid_input", "title")
    assert body["errors"]["title"] == [
        "Character 2 (U+3164 HANGUL FILLER) cannot be seen; remove it or type the text again."
    ]
    chinese = owner.call(
        "POST", "/listings", json=supply(waste={**ACID, "code": "900\n-349"}),
        headers={"Accept-Language": "zh-CN"},
    )  # fmt: skip
    assert chinese.json["errors"]["waste.code"] == ["须写在一行内，第 4 个字符是换行，请删除。"]


def test_hidden_characters_are_refused_at_every_door(marketplace):
    owner = marketplace.enterprise("generator", "recycler")
    admin, me = marketplace.admin, f"/enterprises/{owner.id}"
    contact = {"name": "王厂长", "email": "wang@example.com", "phone": "0575-85000000"}
    registration = {
        "uscc": new_uscc(), "name": "绍兴印染", "roles": ["generator"], "region": "330602",
        "contact": contact,
    }  # fmt: skip
    component = {"component": "H2\u3164SO4", "min": 1}
    licence = {
        "enterprise_id": owner.id, "number": "浙危废经\u200b1", "valid_from": "2026-01-01",
        "valid_until": "2027-01-01", "lines": [{**ACID, "tonnes_per_year": 5}],
    }  # fmt: skip
    event = {
        "enterprise_id": owner.id, "rule": "law.penalty_minor", "effective_on": "2026-12-01",
        "note": "迟报\u202e",
    }  # fmt: skip
    register = marketplace.client.post
    assert {
        "e-mail": verdict(owner.patch(me, {"contact": {**contact, "email": "wa\u200bng@example.com"}})),
        "name": verdict(register("/api/v1/enterprises", json={**registration, "name": "\u3164"})),
        "title": verdict(owner.post("/listings", supply(title="a\u202eb"))),
        "component": verdict(owner.post("/listings", supply(composition=[component]))),
        "code": verdict(owner.post("/listings", supply(waste={**ACID, "code": "900-349\u200b-34"}))),
        "search word": verdict(owner.get("/listings", q="酸\u2800")),
        "filter": verdict(owner.get("/listings", code="900\u2060-349-34")),
        "saved search": verdict(owner.post("/saved-searches", {"name": "酸", "query": {"q": "酸\u2800酸"}})),
        "key": verdict(owner.post("/api-keys", {"name": "a\x1b[31m", "scopes": ["read"]})),
        "number": verdict(admin.post("/licences", licence)),
        "note": verdict(admin.post("/credit/events", event)),
        "reason": verdict(admin.post(f"{me}/suspend", {"reason": "x\u0085\u3164"})),
        "catalogue": verdict(owner.get("/waste-codes", q="\ue000")),
    } == {
        "e-mail": (422, "invalid_input", "contact.email"),
        "name": (422, "invalid_input", "name"),
        "title": (422, "invalid_input", "title"),
        "component": (422, "invalid_input", "composition.0.component"),
        "code": (422, "invalid_input", "waste.code"),
        "search word": (422, "invalid_input", "q"),
        "filter": (422, "invalid_input", "code"),
        "saved search": (422, "invalid_input", "query.q"),
        "key": (422, "invalid_input", "name"),
        "number": (422, "invalid_input", "number"),
        "note": (422, "invalid_input", "note"),
        "reason": (422, "invalid_input", "reason"),
        "catalogue": (422, "invalid_input", "q"),
    }  # fmt: skip


def test_what_was_pasted_is_stored_as_it_looks(marketplace):
    owner = marketplace.enterprise("generator")
    made = owner.post("/listings", supply(title="\ufeff稀\u200b硫酸\u00a0\u300020%\u200e\n", publish=True))
    assert made.json["title"] == "稀硫酸 20%"
    assert [item["id"] for item in owner.get("/listings", q="稀\u200b硫酸").json["items"]] == [
        made.json["id"]
    ]
    for title, kept in ((FAMILY, FAMILY), ("废酸\r\n2. 废碱\u2028此致", "废酸 2. 废碱 此致")):
        assert owner.post("/listings", supply(title=title)).json["title"] == kept


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("title", "稀\u3164酸", "hidden_character"),
        ("region", "3306\n04", "adcode_form"),
        ("quantity", "12\u200b00", "hidden_character"),
        ("waste codes", "900-349\u2060-34", "hidden_character"),
        ("composition", "H2SO4\u202e 20 %", "hidden_character"),
    ],
)
def test_cells_of_a_sheet_go_through_the_same_rule(marketplace, column, cell, code):
    owner = marketplace.enterprise("recycler")
    assert faults(send(owner, csv_of({**DEMAND, column: cell}))) == {(2, column.replace(" ", "_"), code)}


def test_a_sheet_in_which_letters_were_lost_is_refused_as_a_whole(marketplace):
    owner = marketplace.enterprise("recycler")
    refused(send(owner, csv_of({**DEMAND, "title": "稀\ufffd酸"})), 422, "sheet_encoding", "file")


def test_marks_at_the_ends_of_a_cell_are_dropped(marketplace):
    owner = marketplace.enterprise("recycler")
    pasted = {**DEMAND, "title": "\u200b收\u00ad废酸\u3000", "quantity": "\u200e1200\u200b"}
    response = send(owner, csv_of(pasted))
    assert response.status_code == 201, response.json
    made = owner.get(f"/listings/{response.json['listing_ids'][0]}").json
    assert (made["title"], made["quantity_t"]) == ("收废酸", 1200)


def test_fields_fold_before_they_measure():
    assert Text(3).deserialize("\u200babc\u3000") == "abc"
    assert Lines(5).deserialize("a \r\nb ") == "a\nb"
    assert Identifier(3).deserialize("\ufeffa b") == "a b"
