"""What becomes of pairings is noted, an order is learned from it, and serves only where it may."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import inspect, select

from marketplace.database import db
from marketplace.enterprises.models import Enterprise
from marketplace.events.actor import PLATFORM
from marketplace.events.models import Audit
from marketplace.events.work import unit_of_work
from marketplace.listings.models import Listing
from marketplace.matches import service as matches
from marketplace.matches.models import PairingOutcome, RankingModel
from marketplace.matches.schemas import MatchQuery
from marketplace.matches.service.learning import training_runs as training
from marketplace.matches.service.ranking import learned_page, page_cursor
from matching.learning import FEATURES, LearnedRanking, history
from tests.http.cursors import forged, opened
from tests.marketplace import Marketplace, new_uscc

BY_RECORD = LearnedRanking("log_linear", np.array([float(name == "transfers") for name in FEATURES]), None)
"""Most completed transfers first."""
FURTHEST_FIRST = LearnedRanking(
    "log_linear", np.array([-float(name == "nearness") for name in FEATURES]), None
)
"""No training gives such an order, which is easily told apart from the formula's."""
FORMULA = {"name": "formula", "model_version": None}
EAST = 0.2
"""Degrees of longitude that each receiver lies further than the one before."""


def outcomes(marketplace) -> list[PairingOutcome]:
    with marketplace.app.app_context():
        rows = db.session.scalars(select(PairingOutcome).order_by(PairingOutcome.at, PairingOutcome.outcome))
        return list(rows)


