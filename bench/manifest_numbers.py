"""Numbers of a day under a race: 20,000 drafts from 20 processes, no gap, no double.

    python -m bench.manifest_numbers [drafts] [processes]

Each draft is a whole one: deal locked, tonnes planned, serial, row, lines, audit line and event. The deals
are as many as the processes, because a draft locks its deal; all of one region and day.
"""

import multiprocessing
import sys
import time
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace import clock
from marketplace.application import build
from marketplace.database import db
from marketplace.events.actor import ENTERPRISE, Actor
from marketplace.manifests import service
from marketplace.manifests.models import Manifest

DRAFTS, PROCESSES = 20_000, 20
LEAST_A_SECOND = 100


def draft_many(settings: Any, supplier_id: UUID, deal_id: UUID, carrier_id: UUID, count: int) -> None:
    """Draft `count` manifests of a kilogram each, as one process of many."""
    app = build(settings, serves=False)
    actor = Actor(ENTERPRISE, supplier_id)
    with app.app_context():
        for _ in range(count):
            line = {"deal_id": deal_id, "quantity_t": 1}
            service.draft(actor, {"transporter_id": carrier_id, "planned_on": clock.today(), "lines": [line]})
            db.session.remove()


def race(settings: Any, deals: list[tuple[UUID, UUID]], carrier_id: UUID, drafts: int) -> float:
    """Draft from as many processes as there are deals `(supplier, deal)`; returns drafts a second."""
    context = multiprocessing.get_context("spawn")
    each = drafts // len(deals)
    processes = [
        context.Process(target=draft_many, args=(settings, supplier_id, deal_id, carrier_id, each))
        for supplier_id, deal_id in deals
    ]
    began = time.perf_counter()
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert not any(process.exitcode for process in processes), "a process failed"
    return each * len(deals) / (time.perf_counter() - began)


def check_numbers(drafts: int) -> None:
    """Raises: AssertionError: a serial is missing or given twice."""
    numbers = db.session.scalars(select(Manifest.number)).all()
    serials = sorted(int(number[-6:]) for number in numbers)
    assert serials == list(range(1, drafts + 1)), "the numbers have a gap or a double"


def main() -> None:
    """Prepare a marketplace in a database of its own, race, check, report."""
    from bench.manifest_world import prepared

    drafts = int(sys.argv[1]) if len(sys.argv) > 1 else DRAFTS
    processes = int(sys.argv[2]) if len(sys.argv) > 2 else PROCESSES
    with prepared(processes) as (app, deals, carrier_id):
        rate = race(app.config["SETTINGS"], deals, carrier_id, drafts)
        with app.app_context():
            check_numbers(drafts)
    print(f"{drafts} manifests from {processes} processes: {rate:.0f}/s, no gap, no double")
    if rate < LEAST_A_SECOND:
        raise SystemExit(f"fewer than {LEAST_A_SECOND} a second")


if __name__ == "__main__":
    main()
