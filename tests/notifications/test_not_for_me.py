"""“Not for me”, said of a message: what it silences, and what it does not."""

import pytest
from sqlalchemy import select

from marketplace.database import db
from marketplace.notifications.models import Notification, NotificationStatus
from tests.http.responses import verdict

SEARCH_HIT = "search.found"
OTHER_ACID = {"scheme": "cn-hw", "code": "900-300-34"}


@pytest.fixture
def matched(marketplace):
    """A generator, its supply, and a recycler of grade A notified that it fits its demand."""
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler("A")
    demand = marketplace.demand(recycler)
    supply = marketplace.supply(generator)
    marketplace.settle()
    return generator, supply, recycler, demand


@pytest.fixture
def found(marketplace):
    """A generator, and a carrier of grade A whose saved search has found its acid."""
    generator, seeker = marketplace.enterprise("generator"), marketplace.enterprise("transporter", grade="A")
    seeker.save_search({})
    marketplace.supply(generator)
    marketplace.settle()
    return generator, seeker


def muted(party):
    return party.get("/notification-preferences").json["muted_codes"]


def test_not_for_me_on_a_match_gives_the_feedback_not_suitable_and_marks_it_read(marketplace, matched):
    generator, supply, recycler, demand = matched
    (message,) = recycler.inbox()
    answer = recycler.not_for_me(message)
    assert answer["read_at"] == "2026-12-01T04:00:00Z"
    assert recycler.pairing(demand, supply)["feedback"] == "not_suitable"
    marketplace.change(generator, supply, quantity_t=5000)
    marketplace.settle()
    assert len(recycler.inbox()) == 1, "five times as much is silenced too"
    marketplace.supply(marketplace.enterprise("generator"))
    marketplace.settle()
    assert len(recycler.inbox()) == 2


def test_not_for_me_on_a_search_hit_silences_that_enterprise_with_that_code(marketplace, found):
    generator, seeker = found
    seeker.not_for_me(seeker.inbox(SEARCH_HIT)[0])
    marketplace.supply(generator, quantity_t=9000)
    marketplace.settle()
    assert len(seeker.inbox(SEARCH_HIT)) == 1
    marketplace.supply(generator, waste=OTHER_ACID), marketplace.supply(marketplace.enterprise("generator"))
    marketplace.settle()
    assert len(seeker.inbox(SEARCH_HIT)) == 3


def test_what_was_muted_as_a_search_hit_is_not_announced_as_a_match_either(marketplace):
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler("A")
    recycler.save_search({})
    marketplace.supply(generator)
    marketplace.settle()
    recycler.not_for_me(recycler.inbox(SEARCH_HIT)[0])
    marketplace.demand(recycler)
    marketplace.supply(generator, quantity_t=9000)
    marketplace.settle()
    assert recycler.inbox() == []


@pytest.mark.parametrize("kind", ["match.found", SEARCH_HIT])
def test_not_for_me_on_a_code_mutes_it_for_all_senders(marketplace, kind):
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler("A")
    marketplace.demand(recycler) if kind == "match.found" else recycler.save_search({})
    marketplace.supply(generator)
    marketplace.settle()
    recycler.prefer(language="en")
    recycler.not_for_me(recycler.inbox(kind)[0], of="code")
    preferences = recycler.get("/notification-preferences").json
    assert preferences["muted_codes"] == [{"scheme": "cn-hw", "code": "900-349-34"}]
    assert (preferences["version"], preferences["language"]) == (2, "en")
    marketplace.supply(marketplace.enterprise("generator"))
    marketplace.settle()
    assert len(recycler.inbox(kind)) == 1


@pytest.mark.parametrize("of", ["pairing", "code"])
def test_a_second_not_for_me_changes_nothing(marketplace, matched, found, of):
    _, _, recycler, _ = matched
    _, seeker = found
    for party, kind in ((recycler, "match.found"), (seeker, SEARCH_HIT)):
        message = party.inbox(kind)[0]
        first = party.not_for_me(message, of=of)
        preferences = party.get("/notification-preferences").json
        marketplace.wait(hours=1)
        assert party.not_for_me(message, of=of) == first
        assert party.get("/notification-preferences").json == preferences


