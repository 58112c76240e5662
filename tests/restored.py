"""One of everything that an id can name: made once by each process that runs tests, put back for the next.

To make it takes hundreds of requests and all the work that follows from them; to put its rows back takes
about as long as one request.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis
from flask import Flask
from sqlalchemy import Connection, text

from tests.cases import AllSamples, united
from tests.marketplace import WRITTEN_BY_TESTS, Marketplace

SAVED = "saved"
"""The schema that holds copies of the tables."""
COLUMNS = """
    SELECT string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position)
    FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name = :table AND is_generated = 'NEVER'
"""
NOT_SAVED = {"index_change"}
"""It names transactions; that all has changed since is what emptying says."""


class Restored:
    """`with everything() as samples`: whatever earlier tests did to them, they are as they were made."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._marketplace: Marketplace | None = None

    @contextmanager
    def __call__(self) -> Iterator[Any]:
        """Samples of all rooms with whatever their routes with ids need."""
        if self._marketplace is None:
            self._make()
        else:
            self._put_back()
        assert self._marketplace
        with self._marketplace.at_its_time():
            yield self._samples

    def _make(self) -> None:
        with Marketplace(self._app) as marketplace:
            samples = AllSamples(marketplace)
            for what in ("neighbours", "paths", "readers"):
                united(what, samples)
        with marketplace.emptying.begin() as connection:
            self._then = "; ".join(self._saved(connection, marketplace.emptying.tables))
        self._marketplace, self._samples = marketplace, samples
        self._kept = dict(vars(samples))
        self._time = marketplace.time
        if self._files.exists():
            shutil.copytree(self._files, self._saved_files)

    def _saved(self, connection: Connection, tables: dict[str, str | None]) -> Iterator[str]:
        """Copies the tables that hold rows; returns the statements that put these back."""
        connection.execute(text(f"CREATE SCHEMA {SAVED}"))
        for table, sequence in tables.items():
            if sequence:
                value, is_called = connection.execute(
                    text(f"SELECT last_value, is_called FROM {sequence}")
                ).one()
                yield f"SELECT setval('{sequence}', {value}, {is_called})"
            if table not in NOT_SAVED:
                yield from self._saved_rows(connection, table, table)
        for rows in WRITTEN_BY_TESTS:
            table = rows.split()[0]
            written = list(self._saved_rows(connection, table, rows))
            yield from written
            if written:
                yield "UPDATE reference_version SET no = no + 1"

    def _saved_rows(self, connection: Connection, table: str, rows: str) -> Iterator[str]:
        if not connection.scalar(text(f"SELECT EXISTS(SELECT FROM {rows})")):
            return
        columns = connection.scalar(text(COLUMNS), {"table": table})
        connection.execute(text(f"CREATE UNLOGGED TABLE {SAVED}.{table} AS SELECT {columns} FROM {rows}"))
        yield f"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM {SAVED}.{table}"

    def _put_back(self) -> None:
        assert self._marketplace
        with redis.Redis.from_url(self._app.config["SETTINGS"].redis_url) as valkey:
            valkey.flushdb()  # the keys have asked nothing yet
        self._marketplace.resume(self._time, self._then)
        vars(self._samples).clear()
        vars(self._samples).update(self._kept)
        if self._saved_files.exists():
            shutil.copytree(self._saved_files, self._files, dirs_exist_ok=True)

    @property
    def _files(self) -> Path:
        return Path(self._app.config["SETTINGS"].files_dir)

    @property
    def _saved_files(self) -> Path:
        return self._files.with_name(f"{self._files.name}-{SAVED}")
