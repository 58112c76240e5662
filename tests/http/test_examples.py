"""The API's description shows what is really returned: its examples are recorded (`make examples`)."""

import os

import pytest
from openapi_schema_validator import OAS31Validator

from marketplace.http.openapi.document import describe, operations
from marketplace.http.openapi.examples import read_examples, write_examples
from tests.http.recorder import record

WHAT_TO_DO = "record the examples again: make examples"


@pytest.fixture(scope="module")
def played(everything):
    """The examples as they would be recorded now; written down if HUANLIU_RECORD is set."""
    with everything() as samples:
        found = record(samples)
    if os.environ.get("HUANLIU_RECORD"):
        write_examples(found)
    return found


@pytest.fixture(scope="module")
def kept():
    return read_examples()


@pytest.fixture(scope="module")
def document(app):
    return describe(app)


def test_every_route_still_responds_as_its_examples_say(played, kept):
    assert set(kept) == set(played), WHAT_TO_DO
    for name, now in played.items():
        then = kept[name]
        assert then["requests"].keys() == now["requests"].keys(), f"{name}: {WHAT_TO_DO}"
        assert shape(then["responses"]) == shape(now["responses"]), f"{name}: {WHAT_TO_DO}"


def shape(value):
    """The names in a response, and the codes of refusals, but no other values."""
    if isinstance(value, dict):
        return {name: below if name in ("code", "status") else shape(below) for name, below in value.items()}
    return [shape(item) for item in value] if isinstance(value, list) else None


def returns_a_file(operation):
    """Whether what is returned is no text that an example could show."""
    right = [response for status, response in operation["responses"].items() if status.startswith("2")]
    kinds = {kind for response in right for kind in response.get("content", {})}
    return bool(kinds) and not any(kind.startswith("text/") or kind.endswith("json") for kind in kinds)


NEVER_REFUSED = {"enterprises.follow_proof_link"}
"""What answers any token alike, since it looks at none."""


def test_every_operation_has_two_examples_one_of_them_an_error(document):
    for verb, path, operation in operations(document):
        shown = {
            int(status): content["examples"]
            for status, response in operation["responses"].items()
            for content in response.get("content", {}).values()
            if "examples" in content
        }
        place = f"{verb} {path}: {WHAT_TO_DO}"
        if returns_a_file(operation):
            continue
        assert len(shown) >= 2 or operation["operationId"] in NEVER_REFUSED, place
        assert operation["operationId"] in NEVER_REFUSED or any(status >= 400 for status in shown), place
        assert any(status < 300 for status in shown) or "204" in operation["responses"], place
        body = operation.get("requestBody", {})
        if body.get("required") and "application/json" in body["content"]:
            assert len(body["content"]["application/json"]["examples"]) >= 2, place


def test_every_recorded_status_is_one_that_its_route_declares(document, kept):
    for verb, path, operation in operations(document):
        surprising = kept[operation["operationId"]]["responses"].keys() - operation["responses"].keys()
        assert not surprising, f"{verb} {path} responds {surprising}"


def test_every_example_is_as_its_schema_says(document):
    for verb, path, operation in operations(document):
        for response in operation["responses"].values():
            for content in response.get("content", {}).values():
                for example in content.get("examples", {}).values():
                    hold(example["value"], content["schema"], document["components"], f"{verb} {path}")
        for content in operation.get("requestBody", {}).get("content", {}).values():
            for name, example in content.get("examples", {}).items():
                if name < "returns_3":
                    schema = content["schema"]
                    hold(example["value"], schema, writable(document["components"]), f"{verb} {path}")


def hold(value, schema, components, place):
    errors = OAS31Validator({**schema, "components": components}).iter_errors(value)
    assert not [f"{place} {list(error.absolute_path)}: {error.message}" for error in errors]


def writable(components):
    """The same, of requests: what is only read need not be sent."""
    schemas = {}
    for name, schema in components["schemas"].items():
        about = schema.get("properties", {})
        needed = [name for name in schema.get("required", ()) if not about[name].get("readOnly")]
        schemas[name] = {**schema, "required": needed}
    return {**components, "schemas": schemas}


def test_every_operation_and_response_is_described_in_words(document):
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names) > 50
    for verb, path, operation in operations(document):
        assert operation["summary"], f"{verb} {path}"
        assert operation["description"], f"{verb} {path}"
        for status, response in operation["responses"].items():
            if status.isdecimal():
                assert len(response["description"].split()) > 3, f"{verb} {path} {status}"
                assert status in ("204", "304") or response["content"], f"{verb} {path} {status}"


def test_the_description_is_made_once(marketplace, monkeypatch):
    first = marketplace.client.get("/openapi.json")
    monkeypatch.setattr("marketplace.http.openapi.document.describe", None)

    assert marketplace.client.get("/openapi.json").data == first.data
    assert len(first.data) < 3_000_000
