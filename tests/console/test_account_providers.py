"""Several providers of OpenID Connect: a city's for its officials, a group's for the members of its firms.

Each is believed of its own people only: what one says of another's persons opens nothing.
"""

from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from marketplace.database import db
from marketplace.persons.models import LinkedAccount, Membership, Passkey
from tests.console.people import ORIGIN, Browser, browser_of_staff, staff_browser
from tests.console.providers import LOG_IN, accept, account, answer_of, log_in, running_provider
from tests.persons.authenticator import Authenticator
from tests.persons.people import invite, join, member

CITY, GROUP = f"{LOG_IN}/city", f"{LOG_IN}/group"
PASSKEYS = "/settings/passkeys"
MAIL = "li@example.com"


@pytest.fixture(scope="module")
def issuers():
    with running_provider() as city, running_provider() as group:
        yield {"city": city, "group": group}


@pytest.fixture
def firm(marketplace):
    """Of the group."""
    return marketplace.enterprise("generator", name="绍兴一厂")


@pytest.fixture
def other(marketplace):
    """Of nobody's."""
    return marketplace.enterprise("recycler", name="绍兴二厂")


@pytest.fixture(autouse=True)
def _configured(marketplace, app, issuers, firm, tmp_path, monkeypatch):
    path = tmp_path / "providers.toml"
    for key in issuers:
        (tmp_path / f"{key}.secret").write_text(f"of {key}\n")
    path.write_text(f"""
[city]
issuer = "{issuers["city"]}"
name = {{ zh = "绍兴政务", en = "Shaoxing's log-in" }}
client_id = "huanliu"
client_secret_file = "city.secret"
staff_regions = ["330600"]

[group]
issuer = "{issuers["group"]}"
name = "集团"
client_id = "huanliu"
client_secret_file = "group.secret"
usccs = ["{firm.number}"]
""")
    settings = replace(
        app.config["SETTINGS"], public_url="http://localhost", oidc_providers=str(path), oidc_issuer=""
    )
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    with marketplace.at_its_time():
        yield


def proven(issuer, sub, email=MAIL, **claims):
    return account(issuer, sub, email=email, email_verified=True, **claims)


def give_address(app, email=MAIL):
    """The person without an address has proven this one."""
    with app.app_context():
        db.session.execute(db.text("UPDATE person SET email = :email WHERE email IS NULL"), {"email": email})
        db.session.commit()


def count(app, table):
    with app.app_context():
        return db.session.query(table).count()


def test_the_pages_name_every_provider_in_the_language_of_the_reader(marketplace, firm):
    browser = Browser(marketplace)
    for path, verb in (("/login", "登录"), ("/join", "接受邀请")):
        shown = browser.get(path).page
        assert f"用绍兴政务{verb}" in shown.text
        assert f"用集团{verb}" in shown.text
        assert shown.faults == []
    assert "Log in with Shaoxing's log-in" in browser.get("/login?lang=en").page.text


def test_a_group_brings_the_members_of_its_firms(marketplace, firm, issuers):
    sub = proven(issuers["group"], "boss", uscc=firm.number)
    assert log_in(Browser(marketplace), sub, f"{GROUP}?next=/settings").location == "/settings"
    assert [row["email"] for row in firm.get("/members").json["items"]] == [MAIL]


def test_a_firm_that_is_not_the_groups_gets_no_member_by_it(app, marketplace, other, issuers):
    sub = proven(issuers["group"], "boss", uscc=other.number)
    assert log_in(Browser(marketplace), sub, GROUP).status == 401
    assert count(app, Membership) == 0


def test_a_city_logs_in_its_officials_and_no_others(app, marketplace, issuers):
    of_district, of_elsewhere = marketplace.regulator("330602"), marketplace.regulator("310000")
    staff_browser(marketplace, of_district.id, "13900139001")
    give_address(app)
    staff_browser(marketplace, of_elsewhere.id, "13900139002")
    browser = Browser(marketplace)
    log_in(browser, proven(issuers["city"], "li"), CITY)
    assert browser.get("/desk").location == "/login/code?next=/desk"
    give_address(app, "w@example.com")
    refused = log_in(Browser(marketplace), proven(issuers["city"], "wu", "w@example.com"), CITY)
    assert "尚未关联" in refused.page.text


def test_no_provider_of_a_few_logs_in_an_admin(app, marketplace, issuers):
    browser_of_staff(marketplace)
    give_address(app)
    for key, issuer in issuers.items():
        refused = log_in(Browser(marketplace), proven(issuer, "admin", amr=["mfa"]), f"{LOG_IN}/{key}")
        assert "尚未关联" in refused.page.text


@pytest.mark.parametrize("key", ["city", "group"])
def test_an_address_of_anothers_person_opens_nothing(app, marketplace, other, issuers, key):
    member(other, "13800138000")
    give_address(app)
    refused = log_in(Browser(marketplace), proven(issuers[key], "thief"), f"{LOG_IN}/{key}")
    assert refused.status == 401
    assert "尚未关联" in refused.page.text
    assert count(app, LinkedAccount) == 0


def test_nor_of_a_person_who_acts_for_the_groups_firm_and_for_another(app, marketplace, firm, other, issuers):
    member(firm, "13800138000")
    join(marketplace, invite(other)["code"], phone="13800138000")
    give_address(app)
    assert log_in(Browser(marketplace), proven(issuers["group"], "thief"), GROUP).status == 401


def test_an_invitation_of_another_firm_is_not_accepted_with_the_groups_account(
    app, marketplace, other, issuers
):
    code = invite(other)["code"]
    sub = proven(issuers["group"], "wang")
    assert accept(Browser(marketplace), issuers["group"], code, sub, "group").status == 401
    assert count(app, Membership) == 0


