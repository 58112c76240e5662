"""Runs migrations one at a time under an advisory lock, and never waits long for a table lock."""

from alembic import context
from sqlalchemy import create_engine, text

import marketplace.application  # noqa: F401  every model
from marketplace import database_roles
from marketplace.database import Base

LOCK = 0x6D696772617465
LOCK_TIMEOUT = "5s"


def run() -> None:
    """Upgrade or downgrade the database that is named, and give the application's role its rights."""
    url = context.config.get_main_option("sqlalchemy.url")
    assert url is not None
    with create_engine(url, hide_parameters=True).connect() as connection:
        connection.execute(text(f"SELECT pg_advisory_lock({LOCK})"))
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        app_role = context.config.attributes.get("app_role")
        if app_role:
            database_roles.grant(connection, app_role)
            connection.commit()
        connection.execute(text(f"SELECT pg_advisory_unlock({LOCK})"))
        connection.commit()


run()