def test_a_code_below_a_muted_category_is_muted_already(marketplace, matched):
    _, _, recycler, _ = matched
    recycler.prefer(muted_codes=[{"scheme": "cn-hw", "code": "HW34"}])
    recycler.not_for_me(recycler.inbox()[0], of="code")
    assert muted(recycler) == [{"scheme": "cn-hw", "code": "HW34"}]


@pytest.mark.parametrize("of", ["pairing", "code"])
def test_planned_messages_that_are_silenced_are_cancelled(marketplace, of):
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler("B")
    recycler.save_search({"kind": "supply"})
    supply = marketplace.supply(generator, price_cny_per_t=100)
    marketplace.settle()
    marketplace.wait(minutes=31)
    marketplace.change(generator, supply, price_cny_per_t=50)
    marketplace.settle()
    recycler.not_for_me(recycler.inbox(SEARCH_HIT)[0], of=of)
    with marketplace.app.app_context():
        planned = select(Notification.id).where(Notification.status == NotificationStatus.PLANNED)
        assert db.session.scalars(planned).all() == []
    marketplace.wait(hours=9)
    assert len(recycler.inbox(SEARCH_HIT)) == 1


def test_a_message_about_no_listing_cannot_be_silenced(marketplace):
    generator = marketplace.enterprise("generator")
    key = {"name": "scales", "scopes": ["read"], "expires_at": "2026-12-20T02:00:00Z"}
    assert generator.post("/api-keys", key).status_code == 201
    marketplace.wait(minutes=10)
    (message,) = generator.inbox("key.expiring")
    path = f"/notifications/{message['id']}/not-for-me"
    assert verdict(generator.post(path)) == (409, "nothing_to_silence")
    assert generator.inbox("key.expiring")[0]["read_at"] is None


def test_a_wrong_value_names_the_field_and_others_do_not_find_the_message(marketplace, matched):
    generator, _, recycler, _ = matched
    path = f"/notifications/{recycler.inbox()[0]['id']}/not-for-me"
    assert verdict(recycler.post(path, {"of": "everything"})) == (422, "invalid_input", "of")
    assert generator.post(path, {"of": "everything"}).status_code == 404
    assert recycler.inbox()[0]["read_at"] is None


def test_the_number_of_muted_codes_is_limited(marketplace, matched, monkeypatch):
    _, _, recycler, _ = matched
    monkeypatch.setattr("marketplace.notifications.service.preferences.muted_codes.MAX_MUTED_CODES", 0)
    path = f"/notifications/{recycler.inbox()[0]['id']}/not-for-me"
    assert verdict(recycler.post(path, {"of": "code"})) == (409, "too_many_muted_codes")


def test_not_for_me_on_a_match_of_a_closed_own_listing_only_marks_it_read(marketplace, matched):
    _, _, recycler, demand = matched
    (message,) = recycler.inbox()
    marketplace.withdraw(recycler, demand)
    assert recycler.not_for_me(message)["read_at"] is not None


def take_back(party, message):
    for _ in range(2):
        assert party.delete(f"/notifications/{message['id']}/not-for-me").status_code == 204


def test_a_match_that_is_unmuted_is_announced_again(marketplace, matched):
    generator, supply, recycler, demand = matched
    (message,) = recycler.inbox()
    recycler.not_for_me(message)
    take_back(recycler, message)
    assert recycler.pairing(demand, supply)["feedback"] is None
    marketplace.change(generator, supply, quantity_t=5000)
    marketplace.settle()
    assert len(recycler.inbox()) == 2


def test_a_search_hit_that_is_unmuted_is_announced_again_and_others_stay_muted(marketplace, found):
    generator, seeker = found
    marketplace.supply(generator, waste=OTHER_ACID)
    marketplace.settle()
    first, second = seeker.inbox(SEARCH_HIT)
    seeker.not_for_me(first), seeker.not_for_me(second)
    take_back(seeker, first)
    (
        marketplace.supply(generator, quantity_t=5000),
        marketplace.supply(generator, waste=OTHER_ACID, quantity_t=5000),
    )
    marketplace.settle()
    assert len(seeker.inbox(SEARCH_HIT)) == 3
