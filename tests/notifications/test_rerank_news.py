"""What a ranking of all supplies has that the one before had not: announced once, in digests only."""

import pytest
from sqlalchemy import text

from marketplace.database import db
from marketplace.matches import service as matches
from marketplace.notifications.service.planning import rerank_news


@pytest.fixture
def facing(marketplace):
    """A generator of grade B and a recycler of grade A without a licence, whose listings face each other."""
    generator, recycler = marketplace.enterprise("generator"), marketplace.enterprise("recycler", grade="A")
    marketplace.supply(generator), marketplace.demand(recycler)
    rerank(marketplace)
    return generator, recycler


def rerank(marketplace) -> None:
    """A run, some time after what was before."""
    marketplace.wait(minutes=2)
    with marketplace.app.app_context():
        matches.start_rerank("command")
    marketplace.settle()


def deliveries(marketplace) -> list[str]:
    with marketplace.app.app_context():
        return list(db.session.scalars(text("SELECT delivery FROM notification WHERE status = 'released'")))


def test_both_sides_get_a_new_pairing_by_grade_and_in_their_digest_only(marketplace, facing):
    generator, recycler = facing
    marketplace.licence(recycler)
    rerank(marketplace)
    assert [len(party.inbox()) for party in facing] == [0, 1]
    marketplace.wait(minutes=30)
    assert [len(party.inbox()) for party in facing] == [1, 1]
    assert deliveries(marketplace) == ["digest", "digest"]
    [mine] = generator.get("/listings", mine="true").json["items"]
    [theirs] = recycler.get("/listings", mine="true").json["items"]
    data = generator.inbox()[0]["data"]
    assert (data["listing_id"], data["counterpart_id"], data["rank"]) == (mine["id"], theirs["id"], 1)
    assert data["score"] == pytest.approx(
        generator.get(f"/listings/{mine['id']}/matches").json["items"][0]["score"], abs=1e-6
    )


def test_nobody_is_notified_of_a_new_pairing_twice(marketplace, facing):
    _, recycler = facing
    licence = marketplace.licence(recycler)
    rerank(marketplace)
    marketplace.wait(minutes=30)
    marketplace.admin.delete(f"/licences/{licence['id']}")
    rerank(marketplace)
    marketplace.licence(recycler)
    rerank(marketplace)
    marketplace.wait(minutes=30)
    assert [len(party.inbox()) for party in facing] == [1, 1]


def test_a_pairing_announced_when_published_is_not_news(marketplace):
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler("A")
    demand = marketplace.demand(recycler)
    marketplace.settle()
    marketplace.supply(generator)
    marketplace.settle()
    rerank(marketplace)
    marketplace.withdraw(recycler, demand)
    rerank(marketplace)
    assert len(recycler.inbox()) == 1


def test_the_first_rerank_has_no_news(marketplace):
    generator, recycler = marketplace.enterprise("generator"), marketplace.enterprise("recycler", grade="A")
    marketplace.supply(generator), marketplace.demand(recycler)
    marketplace.settle()
    marketplace.licence(recycler)
    rerank(marketplace)
    assert recycler.inbox() == []


def test_a_run_notifies_an_enterprise_of_a_limited_number_of_pairings(marketplace, monkeypatch):
    assert rerank_news.MAX_NEWS == 20
    monkeypatch.setattr(rerank_news, "MAX_NEWS", 3)
    recycler = marketplace.enterprise("recycler", grade="A")
    marketplace.demand(recycler)
    for _ in range(4):
        marketplace.supply(marketplace.enterprise("generator"))
    rerank(marketplace)
    marketplace.licence(recycler)
    rerank(marketplace)
    assert len(recycler.inbox()) == 3
    rerank(marketplace)
    assert len(recycler.inbox()) == 3


def test_whoever_silenced_the_pairing_or_muted_the_code_is_not_notified(marketplace, facing):
    generator, recycler = facing
    [mine] = generator.get("/listings", mine="true").json["items"]
    [theirs] = recycler.get("/listings", mine="true").json["items"]
    generator.feedback(mine, theirs, "not_suitable")
    recycler.prefer(muted_codes=[{"scheme": "cn-hw", "code": "HW34"}])
    marketplace.licence(recycler)
    rerank(marketplace)
    marketplace.wait(hours=9)
    assert [party.inbox() for party in facing] == [[], []]


def test_what_becomes_unlawful_before_its_release_is_not_announced(marketplace, facing):
    _, recycler = facing
    licence = marketplace.licence(recycler)
    rerank(marketplace)
    marketplace.admin.delete(f"/licences/{licence['id']}")
    marketplace.wait(minutes=30)
    assert [len(party.inbox()) for party in facing] == [0, 1]


def test_an_enterprise_whose_grade_changed_meanwhile_is_notified_all_the_same(marketplace, facing):
    generator, recycler = facing
    marketplace.licence(recycler)
    rerank(marketplace)
    marketplace.grade(generator, "A")
    marketplace.wait(hours=8)
    assert len(generator.inbox()) == 1
