"""Hazardous waste is carried only with permit, vehicle, driver and escort verified and valid that day."""

from datetime import date
from uuid import UUID

import pytest

from marketplace.errors import Conflict, Invalid
from marketplace.transporters import service
from tests.marketplace import TODAY
from tests.transporters.papers import CREW, ESCORT, PERMIT, VEHICLE, equip, submit, verify

LOAD = {"plate": "浙D12345", "driver": "张三", "escort": "王五"}


@pytest.fixture
def carrier(marketplace):
    return marketplace.enterprise("transporter", name="绍兴安运")


@pytest.fixture
def missing(marketplace, carrier):
    def ask(hazardous=True, on=TODAY, **load):
        with marketplace.app.test_request_context():
            return service.missing_parts(UUID(carrier.id), **{**LOAD, **load}, hazardous=hazardous, on=on)

    return ask


def test_what_is_missing_is_named_part_by_part(marketplace, carrier, missing):
    assert missing() == ("permit", "vehicle", "driver", "escort")
    assert missing(hazardous=False) == ()
    equip(marketplace, carrier)
    assert missing() == missing(plate="浙d·12345", driver=" 张 三") == ()
    assert missing(plate="浙D54321") == ("vehicle",)
    assert missing(driver="王五", escort="张三") == ("driver", "escort")
    assert missing(escort=None) == missing(escort="王") == missing(escort="%") == ("escort",)
    assert missing(on=date(2028, 1, 1)) == ("permit", "vehicle", "driver", "escort")
    assert missing(on=date(2025, 12, 31)) == ("permit",)


def test_papers_that_wait_were_refused_or_ended_do_not_count(marketplace, carrier, missing):
    submit(carrier, "permits", PERMIT)
    vehicle = verify(marketplace.admin, submit(carrier, "vehicles", VEHICLE))
    escort = submit(carrier, "crew", ESCORT)
    verify(marketplace.admin, submit(carrier, "crew", CREW))
    marketplace.admin.post(f"/transporter-papers/{escort['id']}/refuse", {})
    assert missing() == ("permit", "escort")
    carrier.post(f"/transporter-papers/{vehicle['id']}/end", {})
    assert missing() == ("permit", "vehicle", "escort")
    marketplace.admin.post(f"/enterprises/{carrier.id}/suspend", {})
    assert missing() == ("approval", "permit", "vehicle", "escort")


def test_a_load_is_refused_or_warned_of(marketplace, carrier):
    load = {**LOAD, "hazardous": True, "on": TODAY}
    with marketplace.app.test_request_context():
        with pytest.raises(Conflict) as refusal:
            service.require_may_carry(UUID(carrier.id), **load)
        (notice,) = service.missing_for(UUID(carrier.id), **load)
        assert service.require_transporter(UUID(carrier.id)).name == "绍兴安运"
        with pytest.raises(Invalid):
            service.require_transporter(UUID(marketplace.enterprise("generator").id))
    assert refusal.value.code == notice.code == "carrier_not_permitted"
    assert refusal.value.facts["missing"] == notice.facts["missing"]


def test_members_see_who_may_carry_where(marketplace, carrier):
    member = marketplace.enterprise("generator")
    shanghai = marketplace.enterprise("transporter", region="310115", location=None)
    equip(marketplace, carrier)

    def ids(**query):
        return [row["id"] for row in member.get("/transporters", **query).json["items"]]

    assert ids() == [shanghai.id, carrier.id]
    assert ids(hazardous="true") == ids(region="330600") == [carrier.id]
    assert ids(region="310000") == [shanghai.id]
    shanghai.put(f"/transporters/{shanghai.id}", {"service_area": ["330000"]})
    assert ids(region="330602") == [shanghai.id, carrier.id]
    shanghai.put(f"/transporters/{shanghai.id}", {"service_area": ["330602"]})
    assert ids(region="330000") == [shanghai.id, carrier.id]
    assert ids(region="330100") == []
    (shown,) = member.get("/transporters", hazardous="true").json["items"]
    assert (shown["vehicles"], shown["payload_t"], shown["hazardous"]) == (1, 20, True)
    assert shown["permits"] == [{"scope": PERMIT["scope"], "valid_until": "2027-12-31"}]
    assert "张三" not in str(shown)
