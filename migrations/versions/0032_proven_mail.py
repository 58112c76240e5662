"""E-mail goes to proven addresses only, and is counted by mailbox.

Addresses of enterprises that were approved before count as proven. Reminders of keys that wait to be planned
become one of all keys of an enterprise.

Revision ID: 0032
Revises: 0031
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "UPDATE enterprise SET email_proven_at = now() WHERE email_proven_at IS NULL AND (status = 'approved'"
        " OR status = 'suspended' AND EXISTS (SELECT FROM audit WHERE action = 'approve'"
        " AND subject_kind = 'enterprise' AND subject_id = enterprise.id::text))"
    )
    op.add_column("mail_token", sa.Column("mailbox", sa.String()))
    op.execute(r"UPDATE mail_token SET mailbox = lower(regexp_replace(email, '\+[^@]*@', '@'))")
    op.alter_column("mail_token", "mailbox", nullable=False)
    op.create_index("ix_mail_token_mailbox", "mail_token", ["mailbox", "created_at"])
    op.create_table(
        "sent_mail",
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("mailbox", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_sent_mail")),
    )
    op.create_index("ix_sent_mail_mailbox", "sent_mail", ["mailbox", "at"])
    op.create_index("ix_sent_mail_at", "sent_mail", ["at"])
    op.execute(
        "UPDATE task SET subscriber = 'notifications.jobs.plan_keys_expiring', payload = jsonb_build_object("
        "'enterprise_id', payload -> 'enterprise_id',"
        " 'keys', jsonb_build_array(payload - 'enterprise_id'))"
        " WHERE subscriber = 'notifications.jobs.plan_key_expiring' AND status <> 'done'"
    )


def downgrade() -> None:
    """Of a reminder of several keys that waits to be planned the first key is kept."""
    op.execute(
        "UPDATE task SET subscriber = 'notifications.jobs.plan_key_expiring', payload = "
        "jsonb_build_object('enterprise_id', payload -> 'enterprise_id') || (payload -> 'keys' -> 0)"
        " WHERE subscriber = 'notifications.jobs.plan_keys_expiring' AND status <> 'done'"
    )
    op.drop_table("sent_mail")
    op.drop_index("ix_mail_token_mailbox", "mail_token")
    op.drop_column("mail_token", "mailbox")
