"""Papers of transporters: entered by them, verified by officials, renewed, ended; cards are masked."""

import pytest

from tests.http.responses import refused
from tests.transporters.papers import CREW, PERMIT, VEHICLE, submit, verify


@pytest.fixture
def carrier(marketplace):
    return marketplace.enterprise("transporter", name="绍兴安运")


def test_a_paper_counts_once_an_official_has_verified_it(marketplace, carrier):
    paper = submit(carrier, "vehicles", {**VEHICLE, "plate": "浙d·Ｄ12345"})
    assert (paper["status"], paper["plate"], paper["payload_t"], paper["kind"]) == (
        "submitted", "浙DD12345", 20, "罐车",
    )  # fmt: skip
    path = f"/transporter-papers/{paper['id']}"
    here, elsewhere = marketplace.regulator("330600"), marketplace.regulator("310000")
    assert [row["id"] for row in here.get("/transporter-papers", status="submitted").json["items"]] == [
        paper["id"]
    ]
    refused(elsewhere.post(f"{path}/verify", {}), 404, "not_found")
    refused(carrier.post(f"{path}/verify", {}), 403, "role_forbids")

    decided = here.post(f"{path}/verify", {})

    assert (decided.status_code, decided.json["status"]) == (200, "verified")
    refused(marketplace.admin.post(f"{path}/refuse", {"reason": "x"}), 409, "wrong_state")
    marketplace.settle()
    (message,) = carrier.inbox("transporter.verified")
    assert message["data"] == {"paper_id": paper["id"], "paper": "vehicle", "name": "浙DD12345"}


def test_an_admin_key_verifies_only_with_its_scope(marketplace, carrier):
    paper = submit(carrier, "permits", PERMIT)
    reader = marketplace.admin.post("/api-keys", {"name": "只读", "scopes": ["read"]}).json["api_key"]
    sent = marketplace.client.post(
        f"/api/v1/transporter-papers/{paper['id']}/verify", headers={"Authorization": f"Bearer {reader}"}
    )
    refused(sent, 403, "scope_missing")


def test_a_refused_paper_says_why_and_may_be_entered_again(marketplace, carrier):
    paper = submit(carrier, "permits", PERMIT)
    refused(carrier.post(f"/transporters/{carrier.id}/permits", PERMIT), 409, "already_entered", "number")

    marketplace.admin.post(f"/transporter-papers/{paper['id']}/refuse", {"reason": "副本不清"})

    marketplace.settle()
    (message,) = carrier.inbox("transporter.refused")
    assert message["data"]["reason"] == "副本不清"
    verify(marketplace.admin, submit(carrier, "permits", PERMIT))
    refused(carrier.post(f"/transporters/{carrier.id}/permits", PERMIT), 409, "already_entered", "number")


def test_the_same_plate_renews_its_own_and_is_nobody_elses(marketplace, carrier):
    old = verify(marketplace.admin, submit(carrier, "vehicles", VEHICLE))
    new = submit(carrier, "vehicles", {**VEHICLE, "valid_until": "2028-12-31"})
    other = marketplace.enterprise("transporter")
    sent = other.post(f"/transporters/{other.id}/vehicles", {**VEHICLE, "plate": " 浙d-12345"})
    assert "entry_id" not in refused(sent, 409, "already_entered", "plate")
    ids = [row["id"] for row in carrier.get(f"/transporters/{carrier.id}").json["vehicles"]]
    assert ids == [old["id"], new["id"]]

    verify(marketplace.admin, new)

    vehicles = carrier.get(f"/transporters/{carrier.id}").json["vehicles"]
    assert [row["valid_until"] for row in vehicles] == ["2028-12-31"]
    ended = carrier.post(f"/transporter-papers/{new['id']}/end", {"reason": "已出售"}).json["ended_at"]
    assert carrier.post(f"/transporter-papers/{new['id']}/end", {}).json["ended_at"] == ended
    verify(marketplace.admin, submit(other, "vehicles", VEHICLE))


def test_two_may_enter_a_plate_but_one_has_it_verified(marketplace, carrier):
    other = marketplace.enterprise("transporter")
    mine, theirs = submit(carrier, "vehicles", VEHICLE), submit(other, "vehicles", VEHICLE)
    verify(marketplace.admin, mine)
    refused(
        marketplace.admin.post(f"/transporter-papers/{theirs['id']}/verify", {}),
        409,
        "already_entered",
        "plate",
    )


