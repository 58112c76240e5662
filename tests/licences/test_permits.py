"""Licences, channels, white list and exemptions: an admin writes, the holder and its overseers read."""

import pytest

from tests.http.responses import refused, verdict

VALID = {"valid_from": "2026-01-01", "valid_until": "2027-12-31"}
ACID = {"scheme": "cn-hw", "code": "900-349-34"}
NOBODY = "01930000-0000-7000-8000-000000000000"


@pytest.fixture
def bodies(marketplace):
    """(holders, right body) of each kind of permit."""
    generator, recycler = marketplace.enterprise("generator"), marketplace.enterprise("recycler")
    line = {**ACID, "tonnes_per_year": 100, "modes": ["use"]}
    both = {"generator_id": generator.id, "receiver_id": recycler.id}
    return {
        "/licences": (
            [recycler], {"enterprise_id": recycler.id, "number": "浙危废经1", **VALID, "lines": [line]}),
        "/channels": (
            [generator, recycler],
            {**both, **ACID, **VALID, "use": "制盐", "tonnes_per_year": 100, "approval_number": "点1"},
        ),
        "/white-list": (
            [recycler], {"receiver_id": recycler.id, **ACID, **VALID, "from_province": "310000"}),
        "/exemptions": ([recycler], {"enterprise_id": recycler.id, "item": 1, **ACID, **VALID}),
    }  # fmt: skip


def test_a_permit_comes_back_as_it_was_entered(marketplace, bodies):
    for path, (_, body) in bodies.items():
        made = marketplace.admin.post(path, body)
        assert made.status_code == 201, made.json
        shown = marketplace.admin.get(f"{path}/{made.json['id']}").json
        assert {**shown, "warnings": []} == {**made.json, "warnings": []}
        for name, value in body.items():
            if name != "lines":
                assert shown[name] == value, (path, name)
        assert shown["revoked_at"] is None


def test_holders_and_their_overseers_read_a_permit_and_nobody_else(marketplace, bodies):
    stranger = marketplace.enterprise("recycler")
    here, elsewhere = marketplace.regulator("330600"), marketplace.regulator("310000")
    for path, (holders, body) in bodies.items():
        one = marketplace.admin.post(path, body).json["id"]
        for party in (*holders, here, marketplace.admin):
            assert party.get(f"{path}/{one}").status_code == 200, path
            assert [row["id"] for row in party.get(path).json["items"]] == [one], path
        for party in (stranger, elsewhere):
            refused(party.get(f"{path}/{one}"), 404, "not_found")
            assert party.get(path).json["items"] == [], path
            assert party.get(path, enterprise_id=holders[0].id).json["items"] == [], path


def test_only_an_admin_writes_permits(marketplace, bodies):
    regulator = marketplace.regulator("330000")
    for path, (holders, body) in bodies.items():
        one = marketplace.admin.post(path, body).json["id"]
        for party in (*holders, regulator):
            if path != "/licences" or party is regulator:
                refused(party.post(path, body), 403, "role_forbids")
            refused(party.delete(f"{path}/{one}"), 403, "role_forbids")


def test_a_permit_list_can_be_narrowed_to_one_holder(marketplace, bodies):
    for path, (holders, body) in bodies.items():
        marketplace.admin.post(path, body)
        for holder in holders:
            assert len(marketplace.admin.get(path, enterprise_id=holder.id).json["items"]) == 1
        assert marketplace.admin.get(path, enterprise_id=NOBODY).json["items"] == []


def test_a_revoked_permit_stays_on_record_and_counts_no_more(marketplace):
    generator, recycler = marketplace.enterprise("generator"), marketplace.enterprise("recycler")
    licence = marketplace.licence(recycler)
    demand, supply = marketplace.demand(recycler), marketplace.supply(generator)
    assert marketplace.matches(generator, supply) == [demand["id"]]

    for _ in range(2):
        assert marketplace.admin.delete(f"/licences/{licence['id']}").status_code == 204
        marketplace.now = marketplace.now.replace(hour=5)
    assert recycler.get(f"/licences/{licence['id']}").json["revoked_at"] == "2026-12-01T04:00:00Z"
    assert marketplace.matches(generator, supply) == []


