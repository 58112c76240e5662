"""The OpenAPI document is complete: bounds of all input, the fields a response always has, all headers."""

import re

import pytest
from sqlalchemy import Enum as EnumColumn
from sqlalchemy import select

from marketplace.catalogue.models import REGION_LEVELS, Region, WasteCode
from marketplace.catalogue.service.codes import EVIDENCE
from marketplace.database import Base, db
from marketplace.http.documents import DOCUMENT_TYPES, PICTURE_TYPES
from marketplace.http.fields import GROWS
from marketplace.http.openapi.declarations import MAY_CONFLICT, READS_FILE, READS_JSON, refusals
from marketplace.http.openapi.path_parameters import PATH_PARAMETERS
from marketplace.notifications.models import NotificationKind

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILES = {
    "/api/v1/listings/template.xlsx": {XLSX},
    "/api/v1/listings/export": {XLSX, "text/csv", "application/geo+json"},
    "/api/v1/listings/{listing_id}/matches/export": {XLSX, "text/csv"},
    "/api/v1/listings/{listing_id}/photos/{number}": set(PICTURE_TYPES),
    "/api/v1/matches/export": {XLSX, "text/csv"},
    "/api/v1/allocations/{allocation_id}/export": {XLSX, "text/csv"},
    "/api/v1/licences/{permit_id}/files/{file_id}": set(DOCUMENT_TYPES),
    "/api/v1/transporter-papers/{paper_id}/files/{file_id}": set(DOCUMENT_TYPES),
    "/api/v1/channels/{permit_id}/files/{file_id}": set(DOCUMENT_TYPES),
    "/api/v1/transfer-applications/{application_id}/papers/{file_id}": set(DOCUMENT_TYPES),
    "/api/v1/credit/files/{file_id}": set(DOCUMENT_TYPES),
    "/api/v1/credit/imports/template.xlsx": {XLSX},
    "/api/v1/credit/imports/{import_id}/report": {XLSX, "text/csv"},
    "/api/v1/deals/{deal_id}/contract.pdf": {"application/pdf"},
    "/api/v1/deals/{deal_id}/settlement.pdf": {"application/pdf"},
    "/api/v1/manifests/{manifest_id}/manifest.pdf": {"application/pdf"},
    "/api/v1/manifests/{manifest_id}/label.svg": {"image/svg+xml"},
    "/api/v1/manifests/files/{file_id}": set(PICTURE_TYPES),
    "/api/v1/manifests/export": {XLSX, "text/csv"},
    "/api/v1/inspections/{inspection_id}/report.pdf": {"application/pdf"},
    "/api/v1/inspections/photos/{photo_id}": set(PICTURE_TYPES),
    "/api/v1/credit/board/export": {"application/json", "text/csv"},
    "/api/v1/desk/export": {XLSX},
}
"""Routes that return a file."""
IDEMPOTENT_WITHOUT_KEY = {"/api/v1/enterprises"}
"""Routes without a key that obey an Idempotency-Key, by address."""
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
    assert set(schemas["Enterprise"]["required"]) == {"id", "name", "region", "roles", "grade", "status"}
    assert schemas["Credit"]["required"] == ["grade"]
    assert "api_key" in schemas["NewKey"]["required"]
    assert schemas["NewKey"]["properties"]["api_key"]["type"] == ["string", "null"]


