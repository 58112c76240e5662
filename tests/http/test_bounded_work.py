"""Work before trust is bounded: what a stranger sends costs little and is answered in few words."""

import json
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from marshmallow import ValidationError, fields

from marketplace.http import json_text
from marketplace.http.fields import Choices, Dict, Length, List, OneOf, Text
from marketplace.http.schemas import Schema
from tests.cost import cost_of
from tests.http.responses import refused
from tests.http.test_hidden_text import request_schemas

MOST_CPU_S = 1.0
MOST_BYTES = 200_000
MEGABYTE = 990_000


def filled(begin, piece, end, size=MEGABYTE):
    return begin + piece * ((size - len(begin) - len(end)) // len(piece)) + end


def members(name, count):
    """An object of so many members, each with a name of its own."""
    return b"{" + b",".join(name % number for number in range(count)) + b"}"


BODIES = {
    "a million roles": filled(b'{"roles":[', b"1,", b"1]}"),
    "a million lists": filled(b'{"roles":[', b"[],", b"[]]}"),
    "a million objects": filled(b'{"accepts":[', b"{},", b"{}]}"),
    "as many values as may be": b'{"roles":[' + b"1," * 19_000 + b"1]}",
    "as many unknown names as may be": members(b'"%d":1', 19_000),
    "more names than may be": members(b'"%d":1', 80_000),
    "names of a thousand characters": members(b'"' + b"n" * 1000 + b'%d":1', 900),
    "one name of a million characters": filled(b'{"', b"n", b'":1}'),
    "a long name above many items": filled(b'{"', b"n", b'":[' + b"1," * 19_000 + b"1]}"),
    "one name ten thousand times": b"{" + b",".join([b'"title":1'] * 19_000) + b"}",
    "a text of a million letters": filled(b'{"title":"', b"x", b'","name":"x","reason":"x"}'),
    "a text of a million blanks": filled(b'{"title":"a', b" ", b'b","name":"x"}'),
    "a reason of a million blanks": filled(b'{"reason":"a', b" ", b'b"}'),
    "a name of a million marks": filled(b'{"name":"a', "\u200b".encode(), b'b"}'),
    "a code of a million dashes": filled(b'{"uscc":"9', b"-", b'1","waste":{"code":"9"}}'),
    "a mail address of a million dots": filled(b'{"contact":{"email":"a', b".", b'@b"}}'),
    "a telephone number of a million digits": filled(b'{"contact":{"phone":"', b"1 ", b'"}}'),
    "a number of a million digits": filled(b'{"quantity_t":', b"9", b"}"),
    "many numbers of thousands of digits": b'{"roles":[' + b",".join([b"9" * 4300] * 200) + b"]}",
    "an exponent of many digits": b'{"quantity_t":1e' + b"9" * 900_000 + b"}",
    "infinity": b'{"quantity_t":1e999999,"min_lot_t":-1e999999,"price_cny_per_t":NaN}',
    "deep lists": filled(b"", b"[", b""),
    "deep objects": filled(b"", b'{"a":', b"1"),
    "deep and closed": b"[" * 480_000 + b"]" * 480_000,
    "quotation marks": filled(b"", b'"', b""),
    "quotation marks and bars": filled(b"", b'"\\', b""),
    "a quotation without end": filled(b'{"title":"', b"\\u00", b""),
    "blanks": filled(b"{", b" ", b"}"),
    "commas": filled(b"[", b",", b"]"),
    "surrogates": filled(b'{"title":"', b"\\ud800", b'"}'),
    "no JSON": filled(b"", b"x", b""),
}  # fmt: skip


DEAREST = (
    "as many unknown names as may be", "as many values as may be", "a text of a million blanks",
    "names of a thousand characters", "quotation marks",
)  # fmt: skip
"""Those that cost most; they are tried at more doors."""


@pytest.fixture(scope="module")
def bodies():
    assert all(len(body) < 1_000_000 for body in BODIES.values())
    return BODIES


def test_no_body_costs_a_second_or_is_answered_at_length(marketplace, bodies):
    trader, admin = marketplace.enterprise("generator"), marketplace.admin
    listing = f"/listings/{marketplace.supply(trader)['id']}"
    everywhere = ("POST", "/enterprises", {}), ("POST", "/listings", trader.headers)
    doors = {
        "a change": ("PATCH", listing, {**trader.headers, "If-Match": "*"}),
        "publishing": ("POST", "/listings/publish", trader.headers),
        "no body": ("POST", f"{listing}/withdraw", trader.headers),
        "the policy": ("PUT", "/matching-policy", {**admin.headers, "If-Match": "*"}),
        "a permit": ("POST", "/licences", {**trader.headers, "Idempotency-Key": "once"}),
    }
    tried = [(door, name) for door in everywhere for name in bodies]
    tried += [(door, name) for door in doors.values() for name in DEAREST]
    for (method, path, headers), name in tried:
        sent = {"data": bodies[name], "headers": headers, "content_type": "application/json"}
        seconds, response = cost_of(
            lambda: marketplace.client.open(f"/api/v1{path}", method=method, **sent),  # noqa: B023
            MOST_CPU_S,
        )
        assert response.status_code < 500, (path, name, response.status_code)
        assert seconds < MOST_CPU_S, (path, name, seconds)
        assert len(response.data) < MOST_BYTES, (path, name, len(response.data))


def test_fifty_errors_are_shown_and_all_are_counted(marketplace):
    unknown = {f"field_{number}": 1 for number in range(300)}
    body = refused_many(marketplace.enterprise("generator").post("/listings", unknown))

    shown = sum(len(said) for said in body["errors"].values())
    assert (shown, body["error_count"] >= 300) == (50, True)
    assert str(body["error_count"]) in body["detail"]


def test_few_errors_are_shown_whole_and_counted_too(marketplace):
    body = marketplace.enterprise("generator").post("/api-keys", {"name": "", "scopes": ["x"]}).json

    assert body["error_count"] == sum(len(said) for said in body["errors"].values()) >= 2
    assert "among them" not in body["detail"]


def test_a_long_name_is_cut_where_it_is_repeated(marketplace):
    body = refused_many(marketplace.enterprise("generator").post("/listings", {"n" * 5000: 1}))

    assert max(map(len, body["errors"])) == 120
    assert any(path.endswith("n…") for path in body["errors"])


def refused_many(response):
    body = response.get_json()
    assert (response.status_code, body["code"]) == (422, "invalid_input")
    return body


@pytest.mark.parametrize("query", ["a=" + "x" * 8_000, "&".join(["a"] * 4_100), "q=" + "%20" * 3_000])
def test_an_address_that_nobody_needs_is_refused_before_it_is_read(marketplace, query):
    seconds, response = cost_of(lambda: marketplace.client.get(f"/api/v1/regions?{query}"), 0.1)
    refused(response, 414, "address_too_long")
    assert seconds < 0.1


@pytest.mark.parametrize("query", ["&".join(f"p{n}" for n in range(1_200)), "&".join(["limit=1"] * 900)])
def test_many_parameters_are_answered_in_few_words(marketplace, query):
    seconds, response = cost_of(lambda: marketplace.client.get(f"/api/v1/regions?{query}"), MOST_CPU_S)
    assert (response.status_code, len(response.data) < 20_000, seconds < MOST_CPU_S) == (422, True, True)


HEADERS = {
    "languages": {"Accept-Language": ",".join(f"a{n};q=0.{n % 10}" for n in range(800))},
    "media": {"Accept": ",".join(f"a/{n};q=0.{n % 10}" for n in range(800))},
    "versions": {"If-None-Match": ",".join(['"0"'] * 2_000)},
    "version": {"If-Match": '"' * 8_000},
    "a key to be used once": {"Idempotency-Key": "k" * 8_000},
    "a key": {"Authorization": "Bearer " + "k" * 8_000},
    "blanks": {"Authorization": "Bearer" + " " * 8_000 + "x", "X-Request-Id": "-" * 8_000},
    "addresses": {"X-Forwarded-For": ",".join(["1.1.1.1"] * 900), "Forwarded": "for=" * 2_000},
    "a boundary": {"Content-Type": "multipart/form-data; boundary=" + "b" * 8_000},
    "options of a type": {"Content-Type": "application/json" + ";a=b" * 2_000},
}


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
def test_no_header_costs_much(marketplace, headers):
    party = marketplace.enterprise("generator")
    for method, path in (("GET", "/listings"), ("POST", "/listings"), ("POST", "/listings/import")):
        sent = {"headers": {**party.headers, **headers}, "data": b"{}"}
        seconds, response = cost_of(
            lambda: marketplace.client.open(f"/api/v1{path}", method=method, **sent),  # noqa: B023
            MOST_CPU_S,
        )
        assert (response.status_code < 500, seconds < MOST_CPU_S) == (True, True), (path, seconds)
        assert len(response.data) < MOST_BYTES


# ---------------------------------------------------------------- every schema


def fields_of(schema, kind, path=""):
    """(path, field) of each field of this kind that a schema loads, however deep it stands."""
    given = schema if not isinstance(schema, type) else schema()
    for name, field in given.load_fields.items():
        yield from _within(f"{path}.{name}", field, kind)


def _within(path, field, kind):
    if isinstance(field, kind):
        yield path, field
    if isinstance(field, fields.Nested):
        yield from fields_of(field.schema, kind, path)
    for name in ("inner", "key_field", "value_field"):
        if getattr(field, name, None) is not None:
            yield from _within(f"{path}.{name}", getattr(field, name), kind)


def test_every_list_and_object_that_is_read_has_a_bound_and_fails_at_once(app):
    found, items, named = 0, [None] * 500_000, dict.fromkeys(map(str, range(100_000)))
    for route, schema in request_schemas(app):
        for path, field in fields_of(schema, fields.List | fields.Dict):
            found += 1
            assert isinstance(field, List | Dict), (route, path)
            many = items if isinstance(field, List) else named
            seconds, said = cost_of(lambda: complaints(field, many), 0.05)  # noqa: B023
            assert [(str(one), one.facts["most"]) for one in said] == [("length", field.length.max)], (
                route,
                path,
            )
            assert (field.length.max <= 1000, seconds < 0.05) == (True, True), (route, path)
    assert found > 15


def complaints(field, value):
    with pytest.raises(ValidationError) as error:
        field.deserialize(value)
    return error.value.messages


def test_a_list_without_a_bound_is_refused_where_the_schema_is_made():
    class Unbounded(Schema):
        items = fields.List(fields.Integer())

    class Hidden(Schema):
        items = Dict(10, values=fields.List(fields.Integer()))

    for schema in (Unbounded, Hidden):
        with pytest.raises(TypeError, match="items has no bound"):
            schema()


TEXTS = ("x", " ", "\u200b", "-", "9", "(", "中", "\ufe0f", "1 ", "a.", ";", "HW08 ", "\u200d👧")


def test_every_text_that_is_read_is_held_to_its_length_before_any_other_work(app):
    texts = {piece: "a" + piece * (900_000 // len(piece)) + "a" for piece in TEXTS}
    for route, schema in request_schemas(app):
        for path, field in fields_of(schema, Text):
            for piece, text in texts.items():
                seconds, said = cost_of(lambda: complaints(field, text), 0.5)  # noqa: B023
                assert (str(said[0]), seconds < 0.5) == ("length", True), (route, path, piece, seconds)


def test_a_text_just_below_its_bound_costs_little_too(app):
    slow = {}
    for route, schema in request_schemas(app):
        for path, field in fields_of(schema, Text):
            for piece in TEXTS:
                text = piece * (field.length.max // len(piece))
                try:
                    seconds, _ = cost_of(lambda: field.deserialize(text), 0.1)  # noqa: B023
                except ValidationError:
                    continue
                if seconds > 0.1:
                    slow[route, path, piece] = seconds
    assert not slow


def test_every_string_that_is_read_has_a_bound_or_is_one_of_a_few(app):
    unbounded = {
        (route, path)
        for route, schema in request_schemas(app)
        for path, field in fields_of(schema, fields.String)
        if not isinstance(field, fields.UUID | Choices)
        and not any(isinstance(check, OneOf | Length) for check in field.validators)
    }
    assert {path for _, path in unbounded} <= {".cursor", ".query.key_field"}


# ---------------------------------------------------------------- every Python


def test_deep_json_is_refused_alike_on_every_python_there_is():
    """Of 3.11 to 3.14, those that this machine has; CI runs the suite on each."""
    program = (
        "import sys, threading; sys.path.insert(0, sys.argv[1]); import json_text\n"
        "def read():\n"
        "    for depth in (99, 100, 101, 990, 5_000, 200_000):\n"
        "        for opened, closed in ((b'[', b']'), (b'{\"a\":', b'}')):\n"
        "            try: json_text.parsed(opened * depth + b'1' + closed * depth); print(depth, 'read')\n"
        "            except ValueError: print(depth, 'refused')\n"
        "threading.stack_size(256 * 1024)\n"
        "thread = threading.Thread(target=read); thread.start(); thread.join()\n"
    )
    folder = str(Path(json_text.__file__).parent)
    depths = (99, 100, 101, 990, 5000, 200_000)
    wanted = "".join(f"{depth} {'read' if depth <= 100 else 'refused'}\n" * 2 for depth in depths)
    named = [shutil.which(f"python3.{minor}") for minor in range(11, 15)]
    pythons = [sys.executable, *(found for found in named if found and starts(found))]
    for python in pythons:
        done = subprocess.run(
            [python, "-I", "-c", program, folder], capture_output=True, text=True, timeout=30, check=False
        )
        assert (done.stdout, done.stderr) == (wanted, ""), python


def starts(python):
    """Whether it is a Python, and not the name of one that is not installed."""
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


def test_as_many_values_as_may_be_are_read_and_one_more_is_not():
    most = json_text.MOST_VALUES
    assert len(json_text.parsed(json.dumps([1] * most).encode())) == most
    assert json_text.parsed(json.dumps(",[{" * most).encode()) == ",[{" * most
    with pytest.raises(json_text.TooManyValues):
        json_text.parsed(json.dumps([1] * (most + 1)).encode())


def test_bodies_take_time_in_proportion_to_their_length(bodies):
    """Five times the length, at most fifteen times the time; what is over at once is not compared."""
    for name, body in bodies.items():
        short, long = (cost_of(lambda: read(body[:size]), tries=2)[0] for size in (60_000, 300_000))  # noqa: B023
        assert long < 0.05 or long < 15 * short, (name, short, long)


def read(data):
    with suppress(ValueError):
        json_text.parsed(data)
