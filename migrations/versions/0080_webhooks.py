"""What happened, for the programs of enterprises: a feed in the order of commits, and deliveries to endpoints.

Events of before are not taken into the feed.

Revision ID: 0080
Revises: 0079
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
OUTCOMES = (
    "'taken', 'refused', 'busy', 'redirected', 'timed_out', 'unreachable', 'not_public', 'gone'"
)


def upgrade() -> None:
    op.execute("ALTER TABLE event ADD COLUMN is_read boolean NOT NULL DEFAULT true")
    op.execute("ALTER TABLE event ALTER COLUMN is_read SET DEFAULT false")
    op.create_index("ix_event_unread", "event", ["id"], postgresql_where=sa.text("NOT is_read"))
    _create_feed()
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("kinds", ARRAY(sa.Text()), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("old_secret", sa.String()),
        sa.Column("old_secret_until", MOMENT),
        sa.Column("notified_no", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", MOMENT),
        sa.Column("paused_until", MOMENT),
        sa.Column("stopped_at", MOMENT),
        sa.Column("stopped_for", sa.String()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("person_id", sa.Uuid()),
        sa.CheckConstraint("stopped_for IN ('gone', 'failing')", name=op.f("ck_webhook_endpoint_stopped_for")),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_webhook_endpoint_enterprise_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_webhook_endpoint_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoint")),
    )
    op.create_index(op.f("ix_webhook_endpoint_enterprise_id"), "webhook_endpoint", ["enterprise_id"])
    _create_deliveries()


def _create_feed() -> None:
    op.create_table(
        "feed_event",
        sa.Column("no", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("subject", JSONB(), nullable=False),
        sa.Column("data", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_feed_event")),
    )
    op.create_index(op.f("ix_feed_event_at"), "feed_event", ["at"])
    op.create_table(
        "feed_reader",
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_feed_reader_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["no"], ["feed_event.no"], name=op.f("fk_feed_reader_no"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("enterprise_id", "no", name=op.f("pk_feed_reader")),
    )
    op.create_index(op.f("ix_feed_reader_no"), "feed_reader", ["no"])


def _create_deliveries() -> None:
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("body", JSONB(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.CheckConstraint(
            "status IN ('waiting', 'delivered', 'failed')", name=op.f("ck_webhook_delivery_status")
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["webhook_endpoint.id"],
            name=op.f("fk_webhook_delivery_endpoint_id"),
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint(
            "endpoint_id", "message_id", name=op.f("uq_webhook_delivery_endpoint_id_message_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
    )
    op.create_index("ix_webhook_delivery_endpoint_id_id", "webhook_delivery", ["endpoint_id", "id"])
    op.create_index("ix_webhook_delivery_ended_at", "webhook_delivery", ["ended_at"])
    op.create_index(
        "ix_webhook_delivery_failed", "webhook_delivery", ["id"], postgresql_where=sa.text("status = 'failed'")
    )
    op.create_table(
        "webhook_attempt",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("http_status", sa.Integer()),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.CheckConstraint(f"outcome IN ({OUTCOMES})", name=op.f("ck_webhook_attempt_outcome")),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["webhook_delivery.id"],
            name=op.f("fk_webhook_attempt_delivery_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_attempt")),
    )
    op.create_index(op.f("ix_webhook_attempt_delivery_id"), "webhook_attempt", ["delivery_id"])


def downgrade() -> None:
    for table in ("webhook_attempt", "webhook_delivery", "webhook_endpoint", "feed_reader", "feed_event"):
        op.drop_table(table)
    op.drop_index("ix_event_unread", "event")
    op.drop_column("event", "is_read")
