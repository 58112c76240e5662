"""How passwords are kept in service, which tests do by less work (`quick_passwords` in tests/conftest.py)."""

from argon2 import PasswordHasher
from sqlalchemy import select

from marketplace.database import db
from marketplace.persons.models import Person
from marketplace.persons.service.login import logging_in, passwords
from tests.persons.people import PASSWORD, log_in, member

PHONE = "13800138000"


def test_in_service_a_password_is_kept_by_the_work_that_owasp_names(quick_passwords):
    """19 MiB and two passes: https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html"""
    kept = quick_passwords.hash(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert quick_passwords.verify(kept, PASSWORD)


def test_a_password_kept_by_less_work_is_kept_again_by_more_at_the_next_log_in(marketplace, monkeypatch):
    member(marketplace.enterprise("generator"), PHONE)
    more = PasswordHasher(memory_cost=128, time_cost=2, parallelism=1)
    for module in (passwords, logging_in):
        monkeypatch.setattr(module, "HASHER", more)
    log_in(marketplace, PHONE)
    with marketplace.app.app_context():
        kept = db.session.scalar(select(Person.password_hash))
    assert "$m=128,t=2,p=1$" in kept
