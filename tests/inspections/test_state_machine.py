"""Whatever anybody tries in whatever order: no state outside the table, and what is closed stays closed."""

from random import Random

import pytest

from marketplace.inspections.models import LIFE
from tests.effort import tries
from tests.inspections.site import ROOT, answers

LAWFUL = {(str(move.source), str(move.target)) for move in LIFE.moves}
FINAL = {"closed", "cancelled"}
STEPS = 30


class Walk:
    """Somebody makes some step of an inspection, again and again."""

    def __init__(self, site, random, kind):
        self.site, self.random = site, random
        self.made = site.begin(kind)
        self.parties = [
            site.generator, site.regulator, site.admin, site.marketplace.enterprise("generator"),
            site.marketplace.regulator("310000"),
        ]  # fmt: skip

    def body(self, step, shown):
        """One that is mostly right for the state that it is in."""
        findings = [
            entry["item"]["code"]
            for entry in shown["items"]
            if entry["is_finding"] and not entry["is_corrected"]
        ] or ["L1"]
        choose = self.random.choice
        return {
            "items": answers(shown, L1=choose([0, 1, 2]), S1=choose([0, 2, 2])),
            "finish": {},
            "rectify": {"items": [{"item": code, "text": "已整改"} for code in findings]},
            "recheck": {"items": [{"item": code, "corrected": choose([True, False])} for code in findings]},
            "cancel": {"reason": "随机"},
        }[step]

    def step(self):
        shown = self.site.show(self.made)
        step = self.random.choice(["items", "finish", "rectify", "recheck"] * 5 + ["cancel"])
        party = self.random.choice(self.parties)
        response = party.post(f"{ROOT}/{self.made['id']}/{step}", self.body(step, shown))
        return shown, response, party


@pytest.mark.parametrize("seed", range(tries(8)))
def test_no_sequence_of_calls_leaves_the_table(site, seed):
    random = Random(seed)
    walk = Walk(site, random, random.choice(["self", "district", "city"]))
    for _ in range(STEPS):
        before, response, party = walk.step()
        after = site.show(walk.made)
        assert response.status_code in (200, 403, 404, 409, 422), response.json
        states = before["status"], after["status"]
        assert states[0] == states[1] or states in LAWFUL, (states, response.json)
        if before["status"] in FINAL:
            assert response.status_code != 200
            assert after == before
        if response.status_code != 200:
            assert after == before, "a refused step changes nothing"
        assert party not in walk.parties[3:] or response.status_code == 404
        if random.random() < 0.1:
            site.marketplace.wait(days=25)
            waited = site.show(walk.made)["status"]
            assert after["status"] == waited or (after["status"], waited) in LAWFUL
        if after["status"] in FINAL:
            walk.made = site.begin(walk.made["kind"])
