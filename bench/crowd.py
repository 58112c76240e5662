"""Who asks for matches in `bench.matches_http`: a locustfile. Each user asks once a second."""

import os
import random
from pathlib import Path

from locust import HttpUser, constant_throughput, task

LISTINGS = Path(os.environ["BENCH_LISTINGS"]).read_text().split()
HEADERS = {"Authorization": f"Bearer {os.environ['BENCH_KEY']}"}


class Asker(HttpUser):
    wait_time = constant_throughput(1)

    @task
    def ask(self) -> None:
        """The first page of matches of any listing, a supply's or a demand's."""
        path = f"/api/v1/listings/{random.choice(LISTINGS)}/matches?limit=20"
        self.client.get(path, headers=HEADERS, name="matches")
