"""How long a new listing takes to be matched against 100,000 saved searches, and notified.

`python -m bench.saved_searches [searches]` builds a market of real codes in a folder under the temporary one,
saves searches of many kinds, then takes listings one by one and prints milliseconds.
"""

import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import func, select

from bench.city import BEGAN, REAL_CODES, Market
from bench.matches_http import figures
from marketplace import clock, create_app, embedded
from marketplace.database import db
from marketplace.listings.models import Listing
from marketplace.notifications.models import Notification
from marketplace.notifications.service.planning import saved_search_matching, saved_search_push
from marketplace.settings import Settings

LISTINGS = 5_000
"""A side; they belong to 1,000 enterprises, half of which save searches."""
TAKEN = 100
SAVED = (
    "id enterprise_id name query notify paused wanted_kind wanted_codes wanted_region created_at updated_at"
    " version"
)


def save(url: str, count: int) -> None:
    """Searches by code, category, province, prefecture, district and kind, and by any mix of them."""
    chance = random.Random("saved searches")
    with psycopg.connect(url) as connection:
        readers = [row[0] for row in connection.execute("SELECT id FROM enterprise ORDER BY id")]
        codes = [row[0] for row in connection.execute(
            "SELECT w.code FROM listing l JOIN waste_code w ON w.id = l.code_id"
            " UNION ALL SELECT w.code FROM listing_accept a JOIN waste_code w ON w.id = a.code_id"
        )]  # fmt: skip
        seats = [row[0] for row in connection.execute("SELECT region FROM listing")]
        columns = SAVED.replace(" ", ", ")
        with connection.cursor().copy(f"COPY saved_search ({columns}) FROM STDIN") as stream:
            for number in range(count):
                stream.write_row(_row(chance, number, readers, codes, seats))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE saved_search")


def _row(chance: random.Random, number: int, readers: list[UUID], codes: list[str], seats: list[int]) -> Any:
    kind = chance.choice(["supply", "demand", ""])
    code = chance.choice(codes) if chance.random() < 0.95 else ""
    region = -1
    if chance.random() < 0.9:
        width = chance.choice([1, 100, 10_000])
        region = chance.choice(seats) // width * width
    query = {"kind": kind, "code": code, "region": "" if region == -1 else f"{region:06d}"}
    asked = json.dumps({name: value for name, value in query.items() if value})
    identity = UUID(int=0x0190_0000_0000 << 80 | 0x7 << 76 | 0x2 << 62 | number)
    return (
        identity, readers[number % len(readers)], f"search {number}", asked, "immediate", False,
        kind, [code], region, BEGAN, BEGAN, 1,
    )  # fmt: skip


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    answer = run()
    return time.perf_counter() - began, answer


def measured(market: Market) -> dict[str, Any]:
    """Milliseconds of a page's candidates, of judging them by their conditions, and of the whole page."""
    chance = random.Random("taken")
    took: dict[str, list[float]] = {"candidates": [], "conditions": [], "whole": []}
    pages = []
    for listing_id in chance.sample(market.supplies + market.demands, TAKEN):
        listing = db.session.get_one(Listing, listing_id)
        seconds, (page, _) = timed(lambda listing=listing: saved_search_matching.page_of(listing, None))
        took["candidates"].append(seconds)
        pages.append(len(page))
        indexed, saved_search_matching.INDEXED = saved_search_matching.INDEXED, set()
        searches = [search for search, _ in page]
        took["conditions"].append(
            timed(
                lambda listing=listing, searches=searches: saved_search_matching.searches_finding(
                    listing, searches, saved_search_matching.INDEXED
                )
            )[0]
        )
        saved_search_matching.INDEXED = indexed
        db.session.remove()
        took["whole"].append(
            timed(
                lambda listing_id=listing_id: saved_search_push.match_saved_searches(
                    listing_id, clock.now(), None
                )
            )[0]
        )
        db.session.remove()
    ms = {name: figures(sorted(seconds)) for name, seconds in took.items()}
    planned = db.session.scalar(select(func.count()).select_from(Notification)) or 0
    return {"ms": ms, "candidates of a page": sum(pages) / TAKEN, "planned of a page": planned / TAKEN}


def main(count: int) -> None:
    """Build, measure, print."""
    with tempfile.TemporaryDirectory(prefix="huanliu-bench-") as folder:
        data = Path(folder)
        with embedded.servers(data, report=lambda line: None):
            embedded.create_database(data, "saved")
            here = embedded.addresses(data, "saved")
            app = create_app(Settings.from_environment(here.environment))
            runner = app.test_cli_runner()
            for command in (["db-upgrade"], ["seed", "catalogue"]):
                done = runner.invoke(args=command)
                if done.exit_code:
                    raise RuntimeError(done.output)
            url = embedded.admin_url(data, "saved").replace("+psycopg", "")
            market = Market(url, REAL_CODES, LISTINGS)
            save(url, count)
            with app.app_context():
                print(json.dumps({"searches": count, **measured(market)}, indent=1))
                db.session.remove()
                db.engine.dispose()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
