"""What the database's errors become: a reason to try again, and lines of a log without anybody's data."""

import logging

import psycopg
import pytest
from psycopg import errors as postgres
from sqlalchemy import event, text
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from marketplace.database import db
from marketplace.database_errors import text_without_values, traceback_without_values, unavailability

SECRET = "wang@example.com"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (postgres.DiskFull(), "storage_full"),
        (postgres.ReadOnlySqlTransaction(), "database_read_only"),
        (postgres.TooManyConnections(), "database_busy"),
        (postgres.OutOfMemory(), "database_busy"),
        (postgres.QueryCanceled(), "database_busy"),
        (postgres.LockNotAvailable(), "database_busy"),
        (postgres.DeadlockDetected(), "database_busy"),
        (postgres.CannotConnectNow(), "database_away"),
        (postgres.AdminShutdown(), "database_away"),
        (psycopg.OperationalError("connection refused"), "database_away"),
        (OperationalError("INSERT", {}, postgres.DiskFull()), "storage_full"),
    ],
    ids=repr,
)
def test_each_way_in_which_the_database_cannot_serve_has_its_code(error, code):
    assert unavailability(error).code == code


@pytest.mark.parametrize(
    "error",
    [postgres.UniqueViolation(), ValueError(), IntegrityError("", {}, None)],
    ids=repr,
)
def test_a_mistake_of_ours_is_not_called_unavailable(error):
    assert unavailability(error) is None


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO region (adcode, name) VALUES (:secret, 'x'), (:secret, 'y')",
        "SELECT CAST(:secret AS integer)",
        "SELECT * FROM no_such_table WHERE name = :secret",
        "INSERT INTO event (name, payload, at) VALUES (:secret, '{}', NULL)",
    ],
)
def test_the_log_of_a_failed_statement_holds_no_value(marketplace, statement):
    with marketplace.app.app_context():
        with pytest.raises(Exception, match=r".") as caught:
            db.session.execute(text(statement), {"secret": SECRET})
        db.session.rollback()
    for written in (text_without_values(caught.value), traceback_without_values(caught.value)):
        assert SECRET not in written
        assert type(caught.value.orig).__name__ in written


def test_an_error_that_repeats_what_the_database_said_is_named_by_its_type(marketplace):
    def fail():
        try:
            db.session.execute(text("SELECT CAST(:secret AS integer)"), {"secret": SECRET})
        except DataError as error:
            raise RuntimeError(f"not planned: {error}") from error

    with marketplace.app.app_context():
        with pytest.raises(RuntimeError) as caught:
            fail()
        db.session.rollback()
    assert text_without_values(caught.value) == "RuntimeError"
    assert SECRET not in traceback_without_values(caught.value)
    assert text_without_values(RuntimeError("of our own")) == "RuntimeError: of our own"


def test_the_lines_written_for_an_unexpected_error_of_the_database_hold_no_value(
    marketplace, monkeypatch, capfd
):
    from marketplace.catalogue import service

    def fail(*_):
        db.session.execute(
            text("INSERT INTO audit (actor_kind, at, subject_kind, subject_id, detail) "
                 "VALUES ('x', now(), 'x', :secret, '{}')"),
            {"secret": SECRET},
        )  # fmt: skip

    monkeypatch.setattr(service, "search_regions", fail)
    handler = logging.getLogger().handlers[0]
    lines = []
    monkeypatch.setattr(handler, "emit", lambda record: lines.append(handler.format(record)))
    response = marketplace.admin.get("/regions")

    assert response.json["code"] == "internal"
    written = "\n".join(lines)
    assert "NotNullViolation" in written
    assert "audit action" in written
    assert SECRET not in written


def test_a_database_that_accepts_no_changes_says_so_and_is_still_read(marketplace):
    owner = marketplace.enterprise("generator")

    def make_read_only(connection):
        connection.execute(text("SET TRANSACTION READ ONLY"))

    with marketplace.app.app_context():
        engine = db.engine
    event.listen(engine, "begin", make_read_only)
    try:
        response = owner.post("/api-keys", {"name": "second", "scopes": ["read"]})
        reading = owner.get("/listings")
    finally:
        event.remove(engine, "begin", make_read_only)

    assert (response.status_code, response.json["code"]) == (503, "database_read_only")
    assert int(response.headers["Retry-After"]) > 0
    assert reading.status_code == 200
