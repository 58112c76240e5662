"""Runs migrations one at a time under an advisory lock, and never waits long for a table lock."""

from alembic import context
from sqlalchemy import create_engine, text

import marketplace.application  # noqa: F401  every model
from marketplace.database import Base

LOCK = 0x6D696772617465
LOCK_TIMEOUT = "5s"


def run() -> None:
    """Upgrade or downgrade the database that the configuration names."""
    url = context.config.get_main_option("sqlalchemy.url")
    assert url is not None
    with create_engine(url).connect() as connection:
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
        connection.execute(text(f"SELECT pg_advisory_unlock({LOCK})"))
        connection.commit()


run()
