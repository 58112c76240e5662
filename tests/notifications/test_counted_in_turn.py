"""What is counted under a name that is locked waits for whoever counts under it already."""

import time
from threading import Thread
from uuid import UUID

import pytest
from sqlalchemy import text

from marketplace import identity
from marketplace.database import db
from marketplace.enterprises import service as enterprises
from marketplace.enterprises.models import MailPurpose
from marketplace.events.work import unit_of_work
from marketplace.http.authentication import digest
from marketplace.notifications import service
from marketplace.notifications.service.delivery.address_caps import DIGEST, count_mail

ADDRESS = "li.wei+a@example.com"
WAITING = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
HELD = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


def release(party):
    service.release_due()


def mail(party):
    with unit_of_work() as work:
        count_mail(work, ADDRESS, DIGEST, "<one@huanliu>")


def mail_link(party):
    with unit_of_work() as work:
        enterprises.issue_mail_token(work, UUID(party.id), MailPurpose.PROOF)


def waits_for(app, name, act):
    """Whether `act` waits until a transaction ends that has locked this name."""

    def in_context():
        with app.app_context():
            act()

    thread = Thread(target=in_context)
    with app.app_context(), db.engine.begin() as holder:
        holder.execute(HELD, {"name": name})
        thread.start()
        while thread.is_alive() and not holder.execute(WAITING).scalar():
            time.sleep(0.005)
        waits = thread.is_alive()
    thread.join()
    return waits


@pytest.mark.parametrize(
    ("name", "act"),
    [
        ("notification_release", release),
        (f"sent_mail {digest(identity.mailbox(ADDRESS))}", mail),
        (f"mail_token {identity.mailbox(ADDRESS)}", mail_link),
    ],
)
def test_two_do_not_count_the_same_at_once(marketplace, name, act):
    party = marketplace.enterprise("generator", approved=False)
    contact = {**party.get("/enterprises/me").json["contact"], "email": ADDRESS}
    party.patch(f"/enterprises/{party.id}", {"contact": contact})

    assert waits_for(marketplace.app, name, lambda: act(party))