def test_a_permit_that_begins_later_leaves_the_present_one_in_force(marketplace, carrier):
    verify(marketplace.admin, submit(carrier, "permits", PERMIT))
    later = {**PERMIT, "valid_from": "2028-01-01", "valid_until": "2031-12-31"}
    verify(marketplace.admin, submit(carrier, "permits", later))
    permits = carrier.get(f"/transporters/{carrier.id}").json["permits"]
    assert [row["valid_until"] for row in permits] == ["2027-12-31", "2031-12-31"]


@pytest.mark.parametrize(
    ("path", "body", "field", "code"),
    [
        ("vehicles", {**VEHICLE, "plate": "浙D1234O5"}, "plate", "invalid_input"),
        ("vehicles", {**VEHICLE, "plate": "ABC"}, "plate", "invalid_input"),
        ("vehicles", {**VEHICLE, "payload_t": 0}, "payload_t", "invalid_input"),
        ("vehicles", {**VEHICLE, "payload_t": 20_000}, "payload_t", "invalid_input"),
        ("permits", {**PERMIT, "valid_until": "2025-01-01"}, "valid_until", "invalid_input"),
        ("crew", {**CREW, "cards": []}, "cards", "invalid_input"),
        ("crew", {**CREW, "cards": CREW["cards"] * 2}, "cards", "invalid_input"),
        ("crew", {**CREW, "phone": "1"}, "phone", "invalid_input"),
    ],
)
def test_bad_papers_are_refused(carrier, path, body, field, code):
    refused(carrier.post(f"/transporters/{carrier.id}/{path}", body), 422, code, field)


def test_a_paper_that_is_over_is_taken_with_a_warning(carrier):
    paper = submit(carrier, "vehicles", {**VEHICLE, "valid_until": "2026-11-30"})
    assert [(row["code"], row["field"]) for row in paper["warnings"]] == [("paper_over", "valid_until")]


def test_numbers_of_cards_are_in_full_for_the_employer_and_where_an_official_looks(marketplace, carrier):
    member, regulator = submit(carrier, "crew", CREW), marketplace.regulator("330600")

    def shown(answer):
        return answer.json["cards"][0]["number"]

    mine = carrier.get(f"/transporters/{carrier.id}").json["crew"][0]
    theirs = regulator.get(f"/transporters/{carrier.id}").json["crew"][0]
    assert mine["cards"][0]["number"] == shown(carrier.get(f"/transporter-papers/{member['id']}"))
    assert theirs["cards"][0]["number"] == "**************0017"
    assert shown(regulator.get(f"/transporter-papers/{member['id']}")) == mine["cards"][0]["number"]
    reads = marketplace.admin.get(f"/transporters/{carrier.id}").json
    assert reads["crew"][0]["cards"][0]["number"].startswith("*")


def test_only_approved_transporters_have_a_register(marketplace):
    generator, pending = (
        marketplace.enterprise("generator"),
        marketplace.enterprise("transporter", approved=False),
    )
    refused(generator.post(f"/transporters/{generator.id}/permits", PERMIT), 403, "role_missing")
    refused(pending.post(f"/transporters/{pending.id}/permits", PERMIT), 403, "enterprise_pending")
    refused(pending.get("/transporters"), 403, "enterprise_pending")
    refused(marketplace.admin.get(f"/transporters/{generator.id}"), 404, "not_found")
    assert pending.get(f"/transporters/{pending.id}").json["permits"] == []


def test_the_register_changes_by_version(marketplace, carrier):
    path, facts = f"/transporters/{carrier.id}", {"service_area": ["330600"], "duty_phone": "138 0000 0001"}
    seen = carrier.get(path).headers["ETag"]
    refused(carrier.put(path, facts, None), 428, "if_match_missing")
    refused(carrier.put(path, {"service_area": ["999999"]}), 422, "unknown_region", "service_area.0")

    first = carrier.put(path, facts, seen)

    assert (first.status_code, first.json["duty_phone"]) == (200, "13800000001")
    refused(carrier.put(path, facts, seen), 412, "version_changed")
    assert carrier.put(path, {"hazardous": True}, first.headers["ETag"]).json["service_area"] == []
