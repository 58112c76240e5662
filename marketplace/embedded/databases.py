"""Roles and databases on the running server: made, copied, dropped.

The superuser only does this. The owner owns every database and what is in it; the application's role is
granted its rights by migrations.
"""

from pathlib import Path

import psycopg
from psycopg import sql

from .address import APP, OWNER, PORT, SUPERUSER, run_dir

MAKE_ROLE = """
    DO $$ BEGIN
        CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END $$
"""
HAND_OVER = """
    DO $$
    DECLARE statement text;
    BEGIN
        FOR statement IN
            SELECT format('ALTER TABLE %s OWNER TO {0}', c.oid::regclass) FROM pg_class c
            WHERE c.relnamespace = 'public'::regnamespace AND c.relowner <> '{0}'::regrole
                AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
                AND NOT EXISTS
                    (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'e', 'i'))
            UNION ALL
            SELECT format('ALTER ROUTINE %s OWNER TO {0}', p.oid::regprocedure) FROM pg_proc p
            WHERE p.pronamespace = 'public'::regnamespace AND p.proowner <> '{0}'::regrole
                AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
        LOOP EXECUTE statement;
        END LOOP;
    END $$
"""
"""What is in a database becomes the owner's: in version 0.1 the superuser's. Extensions keep their owner."""


def create_roles(data_dir: Path) -> None:
    """Create the roles of the owner and of the application, unless they are there."""
    with _admin(data_dir) as connection:
        for role in (OWNER, APP):
            connection.execute(sql.SQL(MAKE_ROLE).format(sql.Identifier(role)))


def create_database(data_dir: Path, name: str, template: str | None = None) -> bool:
    """Create a database of the owner's, as a copy of `template` if given; False when it is there already.

    One that is there, perhaps of an earlier version, becomes the owner's with all that is in it.
    """
    copy = (
        sql.SQL("TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template))
        if template
        else sql.SQL("")
    )
    with _admin(data_dir) as connection:
        try:
            create = sql.SQL("CREATE DATABASE {} OWNER {} {}")
            connection.execute(create.format(sql.Identifier(name), sql.Identifier(OWNER), copy))
            created = True
        except psycopg.errors.DuplicateDatabase:
            created = False
        for statement in ("ALTER DATABASE {0} OWNER TO {1}", "REVOKE TEMPORARY ON DATABASE {0} FROM PUBLIC"):
            connection.execute(sql.SQL(statement).format(sql.Identifier(name), sql.Identifier(OWNER)))
    if not created:
        with _admin(data_dir, name) as connection:
            connection.execute(HAND_OVER.format(OWNER))
    return created


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


def _admin(data_dir: Path, database: str = "postgres") -> psycopg.Connection:
    host = str(run_dir(data_dir))
    return psycopg.connect(host=host, port=PORT, user=SUPERUSER, dbname=database, autocommit=True)