def test_headers_of_requests_and_responses_are_documented(document, routes):
    parameters = document["components"]["parameters"]
    assert parameters["If-Match"]["required"] is True
    assert parameters["If-Match-Optional"]["name"] == "If-Match"
    for method, path, about in routes:
        place = f"{method} {path}"
        read = [
            parameter["$ref"].rpartition("/")[2]
            for parameter in about.get("parameters", [])
            if "$ref" in parameter
        ]
        idempotent = method == "post" and (about["security"] or path in IDEMPOTENT_WITHOUT_KEY)
        assert read == (
            ["If-Match"]
            if method in ("patch", "put")
            else [*(["If-Match-Optional"] if "412" in about["responses"] else []), "Idempotency-Key"]
            if idempotent
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

    assert refusals(rule, method, doc) == expected | {414, 422, 429, 500, 503}


def parameters_of(document):
    """(place, parameter) of all: of paths, queries and headers."""
    yield from document["components"]["parameters"].items()
    for path, methods in document["paths"].items():
        about = {"": {"parameters": methods.get("parameters", ())}, **methods}
        for method, operation in about.items():
            for parameter in operation.get("parameters", ()) if method != "parameters" else ():
                if "$ref" not in parameter:
                    yield f"{method} {path} {parameter['name']}", parameter


def test_every_parameter_is_described(document):
    found = dict(parameters_of(document))
    assert {kind["in"] for kind in found.values()} == {"path", "query", "header"}
    lacking = [place for place, parameter in found.items() if not parameter.get("description", "").strip()]
    assert lacking == []
    assert found[" /api/v1/waste-codes/{scheme}/{code} code"]["description"].startswith("A waste code")
    assert found["get /api/v1/regions limit"]["description"] == "Most items of a page."


def test_a_path_parameter_described_in_vain_is_one_too_many(document):
    used = {about["name"] for _, about in parameters_of(document) if about["in"] == "path"}
    assert used == set(PATH_PARAMETERS)


def test_what_generators_make_names_of_is_ascii(document, routes):
    operations = [about["operationId"] for _, _, about in routes]
    assert document["info"]["title"] == "Huanliu"
    assert len(set(operations)) == len(operations)
    for name in (*operations, *(tag["name"] for tag in document["tags"]), *document["components"]["schemas"]):
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_.]*", name, re.ASCII), name


def strings_of(document):
    """(schema, field, JSON schema) of every text in the schemas, those in lists and maps too."""
    for name, schema in document["components"]["schemas"].items():
        for field, below in schema.get("properties", {}).items():
            while below:
                if "string" in below.get("type", ()):
                    yield name, field, below
                more = below.get("additionalProperties")
                below = below.get("items") or (more if isinstance(more, dict) else None)


def names_of_closed_lists():
    """Names of the columns that hold a value of an enum."""
    return {
        column.name
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, EnumColumn)
    }


OTHERWISE_CLOSED = {
    "roles", "scopes", "modes", "axis", "gate", "feedback", "their_feedback", "state", "notify", "level",
    "evidence", "media_type", "established_by", "stage", "unit",
}  # fmt: skip
"""Closed lists in responses that are no column of that name."""
FREE = {
    ("Block", "reason"), ("NewBlock", "reason"), ("Lift", "reason"), ("Reason", "reason"),
    ("Licence", "reason"), ("Refusal", "reason"), ("ExemptionReview", "reason"), ("Withdrawal", "reason"),
    ("FeedbackRequest", "reason"), ("PairFeedbackRequest", "reason"), ("ScorePart", "reason"),
    ("NotificationData", "reason"), ("Contact", "email"), ("Event", "evidence"), ("Rule", "evidence"),
    ("Rejection", "reason"), ("HistoryLine", "reason"), ("Erasure", "reason"),
    ("NewEvent", "evidence"), ("Component", "unit"), ("Claimant", "email"), ("UsccClaim", "reason"),
    ("EnterpriseChange", "reason"), ("DecisionReason", "reason"),
    ("Paper", "reason"), ("Paper", "kind"), ("VehicleRequest", "kind"),
    ("ApprovalRef", "source"), ("CalendarDay", "source"), ("FailedGate", "source"),
    ("ManifestDeadline", "source"), ("FeedImport", "source"), ("FeedImportListItem", "source"),
    ("Unmatched", "source"),
    ("Myself", "email"), ("EmailChange", "email"), ("PersonErasure", "reason"), ("NewReset", "reason"),
    ("AccessReset", "reason"), ("ConfirmedReset", "reason"), ("ParkedTask", "reason"),
    ("Invitation", "email"), ("Member", "email"), ("NewInvited", "email"), ("NewInvitation", "email"),
    ("Appeal", "rule"), ("BadRow", "kind"), ("BoardReason", "rule"), ("ChecklistItem", "source"),
    ("ClassDecision", "source"), ("ConfirmationOfDeclaration", "reason"),
    ("DeclarationCorrection", "reason"), ("DeclarationVersion", "reason"), ("DeskDecision", "reason"),
    ("Event", "rule"), ("StoryEvent", "rule"),
    ("FeedRow", "rule"), ("Honour", "rule"), ("InspectionCancel", "reason"),
    ("InspectionPolicy", "source"), ("NewEvent", "rule"), ("NewPlan", "reason"), ("PlanVersion", "reason"),
    ("Repair", "rule"), ("ScoreLine", "rule"), ("Unmatched", "rule"),
    ("ManifestTolerance", "source"), ("Provision", "source"),
    ("Bound", "unit"), ("OutOfBounds", "unit"), ("Result", "unit"),
    *((name, "reason") for name in (
        "Appeal", "AppealDecision", "NewAppeal", "RepairDecision", "RepairExtension",
        "AnswerReason", "Cancel", "Counter", "Deal",
        "DealManifest", "Dispute", "Invoice", "Manifest",
        "ManifestChange", "ManifestCorrectedFields", "ManifestCorrection", "ManifestCorrectionRequest",
        "ManifestDelivery", "ManifestFollow", "ManifestHandOver", "ManifestNeededReason",
        "ManifestOptionalReason", "ManifestOutcome", "ManifestPickup", "ManifestReceipt",
        "ManifestSchedule", "ManifestVersion", "NewManifest", "Offer",
        "OfferAnswer", "PauseReason", "ReceiverRegistration", "ReceiverRegistrationRefusal",
        "ReceiverRequest", "Settle", "Step", "StepReason",
        "Suspension", "TransferApplication",
    )),
}  # fmt: skip
"""Sentences, and what people write."""