def became(marketplace, outcome: str, *pairings: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """What later rooms will say: an offer was made, a deal struck, a transfer completed."""
    with marketplace.app.app_context(), unit_of_work() as work:
        matches.record_outcome(
            work, outcome, [(UUID(mine["id"]), UUID(other["id"])) for mine, other in pairings]
        )


def used(marketplace, order: LearnedRanking = BY_RECORD) -> int:
    """Put an order in use as a training would that won; returns its version."""
    with marketplace.app.app_context(), unit_of_work() as work:
        arrays = order.dump()
        row = RankingModel(status="done", used=True, arrays=arrays, digest=str(hash(arrays)))
        return work.add(row).version


def street(marketplace, receivers: int):
    """A generator with a supply, and receivers, each further away than the one before."""
    generator = marketplace.enterprise("generator")
    return (
        generator,
        marketplace.supply(generator),
        [receiver(marketplace, number) for number in range(receivers)],
    )


def receiver(marketplace, number: int):
    """A recycler so many steps east of the generator, and its demand."""
    party = marketplace.recycler(location={"lon": 120.58 + EAST * number, "lat": 30.03, "crs": "wgs84"})
    return party, marketplace.demand(party)


def answer(party, listing, **query: Any) -> dict[str, Any]:
    response = party.get(f"/listings/{listing['id']}/matches", **query)
    assert response.status_code == 200, response.json
    return response.json


def ids(items) -> list[str]:
    return [match["listing"]["id"] for match in items]


# ---------------------------------------------------------------- what is noted


def test_a_marketplace_emptied_of_its_models_ranks_by_the_formula(app):
    """No trigger fires while tests empty the tables; what a process keeps of a model must go all the same."""
    orders = []
    for learns in (True, False):
        with Marketplace(app) as marketplace:
            if learns:
                used(marketplace)
            generator, supply, _ = street(marketplace, 2)
            orders.append(answer(generator, supply)["order"]["name"])
    assert orders == ["learned", "formula"]


def test_what_was_shown_and_said_is_noted_once_with_the_facts_as_they_were(marketplace):
    generator, supply, [(near, demand)] = street(marketplace, 1)
    marketplace.settle()
    marketplace.wait(minutes=30)
    item = generator.pairing(supply, demand)
    near.feedback(demand, supply, "interested")
    generator.feedback(supply, demand, "not_suitable")
    marketplace.change(near, demand, quantity_t=60.0)
    marketplace.wait(hours=9)
    generator.feedback(supply, demand, "interested")

    noted = outcomes(marketplace)
    assert sorted(outcome.outcome for outcome in noted) == ["interested", "not_suitable", "shown"]
    parts = {part["name"]: part for part in item["components"]}
    for outcome in noted:
        assert (str(outcome.supply_id), str(outcome.demand_id)) == (supply["id"], demand["id"])
        assert (str(outcome.supplier_id), str(outcome.receiver_id)) == (generator.id, near.id)
        assert (outcome.km, outcome.fit) == (parts["distance"]["raw"], parts["code"]["value"])
        assert (outcome.quantity, outcome.capacity_kg) == (parts["quantity"]["value"], 1_200_000)
        assert (outcome.credit_milli / 1000, outcome.score / 1e15) == (parts["credit"]["raw"], item["score"])


def test_what_is_noted_twice_or_with_the_sides_exchanged_is_noted_once(marketplace):
    _, supply, [(_, demand), (_, other)] = street(marketplace, 2)
    became(marketplace, "closed", (supply, demand), (demand, supply))
    marketplace.now += timedelta(days=1)
    became(marketplace, "closed", (supply, demand), (other, supply))

    assert {str(outcome.demand_id): outcome.at.day for outcome in outcomes(marketplace)} == {
        demand["id"]: 1,
        other["id"]: 2,
    }


def test_a_message_that_is_dropped_before_its_release_was_not_shown(marketplace):
    generator, supply, [] = street(marketplace, 0)
    marketplace.demand(marketplace.recycler(grade="C"))
    marketplace.settle()
    marketplace.withdraw(generator, supply)
    marketplace.wait(hours=10)

    assert [outcome for outcome in outcomes(marketplace) if outcome.outcome == "shown"] == []


# ---------------------------------------------------------------- training


def test_too_few_outcomes_is_said_on_the_card(marketplace):
    generator, supply, [(_, demand)] = street(marketplace, 1)
    marketplace.settle()
    generator.feedback(supply, demand, "interested")
    version = marketplace.train()

    regulator = marketplace.regulator("330600")
    for party in (marketplace.admin, regulator):
        model = party.get(f"/ranking-models/{version}").json
        assert (model["status"], model["used"], model["reason"]) == ("done", False, "too_few_earlier")
        assert model["card"]["outcomes"]["interested"] == 1
        assert model["card"]["metrics"] is None
        assert model["card"]["window"]["first"] == "2026-12-01"
        assert "formula" in model["detail"]
    assert answer(generator, supply)["order"] == FORMULA
    assert generator.get("/ranking-models").status_code == 403
    assert generator.get(f"/ranking-models/{version}").status_code == 403
    for nothing in (version + 9, 2**31, 2**70):
        assert marketplace.admin.get(f"/ranking-models/{nothing}").status_code == 404


def test_models_are_listed_newest_first(marketplace):
    versions = [marketplace.train() for _ in range(3)]

    first = marketplace.admin.get("/ranking-models", limit=2).json
    second = marketplace.admin.get("/ranking-models", limit=2, cursor=first["next"]).json
    assert [model["version"] for model in first["items"] + second["items"]] == versions[::-1]
    assert second["next"] is None


def test_a_training_is_owed_once_a_night_from_three_in_shaoxing(marketplace):
    """At noon the night's training is due; the next one at 19:00 UTC, which is three in the morning."""
    marketplace.trains_nightly = True
    nights = lambda: sorted(model.night for model in models(marketplace))  # noqa: E731
    marketplace.settle()
    marketplace.wait(hours=2)
    assert nights() == [date(2026, 12, 1)]
    marketplace.wait(hours=12, minutes=59)
    assert nights() == [date(2026, 12, 1)]
    marketplace.wait(minutes=1)
    marketplace.wait(minutes=1)
    assert nights() == [date(2026, 12, 1), date(2026, 12, 2)]
    assert {model.status for model in models(marketplace)} == {"done"}


def models(marketplace) -> list[RankingModel]:
    with marketplace.app.app_context():
        return list(db.session.scalars(select(RankingModel).order_by(RankingModel.version)))


def test_training_a_version_again_changes_nothing(marketplace):
    version = marketplace.train()
    (before,) = models(marketplace)
    marketplace.now += timedelta(hours=1)
    with marketplace.app.app_context():
        matches.train(version, lambda text: None)
        lines = db.session.scalars(select(Audit).where(Audit.subject_kind == "ranking_model")).all()

    assert models(marketplace)[0].trained_at == before.trained_at
    assert [(line.action, line.actor_kind) for line in lines] == [("train", PLATFORM.kind)]


def test_arrays_are_kept_for_the_last_models_only(marketplace, monkeypatch):
    monkeypatch.setattr(training, "MODELS_WITH_ARRAYS", 2)
    old, young = used(marketplace), used(marketplace)
    marketplace.train()

    assert {model.version: model.digest is not None for model in models(marketplace)} == {
        old: False,
        young: True,
        3: False,
    }


def test_the_command_says_what_was_decided(marketplace):
    result = marketplace.app.test_cli_runner().invoke(args=["match", "train", "--progress"])

    assert result.exit_code == 0
    assert "Too few suppliers" in result.stdout
    assert "reading" in result.stderr


# ---------------------------------------------------------------- serving


def test_the_learned_order_puts_the_formulas_best_in_another_order_and_says_so(marketplace):
    generator, supply, [_, (_, second), (far, third)] = street(marketplace, 3)
    elsewhere = marketplace.enterprise("generator")
    became(marketplace, "closed", *((marketplace.supply(elsewhere), third) for _ in range(2)))
    became(marketplace, "closed", (marketplace.supply(elsewhere), second))
    plain = answer(generator, supply)
    version = used(marketplace)
    marketplace.now += timedelta(minutes=1)
    now = answer(generator, supply)

    assert now["order"] == {"name": "learned", "model_version": version}
    assert ids(now["items"]) == [third["id"], second["id"], ids(plain["items"])[0]]
    assert [match["rank"] for match in now["items"]] == [1, 2, 3]
    learned = [match.pop("learned") for match in now["items"]]
    assert learned == pytest.approx([np.log(3), np.log(2), 0], abs=1e-6)
    explained = {match["listing"]["id"]: {**match, "rank": 0} for match in plain["items"]}
    assert {match["listing"]["id"]: {**match, "rank": 0} for match in now["items"]} == explained
    assert "learned" not in generator.pairing(supply, third)
    for party, listing, query in (
        (far, third, {}), (generator, supply, {"sort": "distance"}), (generator, supply, {"sort": "credit"})
    ):  # fmt: skip
        formula = answer(party, listing, **query)
        assert formula["order"] == FORMULA
        assert not any("learned" in match for match in formula["items"])


def test_one_switch_turns_it_off_and_a_newer_model_that_lost_or_cannot_be_read_does_too(marketplace):
    generator, supply, _ = street(marketplace, 1)
    version = used(marketplace)
    marketplace.policy(learned_order=False)
    assert answer(generator, supply)["order"] == FORMULA
    policy = marketplace.admin.get("/matching-policy").json
    assert policy.pop("learned_order") is False
    assert marketplace.admin.put("/matching-policy", policy).json["learned_order"] is True
    assert answer(generator, supply)["order"] == {"name": "learned", "model_version": version}
    refused = marketplace.admin.put("/matching-policy", {**policy, "learned_order": "yes"})
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["learned_order"])

    marketplace.train()
    assert answer(generator, supply)["order"] == FORMULA
    with marketplace.app.app_context(), unit_of_work() as work:
        work.add(RankingModel(status="done", used=True, arrays=b"PK", digest="strange"))
    assert answer(generator, supply)["order"] == FORMULA


