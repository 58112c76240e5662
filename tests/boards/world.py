"""Firms with a record, some of them of grade D by decisions that are final."""

from datetime import datetime
from itertools import count
from uuid import UUID

from sqlalchemy import text

from marketplace.credit.models import CreditEvent
from marketplace.database import db
from marketplace.events.work import unit_of_work

MAJOR, HONOUR, RATED = "law.penalty_major", "site.honour", "fulfilment.rated_low"
DECIDED, SERVED = "2026-08-01", "2026-08-20"
TOLD, JUST_NOW = "2026-09-01T04:00Z", "2026-12-01T00:00Z"
PERSON = "王厂长"
_numbers = count(1)


def record(marketplace, party, rule=MAJOR, by=None, **about):
    """A credit event of a decision that is final, unless said otherwise; returns the API's response."""
    body = {
        "enterprise_id": party.id,
        "rule": rule,
        "effective_on": "2026-08-20",
        "decided_on": DECIDED,
        "served_on": SERVED,
        "document": f"绍环罚决〔2026〕{next(_numbers)}号",
        "authority": "绍兴市生态环境局",
        "note": f"{PERSON}在场",
        "evidence": "现场照片 13800000000",
        **about,
    }
    answer = (by or marketplace.admin).post("/credit/events", body)
    assert answer.status_code == 201, answer.json
    return answer.json


def disgraced(marketplace, name, penalties=2, **about):
    """A firm of grade D by final decisions, of which it was told long ago; returns it and its events, oldest
    first."""
    firm = marketplace.enterprise("generator", name=name, **about)
    events = [record(marketplace, firm) for _ in range(penalties)]
    for event in events:
        tell(marketplace, event, TOLD)
    return firm, events


def tell(marketplace, event, moment):
    """Let an enterprise have been told of an event at a moment; the ledger hears of it."""
    with marketplace.app.app_context(), unit_of_work() as work:
        row = work.session.get_one(CreditEvent, UUID(event["id"]))
        row.created_at = datetime.fromisoformat(moment)


def anybody(marketplace, path, **query):
    """The response to a caller without a key."""
    return marketplace.client.get(f"/api/v1{path}", query_string=query)


def listed(marketplace, path="/credit/board", **query):
    """The names on a board, in its order."""
    answer = anybody(marketplace, path, **query)
    assert answer.status_code == 200, answer.json
    return [item["name"] for item in answer.json["items"]]


def set_in_database(marketplace, table, change, row_id):
    """Change a row past the rules, as no route would."""
    with marketplace.app.app_context():
        db.session.execute(text(f"UPDATE {table} SET {change} WHERE id = :id"), {"id": row_id})
        db.session.commit()