def test_every_field_that_holds_a_value_of_a_closed_list_says_which(document):
    closed = names_of_closed_lists() | OTHERWISE_CLOSED
    assert {"status", "kind", "form", "packaging", "grade", "delivery", "verdict", "reason"} <= closed
    free = {
        (name, field)
        for name, field, schema in strings_of(document)
        if field in closed and "enum" not in schema and GROWS not in schema.get("description", "")
    }
    assert free == FREE & {(name, field) for name, field, _ in strings_of(document)}


@pytest.mark.parametrize(
    ("schema", "field", "values"),
    [
        ("Listing", "status", ["draft", "open", "paused", "fulfilled", "expired", "withdrawn"]),
        ("Listing", "exemption_review", ["accept", "refuse", None]),
        ("EnterpriseRef", "grade", ["A", "B", "C", "D", "E"]),
        ("LegalBasis", "kind", ["general", "licence", "channel", "exempt", "collector"]),
        ("Order", "name", ["formula", "learned"]),
        ("KeyHolder", "kind", ["enterprise", "admin", "regulator"]),
        ("Region", "level", ["province", "city", "district"]),
        ("NearMiss", "unit", ["CNY/t", "t", "km", "days"]),
        ("RankingModel", "reason", ["too_few_earlier", "too_few_later", "not_better", None]),
        ("Match", "their_feedback", ["interested", None]),
    ],
)
def test_a_closed_list_has_the_values_of_its_one_source(document, schema, field, values):
    about = document["components"]["schemas"][schema]["properties"][field]

    assert about["enum"] == values
    assert ("null" in about["type"]) == (None in values)


def test_a_list_that_grows_is_not_closed(document):
    kind = document["components"]["schemas"]["Notification"]["properties"]["kind"]
    code = document["components"]["schemas"]["Problem"]["properties"]["code"]

    assert "enum" not in kind
    assert kind["x-extensible-enum"] == [str(member) for member in NotificationKind]
    assert GROWS in kind["description"]
    assert GROWS in code["description"]


def test_the_catalogue_has_no_evidence_and_no_level_beside_its_list(app):
    with app.app_context():
        assert set(db.session.scalars(select(WasteCode.evidence).distinct())) <= set(EVIDENCE)
        assert set(db.session.scalars(select(Region.level).distinct())) <= set(REGION_LEVELS)