def turned(party, listing, between=lambda: None, **query: Any) -> list[dict[str, Any]]:
    """All pages of an answer; `between` happens after the first."""
    pages = [answer(party, listing, **query)]
    between()
    while pages[-1]["next"]:
        pages.append(answer(party, listing, cursor=pages[-1]["next"], **query))
    return pages


@pytest.fixture
def avenue(marketplace, monkeypatch):
    """A supply and five receivers, of whom the learned order turns the nearest three round; their ids so."""
    monkeypatch.setattr(learned_page, "HEAD", 3)
    generator, supply, row = street(marketplace, 5)
    used(marketplace, FURTHEST_FIRST)
    demands = [demand for _, demand in row]
    return generator, supply, row, [demand["id"] for demand in (*demands[2::-1], *demands[3:])]


def test_pages_hold_the_head_as_learned_and_then_the_rest_as_the_formula_has_it(avenue):
    generator, supply, _, expected = avenue
    for limit in (1, 2, 3, 4, 100):
        pages = turned(generator, supply, limit=limit)
        items = [match for page in pages for match in page["items"]]
        assert ids(items) == expected
        assert [match["rank"] for match in items] == [1, 2, 3, 4, 5]
        assert ["learned" in match for match in items] == [True] * 3 + [False] * 2
        assert {page["order"]["model_version"] for page in pages} == {1}
        assert len(pages) == -(-5 // limit)


def test_pages_stay_as_they_began_until_their_model_is_kept_no_more(marketplace, avenue, monkeypatch):
    """A nearer receiver, one that leaves, a transfer, a new model, the switch are for the next answer."""
    generator, supply, row, expected = avenue

    def happens():
        marketplace.now += timedelta(minutes=1)
        receiver(marketplace, 0)
        marketplace.withdraw(*row[1])
        became(marketplace, "closed", (supply, row[0][1]))
        used(marketplace, BY_RECORD)
        marketplace.policy(learned_order=False)

    pages = turned(generator, supply, happens, limit=2)
    assert ids(pages[0]["items"])[-1] == row[1][1]["id"]
    assert ids(match for page in pages for match in page["items"]) == expected
    assert {page["order"]["model_version"] for page in pages} == {1}
    assert answer(generator, supply)["order"] == FORMULA

    path, cursor = f"/listings/{supply['id']}/matches", pages[0]["next"]
    parts = opened(generator, path, MatchQuery, page_cursor.POSITION, cursor, limit="2")
    begun = [[*parts[:8], as_of, *parts[9:]] for as_of in (-1, 2**63)]
    refused = [
        generator.get(path, cursor=forged(generator, path, MatchQuery, position)) for position in begun
    ]
    refused.append(generator.get(path, cursor=cursor, sort="price"))
    for far in (2**64 - 1, 1 - 2**64):
        position = [*parts[:2], *[far] * 6, *parts[8:]]
        answer(generator, supply, cursor=forged(generator, path, MatchQuery, position))
    monkeypatch.setattr(training, "MODELS_WITH_ARRAYS", 0)
    marketplace.train()
    for response in (*refused, generator.get(path, cursor=cursor)):
        assert (response.status_code, list(response.json["errors"])) == (422, ["cursor"])


# ---------------------------------------------------------------- from one end to the other


def test_transfers_that_follow_the_track_record_teach_an_order_that_serves(marketplace, monkeypatch):
    """All suppliers deal with the same receiver, the third nearest; the last ones show it was learned."""
    monkeypatch.setattr(history, "LEAST_LATER", 5)
    generator, supply, row = street(marketplace, 3)
    far = row[2][1]
    for _ in range(24):
        marketplace.now += timedelta(days=1)
        mine = another(marketplace, generator, supply)
        became(marketplace, "shown", *((mine, demand) for _, demand in row))
        became(marketplace, "interested", (mine, far))
        became(marketplace, "closed", (mine, far))
    version = marketplace.train()
    model = marketplace.admin.get(f"/ranking-models/{version}").json

    assert (model["used"], model["reason"]) == (True, None)
    assert model["card"]["metrics"]["mrr"]["gain"]["low"] > 0
    assert model["card"]["suppliers"]["later"] >= 5
    assert model["card"]["outcomes"]["closed"] == 24
    now = answer(generator, supply)
    assert now["order"] == {"name": "learned", "model_version": version}
    assert now["items"][0]["listing"]["id"] == far["id"]


def another(marketplace, party, listing) -> dict[str, Any]:
    """The like of an enterprise and its listing, some way off."""
    with marketplace.app.app_context(), unit_of_work() as work:
        owner = work.add(copy_of(db.session.get_one(Enterprise, UUID(party.id)), uscc=new_uscc()))
        row = db.session.get_one(Listing, UUID(listing["id"]))
        return {"id": str(work.add(copy_of(row, enterprise_id=owner.id)).id)}


def copy_of(row, **changes: Any):
    kept = {
        column.key: getattr(row, column.key)
        for column in inspect(type(row)).columns
        if column.key not in ("id", "no", "version")
    }
    return type(row)(**{**kept, **changes})
