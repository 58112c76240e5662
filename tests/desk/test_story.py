"""The story of one enterprise: everything that is known of it in one answer, for its overseers."""

from datetime import date

from marketplace.credit.models import CreditEvent, Evaluation, EventStatus, Recorder, Severity
from marketplace.desk.service.score_history import score_points
from tests.cases import AllSamples
from tests.counting import count_statements
from tests.desk.world import WHY
from tests.inspections.site import Site


def story(party, firm):
    response = party.get(f"/enterprises/{firm.id}/story")
    assert response.status_code == 200, response.json
    return response.json


def test_a_story_has_every_part_with_its_total(desk):
    samples = AllSamples(desk.marketplace)
    firm, closed = samples.owner, samples.closed
    desk.marketplace.settle()
    event = desk.marketplace.credit_event(firm, "law.minor_corrected")
    assert firm.post(f"/credit/events/{event['id']}/appeal", WHY).status_code == 201
    assert firm.post(f"/credit/events/{event['id']}/repair", {"promise": "已整改"}).status_code == 201
    desk.make("expiring_evaluation", firm=firm)

    told = story(desk.admin, firm)

    assert told["enterprise"]["id"] == firm.id
    standing = firm.standing()
    assert (told["score"], told["grade"], told["axes"]) == (
        standing["score"], standing["grade"], standing["axes"],
    )  # fmt: skip
    assert told["scores"][0]["score"] == standing["score"]
    assert told["events"]["items"][0]["id"] == event["id"]
    for part in ("appeals", "repairs", "evaluations"):
        assert told[part]["total"] == len(told[part]["items"]) == 1
    (manifest,) = [each for each in told["manifests"]["items"] if closed.endswith(each["id"])]
    assert (manifest["status"], manifest["part"]) == ("closed", "sender")
    assert manifest["other"] == {"id": samples.partner.id, "name": "绍兴二厂"}
    deal = told["deals"]["items"][0]
    assert (deal["side"], deal["other"]["id"]) == ("supplier", samples.partner.id)
    carried = story(desk.admin, samples.carrier)["manifests"]["items"]
    assert [each["part"] for each in carried] == ["carrier"]


def test_inspections_are_in_the_story(desk):
    site = Site(desk.marketplace)
    done = site.finished()
    (told,) = story(site.regulator, site.generator)["inspections"]["items"]
    assert (told["id"], told["result"], told["kind"]) == (done["id"], "pass", "district")


def test_the_score_over_time_is_told_by_the_days_on_which_it_changed(desk):
    firm = desk.marketplace.enterprise("generator")
    desk.marketplace.now = desk.marketplace.now.replace(month=12, day=20)
    desk.marketplace.credit_event(firm, "law.penalty_major", date(2026, 12, 5))
    desk.marketplace.credit_event(firm, "law.penalty_minor", date(2026, 12, 10))
    told = story(desk.admin, firm)["scores"]
    assert [(each["day"], each["score"], each["grade"]) for each in told] == [
        ("2026-12-10", 59, "D"), ("2026-12-05", 65, "C"), ("2026-12-01", 80, "B"),
    ]  # fmt: skip


def event(day, points=-10, lapses=None, status=EventStatus.RECORDED):
    return CreditEvent(
        rule="law.penalty_general", axis="law", points_milli=points * 1000, severity=Severity.GENERAL,
        recorded_as=Recorder.REGULATOR, effective_on=day, lapses_on=lapses or date(2030, 1, 1), status=status,
    )  # fmt: skip


def test_what_lapses_is_a_day_of_change_and_what_was_withdrawn_is_none():
    since, today = date(2025, 1, 1), date(2026, 12, 1)
    events = [
        event(date(2025, 2, 1), lapses=date(2026, 2, 1)),
        event(date(2025, 3, 1), status=EventStatus.WITHDRAWN),
        event(date(2027, 3, 1)),
    ]
    evaluations = [Evaluation(published_on=date(2026, 3, 1), valid_until=date(2028, 3, 1))]
    points = score_points(events, evaluations, since, today, 50)
    assert [(point.day, point.score // 1000) for point in points] == [
        (date(2026, 3, 1), 100), (date(2026, 2, 1), 80), (date(2025, 2, 1), 70), (since, 80),
    ]  # fmt: skip
    assert score_points(events, evaluations, since, today, 2) == points[:2]


def test_a_story_is_for_its_overseers_and_that_they_read_it_is_noted(desk):
    firm = desk.marketplace.enterprise("generator")
    path = f"/enterprises/{firm.id}/story"
    assert desk.regulator.get(path).status_code == 200
    assert desk.stranger.get(path).status_code == 404
    assert firm.get(path).status_code == 403
    assert desk.marketplace.enterprise("generator").get(path).status_code == 403


def test_a_long_history_is_cut_and_takes_no_more_statements(desk):
    firm = desk.marketplace.enterprise("generator")
    short = statements(desk, firm)
    for _ in range(52):
        desk.marketplace.credit_event(firm, "law.minor_corrected")
    told = story(desk.admin, firm)
    assert (len(told["events"]["items"]), told["events"]["total"]) == (50, 52)
    assert statements(desk, firm) <= short + 1, "one for the titles of rules, however many"


def statements(desk, firm):
    story(desk.admin, firm)
    with count_statements() as sent:
        story(desk.admin, firm)
    return len(sent)
