"""Databases on the running server: made, copied, dropped."""

from pathlib import Path

import psycopg
from psycopg import sql

from .address import PORT, SUPERUSER, run_dir


def create_database(data_dir: Path, name: str, template: str | None = None) -> bool:
    """Create a database, as a copy of `template` if given; False when it is there already."""
    copy = (
        sql.SQL("TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template))
        if template
        else sql.SQL("")
    )
    with _admin(data_dir) as connection:
        try:
            connection.execute(sql.SQL("CREATE DATABASE {} {}").format(sql.Identifier(name), copy))
        except psycopg.errors.DuplicateDatabase:
            return False
    return True


def drop_database(data_dir: Path, name: str) -> None:
    """Drop a database and whoever is connected to it."""
    with _admin(data_dir) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def replace_database(data_dir: Path, name: str, *, by: str, keep_as: str) -> bool:
    """Rename the database `by` to `name`, and what had that name to `keep_as`, in one transaction.

    Returns:
        whether there was a database to keep; an older one kept under that name is dropped.
    """
    drop_database(data_dir, keep_as)
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    with _admin(data_dir) as connection, connection.transaction():
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        exists = connection.execute(query, (name,)).fetchone() is not None
        if exists:
            connection.execute(rename.format(sql.Identifier(name), sql.Identifier(keep_as)))
        connection.execute(rename.format(sql.Identifier(by), sql.Identifier(name)))
    return exists


def seal_template(data_dir: Path, name: str) -> None:
    """Make a database a template nobody can connect to: one connection would stop every copy."""
    change = sql.SQL("ALTER DATABASE {} WITH is_template true allow_connections false")
    with _admin(data_dir) as connection:
        connection.execute(change.format(sql.Identifier(name)))


def _admin(data_dir: Path) -> psycopg.Connection:
    host = str(run_dir(data_dir))
    return psycopg.connect(host=host, port=PORT, user=SUPERUSER, dbname="postgres", autocommit=True)
