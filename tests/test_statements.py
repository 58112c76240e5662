"""Queries that the driver reads alone."""

from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from marketplace.database import db
from marketplace.enterprises.models import Enterprise, EnterpriseStatus
from marketplace.statements import Statement

APPROVED = Statement(
    select(Enterprise.id, Enterprise.name).where(Enterprise.status == EnterpriseStatus.APPROVED)
)
END = text("SELECT pg_terminate_backend(:pid, 5000)")


def test_it_reads_in_the_transaction_what_the_session_has_not_written_yet(marketplace):
    party = marketplace.enterprise(name="绍兴一厂")
    with marketplace.app.app_context():
        assert APPROVED.one() == (UUID(party.id), "绍兴一厂")
        db.session.get(Enterprise, party.id).name = "绍兴二厂"
        assert APPROVED.one().name == "绍兴二厂"
        db.session.rollback()
        assert APPROVED.one_or_none().name == "绍兴一厂"


def test_a_connection_that_dies_under_it_is_replaced(marketplace):
    marketplace.enterprise()
    with marketplace.app.app_context():
        APPROVED.one()
        pid = db.session.scalar(text("SELECT pg_backend_pid()"))
        with db.engine.connect() as other:
            other.execute(END, {"pid": pid})
        with pytest.raises(OperationalError):
            APPROVED.one()
        db.session.rollback()
        assert len(APPROVED.all()) == 1
