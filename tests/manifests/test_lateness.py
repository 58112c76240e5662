"""Late steps: reminded, then reported, then recorded for credit, each once a deadline."""

from sqlalchemy import select, text

from marketplace.database import db
from marketplace.manifests.models import ManifestDelay
from tests.manifests.trade import ok


def late_steps(marketplace, stage):
    """Each step that has come to this stage, with who is late; as often as it was noted."""
    with marketplace.app.app_context():
        rows = db.session.scalars(select(ManifestDelay).where(ManifestDelay.stage == stage))
        return [(row.step, str(row.enterprise_id)) for row in rows]


def test_a_late_receiver_is_reminded_reported_and_recorded_once(trade):
    received = trade.received()
    marketplace, late = trade.marketplace, ("close", trade.receiver.id)
    marketplace.wait(days=3)
    assert late_steps(marketplace, "reminded") == []
    marketplace.wait(days=2)  # three working days after Tuesday
    assert late_steps(marketplace, "reminded") == [late]
    (told,) = trade.receiver.inbox("manifest.overdue")
    assert received["number"] in told["detail"]
    assert "close the manifest" in told["detail"]
    marketplace.wait(days=4)
    assert late_steps(marketplace, "escalated") == [late]
    regulator = marketplace.regulator("330600")
    assert [item["late"] for item in regulator.get("/manifests", late="true").json["items"]] == [["close"]]
    marketplace.wait(days=12)
    assert late_steps(marketplace, "recorded") == [late]
    marketplace.wait(days=10)
    assert late_steps(marketplace, "recorded") == [late]
    assert trade.by(trade.receiver, received, "close")["late"] == []


def test_a_corrected_deadline_counts_from_then_on(trade):
    trade.received()
    with trade.marketplace.app.app_context():
        longer = "UPDATE manifest_deadline SET reminded_days = 20, escalated_days = 30, recorded_days = NULL"
        db.session.execute(text(f"{longer} WHERE step = 'close'"))
        db.session.commit()
    try:
        trade.marketplace.wait(days=15)
        assert late_steps(trade.marketplace, "reminded") == []
        (shown,) = [
            row for row in ok(trade.supplier.get("/manifests/rules"))["deadlines"] if row["step"] == "close"
        ]
        assert (shown["reminded_days"], shown["mark"]) == (20, "T")
    finally:
        with trade.marketplace.app.app_context():
            as_before = (
                "UPDATE manifest_deadline SET reminded_days = 3, escalated_days = 5, recorded_days = 6"
            )
            db.session.execute(text(f"{as_before} WHERE step = 'close'"))
            db.session.commit()
