"""Transporters are told 30 and 7 days before a paper ends, once each; crew is forgotten in time."""

from datetime import timedelta

from marketplace.privacy.jobs import erase_past_retention
from tests.marketplace import TODAY
from tests.privacy.test_erasure import places_of
from tests.transporters.papers import CARD, CREW, VEHICLE, submit, verify
from tests.uploaded_files.made import PDF


def ends(days):
    return str(TODAY + timedelta(days=days))


def told(carrier):
    return [(row["data"]["name"], row["data"]["last_day"]) for row in carrier.inbox("transporter.expiring")]


def test_each_end_is_told_twice_and_a_renewal_not_at_all(marketplace):
    carrier = marketplace.enterprise("transporter")
    driver = {"name": "张三", "cards": [{"kind": "driver", **CARD, "valid_until": ends(31)}]}
    verify(marketplace.admin, submit(carrier, "vehicles", {**VEHICLE, "valid_until": ends(31)}))
    verify(marketplace.admin, submit(carrier, "crew", driver))
    submit(carrier, "vehicles", {**VEHICLE, "plate": "浙D00001", "valid_until": ends(20)})
    marketplace.settle()
    assert told(carrier) == []

    marketplace.wait(days=1)
    marketplace.wait(hours=1)
    assert sorted(told(carrier)) == [("张三", ends(31)), ("浙D12345", ends(31))]
    verify(marketplace.admin, submit(carrier, "vehicles", {**VEHICLE, "valid_until": ends(400)}))
    marketplace.wait(days=23)
    marketplace.wait(days=1)
    assert sorted(told(carrier)) == [("张三", ends(31))] * 2 + [("浙D12345", ends(31))]


def test_crew_is_erased_with_the_contact_and_a_year_after_it_left(marketplace):
    carrier, other = marketplace.enterprise("transporter"), marketplace.enterprise("transporter")
    people = [{**CREW, "name": "欧阳不寻常"}, {**CREW, "name": "司徒也不寻常"}]
    members = [submit(party, "crew", body) for party, body in zip((carrier, other), people, strict=True)]
    for party, member in zip((carrier, other), members, strict=True):
        files = f"/transporter-papers/{member['id']}/files"
        assert party.call("POST", files, data=PDF, content_type="application/pdf").status_code == 201
        verify(marketplace.admin, member)
        marketplace.settle()
    assert places_of(marketplace, "不寻常") >= {"transporter_paper.name", "notification.data"}

    marketplace.admin.post(f"/enterprises/{carrier.id}/suspend", {})
    assert marketplace.admin.post(f"/enterprises/{carrier.id}/erase-contact", {"reason": "来函"}).json
    assert places_of(marketplace, "欧阳不寻常") == set()

    other.post(f"/transporter-papers/{members[1]['id']}/end", {"reason": "离职"})
    marketplace.now += timedelta(days=366)
    with marketplace.app.app_context():
        erase_past_retention()
    assert places_of(marketplace, "司徒也不寻常", CARD["number"]) == set()
