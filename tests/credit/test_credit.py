"""Credit over HTTP: events, blocks, rules, the review list, and what all that does to matches."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.http.cursors import walked
from tests.marketplace import TODAY

DUMPING = "law.illegal_dumping"


def penalty(enterprise):
    """A right body of a credit event."""
    about = {"enterprise_id": enterprise.id, "rule": "law.penalty_minor"}
    return {**about, "effective_on": str(TODAY), "note": "x"}


def explained(party):
    return party.get(f"/enterprises/{party.id}/credit/explanation").json


# ---------------------------------------------------------------- standing


def test_a_newcomer_has_eighty_points_provisionally(marketplace):
    assert marketplace.enterprise("recycler").standing() == {
        "score": 80.0, "grade": "B", "provisional": True, "valid_until": None, "blocked": False,
        "axes": dict.fromkeys(("law", "manifests", "reporting", "site", "fulfilment", "incidents"), 100.0),
    }  # fmt: skip


def test_an_evaluation_establishes_for_two_years_and_then_no_more(marketplace):
    recycler = marketplace.enterprise("recycler")
    body = {"enterprise_id": recycler.id, "published_on": "2026-11-20", "note": "site visit"}
    assert marketplace.admin.post("/credit/evaluations", body).json["valid_until"] == "2028-11-20"
    now = recycler.standing()
    assert (now["score"], now["grade"], now["provisional"], now["valid_until"]) == (
        100,
        "A",
        False,
        "2028-11-20",
    )
    marketplace.now = datetime(2028, 11, 19, 15, 59, tzinfo=UTC)
    marketplace.settle()
    assert marketplace.standing_of(recycler) == (100_000, "A")
    marketplace.now = datetime(2028, 11, 19, 16, 0, tzinfo=UTC)  # midnight in Shaoxing
    marketplace.settle()
    assert marketplace.standing_of(recycler) == (80_000, "B")


def test_an_event_changes_score_grade_and_axis_in_the_same_moment(marketplace):
    recycler = marketplace.enterprise("recycler")
    event = marketplace.credit_event(recycler, "law.penalty_major", date(2026, 11, 1))
    assert (event["points"], event["axis"], event["lapses_on"], event["counts"]) == (
        -15,
        "law",
        "2028-11-01",
        True,
    )
    now = recycler.standing()
    assert (now["score"], now["grade"], now["axes"]["law"], now["axes"]["site"]) == (65, "C", 85, 100)
    assert recycler.get("/enterprises/me").json["grade"] == "C"


def test_the_clock_writes_lapses_at_midnight_in_shaoxing(marketplace):
    recycler = marketplace.enterprise("recycler")
    marketplace.credit_event(recycler, "law.penalty_major", date(2024, 12, 2))
    assert recycler.standing()["score"] == 65
    marketplace.now = datetime(2026, 12, 1, 15, 59, tzinfo=UTC)
    marketplace.settle()
    assert recycler.standing()["score"] == 65
    marketplace.wait(minutes=1)
    assert recycler.standing()["score"] == 80
    (event,) = recycler.get(f"/enterprises/{recycler.id}/credit/events").json["items"]
    assert event["counts"] is False


def test_an_event_that_lapsed_long_ago_is_recorded_with_a_warning_and_counts_nothing(marketplace):
    recycler = marketplace.enterprise("recycler")
    event = marketplace.credit_event(recycler, "law.penalty_major", date(2024, 12, 1))
    assert [warning["code"] for warning in event["warnings"]] == ["already_lapsed"]
    assert event["counts"] is False
    assert recycler.standing()["score"] == 80


def test_a_year_of_clean_trade_establishes_on_the_day_by_itself(marketplace):
    recycler = marketplace.enterprise("recycler")
    for _ in range(5):
        marketplace.credit_event(recycler, "fulfilment.completed")
    assert recycler.standing()["score"] == 82.5
    marketplace.now = datetime(2027, 11, 30, 15, 59, tzinfo=UTC)
    marketplace.settle()
    assert marketplace.standing_of(recycler) == (82_500, "B")
    marketplace.wait(minutes=1)
    assert marketplace.standing_of(recycler) == (100_000, "A")


def test_the_first_deduction_takes_the_record_away(marketplace):
    recycler = marketplace.enterprise("recycler")
    for _ in range(5):
        marketplace.credit_event(recycler, "fulfilment.completed")
    marketplace.now = datetime(2027, 11, 30, 16, 0, tzinfo=UTC)
    marketplace.settle()
    assert marketplace.standing_of(recycler) == (100_000, "A")
    marketplace.credit_event(recycler, "manifest.late_close", date(2027, 11, 1))
    assert marketplace.standing_of(recycler) == (80_500, "B")


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ({"effective_on": str(TODAY + timedelta(days=1))}, "effective_on"),
        ({"effective_on": "2026-02-30"}, "effective_on"),
        ({"rule": "law.unheard_of"}, "rule"),
        ({"enterprise_id": "0190a2b4-0000-7000-8000-000000000000"}, "enterprise_id"),
        ({"note": None}, "note"),
        ({"points": 50}, "points"),
    ],
)
def test_a_wrong_event_names_the_field_and_stores_nothing(marketplace, body, at):
    recycler = marketplace.enterprise("recycler")
    good = penalty(recycler)
    answer = marketplace.admin.post("/credit/events", {**good, **body})
    assert answer.status_code == 422
    assert at in answer.json["errors"]
    assert recycler.get(f"/enterprises/{recycler.id}/credit/events").json["items"] == []


def test_an_evaluation_cannot_be_published_tomorrow(marketplace):
    body = {
        "enterprise_id": marketplace.enterprise("recycler").id,
        "published_on": str(TODAY + timedelta(days=1)),
    }
    answer = marketplace.admin.post("/credit/evaluations", body)
    assert answer.status_code == 422
    assert "published_on" in answer.json["errors"]


def test_today_is_today_in_shaoxing(marketplace):
    recycler = marketplace.enterprise("recycler")
    marketplace.now = datetime(2026, 12, 1, 16, 0, tzinfo=UTC)
    marketplace.credit_event(recycler, "law.penalty_minor", date(2026, 12, 2))
    assert recycler.standing()["score"] == 74


def test_the_explanation_adds_up(marketplace):
    recycler = marketplace.enterprise("recycler")
    for rule in ("law.penalty_major", "law.penalty_minor", "law.penalty_minor", "manifest.late_close"):
        marketplace.credit_event(recycler, rule)
    for _ in range(21):
        marketplace.credit_event(recycler, "fulfilment.completed")
    why = explained(recycler)
    assert {line["rule"]: (line["events"], line["points"], line["year"]) for line in why["lines"]} == {
        "law.penalty_major": (1, -15, None),
        "law.penalty_minor": (2, -12, None),
        "manifest.late_close": (1, -2, 2026),
        "fulfilment.completed": (21, 10, 2026),
    }
    assert why["base"] + sum(line["points"] for line in why["lines"]) == why["sum"] == 61
    assert (
        (why["score"], why["grade"])
        == (61, "C")
        == (recycler.standing()["score"], recycler.standing()["grade"])
    )


def test_the_explanation_says_what_the_next_grade_takes_and_when_what_ends(marketplace):
    firm = marketplace.enterprise("recycler", grade="A")
    marketplace.credit_event(firm, "law.penalty_general", date(2026, 6, 1))
    marketplace.credit_event(firm, "law.penalty_minor", date(2026, 11, 1))
    why = explained(firm)
    assert (why["score"], why["grade"], why["next_grade"]) == (84, "B", {"grade": "A", "missing": 6})
    assert why["ahead"] == [
        {"on": "2027-11-01", "score": 90, "grade": "A"},
        {"on": "2027-12-01", "score": 100, "grade": "A"},
        {"on": "2028-12-01", "score": 80, "grade": "B"},
    ], "the last is the end of the evaluation"
    marketplace.now = datetime(2027, 11, 30, 16, 0, tzinfo=UTC)
    assert explained(firm)["next_grade"] is None


def test_rules_are_named_and_repairable_events_say_from_when(marketplace):
    firm = marketplace.enterprise("recycler", grade="A")
    marketplace.credit_event(firm, "law.penalty_general", date(2026, 11, 1))
    marketplace.credit_event(firm, "fulfilment.completed")
    path = f"/enterprises/{firm.id}/credit"
    shown = {}
    for language in ("en", "zh"):
        headers = {"Accept-Language": language}
        events = firm.call("GET", f"{path}/events", headers=headers).json["items"]
        shown[language] = [(event["title"], event["repairable_from"]) for event in events]
        lines = firm.call("GET", f"{path}/explanation", headers=headers).json["lines"]
        assert {line["title"] for line in lines} == {title for title, _ in shown[language]}
    assert shown == {
        "en": [("Deal completed", None), ("Administrative penalty", "2027-02-01")],
        "zh": [("完成交易", None), ("普通程序行政处罚", "2027-02-01")],
    }


def test_a_sum_below_zero_is_shown_as_it_is_and_the_score_as_zero(marketplace):
    recycler = marketplace.enterprise("recycler")
    for _ in range(2):
        marketplace.credit_event(recycler, DUMPING)
    why = explained(recycler)
    assert (why["sum"], why["score"], len(why["blocks"])) == (-40, 0, 2)


def test_events_page_newest_first(marketplace):
    recycler = marketplace.enterprise("recycler")
    ids = [marketplace.credit_event(recycler, "manifest.late_close")["id"] for _ in range(3)]
    first = recycler.get(f"/enterprises/{recycler.id}/credit/events", limit=2).json
    second = recycler.get(f"/enterprises/{recycler.id}/credit/events", cursor=first["next"]).json
    assert [item["id"] for item in first["items"] + second["items"]] == ids[::-1]
    assert second["next"] is None


# ---------------------------------------------------------------- who sees what


def test_the_enterprise_and_its_overseers_see_all_and_others_the_grade(marketplace):
    recycler = marketplace.enterprise("recycler", region="330602")
    marketplace.credit_event(recycler, "law.penalty_minor")
    path = f"/enterprises/{recycler.id}/credit"
    for seer in (
        recycler,
        marketplace.admin,
        marketplace.regulator("330600"),
        marketplace.regulator("330000"),
    ):
        assert seer.get(path).json["score"] == 74
        assert len(seer.get(f"{path}/events").json["items"]) == 1
        assert seer.get(f"{path}/explanation").status_code == 200
    for stranger in (marketplace.enterprise("generator"), marketplace.regulator("110000")):
        assert stranger.get(path).json == {"grade": "C", "score": 74}
        assert stranger.get(f"{path}/events").status_code == 404
        assert stranger.get(f"{path}/explanation").status_code == 404


def test_only_officials_write_credit(marketplace):
    recycler = marketplace.enterprise("recycler")
    event = penalty(recycler)
    for other in (recycler, marketplace.enterprise("generator"), marketplace.regulator("330600")):
        if other.number:
            assert other.post("/credit/events", event).status_code == 403
        assert other.post("/credit/blocks", {"enterprise_id": recycler.id, "reason": "x"}).status_code == 403
        assert other.post("/credit/evaluations", {}).status_code == 403
        assert other.put("/credit/rules", {"items": []}).status_code == 403
    assert recycler.standing()["score"] == 80
    assert recycler.get("/credit/blocks").status_code == 403


# ---------------------------------------------------------------- rules


def test_new_rules_make_a_new_version_and_old_events_keep_their_points(marketplace):
    recycler = marketplace.enterprise("recycler")
    marketplace.credit_event(recycler, "law.penalty_minor")
    first = marketplace.admin.get("/credit/rules")
    items = [
        {**rule, "points": -20} if rule["code"] == "law.penalty_minor" else rule
        for rule in first.json["items"]
    ]
    put = marketplace.admin.put("/credit/rules", {"items": items}, first.headers["ETag"])
    assert put.json["version"] == first.json["version"] + 1
    assert marketplace.admin.put("/credit/rules", {"items": items}, first.headers["ETag"]).status_code == 412
    assert marketplace.admin.put("/credit/rules", {"items": items}, None).status_code == 428
    assert recycler.standing()["score"] == 74
    marketplace.credit_event(recycler, "law.penalty_minor")
    assert recycler.standing()["score"] == 54
    newest, oldest = recycler.get(f"/enterprises/{recycler.id}/credit/events").json["items"]
    assert (newest["rule_version"], oldest["rule_version"]) == (put.json["version"], first.json["version"])
    assert (newest["points"], oldest["points"]) == (-20, -6)


def test_a_rule_that_is_gone_can_no_longer_be_used(marketplace):
    rules = marketplace.admin.get("/credit/rules").json["items"]
    kept = [rule for rule in rules if rule["code"] != "site.defect"]
    assert marketplace.admin.put("/credit/rules", {"items": kept}).status_code == 200
    body = {
        "enterprise_id": marketplace.enterprise().id,
        "rule": "site.defect",
        "effective_on": str(TODAY),
        "note": "x",
    }
    assert marketplace.admin.post("/credit/events", body).status_code == 422


@pytest.mark.parametrize(
    "rule",
    [
        {"code": "Law Penalty"}, {"axis": "weather"}, {"points": 101}, {"points": "many"}, {"title": ""},
        {"most_per_year": -1}, {"blocks": "yes"}, {"colour": "red"},
    ],
)  # fmt: skip
def test_a_wrong_rule_is_refused_and_the_table_stays(marketplace, rule):
    before = marketplace.admin.get("/credit/rules").json
    items = [{**before["items"][0], **rule}, *before["items"][1:]]
    assert marketplace.admin.put("/credit/rules", {"items": items}).status_code == 422
    twice = [before["items"][0], before["items"][0]]
    assert marketplace.admin.put("/credit/rules", {"items": twice}).status_code == 422
    assert marketplace.admin.get("/credit/rules").json == before


# ---------------------------------------------------------------- blocks


@pytest.mark.parametrize("rule", [DUMPING, "manifest.forged"])
def test_dumping_and_forgery_block_at_once_provisionally(marketplace, rule):
    recycler = marketplace.enterprise("recycler", grade="A")
    event = marketplace.credit_event(recycler, rule)
    assert recycler.standing()["blocked"] is True
    (block,) = marketplace.admin.get("/credit/blocks").json["items"]
    assert (block["event_id"], block["reason"], block["state"]) == (event["id"], rule, "provisional")
    assert explained(recycler)["blocks"] == [block["id"]]


def test_a_second_officer_confirms_and_not_the_same(marketplace):
    recycler = marketplace.enterprise("recycler")
    marketplace.credit_event(recycler, DUMPING)
    (block,) = marketplace.admin.get("/credit/blocks").json["items"]
    path = f"/credit/blocks/{block['id']}/confirm"
    alone = marketplace.admin.post(path)
    assert (alone.status_code, alone.json["code"]) == (409, "second_officer_needed")
    second = marketplace.second_admin()
    confirmed = second.post(path)
    assert confirmed.json["state"] == "confirmed"
    assert confirmed.json["confirmed_at"]
    assert second.post(path).json["code"] == "wrong_state"
    assert recycler.standing()["blocked"] is True


def test_a_lifted_block_blocks_no_more_unless_there_is_another(marketplace):
    recycler = marketplace.enterprise("recycler", grade="A")
    blocks = [
        marketplace.admin.post("/credit/blocks", {"enterprise_id": recycler.id, "reason": reason}).json
        for reason in ("no permit", "no answer")
    ]
    for block, still in zip(blocks, (True, False), strict=True):
        path = f"/credit/blocks/{block['id']}/lift"
        assert marketplace.admin.post(path, {}).status_code == 422
        lifted = marketplace.admin.post(path, {"reason": "settled"})
        assert (lifted.json["state"], lifted.json["lift_reason"]) == ("lifted", "settled")
        assert marketplace.admin.post(path, {"reason": "settled"}).status_code == 409
        assert recycler.standing()["blocked"] is still
    assert marketplace.second_admin().post(f"/credit/blocks/{blocks[0]['id']}/confirm").status_code == 409
    assert recycler.standing()["score"] == 100, "a block takes no points"


@pytest.mark.parametrize("by_desk", [False, True], ids=["its route", "the desk"])
@pytest.mark.parametrize("stands_on", ["an event", "a second officer"])
def test_who_placed_a_block_that_stands_on_more_does_not_lift_it_alone(marketplace, stands_on, by_desk):
    firm, second = marketplace.enterprise("recycler"), marketplace.second_admin()
    if stands_on == "an event":
        marketplace.credit_event(firm, DUMPING)
        (block,) = marketplace.admin.get("/credit/blocks").json["items"]
    else:
        block = marketplace.admin.post("/credit/blocks", {"enterprise_id": firm.id, "reason": "x"}).json
        assert second.post(f"/credit/blocks/{block['id']}/confirm").status_code == 200

    def lift(party):
        if not by_desk:
            answer = party.post(f"/credit/blocks/{block['id']}/lift", {"reason": "settled"})
            return answer.status_code, answer.json.get("code")
        item = {"kind": "provisional_block", "id": block["id"], "decision": "lift", "reason": "settled"}
        (said,) = party.post("/desk/decisions", {"items": [item]}).json["items"]
        return said["status"], said["code"]

    assert lift(marketplace.admin) == (409, "second_officer_needed")
    assert firm.standing()["blocked"] is True
    assert lift(second) == (200, None)
    assert firm.standing()["blocked"] is False


def test_the_blocked_list_is_for_officers_each_in_its_region(marketplace):
    here, there = marketplace.enterprise("recycler"), marketplace.enterprise("recycler", region="330106")
    for party in (here, there):
        marketplace.credit_event(party, DUMPING)
    blocked = lambda seer: {block["enterprise_id"] for block in seer.get("/credit/blocks").json["items"]}  # noqa: E731
    assert blocked(marketplace.admin) == {here.id, there.id}
    assert blocked(marketplace.regulator("330600")) == {here.id}
    assert blocked(marketplace.regulator("330000")) == {here.id, there.id}
    (one,) = marketplace.admin.get("/credit/blocks", enterprise_id=here.id).json["items"]
    assert one["enterprise_id"] == here.id


# ---------------------------------------------------------------- what it does to matches


def test_a_change_of_grade_shows_in_the_next_ranking(marketplace):
    generator = marketplace.enterprise("generator")
    first, second = marketplace.recycler(), marketplace.recycler()
    demands = {marketplace.demand(party)["id"]: party for party in (first, second)}
    supply = marketplace.supply(generator)
    best, other = (demands[listing_id] for listing_id in marketplace.matches(generator, supply))
    marketplace.credit_event(best, "law.penalty_minor")
    assert [demands[listing_id] for listing_id in marketplace.matches(generator, supply)] == [other, best]
    items = generator.get(f"/listings/{supply['id']}/matches").json["items"]
    assert [item["listing"]["enterprise"]["grade"] for item in items] == ["B", "C"]
    credit = next(component for component in items[1]["components"] if component["name"] == "credit")
    assert credit["raw"] == 74
    marketplace.credit_event(other, "law.penalty_major")
    assert [demands[listing_id] for listing_id in marketplace.matches(generator, supply)] == [best, other]


def test_a_receiver_of_grade_e_or_blocked_neither_sees_nor_is_shown(marketplace):
    generator = marketplace.enterprise("generator")
    bad, blocked = marketplace.recycler("E"), marketplace.recycler("A")
    demands = [marketplace.demand(bad), marketplace.demand(blocked)]
    block = marketplace.admin.post("/credit/blocks", {"enterprise_id": blocked.id, "reason": "fled"}).json
    supply = marketplace.supply(generator)
    assert marketplace.matches(generator, supply) == []
    assert marketplace.matches(bad, demands[0]) == [] == marketplace.matches(blocked, demands[1])
    for demand in demands:
        assert set(marketplace.why_not(generator, supply, demand)) == {"credit"}
    marketplace.settle()
    assert bad.inbox() == [] == blocked.inbox()
    marketplace.admin.post(f"/credit/blocks/{block['id']}/lift", {"reason": "settled"})
    assert marketplace.matches(generator, supply) == [demands[1]["id"]]


@pytest.mark.parametrize("how", ["grade E", "blocked"])
def test_a_supervised_generator_sees_receivers_of_a_and_b_only_and_the_pairing_says_so(marketplace, how):
    generator = marketplace.enterprise("generator")
    demands = {grade: marketplace.demand(marketplace.recycler(grade)) for grade in "ABCD"}
    supply = marketplace.supply(generator)
    assert len(marketplace.matches(generator, supply)) == 4
    if how == "blocked":
        marketplace.admin.post("/credit/blocks", {"enterprise_id": generator.id, "reason": "fled"})
    else:
        marketplace.grade(generator, "E")
    items = generator.get(f"/listings/{supply['id']}/matches").json["items"]
    assert {item["listing"]["id"] for item in items} == {demands["A"]["id"], demands["B"]["id"]}
    assert all("supervised" in [two["code"] for two in item["warnings"]] for item in items)
    assert marketplace.why_not(generator, supply, demands["C"]) == {"credit": "generator_supervised"}


def test_a_lapse_brings_a_receiver_back_into_the_ranking(marketplace):
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler()
    demand, supply = marketplace.demand(recycler), marketplace.supply(generator)
    for _ in range(3):
        marketplace.credit_event(recycler, "law.penalty_major", date(2024, 12, 10))
    assert marketplace.matches(generator, supply) == []
    marketplace.wait(days=9)
    assert marketplace.matches(generator, supply) == [demand["id"]]


# ---------------------------------------------------------------- the review list


@pytest.fixture
def reviewed(marketplace):
    """Four enterprises: two good, one bad elsewhere, one blocked."""
    return {
        "good": marketplace.enterprise("generator", grade="A", name="Alpha dye works"),
        "fair": marketplace.enterprise("recycler", grade="B", name="Beta acids"),
        "bad": marketplace.enterprise("recycler", grade="E", name="Gamma acids", region="330106"),
        "blocked": marketplace.enterprise("recycler", grade="C", name="Delta_100% metal"),
    }


def review(seer, **query):
    answer = seer.get("/enterprises", **query)
    assert answer.status_code == 200, answer.json
    return [item["name"].split()[0] for item in answer.json["items"]]


def test_the_review_list_filters_and_sorts(marketplace, reviewed):
    marketplace.admin.post("/credit/blocks", {"enterprise_id": reviewed["blocked"].id, "reason": "fled"})
    pending = marketplace.enterprise("generator", approved=False, name="Epsilon straw")
    assert review(marketplace.admin, sort="score") == ["Gamma", "Delta_100%", "Beta", "Epsilon", "Alpha"]
    assert review(marketplace.admin, sort="-score") == ["Alpha", "Epsilon", "Beta", "Delta_100%", "Gamma"]
    assert review(marketplace.admin, sort="created_at") == ["Alpha", "Beta", "Gamma", "Delta_100%", "Epsilon"]
    assert review(marketplace.admin, grade="E") == ["Gamma"]
    assert review(marketplace.admin, blocked="true") == ["Delta_100%"]
    assert review(marketplace.admin, status="pending") == ["Epsilon"]
    assert review(marketplace.admin, role="generator") == ["Epsilon", "Alpha"]
    assert review(marketplace.admin, region="330100") == ["Gamma"]
    assert review(marketplace.admin, region="330600", grade="B", role="recycler") == ["Beta"]
    assert review(marketplace.admin, q="acids") == ["Gamma", "Beta"]
    assert review(marketplace.admin, q="_100%") == ["Delta_100%"]
    assert review(marketplace.admin, q="%") == ["Delta_100%"]
    assert review(marketplace.admin, q=pending.number.lower()) == ["Epsilon"]
    assert marketplace.admin.get("/enterprises", sort="name").status_code == 422


def test_the_review_list_pages_by_either_order(marketplace, reviewed):
    for sort in ("score", "-score", "created_at", "-created_at"):
        found = walked(marketplace.admin, "/enterprises", sort=sort, limit=1)
        assert [item["name"].split()[0] for item in found] == review(marketplace.admin, sort=sort)


def test_a_regulator_reviews_its_own_region_only(marketplace, reviewed):
    assert review(marketplace.regulator("330600")) == ["Delta_100%", "Beta", "Alpha"]
    assert review(marketplace.regulator("330600"), region="330100") == []
    assert marketplace.enterprise("generator").get("/enterprises").status_code == 403
