"""Who asks for matches in `bench.matches_http`: a locustfile.

Each user asks once a second on average, at moments that know nothing of each other: so many together are a
Poisson process, as callers are.
"""

import os
import random
from pathlib import Path

from locust import HttpUser, task

LISTINGS = Path(os.environ["BENCH_LISTINGS"]).read_text().split()
HEADERS = {"Authorization": f"Bearer {os.environ['BENCH_KEY']}"}


class Asker(HttpUser):
    def wait_time(self) -> float:
        """Seconds to the next question."""
        return random.expovariate(1.0)

    @task
    def ask(self) -> None:
        """The first page of matches of any listing, a supply's or a demand's."""
        path = f"/api/v1/listings/{random.choice(LISTINGS)}/matches?limit=20"
        self.client.get(path, headers=HEADERS, name="matches")
