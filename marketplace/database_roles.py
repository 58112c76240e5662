"""The rights of the application's role: rows of all tables, no table itself, and of some only to add.

Migrations run as the owner of the tables. Everything that serves connects as another role, so that neither a
fault of ours nor injected SQL can change a table, or what the audit has said.
"""

from sqlalchemy import Connection, inspect, text

APPEND_ONLY = (
    "audit",
    "channel_test",
    "credit_file",
    "credit_ledger",
    "credit_ledger_anchor",
    "declaration_version",
    "document",
    "due_diligence",
    "inspection_photo",
    "early_warning_model",
    "management_plan_version",
    "manifest_file",
    "manifest_version",
    "permit_use",
    "reporting_class_decision",
    "secondary_waste",
    "transfer_step",
)
"""Tables whose rows are added and read, and never changed or deleted."""
READ_ONLY = ("alembic_version",)
"""Tables that only migrations write."""
EMPTIED_WHOLE = ("ranked_supply_0", "ranked_supply_1")
"""Tables of results that each run of the ranking empties before it fills them."""
ANALYZED = ("outline_ring",)
"""Tables whose loader has the planner learn at once what they hold (PostgreSQL 17 or later can grant it)."""

RIGHTS = (
    "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {app}",
    "GRANT USAGE ON SCHEMA public TO {app}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {app}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {app}",
)
"""Later migrations need no thought: what they create has these rights from its first moment."""


def grant(connection: Connection, app: str) -> None:
    """Give the role `app` its rights on what the connected role owns; twice changes nothing.

    A table that this version of the database does not have is passed over.

    Raises:
        ProgrammingError: there is no such role.
    """
    changes = [
        *((statement, "") for statement in RIGHTS),
        *(("REVOKE UPDATE, DELETE ON {table} FROM {app}", table) for table in APPEND_ONLY),
        *(("REVOKE INSERT, UPDATE, DELETE ON {table} FROM {app}", table) for table in READ_ONLY),
        *(("GRANT TRUNCATE ON {table} TO {app}", table) for table in EMPTIED_WHOLE),
    ]
    if connection.dialect.server_version_info >= (17,):  # type: ignore[operator]
        changes += [("GRANT MAINTAIN ON {table} TO {app}", table) for table in ANALYZED]
    quote = connection.dialect.identifier_preparer.quote
    present = {"", *inspect(connection).get_table_names()}
    for statement, table in changes:
        if table not in present:
            continue
        connection.execute(text(statement.format(app=quote(app), table=table)))
