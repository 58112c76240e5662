"""Offers and deals walked at random by everybody: states follow the tables, no kilogram is lost."""

from collections import Counter
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from marketplace import lives
from marketplace.database import db
from marketplace.deals import service as deals
from marketplace.deals.models import DEAL_LIFE, LIVE_DEALS, LIVE_OFFERS, OFFER_LIFE, Deal, DealLoad, Offer
from marketplace.errors import DomainError
from marketplace.events.models import Event
from marketplace.licences.models import PermitUse, PermitYear, UseKind
from marketplace.listings.models import Listing
from tests.deals.trade import TERMS, Trade
from tests.effort import tries
from tests.marketplace import Marketplace

REFUSALS = {
    "wrong_state", "not_your_turn", "not_enough_left", "loads_in_flight", "dispute_over",
    "offer_open_already", "pairing_not_lawful", "no_longer_lawful",
}  # fmt: skip
STEPS = {life: {(move.source, move.target) for move in life.moves} for life in (OFFER_LIFE, DEAL_LIFE)}
PARTIES = st.sampled_from(["supplier", "receiver", "admin"])
TONNES = st.sampled_from([10.0, 25.0, 40.0, 60.0])
WHICH = st.integers(0, 30)


class Life(RuleBasedStateMachine):
    """Two supplies, a demand and a permit of few tonnes, so that something is always short."""

    marketplace: Marketplace

    def __init__(self):
        super().__init__()
        self.marketplace.__enter__()
        self.trade = Trade(self.marketplace, licensed_t=130)
        self.supplies = [self.trade.supply, self.trade.more_supply()]
        self.offers, self.deals = [], []
        self.loads = []
        self.before = {}

    def by(self, party):
        return getattr(self.trade, party)

    def call(self, party, path, body):
        """A call that succeeds or is refused with one of the refusals that there are."""
        answer = self.by(party).post(path, {"reason": "x", **body} if party == "admin" else body)
        if answer.status_code not in (200, 201):
            assert (answer.status_code, answer.json["code"] in REFUSALS) == (409, True), answer.json
            return None
        return answer.json

    def one(self, rows, which):
        return rows[which % len(rows)] if rows else None

    @rule(party=st.sampled_from(["supplier", "receiver"]), which=WHICH, tonnes=TONNES, years=st.booleans())
    def make(self, party, which, tonnes, years):
        until = "2027-02-28" if years else "2026-12-31"
        valid = self.marketplace.now + timedelta(days=20)
        pair = {"supply_id": self.one(self.supplies, which)["id"], "demand_id": self.trade.demand["id"]}
        body = {**pair, **TERMS, "quantity_t": tonnes, "until": until, "valid_until": valid.isoformat()}
        answer = self.by(party).post("/offers", body)
        if answer.status_code == 201:
            self.offers.append(answer.json["id"])
        else:
            assert answer.json["code"] in REFUSALS | {"not_found", "invalid_input", "window_over"}, (
                answer.json
            )

    @rule(party=PARTIES, which=WHICH, tonnes=TONNES)
    def counter(self, party, which, tonnes):
        if offer := self.one(self.offers, which):
            valid = self.marketplace.now + timedelta(days=20)
            body = {**TERMS, "quantity_t": tonnes, "valid_until": valid.isoformat(), "until": "2027-03-31"}
            self.call(party, f"/offers/{offer}/counter", body)

    @rule(party=PARTIES, which=WHICH)
    def accept(self, party, which):
        if (offer := self.one(self.offers, which)) and (
            done := self.call(party, f"/offers/{offer}/accept", {})
        ):
            self.deals.append(done["deal"]["id"])

    @rule(party=PARTIES, which=WHICH, step=st.sampled_from(["reject", "withdraw"]))
    def turn_down(self, party, which, step):
        if offer := self.one(self.offers, which):
            self.call(party, f"/offers/{offer}/{step}", {})

    @rule(party=PARTIES, which=WHICH, step=st.sampled_from(["complete", "cancel", "dispute"]))
    def end(self, party, which, step):
        if deal := self.one(self.deals, which):
            body = {"cancel": {"reason": "x", "fault": "none"}, "dispute": {"reason": "x"}}.get(step, {})
            self.call(party, f"/deals/{deal}/{step}", body)

    @rule(which=WHICH, outcome=st.sampled_from(["moving", "completed", "cancelled"]))
    def settle(self, which, outcome):
        if deal := self.one(self.deals, which):
            self.call("admin", f"/deals/{deal}/settle", {"outcome": outcome})

    def load(self, deal, step):
        """What a manifest does with a deal; returns whether it was not refused as it may be."""
        try:
            with self.trade.loading({"id": deal}) as (work, row):
                step(work, row)
        except DomainError as refusal:
            return refusal.code not in REFUSALS
        return True

    @rule(which=WHICH, kg=st.integers(1, 30_000), next_year=st.booleans())
    def issue(self, which, kg, next_year):
        if not (deal := self.one(self.deals, which)):
            return
        today = self.marketplace.now.date()
        load = {"deal": deal, "id": uuid4(), "planned": kg, "on": date(2027, 1, 5) if next_year else today}

        def plan_and_issue(work, row):
            deals.plan_load(work, row, kg)
            deals.issue_load(work, row, kg, load["on"], load["id"])

        if self.load(deal, plan_and_issue):
            self.loads.append(load)

    @rule(which=WHICH, percent=st.sampled_from([90, 100, 108]), accepted=st.sampled_from([0, 50, 100]))
    def close(self, which, percent, accepted):
        if not (load := self.one(self.loads, which)):
            return
        self.loads.remove(load)
        moving = max(1, load["planned"] * percent // 100)
        taken = moving * accepted // 100

        def start_and_close(work, row):
            deals.start_load(work, row, load["planned"], moving)
            deals.close_load(work, row, moving, taken, moving - taken, load["on"], load["id"])

        assert self.load(load["deal"], start_and_close)

    @rule(which=WHICH)
    def unissue(self, which):
        if load := self.one(self.loads, which):
            self.loads.remove(load)

            def take_back(work, row):
                deals.unissue_load(work, row, load["id"])
                deals.unplan_load(work, row, load["planned"])

            assert self.load(load["deal"], take_back)

    @rule(which=WHICH)
    def bring_back(self, which):
        if deal := self.one(self.deals, which):
            self.load(deal, lambda work, row: deals.return_load(work, row, row.refused_kg))

    @rule(days=st.sampled_from([1, 8, 40]))
    def wait(self, days):
        self.marketplace.now += timedelta(days=days)
        with self.marketplace.app.app_context():
            lives.make_overdue_moves()

    @invariant()
    def states_follow_the_tables(self):
        with self.marketplace.app.app_context():
            for model, life in ((Offer, OFFER_LIFE), (Deal, DEAL_LIFE)):
                for row_id, status in db.session.execute(select(model.id, model.status)):
                    before = self.before.setdefault(row_id, status)
                    reachable = {before} | {end for start, end in STEPS[life] if start == before}
                    further = {end for start, end in STEPS[life] if start in reachable}
                    assert status in reachable | further, (before, status)
                    self.before[row_id] = status

    @invariant()
    def tonnes_balance_between_listings_deals_and_permit(self):
        with self.marketplace.app.app_context():
            rows = db.session.scalars(select(Deal)).all()
            held = Counter()
            for row in rows:
                held[row.supply_id] += row.held_kg
                held[row.demand_id] += row.held_kg
            for listing in db.session.scalars(select(Listing)):
                assert listing.remaining_kg == listing.quantity_kg - held[listing.id], listing.title
            reserved, used = db.session.execute(
                select(func.sum(PermitYear.reserved_kg), func.sum(PermitYear.used_kg + PermitYear.over_kg))
            ).one()
            assert (reserved or 0) == sum(row.unaccepted_kg for row in rows if not row.has_ended)
            assert (used or 0) == sum(row.accepted_kg for row in rows)

    @invariant()
    def nothing_stays_reserved_for_what_has_ended(self):
        with self.marketplace.app.app_context():
            rows = {row.id: row for row in db.session.scalars(select(Deal))}
            signs = {UseKind.RESERVED: 1, UseKind.RELEASED: -1}
            reserved = Counter()
            for use in db.session.scalars(select(PermitUse).where(PermitUse.deal_id.is_not(None))):
                reserved[use.deal_id] += signs.get(use.kind, 0) * use.kg
            for deal_id, row in rows.items():
                assert reserved[deal_id] == (0 if row.has_ended else row.unaccepted_kg)
                assert row.has_ended == (row.status not in LIVE_DEALS) or row.status == "disputed"
            flying = set(db.session.scalars(select(DealLoad.manifest_id)))
            assert flying == {load["id"] for load in self.loads}
            live = db.session.scalars(select(Offer).where(Offer.status.in_(LIVE_OFFERS)))
            assert all(offer.whose_turn for offer in live)
            known = {name for name in db.session.scalars(select(Event.name).distinct()) if "deal." in name}
            assert known <= {move.event for move in DEAL_LIFE.moves} | {"deal.agreed"}
            assert {UUID(deal) for deal in self.deals} == rows.keys()

    def teardown(self):
        self.marketplace.__exit__(None, None, None)


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
def test_whatever_anybody_does_no_tonne_is_lost_or_sold_twice(app):
    class Here(Life):
        marketplace = property(lambda self: self.__dict__.setdefault("_city", Marketplace(app)))

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=tries(3),
            stateful_step_count=25,
            suppress_health_check=list(HealthCheck),
        ),
    )
