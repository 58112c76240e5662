"""A document is entered once, however it is written; what repeats tonnes is one capacity."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import IntegrityError

from marketplace.database import db
from marketplace.document_numbers import document_key
from marketplace.licences.models import Licence
from tests.http.responses import refused

VALID = {"valid_from": "2026-01-01", "valid_until": "2027-12-31"}
RENEWED = {"valid_from": "2026-06-01", "valid_until": "2031-05-31"}
ACID = {"scheme": "cn-hw", "code": "900-349-34"}
SAME_NUMBER = [
    "浙危废经第〔2026〕12号",
    "浙危废经第(2026)12号",
    " 浙危废经第 [2026] １２ 号",
    "浙危废经第―2026-12号",
]


@pytest.fixture
def sides(marketplace):
    return marketplace.enterprise("generator"), marketplace.enterprise("recycler")


@pytest.fixture
def bodies(sides):
    generator, recycler = sides
    both = {"generator_id": generator.id, "receiver_id": recycler.id}
    return {
        "/licences": {"enterprise_id": recycler.id, "number": SAME_NUMBER[0], **VALID,
                      "lines": [{**ACID, "tonnes_per_year": 100}]},
        "/channels": {**both, **ACID, **VALID, "use": "制盐", "tonnes_per_year": 100,
                      "approval_number": SAME_NUMBER[0]},
        "/white-list": {"receiver_id": recycler.id, **ACID, **VALID, "from_province": "310000"},
        "/exemptions": {"enterprise_id": recycler.id, "item": 1, **ACID, **VALID,
                        "reference": SAME_NUMBER[0]},
    }  # fmt: skip


NUMBER = {"/licences": "number", "/channels": "approval_number", "/exemptions": "reference"}


def test_numbers_are_one_in_spite_of_blanks_width_case_brackets_and_dashes():
    assert len({document_key(number) for number in SAME_NUMBER}) == 1
    assert document_key("ab－1\u200b2") == document_key("AB12")
    assert document_key("浙危废经第12号") != document_key("浙危废经第21号")
    assert document_key("--") == "--"


def test_the_same_permit_again_is_refused_and_names_the_first(marketplace, bodies):
    for path, body in bodies.items():
        first = marketplace.admin.post(path, body).json["id"]
        again = marketplace.admin.post(path, body)
        refused(again, 409, "already_entered", *filter(None, [NUMBER.get(path)]))
        assert again.json["entry_id"] == first, path
        assert "2027-12-31" in again.json["detail"], path
        assert len(marketplace.admin.get(path).json["items"]) == 1, path


def test_a_number_written_otherwise_is_the_same_number(marketplace, bodies):
    for path, field in NUMBER.items():
        assert marketplace.admin.post(path, bodies[path]).status_code == 201
        for number in SAME_NUMBER[1:]:
            refused(
                marketplace.admin.post(path, {**bodies[path], field: number}), 409, "already_entered", field
            )


def test_another_holders_number_is_refused_whatever_its_days(marketplace, bodies):
    other = marketplace.enterprise("generator", "recycler")
    holder = {"/licences": "enterprise_id", "/channels": "receiver_id", "/exemptions": "enterprise_id"}
    for path, field in NUMBER.items():
        assert marketplace.admin.post(path, bodies[path]).status_code == 201
        for days in (VALID, RENEWED):
            body = {**bodies[path], holder[path]: other.id, **days}
            refused(marketplace.admin.post(path, body), 409, "already_entered", field)


def test_a_later_validity_is_a_renewal(marketplace, bodies):
    for path, body in bodies.items():
        assert marketplace.admin.post(path, body).status_code == 201
        assert marketplace.admin.post(path, {**body, **RENEWED}).status_code == 201, path


def test_an_exemption_without_a_number_is_known_by_parties_code_and_day(marketplace, bodies):
    body = {**bodies["/exemptions"], "reference": ""}
    assert marketplace.admin.post("/exemptions", body).status_code == 201
    refused(marketplace.admin.post("/exemptions", body), 409, "already_entered")
    refused(marketplace.admin.post("/exemptions", bodies["/exemptions"]), 409, "already_entered")
    assert marketplace.admin.post("/exemptions", {**body, "item": 2}).status_code == 201


def test_what_was_revoked_may_be_entered_again_by_anyone(marketplace, bodies):
    other = marketplace.enterprise("recycler")
    for path, body in bodies.items():
        first = marketplace.admin.post(path, body).json["id"]
        assert marketplace.admin.delete(f"{path}/{first}").status_code == 204
        assert marketplace.admin.post(path, body).status_code == 201, path
    body = bodies["/licences"]
    (second,) = [row for row in marketplace.admin.get("/licences").json["items"] if not row["revoked_at"]]
    marketplace.admin.delete(f"/licences/{second['id']}")
    assert marketplace.admin.post("/licences", {**body, "enterprise_id": other.id}).status_code == 201


def test_concurrent_twins_leave_one(marketplace, bodies):
    def post(body):
        with marketplace.app.test_client() as client:
            headers = marketplace.admin.headers
            return client.post(f"/api/v1{path}", json=body, headers=headers).status_code

    for path, body in bodies.items():
        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(post, [body] * 4)) == [201, 409, 409, 409], path


def test_the_database_itself_refuses_a_double(marketplace, bodies, sides):
    body = bodies["/licences"]
    marketplace.admin.post("/licences", body)
    other = marketplace.enterprise("recycler")
    with marketplace.app.app_context():
        for holder, number in ((sides[1].id, SAME_NUMBER[2]), (other.id, SAME_NUMBER[1])):
            db.session.add(
                Licence(enterprise_id=holder, number=number, kind="comprehensive", valid_from="2026-01-01",
                        valid_until="2027-12-31")
            )  # fmt: skip
            with pytest.raises(IntegrityError):
                db.session.flush()
            db.session.rollback()


# ---------------------------------------------------------------- one capacity


def left(marketplace, path):
    return [line["left_this_year_t"] for line in marketplace.admin.get(path).json["lines"]]


def use(marketplace, licence, tonnes, line=0, year=2026):
    usage = {"line_id": licence["lines"][line]["id"], "year": year, "tonnes": tonnes}
    response = marketplace.admin.post(f"/licences/{licence['id']}/usage", usage)
    assert response.status_code == 201, response.json


def planned_tonnes(marketplace, region="330600"):
    request = {"region": region, "from": "2026-12-01", "until": "2026-12-31"}
    plan = marketplace.admin.post("/allocations", request)
    assert plan.status_code in (201, 202), plan.json
    marketplace.settle()
    return marketplace.admin.get(f"/allocations/{plan.json['id']}").json["totals"]["placed_t"]


def test_a_renewal_shares_the_tonnes_of_the_year(marketplace, sides, bodies):
    generator, recycler = sides
    first = marketplace.admin.post("/licences", bodies["/licences"]).json
    second = marketplace.admin.post("/licences", {**bodies["/licences"], **RENEWED}).json
    demand, supply = marketplace.demand(recycler), marketplace.supply(generator, quantity_t=150)
    assert planned_tonnes(marketplace) == 100

    use(marketplace, first, 85)

    assert left(marketplace, f"/licences/{second['id']}") == [15]
    assert marketplace.why_not(generator, supply, demand) == {"licence": "tonnes"}


def test_lines_that_name_the_same_waste_are_one_capacity_and_warned_of(marketplace, sides, bodies):
    generator, recycler = sides
    lines = [{**ACID, "tonnes_per_year": 100}, {**ACID, "code": "HW34", "tonnes_per_year": 100}]
    made = marketplace.admin.post("/licences", {**bodies["/licences"], "lines": lines}).json
    assert [(each["code"], each["field"]) for each in made["warnings"]] == [("lines_overlap", "lines.1")]
    marketplace.demand(recycler)
    marketplace.supply(generator, quantity_t=150)
    assert planned_tonnes(marketplace) == 100

    use(marketplace, made, 90, line=1)

    assert left(marketplace, f"/licences/{made['id']}") == [10, 10]


def test_lines_of_different_modes_or_codes_have_tonnes_of_their_own(marketplace, bodies):
    lines = [
        {**ACID, "tonnes_per_year": 100, "modes": ["use"]},
        {**ACID, "tonnes_per_year": 50, "modes": ["dispose"]},
        {**ACID, "code": "HW17", "tonnes_per_year": 30},
    ]
    made = marketplace.admin.post("/licences", {**bodies["/licences"], "lines": lines}).json
    assert made["warnings"] == []
    use(marketplace, made, 90)
    assert left(marketplace, f"/licences/{made['id']}") == [10, 50, 30]


def test_a_line_of_several_codes_has_joint_tonnes(marketplace, sides, bodies):
    generator, recycler = sides
    joint = {"scheme": "cn-hw", "codes": ["HW17", "900-349-34"], "tonnes_per_year": 100}
    alone = {"scheme": "cn-hw", "code": "HW08", "tonnes_per_year": 5}
    made = marketplace.admin.post("/licences", {**bodies["/licences"], "lines": [joint, alone]})
    assert made.status_code == 201, made.json
    assert made.json["warnings"] == []
    assert [(line["code"], line["codes"]) for line in made.json["lines"]] == [
        (None, ["HW17", "900-349-34"]), ("HW08", ["HW08"]),
    ]  # fmt: skip
    salt = {"accepts": [{"scheme": "cn-hw", "code": "HW17"}]}
    marketplace.demand(recycler)
    sludge_wanted = marketplace.demand(recycler, **salt)
    marketplace.supply(generator, quantity_t=80)
    sludge = marketplace.supply(generator, waste={"scheme": "cn-hw", "code": "336-064-17"}, quantity_t=80)
    assert planned_tonnes(marketplace) == 100
    assert marketplace.matches(generator, sludge) == [sludge_wanted["id"]]

    use(marketplace, made.json, 90)

    assert marketplace.why_not(generator, sludge, sludge_wanted) == {"licence": "tonnes"}


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"codes": []}, "lines.0.codes"),
        ({"codes": ["HW34", "HW34"]}, "lines.0.codes"),
        ({"codes": ["HW34"], "code": "HW17"}, "lines.0.codes"),
        ({}, "lines.0.code"),
        ({"code": None}, "lines.0.code"),
    ],
)
def test_a_line_names_one_code_or_several(marketplace, bodies, line, field):
    lines = [{"scheme": "cn-hw", "tonnes_per_year": 5, **line}]
    refused(
        marketplace.admin.post("/licences", {**bodies["/licences"], "lines": lines}),
        422,
        "invalid_input",
        field,
    )


def test_a_renewed_channel_shares_its_quota(marketplace, sides, bodies):
    first = marketplace.admin.post("/channels", bodies["/channels"]).json
    second = marketplace.admin.post("/channels", {**bodies["/channels"], **RENEWED}).json
    marketplace.admin.post(f"/channels/{first['id']}/usage", {"year": 2026, "tonnes": 70})
    assert marketplace.admin.get(f"/channels/{second['id']}").json["left_this_year_t"] == 30