WRONG = [
    ("*", "valid_until", "2025-12-31", "invalid_input", "valid_until"),
    ("*", "valid_from", "soon", "invalid_input", "valid_from"),
    ("*", "valid_until", "2201-01-01", "invalid_input", "valid_until"),
    ("*", "colour", "red", "invalid_input", "colour"),
    ("*", "id", NOBODY, "invalid_input", "id"),
    ("*", "code", "000-000-00", "unknown_code", "code"),
    ("*", "scheme", "cn-sw", "wrong_scheme", "code"),
    ("*", "scheme", "xx", "unknown_scheme", "scheme"),
    ("/licences", "enterprise_id", NOBODY, "unknown_enterprise", "enterprise_id"),
    ("/licences", "enterprise_id", "me", "invalid_input", "enterprise_id"),
    ("/licences", "number", "", "invalid_input", "number"),
    ("/licences", "number", "x" * 61, "invalid_input", "number"),
    ("/licences", "kind", "driving", "invalid_input", "kind"),
    ("/licences", "lines", [], "invalid_input", "lines"),
    ("/channels", "generator_id", NOBODY, "unknown_enterprise", "generator_id"),
    ("/channels", "receiver_id", NOBODY, "unknown_enterprise", "receiver_id"),
    ("/channels", "tonnes_per_year", 0, "invalid_input", "tonnes_per_year"),
    ("/channels", "tonnes_per_year", 100_000_000.001, "invalid_input", "tonnes_per_year"),
    ("/channels", "use", "", "invalid_input", "use"),
    ("/channels", "approval_number", None, "invalid_input", "approval_number"),
    ("/white-list", "receiver_id", NOBODY, "unknown_enterprise", "receiver_id"),
    ("/white-list", "from_province", "330600", "not_a_province", "from_province"),
    ("/white-list", "from_province", "990000", "unknown_region", "from_province"),
    ("/exemptions", "enterprise_id", NOBODY, "unknown_enterprise", "enterprise_id"),
    ("/exemptions", "item", 998, "unknown_exemption", "item"),
    ("/exemptions", "item", 0, "invalid_input", "item"),
    ("/exemptions", "reference", "x" * 201, "invalid_input", "reference"),
]


def test_a_wrong_field_of_a_permit_is_named_and_nothing_is_kept(marketplace, bodies):
    for only, field, value, code, blamed in WRONG:
        for path, (_, body) in bodies.items():
            if path == only or (only == "*" and (field not in ("code", "scheme") or path != "/licences")):
                response = marketplace.admin.post(path, {**body, field: value})
                assert verdict(response) == (422, code, blamed), (path, field, value)
    for path in bodies:
        assert marketplace.admin.get(path).json["items"] == []


@pytest.mark.parametrize(
    ("field", "value", "code", "blamed"),
    [
        ("code", "000-000-00", "unknown_code", "lines.1.code"),
        ("scheme", "eu-low", "wrong_scheme", "lines.1.code"),
        ("modes", [], "invalid_input", "lines.1.modes"),
        ("modes", ["burn"], "invalid_input", "lines.1.modes.0"),
        ("tonnes_per_year", -1, "invalid_input", "lines.1.tonnes_per_year"),
        ("tonnes_per_year", "5", "invalid_input", "lines.1.tonnes_per_year"),
        ("colour", "red", "invalid_input", "lines.1.colour"),
    ],
)
def test_a_wrong_line_of_a_licence_is_named(marketplace, bodies, field, value, code, blamed):
    _, body = bodies["/licences"]
    right = {**ACID, "tonnes_per_year": 1}
    unlisted = {"scheme": "cn-sw", "code": "900-990-S17", "tonnes_per_year": 1}
    lines = [unlisted, {**right, field: value}]

    refused(marketplace.admin.post("/licences", {**body, "lines": lines}), 422, code, blamed)
    assert marketplace.admin.get("/licences").json["items"] == []
    refused(marketplace.admin.get("/waste-codes/cn-sw/900-990-S17"), 404, "not_found")


def test_a_line_without_modes_has_all_of_them_and_the_kind_is_comprehensive(marketplace, bodies):
    _, body = bodies["/licences"]
    made = marketplace.admin.post("/licences", {**body, "lines": [{**ACID, "tonnes_per_year": 1}]}).json

    assert (made["kind"], made["lines"][0]["modes"]) == ("comprehensive", ["use", "dispose", "store"])


