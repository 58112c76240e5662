"""Whatever anybody tries in whatever order and at whatever time: no state outside the table."""

from datetime import date, timedelta
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import select

from marketplace import lives
from marketplace.database import db
from marketplace.reporting.models import DECLARATION_LIFE, Declaration, DeclarationVersion
from tests.effort import tries
from tests.reporting.world import declaration_of, line, writing

LAWFUL = {(str(move.source), str(move.target)) for move in DECLARATION_LIFE.moves}
MOVES = ("confirm", "correct", "receipt")
STEPS = 25


def body(random, move, day):
    lines = [line(opening=0, generated=random.choice([1, 2]), closing=1)]
    receipt = {"receipt": f"R{random.randrange(10**6)}", "filed_on": str(day)}
    return {
        "confirm": {"lines": lines, **(receipt if random.random() < 0.3 else {})},
        "correct": {"lines": lines, "reason": "随机"},
        "receipt": receipt,
    }[move]


@pytest.mark.parametrize("seed", range(tries(2)))
def test_a_declaration_keeps_to_its_life_cycle(marketplace, seed):
    random = Random(seed)
    owner, stranger = marketplace.enterprise("generator"), marketplace.enterprise("generator")
    with writing(marketplace) as work:
        row = declaration_of(work, owner, "month", date(2026, 11, 1), date(2026, 11, 30), date(2026, 12, 15))
        path = f"/declarations/{row.id}"
    status, version = "open", 0
    for _ in range(STEPS):
        if random.random() < 0.3:
            marketplace.now += timedelta(days=random.choice([1, 10, 20]))
            with marketplace.app.app_context():
                lives.make_overdue_moves()
        else:
            move = random.choice(MOVES)
            party = random.choice([owner, owner, owner, stranger, marketplace.admin])
            response = party.post(f"{path}/{move}", body(random, move, marketplace.now.date()))
            assert response.status_code in (200, 403, 404, 409), response.json
            assert party is owner or response.status_code in (403, 404)
        shown = owner.get(path).json
        between = shown["version_no"] - version
        assert between in (0, 1)
        assert (
            shown["status"] == status
            or (status, shown["status"]) in LAWFUL
            or ((status, shown["status"]) in {("open", "filed"), ("late", "filed"), ("missing", "filed")})
        ), (status, shown["status"])
        assert shown["is_draft"] == (shown["status"] != "filed") == (shown["receipt"] is None)
        assert (shown["confirmed_on"] is not None) == (shown["status"] in ("confirmed", "filed"))
        status, version = shown["status"], shown["version_no"]
    with marketplace.app.app_context():
        stored = db.session.get_one(Declaration, UUID(path.rpartition("/")[2]))
        numbers = db.session.scalars(select(DeclarationVersion.no).order_by(DeclarationVersion.no)).all()
        assert numbers == list(range(1, version + 1))
        assert (stored.late_at is not None) or status in ("open", "confirmed", "filed")