def test_the_invitation_of_the_groups_firm_is_accepted_with_its_account(marketplace, firm, issuers):
    sub = proven(issuers["group"], "wang", name="王工")
    answer = accept(Browser(marketplace), issuers["group"], invite(firm)["code"], sub, "group")
    assert answer.location == "/today"
    assert [row["name"] for row in firm.get("/members").json["items"]] == ["王工"]


def test_who_becomes_a_member_elsewhere_too_logs_in_with_the_password(app, marketplace, firm, other, issuers):
    sub = proven(issuers["group"], "li", uscc=firm.number)
    member(firm, "13800138000")
    give_address(app)
    before = Browser(marketplace)
    assert log_in(before, sub, GROUP).location == "/today"
    assert before.get("/today").status == 200
    assert join(marketplace, invite(other)["code"], phone="13800138000").status_code == 201
    assert before.get("/today").location.startswith("/login"), "what the group began cannot act for the other"
    refused = log_in(Browser(marketplace), sub, GROUP)
    assert refused.status == 401
    assert "其他单位" in refused.page.text
    assert Browser(marketplace).log_in("13800138000").location == "/today"


def test_a_subject_is_that_of_its_issuer_alone(app, marketplace, firm, issuers):
    assert log_in(Browser(marketplace), proven(issuers["group"], "7", uscc=firm.number), GROUP).status == 303
    refused = log_in(Browser(marketplace), account(issuers["city"], "7"), CITY)
    assert "尚未关联" in refused.page.text


def test_a_second_account_of_the_group_with_a_known_address_is_not_that_person(
    app, marketplace, firm, issuers
):
    for sub, status in (("old", 303), ("new", 401)):
        proven(issuers["group"], sub, uscc=firm.number)
        assert log_in(Browser(marketplace), sub, GROUP).status == status
    assert count(app, LinkedAccount) == 1


def test_an_answer_counts_only_at_the_provider_that_was_asked(marketplace, firm, issuers):
    sub = proven(issuers["group"], "li", uscc=firm.number)
    browser = Browser(marketplace)
    answer = answer_of(browser.get(GROUP).location, sub)
    assert urlsplit(answer).path == f"{GROUP}/return"
    assert browser.get(answer.replace("/group/", "/city/")).status == 422
    assert browser.get(answer).location == "/today"


@pytest.mark.parametrize("path", [LOG_IN, f"{LOG_IN}/none", f"{LOG_IN}/none/return?code=x&state=y"])
def test_a_provider_that_is_not_there_is_not_found(marketplace, path):
    refused = Browser(marketplace).get(path)
    assert refused.status == 404
    assert refused.page.faults == []


def test_who_logs_in_elsewhere_adds_no_passkey_that_would_outlive_the_account(
    app, marketplace, firm, issuers
):
    member(firm, "13800138000")
    give_address(app)
    by_group, own, device = Browser(marketplace), Browser(marketplace), Authenticator()
    log_in(by_group, proven(issuers["group"], "li"), GROUP)
    shown = by_group.get(PASSKEYS).page
    assert "不能添加通行密钥" in shown.text
    assert PASSKEYS not in [form.get("action") for form in shown.all("form")]
    own.log_in("13800138000")
    asked = own.client.post(f"{PASSKEYS}/challenge", headers=ORIGIN)
    made = device.create(asked.json)
    assert by_group.client.post(f"{PASSKEYS}/challenge", headers=ORIGIN).status_code == 403
    assert by_group.post(PASSKEYS, name="x", credential=made).status == 403
    assert count(app, Passkey) == 0
    assert own.post(PASSKEYS, name="x", credential=made).location == PASSKEYS
    by_group.get(PASSKEYS)
    assert "不能添加通行密钥" in by_group.page.text, "also where there is one already"


def test_a_passkey_of_ones_own_is_shown_in_such_a_session_and_adds_no_other(app, marketplace, issuers):
    of_district = marketplace.regulator("330602")
    own, device = staff_browser(marketplace, of_district.id, "13900139001"), Authenticator()
    give_address(app)
    own.post(
        PASSKEYS,
        name="x",
        credential=device.create(own.client.post(f"{PASSKEYS}/challenge", headers=ORIGIN).json),
    )
    browser = Browser(marketplace)
    log_in(browser, proven(issuers["city"], "li"), CITY)
    shown = device.get(browser.client.post("/login/code/challenge", headers=ORIGIN).json)
    assert browser.post("/login/code/passkey", credential=shown).status == 303
    assert browser.get("/desk").status == 200
    assert browser.client.post(f"{PASSKEYS}/challenge", headers=ORIGIN).status_code == 403


def test_what_a_provider_began_ends_when_it_is_taken_away(
    app, marketplace, firm, issuers, tmp_path, monkeypatch
):
    member(firm, "13800138000")
    give_address(app)
    by_group, own = Browser(marketplace), Browser(marketplace)
    log_in(by_group, proven(issuers["group"], "li"), GROUP)
    own.log_in("13800138000")
    assert by_group.get("/today").status == own.get("/today").status == 200
    path = tmp_path / "fewer.toml"
    path.write_text((tmp_path / "providers.toml").read_text().partition("[group]")[0])
    settings = replace(app.config["SETTINGS"], oidc_providers=str(path))
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    assert by_group.get("/today").location.startswith("/login")
    assert own.get("/today").status == 200


def test_a_secret_that_cannot_be_read_leaves_the_password(marketplace, firm, issuers, tmp_path):
    sub = proven(issuers["group"], "li", uscc=firm.number)
    (tmp_path / "group.secret").unlink()
    assert log_in(Browser(marketplace), sub, GROUP).status == 503
