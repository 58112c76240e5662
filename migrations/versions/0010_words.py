"""Task names follow the functions that were renamed, so that open tasks of the last version still run; and a
task has one of the known states; the CHECK of index changes is named as the others are.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TASKS: dict[str, str] = {
    "notifications.jobs.plan": "notifications.jobs.plan_listing_push",
    "notifications.jobs.seek": "notifications.jobs.match_saved_searches",
    "notifications.jobs.drop": "notifications.jobs.cancel_for_listing",
    "notifications.jobs.plan_news": "notifications.jobs.schedule_rerank_news",
    "notifications.jobs.tell_new": "notifications.jobs.plan_rerank_news",
    "notifications.jobs.tell_mutual": "notifications.jobs.plan_mutual_interest",
    "notifications.jobs.tell_key_expiring": "notifications.jobs.plan_key_expiring",
    "notifications.jobs.mail_one": "notifications.jobs.send_email",
    "notifications.jobs.mail_digest": "notifications.jobs.send_digest",
}
"""Name of a task in the last version -> its name now."""


STATUS = "ck_task_status"
WHAT, DOUBLED = "ck_index_change_what", "ck_index_change_ck_index_change_what"
"""Migration 6 wrote the name of this CHECK without `op.f`, so the convention prefixed it a second time."""
RENAMED_CONSTRAINTS = {
    "pk_told": "pk_last_notification",
    "fk_told_code_id": "fk_last_notification_code_id",
    "fk_told_counterpart_id": "fk_last_notification_counterpart_id",
    "fk_told_notification_id": "fk_last_notification_notification_id",
    "fk_told_receiver_id": "fk_last_notification_receiver_id",
}
VALUES = {
    "grade": ("A", "B", "C", "D", "E"),
    "delivery": ("immediate", "digest", "inbox"),
}
"""Columns of `notification` that had no CHECK of their values."""


def upgrade() -> None:
    _rename_notification_columns()
    op.create_check_constraint(op.f(STATUS), "task", "status IN ('pending', 'done', 'parked')")
    op.execute(f"ALTER TABLE index_change RENAME CONSTRAINT {DOUBLED} TO {WHAT}")
    for old, new in TASKS.items():
        _rename(old, new)


def downgrade() -> None:
    _restore_notification_columns()
    op.drop_constraint(op.f(STATUS), "task")
    op.execute(f"ALTER TABLE index_change RENAME CONSTRAINT {WHAT} TO {DOUBLED}")
    for old, new in TASKS.items():
        _rename(new, old)


def _rename(before: str, after: str) -> None:
    statement = sa.text("UPDATE task SET subscriber = :after WHERE subscriber = :before AND status <> 'done'")
    op.execute(statement.bindparams(before=before, after=after))


def _rename_notification_columns() -> None:
    op.rename_table("told", "last_notification")
    for before, after in RENAMED_CONSTRAINTS.items():
        op.execute(f"ALTER TABLE last_notification RENAME CONSTRAINT {before} TO {after}")
    op.execute("ALTER INDEX ix_told_notification_id RENAME TO ix_last_notification_notification_id")
    op.alter_column("notification", "place", new_column_name="release_no")
    op.execute(
        "ALTER TABLE notification RENAME CONSTRAINT ck_notification_released_has_a_place"
        " TO ck_notification_released_has_a_number"
    )
    op.execute("ALTER SEQUENCE notification_release_order RENAME TO notification_release_no")
    for column, values in VALUES.items():
        allowed = ", ".join(f"'{value}'" for value in values)
        op.create_check_constraint(op.f(f"ck_notification_{column}"), "notification", f"{column} IN ({allowed})")


def _restore_notification_columns() -> None:
    for column in VALUES:
        op.drop_constraint(op.f(f"ck_notification_{column}"), "notification")
    op.execute("ALTER SEQUENCE notification_release_no RENAME TO notification_release_order")
    op.execute(
        "ALTER TABLE notification RENAME CONSTRAINT ck_notification_released_has_a_number"
        " TO ck_notification_released_has_a_place"
    )
    op.alter_column("notification", "release_no", new_column_name="place")
    op.execute("ALTER INDEX ix_last_notification_notification_id RENAME TO ix_told_notification_id")
    for before, after in RENAMED_CONSTRAINTS.items():
        op.execute(f"ALTER TABLE last_notification RENAME CONSTRAINT {after} TO {before}")
    op.rename_table("last_notification", "told")
