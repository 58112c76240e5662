"""Who takes an item, and what the filter finds of it."""

from sqlalchemy import text

from marketplace.database import db
from marketplace.events.models import Audit


def assignments(marketplace):
    with marketplace.app.app_context():
        return db.session.scalar(text("SELECT count(*) FROM desk_assignment"))


def test_an_item_is_taken_found_by_its_officer_and_given_back(desk):
    appeal_id, repair_id = desk.make("appeal"), desk.make("repair")

    taken = desk.assign("appeal", appeal_id, "me").json["assigned_to"]
    assert taken["name"] == "the admin"
    assert desk.ids(assigned="me") == desk.ids(assigned=taken["id"]) == [("appeal", appeal_id)]
    assert desk.ids(desk.second, assigned=taken["id"]) == [("appeal", appeal_id)]
    assert desk.ids(desk.second, assigned="me") == []
    assert desk.ids(assigned="none") == [("repair", repair_id)]
    assert desk.counts(assigned="me") == {"appeal": 1}
    assert desk.counts(assigned="none") == {"repair": 1}

    assert desk.assign("appeal", appeal_id, None).json["assigned_to"] is None
    assert desk.ids(assigned="me") == []
    assert assignments(desk.marketplace) == 0


def test_an_officer_gives_an_item_to_another_and_each_is_on_the_audit(desk):
    paper_id = desk.make("transporter_paper")
    given = desk.assign("transporter_paper", paper_id, desk.regulator.id)
    assert given.json["assigned_to"] == {"id": desk.regulator.id, "name": "生态环境局"}
    assert desk.ids(desk.regulator, assigned="me") == [("transporter_paper", paper_id)]
    assert desk.assign("transporter_paper", paper_id, "me", by=desk.regulator).status_code == 200

    with desk.marketplace.app.app_context():
        lines = db.session.query(Audit).filter_by(subject_kind="desk_assignment").order_by(Audit.id).all()
    assert [(line.actor_kind, line.action, line.detail) for line in lines] == [
        ("admin", "assign", {"to": desk.regulator.id}),
        ("regulator", "assign", {"to": desk.regulator.id}),
    ]
    assert {line.subject_id for line in lines} == {f"transporter_paper,{paper_id}"}


def test_only_who_may_see_an_item_takes_it_and_gets_it(desk):
    appeal_id = desk.make("appeal")
    assert desk.assign("appeal", appeal_id, "me", by=desk.stranger).status_code == 404
    refused = desk.assign("appeal", appeal_id, desk.stranger.id)
    assert (refused.status_code, refused.json["code"]) == (422, "unknown_officer")
    nobody = desk.assign("appeal", appeal_id, appeal_id)
    assert (nobody.status_code, nobody.json["code"]) == (422, "unknown_officer")
    assert desk.assign("appeal", appeal_id, "somebody").status_code == 422
    for kind in ("repair", "nonsense"):
        assert desk.assign(kind, appeal_id, "me").status_code == 404
    member = desk.marketplace.enterprise("generator")
    assert desk.assign("appeal", appeal_id, "me", by=member).status_code == 403


def test_an_assignment_goes_a_day_after_its_item(desk):
    appeal_id, repair_id = desk.make("appeal"), desk.make("repair")
    for kind, subject_id in (("appeal", appeal_id), ("repair", repair_id)):
        assert desk.assign(kind, subject_id, "me").status_code == 200
    assert desk.decide(("appeal", appeal_id, "uphold", "已核实"), by=desk.second) == [(200, None)]
    assert desk.ids(assigned="me") == [("repair", repair_id)]

    desk.marketplace.wait(hours=2)
    assert assignments(desk.marketplace) == 2
    desk.marketplace.wait(days=1, hours=1)
    assert assignments(desk.marketplace) == 1
    assert desk.ids(assigned="me") == [("repair", repair_id)]
