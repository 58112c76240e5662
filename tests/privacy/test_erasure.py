"""The people behind an enterprise are erased: on request, and when their time has passed."""

from datetime import timedelta

import pytest
from sqlalchemy import Text, cast, func, or_, select

from marketplace.database import Base, db
from marketplace.notifications.models import Notification
from marketplace.privacy.jobs import erase_past_retention

PERSON = {"name": "欧阳不寻常", "email": "ouyang.unusual@example.com", "phone": "0575-85009987"}


@pytest.fixture
def person(marketplace):
    """An enterprise whose contact is unmistakable, by name, in whatever may keep it."""
    return marketplace.enterprise("generator", approved=False, name="不寻常化工", contact=PERSON)


def places_of(marketplace, *needles):
    """Where in the database one of these texts stands."""
    found = set()
    with marketplace.app.app_context():
        for table in Base.metadata.tables.values():
            texts = [cast(column, Text) for column in table.columns]
            holds = [func.bool_or(or_(*(text.contains(needle) for needle in needles))) for text in texts]
            row = db.session.execute(select(*holds)).one()
            found |= {str(column) for column, held in zip(table.columns, row, strict=True) if held}
    return found


def test_after_erasure_nothing_in_any_table_names_the_person(marketplace, person):
    admin = marketplace.admin
    person.patch(f"/enterprises/{person.id}", {"contact": PERSON})
    person.post("/api-keys", {"name": PERSON["name"], "scopes": ["read"]}, Idempotency_Key="kept to replay")
    assert {"enterprise.contact_email", "idempotency.body"} <= places_of(marketplace, *PERSON.values())
    admin.post(f"/enterprises/{person.id}/suspend", {})

    response = admin.post(f"/enterprises/{person.id}/erase-contact", {"reason": "本人来函"})

    assert response.status_code == 200
    assert places_of(marketplace, *PERSON.values()) == set()
    shown = admin.get(f"/enterprises/{person.id}").json
    assert shown["contact"] is None
    assert shown["contact_erased_at"]
    (line, *_) = admin.get(f"/enterprises/{person.id}/history").json["items"]
    assert (line["action"], line["reason"]) == ("erase_contact", "本人来函")

    marketplace.now += timedelta(days=1)
    again = admin.post(f"/enterprises/{person.id}/erase-contact", {"reason": "再次来函"})
    assert again.json["contact_erased_at"] == shown["contact_erased_at"]


def test_neither_messages_nor_claims_nor_the_record_of_events_name_the_person(marketplace, person, relay):
    """The relay refused the address, a key was told of, and the person registered the same code again."""
    admin = marketplace.admin
    admin.post(f"/enterprises/{person.id}/approve")
    marketplace.prove(person)
    expires_at = (marketplace.now + timedelta(days=20)).isoformat()
    key = person.post("/api-keys", {"name": PERSON["name"], "scopes": ["read"], "expires_at": expires_at})
    again = {"uscc": person.number, "name": "另一家", "roles": ["generator"], "region": "330602"}
    marketplace.client.post("/api/v1/enterprises", json={**again, "contact": PERSON})
    relay.of_address = f"550 5.1.1 no such user: {PERSON['email']}"
    marketplace.settle()
    marketplace.wait(hours=1)
    assert person.inbox("email.refused")[0]["data"]["address"] == PERSON["email"]
    assert person.inbox("key.expiring")[0]["data"]["name"] == PERSON["name"]
    assert "uscc_claim.contact_email" in places_of(marketplace, *PERSON.values())

    admin.post(f"/enterprises/{person.id}/suspend", {})
    admin.post(f"/enterprises/{person.id}/erase-contact", {"reason": "本人来函"})

    assert places_of(marketplace, *PERSON.values()) == set()
    assert person.inbox("email.refused") == []
    (message,) = person.inbox("key.expiring")
    assert (message["data"]["key_id"], message["data"]["name"]) == (key.json["id"], "")


def test_what_messages_call_a_key_lasts_no_longer_than_the_key_is_called_so(marketplace):
    owner = marketplace.enterprise("generator")
    expires_at = (marketplace.now + timedelta(days=5)).isoformat()
    owner.post("/api-keys", {"name": PERSON["name"], "scopes": ["read"], "expires_at": expires_at})
    marketplace.wait(minutes=10)
    for days, is_left in ((360, True), (11, False)):
        marketplace.now += timedelta(days=days)
        with marketplace.app.app_context():
            erase_past_retention()
            told = db.session.scalars(select(Notification).filter_by(kind="key.expiring")).one()
            assert (told.data["name"] == PERSON["name"]) is is_left


def test_a_trading_enterprise_keeps_its_contact(marketplace):
    owner = marketplace.enterprise("generator")
    response = marketplace.admin.post(f"/enterprises/{owner.id}/erase-contact", {"reason": "要求"})
    assert (response.status_code, response.json["code"]) == (409, "contact_needed")


def test_without_a_contact_nobody_is_approved_until_there_is_a_new_one(marketplace, person):
    admin, path = marketplace.admin, f"/enterprises/{person.id}"
    admin.post(f"{path}/erase-contact", {"reason": "要求"})
    refused = admin.post(f"{path}/approve", {})
    assert (refused.status_code, refused.json["code"]) == (409, "contact_erased")

    admin.patch(path, {"contact": {**PERSON, "name": "接任"}})
    assert admin.post(f"{path}/approve", {}).json["contact_erased_at"] is None


@pytest.mark.parametrize(("days", "is_left"), [(29, True), (31, False)])
def test_the_contact_of_a_registration_turned_away_lasts_a_month(marketplace, person, days, is_left):
    marketplace.admin.post(f"/enterprises/{person.id}/reject", {"reason": "执照不符"})
    marketplace.settle()
    marketplace.now += timedelta(days=days)
    with marketplace.app.app_context():
        erase_past_retention()
        erase_past_retention()
    assert ("enterprise.contact_email" in places_of(marketplace, PERSON["email"])) is is_left
