"""A small record of credit, all of it in the ledger and anchored, and an owner of its tables who tampers."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from flask import Flask
from sqlalchemy import Connection, NullPool, create_engine, make_url, text

from marketplace import embedded
from marketplace.ledger import service
from marketplace.ledger.service import verification
from tests.marketplace import Marketplace, Party

TABLES = (
    "credit_ledger", "credit_ledger_head", "credit_ledger_anchor",
    "credit_event", "credit_block", "credit_evaluation", "credit_rule_table",
)  # fmt: skip
ENTRIES = text("SELECT * FROM credit_ledger ORDER BY enterprise_id, no")


@dataclass(frozen=True)
class World:
    """Three firms with a record, the folder of the anchors, and what became of the record."""

    marketplace: Marketplace
    folder: Path
    firms: list[Party]
    withdrawn: dict[str, Any]
    block: dict[str, Any]
    evaluation: dict[str, Any]


@contextmanager
def set_up(app: Flask, folder: Path | str, **settings: str) -> Iterator[None]:
    """The application with its anchors in a folder, and with other keys if they are given."""
    before = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(before, credit_anchor_dir=str(folder), **settings)
    try:
        with app.app_context():
            yield
    finally:
        app.config["SETTINGS"] = before


def make_world(marketplace: Marketplace, folder: Path) -> World:
    """Record, withdraw, block, confirm, lift, evaluate; begin after the first events; anchor at the end."""
    shutil.rmtree(folder, ignore_errors=True)
    admin, second = marketplace.admin, marketplace.second_admin()
    firms = [marketplace.enterprise("generator") for _ in range(3)]
    for firm in firms:
        marketplace.credit_event(firm, "site.defect")
    with set_up(marketplace.app, folder):
        service.begin()
        service.anchor_today()
    event = marketplace.credit_event(firms[0], "law.penalty_minor")
    withdrawn = second.post(f"/credit/events/{event['id']}/withdraw", {"reason": "x"}).json
    for firm in firms[1:]:
        marketplace.credit_event(firm, "manifest.late_close")
    block = admin.post("/credit/blocks", {"enterprise_id": firms[1].id, "reason": "x"}).json
    assert second.post(f"/credit/blocks/{block['id']}/confirm").status_code == 200
    assert second.post(f"/credit/blocks/{block['id']}/lift", {"reason": "y"}).status_code == 200
    about = {"enterprise_id": firms[2].id, "published_on": "2026-11-01"}
    evaluation = admin.post("/credit/evaluations", about).json
    marketplace.wait(days=1)
    with set_up(marketplace.app, folder):
        service.anchor_today()
    return World(marketplace, folder, firms, withdrawn, block, evaluation)


@contextmanager
def owner_of(app: Flask) -> Iterator[Connection]:
    """A transaction of the owner of the tables, who has turned their triggers off; it is taken back."""
    url = make_url(app.config["SETTINGS"].database_url).set(username=embedded.OWNER)
    with create_engine(url, poolclass=NullPool).connect() as connection:
        for table in TABLES:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        yield connection
        connection.rollback()


@contextmanager
def taken_back(connection: Connection) -> Iterator[None]:
    """What is changed in the block is taken back at its end; the rest of the transaction stays."""
    savepoint = connection.begin_nested()
    try:
        yield
    finally:
        savepoint.rollback()


def verified_within(connection: Connection) -> service.Outcome:
    """What a verification finds in what a transaction has changed so far."""
    with patch.object(verification, "_snapshot", lambda: nullcontext(connection)):
        return service.verify()
