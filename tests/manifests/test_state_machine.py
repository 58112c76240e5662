"""Whatever anybody tries in whatever order: no state outside the table, and no kilogram lost or made."""

from random import Random
from uuid import UUID

import pytest
from sqlalchemy import func, select

from marketplace.database import db
from marketplace.deals.models import Deal
from marketplace.licences.models import PermitYear
from marketplace.listings.models import Listing
from marketplace.manifests.models import (
    BEFORE_PICKUP,
    CLOSED_STATES,
    LIFE,
    RECEIPTS,
    Manifest,
    ManifestStatus,
)
from tests.effort import tries
from tests.manifests.trade import TRUCK, official_number

S = ManifestStatus
LAWFUL = {(str(move.source), str(move.target)) for move in LIFE.moves}
ENDED = ("cancelled", "treated")
STEPS = 40


def expected_weights(deal, rows):
    """Planned, moving, refused and accepted kilograms of a deal, from nothing but its manifests."""
    by_id = {row.id: row for row in rows}
    weights = {"planned_kg": 0, "moving_kg": 0, "refused_kg": 0, "accepted_kg": 0}
    for row in rows:
        if row.kind == "return":
            if row.status in CLOSED_STATES:
                weights["refused_kg"] -= sum(line.unaccepted_kg for line in by_id[row.origin_id].lines)
            continue
        for line in row.lines:
            if row.status in BEFORE_PICKUP:
                weights["planned_kg"] += line.quantity_kg
            elif row.status in (S.MOVING, S.DELIVERED):
                weights["moving_kg"] += line.picked_up_kg
            elif row.status in RECEIPTS:
                weights["moving_kg"] += line.received_kg
            elif row.status != S.CANCELLED:
                weights["refused_kg"] += line.unaccepted_kg
                weights["accepted_kg"] += line.accepted_kg
    return weights


def check_balance(app, deal_id):
    with app.app_context():
        deal = db.session.get_one(Deal, UUID(deal_id))
        rows = db.session.scalars(select(Manifest)).all()
        expected = expected_weights(deal, rows)
        assert {name: getattr(deal, name) for name in expected} == expected
        reserved, used, over = db.session.execute(
            select(
                *(
                    func.sum(column)
                    for column in (PermitYear.reserved_kg, PermitYear.used_kg, PermitYear.over_kg)
                )
            )
        ).one()
        assert used + over == deal.accepted_kg
        assert reserved == (0 if deal.has_ended else deal.quantity_kg - used)
        supply = db.session.get_one(Listing, deal.supply_id)
        assert supply.remaining_kg == supply.quantity_kg - deal.held_kg
        db.session.remove()


class Walk:
    """Somebody does something to one of the manifests, again and again."""

    def __init__(self, trade, random):
        self.trade, self.random = trade, random
        self.manifests = []
        self.corrections = []

    def parties(self):
        trade = self.trade
        return [trade.supplier, trade.carrier, trade.receiver, trade.marketplace.admin, self.stranger]

    def tonnes(self):
        return self.random.choice([0.5, 5.0, 10.0, 19.5, 20.0, 21.0])

    def body(self, move):
        weight, reason = self.tonnes(), {"reason": "随机"}
        return reason | {
            "schedule": {**TRUCK, "planned_at": "2027-03-02T01:00:00Z"},
            "pickup": {"weight_t": weight, **TRUCK},
            "receive": {"weight_t": weight, "refused_t": self.random.choice([0, 0, weight, weight / 2])},
            "outcome": {
                "operation": "R5",
                "on": str(self.trade.marketplace.now.date()),
                "quantity_t": weight,
            },
            "follow": {"kind": "return"},
            "corrections": {"changes": {"weight_t": weight}},
        }.get(move, {})

    def step(self):
        random, shown = self.random, {row["id"]: self.trade.show(row) for row in self.manifests}
        living = [row for row in shown.values() if row["status"] not in ENDED]
        if not living:
            return self.drafted()
        manifest = random.choice(living)
        path, status = f"/manifests/{manifest['id']}", manifest["status"]
        likely = {move.name for move in LIFE.moves if move.source == status}
        names = {"refuse_load": "refuse", "hand_over": "deliver", "receive_partly": "receive",
                 "outcome_partly": "outcome", "change_carrier": "issue", "void": "cancel"}  # fmt: skip
        move = names.get(move := random.choice(sorted(likely) or ["close"]), move)
        if random.random() < 0.15:
            move = random.choice(["corrections", "explain", "close", "pickup", "copy"])
        if move in ("change", "register_number"):
            return random.choice(self.parties()).patch(path, self.change())
        if self.corrections and random.random() < 0.3:
            answer = random.choice(["approve", "reject"])
            return random.choice(self.parties()).post(f"/corrections/{self.corrections.pop()}/{answer}", {})
        response = random.choice(self.likely_parties(move)).post(f"{path}/{move}", self.body(move))
        if response.status_code == 201 and "changes" in response.json:
            self.corrections.append(response.json["id"])
        elif response.status_code == 201:
            self.manifests.append(response.json)
        return response

    def drafted(self):
        """Another load, if the deal has anything left."""
        trade = self.trade
        body = {"transporter_id": trade.carrier.id, "quantity_t": 5.0, "planned_on": "2027-03-02"}
        response = trade.supplier.post(f"/deals/{trade.deal['id']}/manifests", body)
        if response.status_code == 201:
            self.manifests.append(response.json)
        return response

    def change(self):
        return self.random.choice([{"official_number": official_number()}, {"quantity_t": self.tonnes()}])

    def likely_parties(self, move):
        """Whose turn it mostly is, and sometimes anybody."""
        trade = self.trade
        by = {
            trade.carrier: ("schedule", "decline", "pickup", "deliver"),
            trade.receiver: ("receive", "refuse", "close", "outcome"),
        }
        turn = [party for party, moves in by.items() if move in moves] or [trade.supplier]
        return turn * 6 + [trade.marketplace.admin] * 2 + self.parties()


@pytest.mark.parametrize("seed", range(tries(3)))
def test_no_sequence_of_calls_leaves_the_table_or_loses_a_kilogram(trade, app, seed):
    walk = Walk(trade, Random(seed))
    walk.stranger = trade.marketplace.enterprise("generator", "recycler", "transporter")
    walk.manifests = [trade.draft(20.0), trade.issued(20.0)]
    ok_calls = 0
    for number in range(STEPS):
        before = {row["id"]: trade.show(row)["status"] for row in walk.manifests}
        response = walk.step()
        assert response.status_code < 500, response.json
        ok_calls += response.status_code < 300
        for manifest_id, status in before.items():
            after = trade.show({"id": manifest_id})["status"]
            assert after == status or (status, after) in LAWFUL
        check_balance(app, trade.deal["id"])
        if number % 20 == 19:
            trade.marketplace.wait(days=9)
            check_balance(app, trade.deal["id"])
    assert ok_calls > STEPS / 6
