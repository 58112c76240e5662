"""What the twenty most used reads cost the web process, matches aside: `python -m bench.reads`.

It seeds the demo city in a folder of its own and starts the stack. The enterprise with the most deals saves
searches, is interested in what matches, and others post what it is told of, so that its lists are full. Then
each read is sent 25 times through the application in this process: statements are counted at the driver, and
the least and the median of the processor's time are printed. A list shows 20 items where there are so many.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import time
from typing import Any

import psycopg

from bench.grid import tell_at_once
from bench.matches_http import QUIET, folder
from bench.service_measures import counted
from marketplace import embedded, supervisor
from marketplace.http.authentication import digest

TRIES = 25
TRADER = """
    SELECT d.receiver_id::text FROM deal d JOIN listing l ON l.enterprise_id = d.receiver_id
    WHERE l.status = 'open' AND l.kind = 'demand' GROUP BY 1 ORDER BY count(DISTINCT d.id) DESC, 1 LIMIT 1"""
SUPPLIERS = """
    SELECT id::text FROM enterprise WHERE 'generator' = ANY(roles) AND status = 'approved' AND NOT blocked
        AND region BETWEEN 330600 AND 330699 AND id <> %s ORDER BY id LIMIT 20"""
KEY_OF = """
    INSERT INTO api_key (id, digest, enterprise_id, name, scopes, expires_at, created_at)
    SELECT gen_random_uuid(), %s, %s, 'bench', '{read,listings:write,deals:write}', now() + '1 day', now()"""
FIRST = {
    "listing": "SELECT id::text FROM listing"
    " WHERE enterprise_id = %s AND status = 'open' AND kind = 'demand' LIMIT 1",
    "offer": "SELECT id::text FROM offer WHERE receiver_id = %s ORDER BY id DESC LIMIT 1",
    "deal": "SELECT id::text FROM deal WHERE receiver_id = %s ORDER BY id DESC LIMIT 1",
    "manifest": "SELECT id::text FROM manifest WHERE receiver_id = %s ORDER BY id DESC LIMIT 1",
}
READS = (
    "/enterprises/me", "/enterprises/{other}", "/listings", "/listings/{listing}", "/notifications",
    "/notification-preferences", "/saved-searches", "/offers", "/offers/{offer}", "/deals", "/deals/{deal}",
    "/manifests", "/manifests/{manifest}", "/receivers?scheme=cn-hw&code={code}&lon=120.6&lat=30.0",
    "/enterprises/{trader}/credit", "/waste-codes?scheme=cn-hw&q=酸", "/waste-codes/cn-hw/900-349-34",
    "/regions?parent=330600", "/interests", "/licences",
)  # fmt: skip


class Trader:
    """An enterprise that sends requests over HTTP by a key of its own."""

    def __init__(self, stack: supervisor.Stack, connection: psycopg.Connection, enterprise_id: str) -> None:
        self.id, self.key = enterprise_id, f"bench-{enterprise_id}"
        connection.execute(KEY_OF, [digest(self.key), enterprise_id])
        self._server = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=60)

    def send(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        self._server.request(method, f"/api/v1{path}", body and json.dumps(body), headers)
        answer = self._server.getresponse()
        said = json.loads(answer.read())
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {said}")
        return said


def fill(trader: Trader, others: list[Trader]) -> None:
    """Give the trader twenty of everything that the city's past has not given it."""
    for number in range(20):
        trader.send("POST", "/saved-searches", {"name": f"{number}", "query": {"q": f"酸 {number}"}})
    mine = trader.send("GET", "/listings?mine=true&status=open&limit=100")["items"]
    for listing in mine:
        found = trader.send("GET", f"/listings/{listing['id']}/matches?limit=20")["items"]
        for match in found:
            path = f"/listings/{listing['id']}/matches/{match['listing']['id']}/feedback"
            trader.send("POST", path, {"verdict": "interested"})
    wanted = next(listing for listing in mine if listing["kind"] == "demand")
    for other in others:
        other.send("POST", "/listings", {
            "kind": "supply", "title": "bench", "waste": wanted["accepts"][0],
            "quantity_t": 50, "min_lot_t": 1,
            "available_from": wanted["available_from"], "available_until": wanted["available_until"],
            "publish": True,
        })  # fmt: skip


def measured(env: dict[str, str], trader: Trader, names: dict[str, str]) -> list[tuple[Any, ...]]:
    """(path, items, statements, least ms, median ms) of each read."""
    os.environ.update(env)
    from marketplace import create_app

    client, sent = create_app().test_client(), counted()
    rows = []
    for template in READS:
        path = "/api/v1" + template.format_map(names)
        took = []
        for _ in range(TRIES):
            before, began = len(sent), time.thread_time()
            answer = client.get(path, headers={"Authorization": f"Bearer {trader.key}"})
            took.append(1000 * (time.thread_time() - began))
            statements = len(sent) - before
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {answer.text}")
        items = len(answer.json.get("items", ()))
        rows.append((template, items, statements, min(took), statistics.median(took)))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", metavar="FOLDER", help="where the city is kept for another run")
    given = parser.parse_args()
    with folder(given.data) as data, supervisor.stack(data, demo=True, env={**os.environ, **QUIET}) as stack:
        url = embedded.admin_url(data, embedded.DATABASE).replace("+psycopg", "")
        tell_at_once(url)
        with psycopg.connect(url, autocommit=True) as connection:
            ((trader_id,),) = connection.execute(TRADER).fetchall()
            others = [row[0] for row in connection.execute(SUPPLIERS, [trader_id])]
            trader = Trader(stack, connection, trader_id)
            fill(trader, [Trader(stack, connection, other) for other in others])
            time.sleep(10)  # until what was posted is told
            names = {"trader": trader_id, "other": others[0]}
            for name, query in FIRST.items():
                ((names[name],),) = connection.execute(query, [trader_id]).fetchall()
            names["code"] = trader.send("GET", f"/listings/{names['listing']}")["accepts"][0]["code"]
        rows = measured(stack.env, trader, names)
    print("| read | items | statements | least ms | median ms |\n|---|---|---|---|---|")
    for path, items, statements, least, median in rows:
        print(f"| `GET {path}` | {items or ''} | {statements} | {least:.1f} | {median:.1f} |")


if __name__ == "__main__":
    main()
