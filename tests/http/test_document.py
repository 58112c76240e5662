"""The OpenAPI document is complete: bounds of all input, the fields a response always has, all headers."""

import pytest

from marketplace.http.documents import DOCUMENT_TYPES
from marketplace.http.openapi.declarations import MAY_CONFLICT, READS_FILE, READS_JSON, refusals

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILES = {
    "/api/v1/listings/template.xlsx": {XLSX},
    "/api/v1/listings/export": {XLSX, "text/csv", "application/geo+json"},
    "/api/v1/listings/{listing_id}/matches/export": {XLSX, "text/csv"},
    "/api/v1/matches/export": {XLSX, "text/csv"},
    "/api/v1/allocations/{allocation_id}/export": {XLSX, "text/csv"},
    "/api/v1/licences/{permit_id}/files/{file_id}": set(DOCUMENT_TYPES),
}
"""Routes that return a file."""
BOUNDS = {
    "string": {"maxLength", "pattern", "enum", "format"},
    "number": {"maximum"},
    "integer": {"maximum"},
    "array": {"maxItems"},
    "object": {"additionalProperties"},
}


@pytest.fixture(scope="module")
def document(app):
    return app.test_client().get("/openapi.json").json


@pytest.fixture(scope="module")
def routes(document):
    """(method, path, description) of every route."""
    return [
        (method, path, about)
        for path, methods in document["paths"].items()
        for method, about in methods.items()
        if method != "parameters"
    ]


def fields_of(document, schema, place):
    """(place, schema) of everything that a request body can say."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    yield place, schema
    inside = {**schema.get("properties", {}), "[]": schema.get("items", {})}
    for number, option in enumerate(schema.get("anyOf", [])):
        inside[f"anyOf{number}"] = option
    for name, below in inside.items():
        if below and not below.get("readOnly"):
            yield from fields_of(document, below, f"{place}.{name}")


def test_every_field_and_parameter_that_may_be_sent_has_a_bound(document, routes):
    unbounded = []
    for method, path, about in routes:
        sent = [
            (parameter["name"], parameter["schema"])
            for parameter in about.get("parameters", [])
            if "schema" in parameter
        ]
        if "application/json" in about.get("requestBody", {}).get("content", {}):
            sent.append(("body", about["requestBody"]["content"]["application/json"]["schema"]))
        for name, schema in sent:
            for place, field in fields_of(document, schema, name):
                kinds = field.get("type", [])
                for kind in [kinds] if isinstance(kinds, str) else kinds:
                    if kind in BOUNDS and not BOUNDS[kind] & field.keys():
                        unbounded.append(f"{method} {path} {place}")
    assert unbounded == []


def test_a_response_without_a_schema_is_a_problem_and_none_is_left_to_a_default(document, routes):
    assert not {"Error", "PaginationMetadata"} & document["components"]["schemas"].keys()
    for method, path, about in routes:
        assert "default" not in about["responses"], f"{method} {path}"
        for status, response in about["responses"].items():
            answered = FILES.get(path, {"application/json"})
            kinds = {"application/problem+json"} if status >= "4" else answered
            assert set(response.get("content", kinds)) == kinds, f"{method} {path} {status}"


def test_a_response_says_which_fields_it_always_has(document):
    schemas = document["components"]["schemas"]

    assert set(schemas["Listing"]["required"]) == set(schemas["Listing"]["properties"]) - {"distance_km"}
    assert set(schemas["Enterprise"]["required"]) == {"id", "name", "region", "roles", "grade"}
    assert schemas["Credit"]["required"] == ["grade"]
    assert "api_key" in schemas["NewKey"]["required"]
    assert schemas["NewKey"]["properties"]["api_key"]["type"] == ["string", "null"]


def test_headers_of_requests_and_responses_are_documented(document, routes):
    assert document["components"]["parameters"]["If-Match"]["required"] is True
    for method, path, about in routes:
        place = f"{method} {path}"
        read = [
            parameter["$ref"].rpartition("/")[2]
            for parameter in about.get("parameters", [])
            if "$ref" in parameter
        ]
        keyed_post = method == "post" and about["security"]
        assert read == (
            ["If-Match"]
            if method in ("patch", "put")
            else ["Idempotency-Key"]
            if keyed_post
            else ["If-None-Match"]
            if method == "get"
            else []
        ), place
        for status, response in about["responses"].items():
            assert "X-Request-Id" in response["headers"], place
            assert ("Retry-After" in response["headers"]) == (status in ("429", "503")), place
            assert ("WWW-Authenticate" in response["headers"]) == (status == "401"), place
        if method in ("patch", "put"):
            assert "ETag" in about["responses"]["200"]["headers"], place


def test_a_query_has_no_null(routes):
    for method, path, about in routes:
        for parameter in about.get("parameters", []):
            if parameter.get("in") == "query":
                assert isinstance(parameter["schema"]["type"], str), f"{method} {path} {parameter['name']}"
                assert parameter["schema"].get("default", 0) is not None


def test_tonnes_and_prices_are_bounded_in_their_own_units(document):
    listing = document["components"]["schemas"]["NewListing"]["properties"]

    assert (listing["quantity_t"]["minimum"], listing["quantity_t"]["maximum"]) == (0.001, 100_000_000)
    assert listing["price_cny_per_t"]["maximum"] == 1_000_000
    assert listing["region"]["pattern"] == "^[0-9]{6}$"


@pytest.mark.parametrize(
    ("rule", "method", "declared", "expected"),
    [
        ("/enterprises", "POST", {"security": [], "facts": {READS_JSON}}, {400, 413, 415}),
        ("/rules", "GET", {"security": ["key"]}, {304, 401, 403}),
        ("/rules", "PUT", {"security": ["key"], "facts": {READS_JSON}}, {400, 401, 403, 412, 413, 415, 428}),
        ("/sheets", "POST", {"security": ["key"], "facts": {READS_FILE}}, {401, 403, 413, 415}),
        (
            "/keys/<uuid:key_id>",
            "DELETE",
            {"security": ["key"], "facts": {MAY_CONFLICT}},
            {401, 403, 404, 409},
        ),
    ],
)
def test_refusals_follow_from_what_a_route_declares(rule, method, declared, expected):
    doc = {"manual_doc": {"security": declared["security"]}, "facts": declared.get("facts", set())}

    assert refusals(rule, method, doc) == expected | {422, 429, 500, 503}
