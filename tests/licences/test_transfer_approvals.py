"""Approvals of one pair and one code to cross a province line: entered, ended, matched, explained."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.licences.service.approvals.validity import end_of, longest_until
from tests.http.responses import verdict

ACID = {"scheme": "cn-hw", "code": "900-349-34"}
ASKED = {"valid_from": "2026-11-01", "valid_until": "2027-10-31"}
SHANGHAI = {"lon": 121.54, "lat": 31.22, "crs": "wgs84"}


def denied(response, status, code):
    assert verdict(response)[:2] == (status, code)


@pytest.fixture
def across(marketplace):
    """A generator in Shaoxing and a licensed recycler in Shanghai, with a supply and a demand that fit."""
    generator = marketplace.enterprise("generator")
    recycler = marketplace.enterprise("recycler", region="310115", location=SHANGHAI)
    marketplace.licence(recycler, valid_from="2026-01-01", valid_until="2027-06-30")
    supply = marketplace.supply(generator, max_distance_km=None)
    return generator, recycler, supply, marketplace.demand(recycler)


def approval(across, **other):
    generator, recycler, *_ = across
    sides = {"generator_id": generator.id, "receiver_id": recycler.id}
    return {**sides, **ACID, **ASKED, "tonnes": 500, "way": "use", "number": "批〔2026〕1号", **other}


def test_an_approval_lets_exactly_its_pair_cross_and_is_named(marketplace, across):
    generator, _, supply, demand = across
    path = f"/listings/{supply['id']}/matches/{demand['id']}"
    assert generator.get(path).json["failed_gates"][0]["reason"] == "not_white_listed"
    assert marketplace.matches(generator, supply) == []

    made = marketplace.admin.post("/transfer-approvals", approval(across))
    assert made.status_code == 201, made.json
    assert marketplace.matches(generator, supply) == [demand["id"]]
    pairing = generator.get(path).json
    assert pairing["lawful"]
    assert not pairing["failed_gates"]
    named = pairing["legal_basis"]["approval"]
    assert (named["number"], named["valid_until"]) == ("批〔2026〕1号", "2027-06-30")
    assert "536" in named["source"]
    assert "476" in named["source"]
    assert "transfer_approval_required" not in {warning["code"] for warning in pairing["warnings"]}
    other = marketplace.enterprise("generator")
    assert marketplace.matches(other, marketplace.supply(other, max_distance_km=None)) == []
    assert generator.get(f"/transfer-approvals/{made.json['id']}").json["left_t"] == 500

    marketplace.admin.delete(f"/transfer-approvals/{made.json['id']}")
    assert marketplace.matches(generator, supply) == []


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"way": "dispose"}, "approval_way"),
        ({"valid_from": "2026-01-01", "valid_until": "2026-02-01"}, "approval_not_valid"),
        ({"tonnes": 1}, "approval_tonnes"),
    ],
)
def test_an_approval_that_does_not_hold_says_why(marketplace, across, terms, reason):
    generator, _, supply, demand = across
    marketplace.admin.post("/transfer-approvals", approval(across, **terms))
    (gate,) = generator.get(f"/listings/{supply['id']}/matches/{demand['id']}").json["failed_gates"]
    assert (gate["gate"], gate["reason"]) == ("region", reason)
    assert "批〔2026〕1号" in gate["detail"]
    assert marketplace.matches(generator, supply) == []


def test_it_ends_with_the_least_of_three(marketplace, across):
    made = marketplace.admin.post("/transfer-approvals", approval(across)).json
    assert (made["valid_until"], made["asked_until"]) == ("2027-06-30", "2027-10-31")
    assert "approval_shortened" in {warning["code"] for warning in made["warnings"]}
    again = approval(across, number="批2", valid_from="2027-08-01", valid_until="2030-01-01")
    later = marketplace.admin.post("/transfer-approvals", again).json
    assert later["valid_until"] == "2028-07-31"
    assert {"approval_shortened", "receiver_without_licence"} <= {
        warning["code"] for warning in later["warnings"]
    }


@given(st.dates(date(2026, 1, 1), date(2040, 1, 1)), st.dates(), st.none() | st.dates())
def test_no_approval_outlives_twelve_months_what_was_asked_or_the_licence(first, asked, licence):
    end = end_of(first, asked, licence)
    assert end.day <= min(asked, longest_until(first), licence or date.max)
    assert 364 <= (longest_until(first) - first).days <= 366


def test_a_number_is_entered_once_and_names_one_pair(marketplace, across):
    generator, _, _, _ = across
    assert marketplace.admin.post("/transfer-approvals", approval(across)).status_code == 201
    again = approval(across, valid_until="2027-01-31")
    denied(marketplace.admin.post("/transfer-approvals", again), 409, "already_entered")
    elsewhere = approval(across, receiver_id=marketplace.enterprise("recycler").id)
    denied(marketplace.admin.post("/transfer-approvals", elsewhere), 409, "already_entered")
    other_code = approval(across, code="900-300-34")
    assert marketplace.admin.post("/transfer-approvals", other_code).status_code == 201
    category = approval(across, number="3", code="HW34")
    denied(marketplace.admin.post("/transfer-approvals", category), 422, "approval_of_category")
    denied(generator.post("/transfer-approvals", approval(across, number="4")), 403, "role_forbids")
    myself = approval(across, receiver_id=generator.id)
    denied(marketplace.admin.post("/transfer-approvals", myself), 422, "same_enterprise")
