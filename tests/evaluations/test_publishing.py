"""A preview is published once, as it was frozen; the end of what is published is announced in time."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from marketplace.database import db
from marketplace.evaluations import jobs
from marketplace.events.models import Audit, Event
from marketplace.notifications.models import Notification
from tests.deals.trade import at_once
from tests.evaluations.previews import (
    ROOT,
    declared,
    inspected,
    preview_of,
    publish,
    published_at_once,
    show,
)
from tests.mail import body, listener, relay  # noqa: F401 - fixtures
from tests.persons.people import join
from tests.reporting.world import ok, refused


@pytest.fixture
def firm(marketplace):
    return marketplace.enterprise("generator", name="酸厂")


def events_named(marketplace, name):
    with marketplace.app.app_context():
        query = select(Event.payload).where(Event.name == name).order_by(Event.id)
        return list(db.session.scalars(query))


def messages_of(marketplace, kind):
    """The data of the messages of a kind, also where the keys of their readers have ended."""
    with marketplace.app.app_context():
        query = select(Notification.data).where(Notification.kind == kind).order_by(Notification.id)
        return list(db.session.scalars(query))


def test_publication_establishes_for_two_years_and_tells_the_enterprise(marketplace, firm):
    preview = preview_of(marketplace, firm)

    published = ok(publish(marketplace, preview))

    assert (published["status"], published["published_on"]) == ("published", "2026-12-01")
    assert published["valid_until"] == "2028-12-01"
    assert published["inputs_sha256"] == preview["inputs_sha256"]
    standing = firm.standing()
    assert (standing["score"], standing["provisional"], standing["valid_until"]) == (100, False, "2028-12-01")
    neighbour = marketplace.enterprise("recycler")
    (shown,) = ok(neighbour.get("/credit/grades", q="酸厂"))["items"]
    assert (shown["grade"], shown["valid_until"]) == ("A", "2028-12-01")
    marketplace.settle()
    (message,) = firm.inbox("evaluation.published")
    assert message["data"] == {
        "evaluation_id": preview["id"], "grade": "A", "last_day": "2028-11-30",
    }  # fmt: skip


def test_a_preview_is_published_once(marketplace, firm):
    preview = preview_of(marketplace, firm)
    ok(publish(marketplace, preview))

    refused(publish(marketplace, preview), "wrong_state", status=409)


def test_two_officers_who_publish_at_once_publish_once(marketplace, firm):
    preview = preview_of(marketplace, firm)
    path = f"{ROOT}/{preview['id']}/publish"
    second = marketplace.second_admin()

    outcomes = at_once(marketplace, (marketplace.admin, path, None), (second, path, None))

    assert outcomes == [(200, None), (409, "wrong_state")]
    assert len(events_named(marketplace, "evaluation.published")) == 1


def record_event(marketplace, firm):
    marketplace.credit_event(firm, "site.defect")


def confirm_declaration(marketplace, firm):
    declared(marketplace, firm)


def finish_inspection(marketplace, firm):
    inspected(marketplace, firm)


def block(marketplace, firm):
    ok(marketplace.admin.post("/credit/blocks", {"enterprise_id": firm.id, "reason": "倾倒立案"}), 201)


def publish_another(marketplace, firm):
    published_at_once(marketplace, firm, "2026-11-01")


@pytest.mark.parametrize(
    "change", [record_event, confirm_declaration, finish_inspection, block, publish_another]
)
def test_a_preview_is_outdated_once_anything_of_it_has_changed(marketplace, firm, change):
    preview = preview_of(marketplace, firm)
    change(marketplace, firm)

    refused(publish(marketplace, preview), "evaluation_outdated", status=409)

    assert show(marketplace.admin, preview)["status"] == "preview"
    ok(publish(marketplace, preview_of(marketplace, firm)))


def test_a_preview_of_which_nothing_has_changed_is_published_days_later(marketplace, firm):
    declared(marketplace, firm)
    inspected(marketplace, firm)
    marketplace.credit_event(firm, "law.penalty_minor")
    preview = preview_of(marketplace, firm)
    marketplace.credit_event(marketplace.enterprise("recycler"), "site.defect")
    marketplace.now += timedelta(days=5)

    assert ok(publish(marketplace, preview))["valid_until"] == "2028-12-06"
    assert firm.standing()["score"] == preview["score"] == 94


def test_the_body_with_a_day_still_publishes_at_once(marketplace, firm):
    body = {"enterprise_id": firm.id, "published_on": "2026-11-20", "note": "现场评价"}

    made = ok(marketplace.admin.post(ROOT, body), 201)

    assert (made["enterprise_id"], made["published_on"], made["note"]) == (firm.id, "2026-11-20", "现场评价")
    assert (made["valid_until"], made["grade"], made["score"]) == ("2028-11-20", "A", 100)
    assert (made["inputs_sha256"], made["status"]) == (None, "published")
    assert firm.standing()["provisional"] is False
    refused(publish(marketplace, made), "wrong_state", status=409)
    later = {"enterprise_id": firm.id, "published_on": "2026-12-02"}
    refused(marketplace.admin.post(ROOT, later), "effective_in_future", "published_on")


# ---------------------------------------------------------------- reminders


def remind_on(marketplace, *day):
    """Run the reminders twice at noon of a day, and let the enterprises be told."""
    marketplace.now = datetime(*day, 4, tzinfo=UTC)
    with marketplace.app.app_context():
        jobs.remind()
        jobs.remind()
    marketplace.settle()


def test_the_end_is_announced_sixty_and_thirty_days_before_each_once(marketplace, firm):
    made = published_at_once(marketplace, firm, "2026-12-01")  # it ends on 1 December 2028

    def reminders():
        with marketplace.app.app_context():
            lines = select(Audit.detail).where(Audit.action == "remind", Audit.subject_id == made["id"])
            return [line["days"] for line in db.session.scalars(lines.order_by(Audit.id))]

    remind_on(marketplace, 2028, 10, 1)
    assert reminders() == []
    remind_on(marketplace, 2028, 10, 2)
    assert reminders() == [60]
    remind_on(marketplace, 2028, 10, 31)
    assert reminders() == [60]
    remind_on(marketplace, 2028, 11, 1)
    assert reminders() == [60, 30]
    remind_on(marketplace, 2028, 11, 30)
    assert reminders() == [60, 30]
    told = messages_of(marketplace, "evaluation.ending")
    assert told == [{"evaluation_id": made["id"], "last_day": "2028-11-30"}] * 2


def test_who_was_not_reminded_in_time_is_reminded_of_the_last_days_only(marketplace, firm):
    published_at_once(marketplace, firm, "2026-12-01")

    remind_on(marketplace, 2028, 11, 20)

    assert [event["days"] for event in events_named(marketplace, "evaluation.ending")] == [30]


def test_an_evaluation_that_a_later_one_outlasts_and_a_preview_are_not_announced(marketplace, firm):
    published_at_once(marketplace, firm, "2026-11-01")
    later = published_at_once(marketplace, firm, "2026-12-01")
    preview_of(marketplace, firm)

    remind_on(marketplace, 2028, 10, 20)

    (event,) = events_named(marketplace, "evaluation.ending")
    assert event["evaluation_id"] == later["id"]


def test_officers_who_are_persons_are_mailed_how_many_end_in_their_charge(marketplace, firm, relay):  # noqa: F811
    published_at_once(marketplace, firm, "2026-12-01")
    keys = marketplace.admin.get("/api-keys", holder="staff").json["items"]
    officers = {
        "admin@example.com": keys[0]["holder"]["id"],
        "here@example.com": marketplace.regulator("330600").id,
        "elsewhere@example.com": marketplace.regulator("440300").id,
    }
    for address, staff_id in officers.items():
        marketplace.admin.post("/invitations", {"staff_id": staff_id, "email": address, "language": "en"})
    marketplace.settle()
    for letter in [letter for letter in relay.take() if letter["To"] in officers]:
        code = next(line for line in body(letter).splitlines() if len(line) == 23 and line.count("-") == 3)
        assert join(marketplace, code).status_code == 201

    remind_on(marketplace, 2028, 10, 2)

    letters = [letter for letter in relay.take() if "evaluations" in letter["Subject"]]
    assert {letter["To"] for letter in letters} == {"admin@example.com", "here@example.com"}
    assert {letter["Subject"] for letter in letters} == {"[Huanliu] Credit evaluations that end soon: 1"}
    assert "/desk?kind=expiring_evaluation" in body(letters[0])
