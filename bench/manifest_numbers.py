"""Numbers of a day under a race: 20,000 drafts from 20 processes, without a gap or a double.

`python -m bench.manifest_numbers [--drafts 20000] [--processes 20]` starts a server of its own. Each draft is
a whole one: its deal locked, tonnes planned, serial, row, line, audit line and event; all of one region and
day.
Every process has a deal of its own, because a draft locks its deal. The figures go to
`bench/results/manifest_numbers.json`.
"""

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from bench.trade import QUIET, Tally, Writer, in_processes, own_server, party, terms, timed
from marketplace import clock, create_app
from marketplace.database import db
from marketplace.deals import service as deals
from marketplace.manifests import service as manifests
from marketplace.manifests.models import Manifest

RESULTS = Path(__file__).parent / "results" / "manifest_numbers.json"
LEAST_A_SECOND = 100
DEAL_T = 40


def write_deals(app: Flask, many: int) -> tuple[list[tuple[UUID, UUID]], UUID]:
    """So many deals of one receiver, each with its supplier, and a carrier."""
    writer = Writer(app)
    receiver, key = writer.enterprise("recycler")
    carrier, _ = writer.enterprise("transporter")
    writer.permits(receiver, None, 10_000_000)
    demand = UUID(writer.listing(key, "demand", DEAL_T * many))
    agreed = []
    for _ in range(many):
        owner, own_key = writer.enterprise("generator")
        supply = UUID(writer.listing(own_key, "supply", DEAL_T))
        with app.app_context():
            offer = deals.make_offer(
                party(UUID(owner)), {"supply_id": supply, "demand_id": demand, **terms(DEAL_T)}
            )
            offer = offer[0] if isinstance(offer, tuple) else offer
            agreed.append((deals.accept(party(UUID(receiver)), offer.id).id, UUID(owner)))
    return agreed, UUID(carrier)


def draft_many(app: Flask, deal: tuple[UUID, UUID], carrier_id: UUID, many: int) -> Tally:
    """Draft so many manifests of a kilogram each, as one process of several."""
    tally, (deal_id, owner) = Tally(), deal
    line = {"deal_id": deal_id, "quantity_t": 1}

    def draft() -> str:
        body = {"transporter_id": carrier_id, "planned_on": clock.today(), "lines": [line]}
        manifests.draft(party(owner), body)
        return "drafted"

    with app.app_context():
        for _ in range(many):
            timed(draft, tally)
            db.session.remove()
    return tally


def race(app: Flask, drafts: int, processes: int) -> dict[str, Any]:
    """Draft from all processes at once; raises AssertionError for a number that is missing or given twice."""
    found, carrier_id = write_deals(app, processes)
    with app.app_context():
        db.engine.dispose()
    each = drafts // processes
    began = time.monotonic()
    works = [lambda deal=deal: draft_many(app, deal, carrier_id, each) for deal in found]
    total = in_processes(works, lambda is_done: None)
    seconds = time.monotonic() - began
    with app.app_context():
        serials = sorted(int(number[-6:]) for number in db.session.scalars(select(Manifest.number)))
    if serials != list(range(1, each * processes + 1)):
        raise AssertionError(f"a gap or a double: {len(serials)} numbers, {total.outcomes}")
    return {
        "processes": processes,
        "manifests": len(serials),
        "manifests_a_second": round(len(serials) / seconds, 1),
        "longest_s": round(total.longest_s, 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--drafts", type=int, default=20_000)
    parser.add_argument("--processes", type=int, default=20)
    asked = parser.parse_args()
    os.environ.update(QUIET)
    with own_server():
        found = race(create_app(), asked.drafts, asked.processes)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))
    if found["manifests_a_second"] < LEAST_A_SECOND:
        raise SystemExit(f"fewer than {LEAST_A_SECOND} manifests a second")


if __name__ == "__main__":
    main()
