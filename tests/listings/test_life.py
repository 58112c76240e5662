"""The life of a listing, walked at random and held to its table."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from marketplace.database import db
from marketplace.events.models import Event
from marketplace.listings.models import LIFE, ListingStatus
from tests.effort import tries
from tests.http.responses import refused
from tests.marketplace import Marketplace

TARGET = {(move.name, move.source): move.target for move in LIFE.moves}
EVENTS = {(move.name, move.source): move.event for move in LIFE.moves}


class Life(RuleBasedStateMachine):
    """What the table says of each listing, beside what the API says."""

    marketplace: Marketplace
    listings = Bundle("listings")

    def __init__(self):
        super().__init__()
        self.marketplace.__enter__()
        self.owner = self.marketplace.enterprise("generator")
        self.other = self.marketplace.enterprise("recycler")
        self.status: dict[str, str] = {}
        self.last_day: dict[str, date] = {}
        self.emitted: list[tuple[str, str]] = []

    def move(self, name, listing, call, ok=200):
        """Do a move over the API and by the table; both must agree."""
        answer = call(f"/listings/{listing}")
        step = (name, self.status[listing])
        if step in TARGET:
            assert answer.status_code == ok, answer.json
            assert answer.json["status"] == TARGET[step]
            self.enter(listing, step)
        else:
            refused(answer, 409, "wrong_state")

    def enter(self, listing, step):
        self.status[listing] = TARGET[step]
        if EVENTS[step]:
            self.emitted.append((EVENTS[step], listing))

    @rule(target=listings, publish=st.booleans(), days=st.integers(1, 4))
    def draft(self, publish, days):
        last = (self.marketplace.now + timedelta(days=days)).date()
        today = str(self.marketplace.now.date())
        made = self.marketplace.supply(
            self.owner, publish=publish, available_from=today, available_until=str(last)
        )
        self.status[made["id"]] = ListingStatus.DRAFT
        self.last_day[made["id"]] = last
        if publish:
            self.enter(made["id"], ("publish", ListingStatus.DRAFT))
        return made["id"]

    @rule(listing=listings)
    def publish(self, listing):
        if (
            self.status[listing] == ListingStatus.DRAFT
            and self.last_day[listing] < self.marketplace.now.date()
        ):
            refused(self.owner.post(f"/listings/{listing}/publish"), 422, "window_over", "available_until")
        else:
            self.move("publish", listing, lambda path: self.owner.post(f"{path}/publish"))

    @rule(listing=listings, tonnes=st.integers(20, 5000))
    def change(self, listing, tonnes):
        self.move("change", listing, lambda path: self.owner.patch(path, {"quantity_t": tonnes}))

    @rule(listing=listings)
    def withdraw(self, listing):
        self.move("withdraw", listing, lambda path: self.owner.post(f"{path}/withdraw"))

    @rule(listing=listings)
    def pause(self, listing):
        self.move("pause", listing, lambda path: self.owner.post(f"{path}/pause"))

    @rule(listing=listings)
    def resume(self, listing):
        self.move("resume", listing, lambda path: self.owner.post(f"{path}/resume"))

    @rule(listing=listings)
    def meddle(self, listing):
        """A neighbour can do nothing, whatever the state."""
        for call in ("publish", "pause", "resume", "withdraw"):
            answer = self.other.post(f"/listings/{listing}/{call}")
            refused(answer, 404, "not_found")

    @rule(days=st.integers(1, 3))
    def wait(self, days):
        self.marketplace.now += timedelta(days=days)
        self.marketplace.settle()
        for listing in sorted(self.status):
            if (
                self.status[listing] in (ListingStatus.OPEN, ListingStatus.PAUSED)
                and self.last_day[listing] < self.marketplace.now.date()
            ):
                self.enter(listing, ("expire", self.status[listing]))

    @invariant()
    def the_api_shows_the_state_of_the_table(self):
        shown = {
            listing["id"]: listing["status"]
            for listing in self.owner.get("/listings", limit=100).json["items"]
        }
        assert shown == self.status

    @invariant()
    def others_see_what_is_open_and_nothing_else(self):
        seen = {listing["id"] for listing in self.other.get("/listings", limit=100).json["items"]}
        assert seen == {
            listing_id for listing_id, status in self.status.items() if status == ListingStatus.OPEN
        }

    @invariant()
    def each_move_told_what_the_table_says(self):
        with self.marketplace.app.app_context():
            rows = db.session.scalars(select(Event).where(Event.name.like("listing.%")).order_by(Event.id))
            events = [(row.name, row.payload["listing_id"]) for row in rows]
        assert events[-8:] == self.emitted[len(self.emitted) - len(events[-8:]) :]

    def teardown(self):
        self.marketplace.__exit__(None, None, None)


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
def test_any_life_of_a_listing_follows_the_table(app):
    class Here(Life):
        marketplace = property(lambda self: self.__dict__.setdefault("_city", Marketplace(app)))

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=tries(3),
            stateful_step_count=10,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_every_move_of_the_table_starts_and_ends_in_a_state_there_is():
    states = {str(status) for status in ListingStatus}

    known = {move.source for move in LIFE.moves} | {move.target for move in LIFE.moves}
    assert known == states
    closed = states - {move.source for move in LIFE.moves}
    assert closed == {"expired", "withdrawn"}
    assert len({(move.name, move.source) for move in LIFE.moves}) == len(LIFE.moves)