def test_a_permit_for_an_unlisted_code_is_taken_with_a_warning(marketplace, bodies):
    _, body = bodies["/white-list"]
    made = marketplace.admin.post("/white-list", {**body, "scheme": "cn-sw", "code": "900-991-S17"})

    assert made.status_code == 201
    assert [(warning["code"], warning["field"]) for warning in made.json["warnings"]] == [
        ("code_not_in_catalogue", "code")
    ]


def test_the_two_sides_of_a_channel_differ(marketplace, bodies):
    _, body = bodies["/channels"]

    refused(
        marketplace.admin.post("/channels", {**body, "receiver_id": body["generator_id"]}),
        422, "same_enterprise", "receiver_id",
    )  # fmt: skip


# ---------------------------------------------------------------- tonnes of a year


def test_usage_counts_against_its_line_and_year(marketplace):
    recycler = marketplace.enterprise("recycler")
    licence = marketplace.licence(recycler, tonnes=100)
    line = licence["lines"][0]["id"]
    path = f"/licences/{licence['id']}"

    def count(tonnes, year=2026):
        response = marketplace.admin.post(f"{path}/usage", {"line_id": line, "year": year, "tonnes": tonnes})
        assert response.status_code == 201, response.json
        (shown,) = recycler.get(path).json["lines"]
        return shown["used_this_year_t"], shown["left_this_year_t"]

    assert count(30) == (30, 70)
    assert count(0.5) == (30.5, 69.5)
    assert count(50, year=2027) == (30.5, 69.5)
    assert count(-10.5) == (20, 80)
    assert count(100) == (120, 0)
    marketplace.wait(days=31)
    assert recycler.get(path).json["lines"][0]["left_this_year_t"] == 50


def test_usage_of_a_channel_counts_too_and_never_falls_below_zero(marketplace, bodies):
    _, body = bodies["/channels"]
    channel = marketplace.admin.post("/channels", body).json
    path = f"/channels/{channel['id']}/usage"
    assert marketplace.admin.post(path, {"year": 2026, "tonnes": 5}).json["left_this_year_t"] == 95

    refused(marketplace.admin.post(path, {"year": 2026, "tonnes": -5.001}), 409, "usage_below_zero", "tonnes")
    refused(marketplace.admin.post(path, {"year": 2025, "tonnes": -1}), 409, "usage_below_zero", "tonnes")
    assert marketplace.admin.get(f"/channels/{channel['id']}").json["used_this_year_t"] == 5


def test_usage_names_a_line_of_this_licence(marketplace):
    one, other = (marketplace.licence(marketplace.enterprise("recycler")) for _ in range(2))
    path = f"/licences/{one['id']}/usage"
    for line in (other["lines"][0]["id"], NOBODY, None):
        usage = {"line_id": line, "year": 2026, "tonnes": 1}
        refused(marketplace.admin.post(path, usage), 422, "unknown_line", "line_id")
    for field, value in (("year", 1999), ("year", "2026"), ("tonnes", "1"), ("note", "x" * 201)):
        body = {"line_id": one["lines"][0]["id"], "year": 2026, "tonnes": 1, field: value}
        refused(marketplace.admin.post(path, body), 422, "invalid_input", field)


def test_a_licence_used_up_matches_no_more(marketplace):
    generator, recycler = marketplace.enterprise("generator"), marketplace.enterprise("recycler")
    licence = marketplace.licence(recycler, tonnes=100)
    demand, supply = marketplace.demand(recycler), marketplace.supply(generator)
    usage = {"line_id": licence["lines"][0]["id"], "year": 2026, "tonnes": 80}
    marketplace.admin.post(f"/licences/{licence['id']}/usage", usage)
    assert marketplace.matches(generator, supply) == [demand["id"]]

    for year, tonnes in ((2026, 0.5), (2027, 90)):
        usage |= {"year": year, "tonnes": tonnes}
        assert marketplace.admin.post(f"/licences/{licence['id']}/usage", usage).status_code == 201
    assert marketplace.why_not(generator, supply, demand) == {"licence": "tonnes"}
