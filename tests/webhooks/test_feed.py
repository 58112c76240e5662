"""The feed: in the order of commits, to whom it concerns, and nobody else."""

import threading
from pathlib import Path

import pytest

import marketplace
from marketplace.database import db
from marketplace.events.models import Event
from marketplace.events.work import unit_of_work
from marketplace.lives import LIVES
from marketplace.webhooks import service
from marketplace.webhooks.service.kinds import GROUPS, KINDS, tell
from tests.cases import AllSamples, cases_of
from tests.due_diligence.cases import CONFIRMED

HERE = Path(marketplace.__file__).parent


def make_deal(marketplace):
    samples = cases_of("deals").samples(marketplace)
    assert samples.deal
    marketplace.settle()
    marketplace.samples = samples
    return marketplace


@pytest.fixture
def town(kept):
    with kept(make_deal) as marketplace, marketplace.at_its_time():
        yield marketplace.samples


def kinds_of(party, query=""):
    return [item["kind"] for item in party.get(f"/events{query}").json["items"]]


def test_both_sides_read_of_their_deal_and_a_neighbour_of_nothing(town):
    for party in (town.owner, town.partner):
        assert kinds_of(party, "?kinds=offer,deal")[-1] == "deal.agreed"
    assert kinds_of(town.neighbour, "?kinds=offer,deal,listing") == []
    (event,) = town.owner.get("/events?kinds=deal.agreed").json["items"]
    assert event["subject"] == {"kind": "deal", "id": town.deal["id"]}
    assert set(event["data"]) == {"by", "status", "supply_id", "demand_id"}


def test_staff_reads_each_event_of_those_it_oversees_once(town):
    assert kinds_of(town.admin, "?kinds=deal.agreed") == ["deal.agreed"]
    assert kinds_of(town.regulator, "?kinds=deal.agreed") == ["deal.agreed"]
    assert kinds_of(town.stranger) == []


def test_a_reader_goes_on_where_it_was_also_when_nothing_is_new(town):
    read, after = [], 0
    while (page := town.owner.get(f"/events?after={after}&limit=2").json)["items"]:
        read += [item["id"] for item in page["items"]]
        after = page["next"]
    assert page["next"] == after == read[-1]
    assert read == [item["id"] for item in town.owner.get("/events").json["items"]] == sorted(read)


@pytest.mark.parametrize(
    "query", ["?kinds=person", "?kinds=deal.rated", "?after=-1", "?limit=101", "?cursor=x"]
)
def test_what_the_feed_does_not_have_is_refused(town, query):
    assert town.owner.get(f"/events{query}").status_code == 422


def test_what_is_committed_late_with_a_lower_id_is_read_late_and_not_missed(marketplace):
    owner = marketplace.enterprise("generator")
    marketplace.settle()
    after = owner.get("/events").json["next"]
    about = {"enterprise_id": str(owner.id), "reason": ""}
    begun, may_end = threading.Event(), threading.Event()

    def commit_late():
        with marketplace.app.app_context(), unit_of_work() as work:
            work.emit("enterprise.rejected", **about)
            work.write_records()
            begun.set()
            assert may_end.wait(20)

    late = threading.Thread(target=commit_late)
    late.start()
    try:
        assert begun.wait(20)
        with marketplace.app.app_context():
            with unit_of_work() as work:
                work.emit("enterprise.approved", **about)
            service.take_events()
        first = owner.get(f"/events?after={after}").json
    finally:
        may_end.set()
        late.join()
    with marketplace.app.app_context():
        service.take_events()
        ids = dict(db.session.execute(db.select(Event.name, Event.id).order_by(Event.id)).all())
    then = owner.get(f"/events?after={first['next']}").json
    assert [item["kind"] for item in first["items"]] == ["enterprise.approved"]
    assert [item["kind"] for item in then["items"]] == ["enterprise.rejected"]
    assert ids["enterprise.rejected"] < ids["enterprise.approved"], "it had the lower id"


