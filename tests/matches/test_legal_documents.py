"""Counterparts see number, codes and validity of what makes a pairing lawful, and never its tonnes."""

import pytest

from tests.marketplace import ACID

VALID = {"valid_from": "2026-01-01", "valid_until": "2029-06-30"}
SHOWN = {"kind", "reference", "edition", "codes", "valid_from", "valid_until"}
EXEMPT_ITEM = 20


@pytest.fixture
def generator(marketplace):
    return marketplace.enterprise("generator")


def the_basis(party, listing):
    """The legal basis of the only match, the same on the page, of all listings and in the explanation."""
    (item,) = party.get(f"/listings/{listing['id']}/matches").json["items"]
    (in_all,) = [
        match for match in party.get("/matches").json["items"]
        if match["listing"]["id"] == item["listing"]["id"]
    ]  # fmt: skip
    explained = party.pairing(listing, item["listing"])
    basis = item["legal_basis"]
    assert basis == explained["legal_basis"] == in_all["legal_basis"]
    assert basis.keys() == SHOWN
    return basis


def test_a_licence_is_seen_with_all_its_codes_and_its_validity_by_both_sides(marketplace, generator):
    recycler = marketplace.enterprise("recycler")
    lines = [
        {"scheme": "cn-hw", "codes": ["HW34", "HW17"], "tonnes_per_year": 12_345},
        {"scheme": "cn-hw", "code": "900-252-12", "tonnes_per_year": 77},
    ]
    licence = marketplace.licence(recycler, lines=lines, number="浙危废经第88号", **VALID)
    line = {"line_id": licence["lines"][0]["id"], "year": 2026, "tonnes": 1}
    assert marketplace.admin.post(f"/licences/{licence['id']}/usage", line).status_code == 201
    demand, supply = marketplace.demand(recycler), marketplace.supply(generator)

    basis = the_basis(generator, supply)
    assert basis == the_basis(recycler, demand)
    assert (basis["kind"], basis["reference"]) == ("licence", "浙危废经第88号")
    assert basis["codes"] == ["900-252-12", "HW17", "HW34"]
    assert {name: basis[name] for name in VALID} == VALID
    assert "12345" not in str(basis)


def test_a_channel_is_seen_with_its_code_and_validity(marketplace, generator):
    receiver = marketplace.enterprise("recycler")
    channel = {
        "generator_id": generator.id, "receiver_id": receiver.id, **ACID, **VALID, "use": "制盐",
        "tonnes_per_year": 500, "approval_number": "点对点9号",
    }  # fmt: skip
    assert marketplace.admin.post("/channels", channel).status_code == 201
    marketplace.demand(receiver)
    basis = the_basis(generator, marketplace.supply(generator))
    assert (basis["kind"], basis["reference"], basis["codes"]) == ("channel", "点对点9号", [ACID["code"]])
    assert {name: basis[name] for name in VALID} == VALID


def test_a_verified_exemption_is_seen_while_it_holds_and_only_for_what_it_covers(marketplace, generator):
    recycler = marketplace.enterprise("recycler")
    marketplace.demand(recycler, exemption_item=EXEMPT_ITEM)
    supply = marketplace.supply(generator)
    nothing = {"codes": [], "valid_from": None, "valid_until": None}
    assert {name: the_basis(generator, supply)[name] for name in nothing} == nothing

    holder = {"enterprise_id": recycler.id, "item": EXEMPT_ITEM, "scheme": "cn-hw"}
    other = {**holder, **VALID, "code": "HW17", "reference": "别的"}
    assert marketplace.admin.post("/exemptions", other).status_code == 201
    assert {name: the_basis(generator, supply)[name] for name in nothing} == nothing

    made = marketplace.admin.post("/exemptions", {**holder, **VALID, "code": "HW34", "reference": "豁免1"})
    basis = the_basis(generator, supply)
    assert basis["reference"] == "《危险废物豁免管理清单》第20项"
    assert {name: basis[name] for name in nothing} == {"codes": ["HW34"], **VALID}

    assert marketplace.admin.delete(f"/exemptions/{made.json['id']}").status_code == 204
    assert {name: the_basis(generator, supply)[name] for name in nothing} == nothing


def test_what_needs_no_document_shows_none(marketplace, generator):
    slag = {"scheme": "cn-sw", "code": "SW17"}
    marketplace.demand(marketplace.enterprise("recycler"), accepts=[slag])
    basis = the_basis(generator, marketplace.supply(generator, waste=slag))
    assert (basis["kind"], basis["reference"], basis["codes"]) == ("general", None, [])
    assert basis["valid_from"] is basis["valid_until"] is None
