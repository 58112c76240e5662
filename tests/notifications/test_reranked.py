"""What a ranking of all supplies has that the one before had not: told once, in digests only."""

import pytest
from sqlalchemy import text

from marketplace.database import db
from marketplace.matches import service as matches
from marketplace.notifications.service import reranked


@pytest.fixture
def facing(city):
    """A generator of grade B and a recycler of grade A without a licence, whose listings face each other."""
    generator, recycler = city.enterprise("generator"), city.enterprise("recycler", grade="A")
    city.supply(generator), city.demand(recycler)
    rerank(city)
    return generator, recycler


def rerank(city) -> None:
    """A run, some time after what was before."""
    city.wait(minutes=2)
    with city.app.app_context():
        matches.start_rerank("command")
    city.settle()


def deliveries(city) -> list[str]:
    with city.app.app_context():
        return list(db.session.scalars(text("SELECT delivery FROM notification WHERE status = 'released'")))


def test_both_sides_hear_of_a_new_pairing_by_grade_and_in_their_digest_only(city, facing):
    generator, recycler = facing
    city.licence(recycler)
    rerank(city)
    assert [len(one.inbox()) for one in facing] == [0, 1]
    city.wait(minutes=30)
    assert [len(one.inbox()) for one in facing] == [1, 1]
    assert deliveries(city) == ["digest", "digest"]
    [mine] = generator.get("/listings", mine="true").json["items"]
    [theirs] = recycler.get("/listings", mine="true").json["items"]
    data = generator.inbox()[0]["data"]
    assert (data["listing_id"], data["counterpart_id"], data["rank"]) == (mine["id"], theirs["id"], 1)
    assert data["score"] == pytest.approx(
        generator.get(f"/listings/{mine['id']}/matches").json["items"][0]["score"], abs=1e-6
    )


def test_nobody_hears_of_it_twice(city, facing):
    _, recycler = facing
    licence = city.licence(recycler)
    rerank(city)
    city.wait(minutes=30)
    city.admin.delete(f"/licences/{licence['id']}")
    rerank(city)
    city.licence(recycler)
    rerank(city)
    city.wait(minutes=30)
    assert [len(one.inbox()) for one in facing] == [1, 1]


def test_a_pairing_told_when_it_was_published_is_no_news(city):
    generator, recycler = city.enterprise("generator"), city.recycler("A")
    demand = city.demand(recycler)
    city.settle()
    city.supply(generator)
    city.settle()
    rerank(city)
    city.withdraw(recycler, demand)
    rerank(city)
    assert len(recycler.inbox()) == 1


def test_the_first_run_of_all_has_no_news(city):
    generator, recycler = city.enterprise("generator"), city.enterprise("recycler", grade="A")
    city.supply(generator), city.demand(recycler)
    city.settle()
    city.licence(recycler)
    rerank(city)
    assert recycler.inbox() == []


def test_a_run_tells_an_enterprise_of_so_many_pairings_at_most(city, monkeypatch):
    assert reranked.MOST_NEWS == 20
    monkeypatch.setattr(reranked, "MOST_NEWS", 3)
    recycler = city.enterprise("recycler", grade="A")
    city.demand(recycler)
    for _ in range(4):
        city.supply(city.enterprise("generator"))
    rerank(city)
    city.licence(recycler)
    rerank(city)
    assert len(recycler.inbox()) == 3
    rerank(city)
    assert len(recycler.inbox()) == 3


def test_who_said_not_for_me_or_muted_the_code_hears_nothing(city, facing):
    generator, recycler = facing
    [mine] = generator.get("/listings", mine="true").json["items"]
    [theirs] = recycler.get("/listings", mine="true").json["items"]
    generator.feedback(mine, theirs, "not_suitable")
    recycler.prefer(muted_codes=[{"scheme": "cn-hw", "code": "HW34"}])
    city.licence(recycler)
    rerank(city)
    city.wait(hours=9)
    assert [one.inbox() for one in facing] == [[], []]


def test_what_has_become_unlawful_before_its_grade_is_told_is_not_told(city, facing):
    _, recycler = facing
    licence = city.licence(recycler)
    rerank(city)
    city.admin.delete(f"/licences/{licence['id']}")
    city.wait(minutes=30)
    assert [len(one.inbox()) for one in facing] == [0, 1]


def test_whose_grade_changed_meanwhile_is_told_all_the_same(city, facing):
    generator, recycler = facing
    city.licence(recycler)
    rerank(city)
    city.grade(generator, "A")
    city.wait(hours=8)
    assert len(generator.inbox()) == 1