def test_only_what_is_named_is_said_and_no_names_or_reasons():
    party = "01990000-0000-7000-8000-000000000001"
    payload = {
        "manifest_id": party, "number": "7", "status": "drafted", "is_known": False, "reason": "secret",
        "sender_id": party, "receiver_id": "01990000-0000-7000-8000-000000000002",
        "transporter_id": "01990000-0000-7000-8000-000000000003", "deal_ids": [party], "step": None,
    }  # fmt: skip
    inside, unknown, known = tell(
        [("person.reset_requested", {"person_id": party}), ("manifest.drafted", payload),
         ("manifest.issued", payload | {"is_known": True})]
    )  # fmt: skip
    assert inside is None
    assert (len(unknown.readers), len(known.readers)) == (1, 3)
    assert known.data == {"number": "7", "status": "drafted"}


def make_papers(marketplace):
    samples = AllSamples(marketplace)
    assert samples.submission
    assert samples.channel_test
    assert samples.white_list_entry
    assert samples.exemption
    assert samples.transfer_approval
    assert samples.application
    assert samples.vehicle
    samples.owner.post(f"/deals/{samples.deal['id']}/due-diligence", CONFIRMED)
    samples.admin.post(f"/licences/{samples.submission['id']}/confirm", {})
    samples.admin.post(f"/transporter-papers/{samples.vehicle['id']}/verify", {})
    marketplace.settle()
    marketplace.samples = samples
    return marketplace


def test_permits_and_papers_are_told_to_their_parties_alone(kept):
    with kept(make_papers) as marketplace, marketplace.at_its_time():
        of, told = marketplace.samples, {}
        for party in (of.owner, of.partner, of.neighbour, of.stranger):
            items = party.get("/events?kinds=permit,licence,transporter,due_diligence").json["items"]
            told[party] = {(item["kind"], item["subject"]["kind"]) for item in items}
        both = {
            ("permit.changed", "channel"), ("permit.tested", "channel"),
            ("permit.changed", "transfer_approval"),
            ("permit.applied", "transfer_application"), ("due_diligence.confirmed", "deal"),
        }  # fmt: skip
        own = {
            ("permit.changed", "white_list"), ("permit.changed", "verified_exemption"),
            ("permit.changed", "licence"), ("licence.confirmed", "licence"),
            ("transporter.submitted", "transporter_paper"), ("transporter.verified", "transporter_paper"),
        }  # fmt: skip
        assert told[of.owner] == both | own
        assert told[of.partner] >= both
        assert not told[of.partner] & own - {("permit.changed", "licence")}
        assert told[of.neighbour] == told[of.stranger] == set()


def test_a_carrier_that_was_checked_is_not_told_of_a_deal_that_it_may_not_look_up():
    generator, contractor, deal = (f"01990000-0000-7000-8000-00000000000{number}" for number in range(3))
    payload = {"deal_id": deal, "enterprise_id": contractor, "generator_id": generator}
    of_carrier, of_receiver = tell(
        [("due_diligence.confirmed", payload | {"contractor": said}) for said in ("transporter", "receiver")]
    )
    assert {str(reader) for reader in of_carrier.readers} == {generator}
    assert {str(reader) for reader in of_receiver.readers} == {generator, contractor}
    assert of_carrier.data == {"contractor": "transporter"}


def test_every_kind_that_is_told_of_is_one_that_rooms_emit():
    moves = {move.event for life in LIVES for move in life.table.moves}
    sources = "".join(
        file.read_text()
        for file in HERE.rglob("*.py")
        if file.relative_to(HERE).parts[0] not in ("webhooks", "notifications")
    )
    assert len(KINDS) == sum(len(group.happened) for group in GROUPS.values())
    assert [kind for kind in KINDS if kind not in moves and f'"{kind}"' not in sources] == []
