"""The secrets of authenticators are sealed: in rows, and by the migration forward and back."""

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from alembic import command as alembic
from alembic.config import Config
from sqlalchemy import create_engine, text

from marketplace import sealing
from marketplace.database import db
from marketplace.errors import Unavailable
from marketplace.persons import service
from marketplace.persons.models import Person
from tests.persons.people import code_at, member

ROOT = Path(__file__).resolve().parents[2]
KEYS = f"1:{'a' * 64}"
SECRET = "JBSWY3DPEHPK3PXP"
OTHER = sealing.parse_keys(f"9:{'c' * 64}")


def test_a_row_does_not_say_the_secret_and_gives_no_codes_to_another(app, marketplace):
    firm = marketplace.enterprise("generator")
    for phone in ("13800138000", "13800138001"):
        member(firm, phone)
    with app.app_context(), marketplace.at_its_time():
        first, second = db.session.query(Person).order_by(Person.phone)
        secret = service.offer(first.id).partition("secret=")[2].partition("&")[0]
        db.session.refresh(first)
        assert secret not in first.totp_secret
        assert service.offer(first.id).partition("secret=")[2].startswith(secret)
        second.totp_secret = first.totp_secret
        db.session.commit()
        with pytest.raises(sealing.Unsealable):
            service.confirm(second.id, code_at(secret, marketplace.now))


def test_a_new_key_seals_all_again_in_batches_and_what_none_opens_stays(app, marketplace, monkeypatch):
    firm = marketplace.enterprise("generator")
    for number in range(3):
        member(firm, f"1380013800{number}")

    def use(keys):
        monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], secret_keys=keys))

    def kept():
        db.session.expire_all()
        return {person.id: person.totp_secret for person in db.session.query(Person)}

    use(KEYS)
    with app.app_context():
        secrets = {person.id: service.offer(person.id) for person in db.session.query(Person)}
        foreign = next(iter(secrets))
        db.session.get(Person, foreign).totp_secret = sealing.seal("totp", str(foreign), SECRET, OTHER)
        db.session.commit()
        use(f"2:{'b' * 64},{KEYS}")
        assert service.reseal_secrets(batch=1) == (2, 1)
        assert sorted(secret.partition(".")[0] for secret in kept().values()) == ["2", "2", "9"]
        assert service.reseal_secrets(batch=1) == (0, 1)
        use(f"2:{'b' * 64}")
        assert all(service.offer(one) == secrets[one] for one in secrets if one != foreign)
        use("")
        with pytest.raises(Unavailable):
            service.reseal_secrets()
    use(f"2:{'b' * 64}")
    run = app.test_cli_runner().invoke(args=["reseal"])
    assert (run.exit_code, "0 sealed again, 1 that no key opens" in run.output) == (1, True)


@pytest.fixture
def config(fresh_database, monkeypatch):
    monkeypatch.setenv("SECRET_KEYS", KEYS)
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("sqlalchemy.url", fresh_database.replace("%", "%%"))
    alembic.downgrade(config, "0074")
    return config


@pytest.fixture
def engine(fresh_database):
    engine = create_engine(fresh_database)
    yield engine
    engine.dispose()


def add_person(engine, secret):
    person_id = uuid4()
    values = {"id": person_id, "phone": f"138{person_id.int % 10**8:08}", "secret": secret}
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO person"
                " (id, name, phone, language, password_hash, totp_secret, created_at, version)"
                " VALUES (:id, '李工', :phone, 'zh', 'x', :secret, now(), 1)"
            ),
            values,
        )
    return person_id


def secrets_by_person(engine):
    with engine.connect() as connection:
        return dict(connection.execute(text("SELECT id, totp_secret FROM person")).all())


def test_an_upgrade_seals_the_rows_and_a_downgrade_opens_them(config, engine):
    person_id, other_id = add_person(engine, SECRET), add_person(engine, None)
    alembic.upgrade(config, "head")
    kept = secrets_by_person(engine)
    assert SECRET not in kept[person_id]
    assert sealing.unseal("totp", str(person_id), kept[person_id], sealing.parse_keys(KEYS)) == SECRET
    assert kept[other_id] is None
    alembic.downgrade(config, "0074")
    assert secrets_by_person(engine) == {person_id: SECRET, other_id: None}


def test_without_keys_rows_with_secrets_stop_the_upgrade_and_stay(config, engine, monkeypatch):
    person_id = add_person(engine, SECRET)
    monkeypatch.setattr("marketplace.sealing.parse_keys", lambda text: {})
    with pytest.raises(RuntimeError, match="SECRET_KEYS"):
        alembic.upgrade(config, "head")
    assert secrets_by_person(engine) == {person_id: SECRET}
