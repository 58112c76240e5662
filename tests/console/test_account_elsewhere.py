"""Logging in with an account elsewhere, by a real provider of OpenID Connect in a process of its own."""

import time
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpcore
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from marketplace import outgoing
from marketplace.database import db
from marketplace.errors import Unavailable
from marketplace.openid_providers import OpenIdProvider
from marketplace.persons.models import LinkedAccount, Person
from marketplace.persons.service.elsewhere import provider
from tests.console.people import Browser, browser_of, browser_of_staff
from tests.console.providers import LOG_IN, accept, account, answer_of, log_in, running_provider
from tests.mail import body, listener, relay  # noqa: F401 - fixtures
from tests.persons.people import PASSWORD, invite, join, member, who
from tests.ports import free_port

PHONE = "13800138000"
COOKIE = "huanliu_session"
CLIENT = "huanliu"
RETURN = f"{LOG_IN}/return"


@pytest.fixture(scope="module")
def issuer():
    with running_provider() as address:
        yield address


@pytest.fixture(autouse=True)
def _configured(marketplace, app, issuer, monkeypatch):
    settings = replace(
        app.config["SETTINGS"],
        public_url="http://localhost",
        oidc_issuer=issuer,
        oidc_name="浙里办",
        oidc_client_id=CLIENT,
        oidc_client_secret="a secret",
    )
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    with marketplace.at_its_time():
        yield


@pytest.fixture
def firm(marketplace):
    return marketplace.enterprise("generator", name="绍兴一厂")


def mailed_person(marketplace, firm, relay, email):  # noqa: F811 - the fixture
    """A person whose address was proven by an invitation."""
    invite(firm, email=email)
    marketplace.settle()
    text = "".join(map(body, relay.take()))
    code = next(line for line in text.splitlines() if len(line) == 23 and line.count("-") == 3)
    assert join(marketplace, code).status_code == 201


def persons():
    return db.session.query(Person).count()


def test_the_log_in_page_names_all_ways(marketplace):
    shown = Browser(marketplace).get("/login").page
    for way in ("密码", "用通行密钥登录", "用浙里办登录"):
        assert way in shown.text
    assert shown.faults == []


def test_the_provider_is_asked_with_state_nonce_and_proof_and_leads_back_to_us(marketplace):
    asked = parse_qs(urlsplit(Browser(marketplace).get(LOG_IN).location).query)
    assert asked["redirect_uri"] == [f"http://localhost{RETURN}"]
    assert (asked["response_type"], asked["code_challenge_method"]) == (["code"], ["S256"])
    assert "=" not in asked["code_challenge"][0]
    assert len(asked["state"][0]) == 43
    assert len(asked["nonce"][0]) == 64
    assert "openid" in asked["scope"][0]


def test_an_address_that_both_have_proven_links_the_account_once(app, marketplace, firm, issuer, relay):  # noqa: F811
    mailed_person(marketplace, firm, relay, "li@example.com")
    sub = account(issuer, "li", email="LI@example.com", email_verified=True)
    browser = Browser(marketplace)
    assert log_in(browser, sub, f"{LOG_IN}?next=/settings").location == "/settings"
    assert "绍兴一厂" in browser.get("/today").page.text
    account(issuer, "li", email="somebody.else@example.com", email_verified=True)
    assert log_in(Browser(marketplace), sub).location == "/today"
    with app.app_context():
        assert (persons(), db.session.query(LinkedAccount).count()) == (1, 1)


@pytest.mark.parametrize("verified", [None, False, "true", 1])
def test_an_address_that_the_provider_has_not_proven_opens_nothing(
    app,
    marketplace,
    firm,
    issuer,
    relay,  # noqa: F811
    verified,
):
    mailed_person(marketplace, firm, relay, "li@example.com")
    sub = account(issuer, f"thief-{verified}", email="li@example.com", email_verified=verified)
    browser = Browser(marketplace)
    refused = log_in(browser, sub)
    assert refused.status == 401
    assert "尚未关联" in refused.page.text
    assert browser.get("/today").status == 303
    with app.app_context():
        assert db.session.query(LinkedAccount).count() == 0


def test_a_stranger_is_not_let_in_and_nobody_is_made(app, marketplace, issuer):
    sub = account(issuer, "stranger", email="stranger@example.com", email_verified=True)
    assert log_in(Browser(marketplace), sub).status == 401
    with app.app_context():
        assert persons() == 0


def test_an_invitation_is_accepted_with_the_account_alone(marketplace, firm, issuer):
    code = invite(firm, "trader")["code"]
    sub = account(issuer, "wang", name="王工", email="wang@example.com", email_verified=True)
    browser = Browser(marketplace)
    assert "用浙里办接受邀请" in browser.get("/join").page.text
    assert accept(browser, issuer, code, sub).location == "/today"
    assert "绍兴一厂" in browser.get("/today").page.text
    assert [(row["name"], row["right"]) for row in firm.get("/members").json["items"]] == [("王工", "trader")]
    assert browser.post("/join/account", code=code).status == 422
    assert log_in(Browser(marketplace), sub).location == "/today"


def test_an_account_without_any_proven_address_cannot_be_a_person(marketplace, firm, issuer):
    code = invite(firm)["code"]
    sub = account(issuer, "nobody", name="无名")
    assert accept(Browser(marketplace), issuer, code, sub).status == 401
    assert join(marketplace, code, phone=PHONE).status_code == 201, "the invitation is still open"


def test_the_credit_code_that_the_provider_names_makes_a_member_with_the_right_that_is_set(
    marketplace, firm, issuer
):
    claims = {"name": "法人", "email": "boss@example.com", "email_verified": True}
    sub = account(issuer, "boss", uscc=firm.number.lower(), **claims)
    assert log_in(Browser(marketplace), sub).location == "/today"
    (row,) = firm.get("/members").json["items"]
    assert (row["name"], row["right"], row["email"]) == ("法人", "viewer", "boss@example.com")
    owner = browser_of(firm, PHONE)
    assert owner.post(f"/settings/people/{row['id']}/end").status == 303
    again = Browser(marketplace)
    log_in(again, sub)
    assert again.get("/today").location == "/login/none", "who was taken out does not come back by it"


@pytest.mark.parametrize("uscc", ["91330600000000000X", "no code", 7, None])
def test_a_credit_code_that_nobody_has_makes_nobody(app, marketplace, issuer, uscc):
    claims = {"email": "boss@example.com", "email_verified": True, "uscc": uscc}
    assert log_in(Browser(marketplace), account(issuer, "b", **claims)).status == 401
    with app.app_context():
        assert persons() == 0


def test_a_pending_enterprise_gets_no_member_by_it(marketplace, issuer):
    pending = marketplace.enterprise("generator", approved=False)
    claims = {"email": "boss@example.com", "email_verified": True, "uscc": pending.number}
    assert log_in(Browser(marketplace), account(issuer, "p", **claims)).status == 401


def test_who_acts_for_two_acts_for_the_one_that_the_account_names(marketplace, firm, issuer):
    other = marketplace.enterprise("recycler", name="绍兴二厂")
    claims = {"name": "王工", "email": "w@example.com", "email_verified": True}
    sub = account(issuer, "two", uscc=firm.number, **claims)
    log_in(Browser(marketplace), sub)
    browser = Browser(marketplace)
    accept(browser, issuer, invite(other)["code"], sub)
    assert "绍兴二厂" in browser.get("/today").page.text
    again = Browser(marketplace)
    log_in(again, sub)
    assert "绍兴一厂" in again.get("/today").page.text


def test_such_a_log_in_takes_the_place_of_the_session_that_the_browser_had(marketplace, firm, issuer):
    other = marketplace.enterprise("recycler", name="绍兴二厂")
    claims = {"name": "王工", "email": "w@example.com", "email_verified": True}
    sub = account(issuer, "again", uscc=firm.number, **claims)
    browser = Browser(marketplace)
    log_in(browser, sub)
    accept(browser, issuer, invite(other)["code"], sub)
    account(issuer, "again", **claims)
    earlier = browser.client.get_cookie(COOKIE).value
    log_in(browser, sub)
    assert who(marketplace, earlier) is None
    assert "绍兴二厂" in browser.get("/today").page.text, "as before, where the account names nobody"
    account(issuer, "again", uscc=firm.number, **claims)
    log_in(browser, sub)
    assert "绍兴一厂" in browser.get("/today").page.text


@pytest.mark.parametrize(
    ("amr", "target"),
    [(None, "/login/code?next=/desk"), (["pwd"], "/login/code?next=/desk"), (["pwd", "mfa"], None)],
)
def test_staff_shows_a_second_factor_unless_the_provider_says_it_has(app, marketplace, issuer, amr, target):
    browser_of_staff(marketplace)
    with app.app_context():
        db.session.execute(db.text("UPDATE person SET email = 'admin@example.com'"))
        db.session.commit()
    sub = account(issuer, "admin", email="admin@example.com", email_verified=True, amr=amr)
    browser = Browser(marketplace)
    log_in(browser, sub)
    assert browser.get("/desk").location == target


def test_an_answer_is_taken_once_and_in_the_browser_that_asked(marketplace, firm, issuer):
    claims = {"email": "w@example.com", "email_verified": True, "uscc": firm.number}
    sub = account(issuer, "once", **claims)
    browser, thief = Browser(marketplace), Browser(marketplace)
    answer = answer_of(browser.get(LOG_IN).location, sub)
    thief.get(LOG_IN)
    assert thief.get(answer).status == 422, "nobody is logged in to the account of another by a link"
    assert browser.get(answer).location == "/today"
    assert browser.get(answer).status == 422
    late = answer_of(browser.get(LOG_IN).location, sub)
    marketplace.wait(minutes=11)
    assert browser.get(late).status == 422


@pytest.mark.parametrize("query", ["", "error=access_denied&state=x", "code=x", "state=x", "code=x&state=y"])
def test_what_comes_back_otherwise_is_said_in_words(marketplace, query):
    browser = Browser(marketplace)
    browser.get(LOG_IN)
    refused = browser.get(f"{RETURN}?{query}")
    assert refused.status in (401, 422)
    assert refused.page.faults == []


def test_a_code_that_the_provider_never_made_is_refused(marketplace):
    browser = Browser(marketplace)
    state = parse_qs(urlsplit(browser.get(LOG_IN).location).query)["state"][0]
    assert browser.get(f"{RETURN}?code=made-up&state={state}").status == 401


def test_the_log_in_leads_nowhere_else(marketplace, firm, issuer):
    claims = {"email": "w@example.com", "email_verified": True, "uscc": firm.number}
    sub = account(issuer, "away", **claims)
    assert log_in(Browser(marketplace), sub, f"{LOG_IN}?next=//evil.example").location == "/today"


# ---------------------------------------------------------------- a provider that lies


@pytest.fixture
def forged(app, monkeypatch, issuer):
    """What a token of our own making says, and the key that makes it; bend what is given."""
    key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig"}, auto_kid=False)
    given = {"signing": key, "claims": {}, "drops": ()}

    def ask(asked, method, address, **about):
        if address.endswith("/jwks"):
            return KeySet([key]).as_dict(private=False)
        assert len(about["data"]["code_verifier"]) == 64
        now = int(time.time())
        claims = {"iss": issuer, "sub": "x", "aud": CLIENT, "iat": now, "exp": now + 60}
        claims |= {"nonce": given["nonce"], "email": "w@example.com", "email_verified": True}
        claims |= given["claims"]
        claims = {name: value for name, value in claims.items() if name not in given["drops"]}
        return {"id_token": jwt.encode({"alg": "RS256", "kid": "1"}, claims, given["signing"])}

    with app.app_context():
        provider._description(provider.find_provider(""))
    monkeypatch.setattr(provider, "_ask", ask)
    return given


def come_back(marketplace, forged, uscc):
    browser = Browser(marketplace)
    asked = parse_qs(urlsplit(browser.get(LOG_IN).location).query)
    forged.setdefault("nonce", asked["nonce"][0])
    forged["claims"] = {"uscc": uscc, **forged["claims"]}
    return browser.get(f"{RETURN}?code=x&state={asked['state'][0]}").status


def test_a_token_that_holds_is_taken(marketplace, firm, forged):
    assert come_back(marketplace, forged, firm.number) == 303


@pytest.mark.parametrize("claims", [
    {"iss": "https://evil.example"}, {"aud": "another"}, {"azp": "another"},
    {"exp": 1}, {"iat": 4_000_000_000}, {"nbf": 4_000_000_000}, {"sub": ""}, {"sub": 7},
])  # fmt: skip
def test_a_token_for_another_or_of_another_time_is_refused(marketplace, firm, forged, claims):
    forged["claims"] = claims
    assert come_back(marketplace, forged, firm.number) == 401


@pytest.mark.parametrize("name", ["iss", "sub", "aud", "exp", "iat", "nonce"])
def test_a_token_that_lacks_a_claim_is_refused(marketplace, firm, forged, name):
    forged["drops"] = (name,)
    assert come_back(marketplace, forged, firm.number) == 401


def test_a_token_of_another_log_in_is_refused(marketplace, firm, forged):
    forged["nonce"] = "of another log-in"
    assert come_back(marketplace, forged, firm.number) == 401


def test_a_token_that_the_provider_did_not_sign_is_refused(marketplace, firm, forged):
    forged["signing"] = RSAKey.generate_key(2048, {"kid": "1"}, auto_kid=False)
    assert come_back(marketplace, forged, firm.number) == 401


# ---------------------------------------------------------------- its address


@pytest.mark.parametrize("address", [
    "http://city.example/", "https://evil.example/", "https://city.example@evil.example/", "ftp://city.example/",
    "https://user@city.example/", "https://city.example.evil.example/", "https://[::1", "file:///etc/passwd",
    "http://127.0.0.1/", "https://10.0.0.1/", None, 7,
])  # fmt: skip
def test_only_https_at_a_host_that_is_named_is_asked(address):
    with pytest.raises(provider.ProviderError):
        provider.check_address(address, {"city.example"})


def test_a_description_that_names_another_issuer_or_host_is_not_believed(monkeypatch):
    about = {"issuer": "https://city.example", "authorization_endpoint": "https://city.example/a"}
    about |= {"token_endpoint": "https://city.example/t", "jwks_uri": "https://keys.example/j"}
    monkeypatch.setattr(provider, "_ask", lambda asked, method, address: about)
    described = provider._described.__wrapped__
    keys = {"hosts": frozenset({"keys.example"})}
    assert described(a_provider(**keys), 0).jwks_uri == "https://keys.example/j"
    for wrong in ({}, {"issuer": "https://city.example/", **keys}):
        with pytest.raises(Unavailable, match="account_unavailable"):
            described(a_provider(**wrong), 0)


def a_provider(issuer="https://city.example", **about):
    return OpenIdProvider("", issuer, (), CLIENT, **about)


@pytest.mark.parametrize(
    ("address", "inside", "is_asked"),
    [("10.1.2.3", False, False), ("10.1.2.3", True, True), ("127.0.0.1", True, False),
     ("169.254.169.254", True, False), ("::ffff:10.1.2.3", True, False), ("fd00::1", True, True),
     ("fd00:ec2::254", True, False)],
)  # fmt: skip
def test_the_provider_is_asked_at_the_address_that_was_checked_and_inside_only_if_settings_say_so(
    monkeypatch, address, inside, is_asked
):
    asked = []

    def connect(self, host, port, *_):
        asked.append(host)
        raise httpcore.ConnectError("nobody is there")

    monkeypatch.setattr(outgoing, "getaddrinfo", lambda host, port, **_: [(0, 0, 0, "", (address, port))])
    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    with pytest.raises(Unavailable, match="account_unavailable"):
        provider._ask(a_provider(is_inside=inside), "POST", "https://city.example/token", data={"code": "x"})
    assert asked == [address] * is_asked


def test_a_provider_that_is_away_leaves_the_password(marketplace, firm, app, monkeypatch):
    settings = replace(app.config["SETTINGS"], oidc_issuer=f"http://127.0.0.1:{free_port()}")
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    member(firm, PHONE)
    browser = Browser(marketplace)
    refused = browser.get(LOG_IN)
    assert refused.status == 503
    assert "暂无响应" in refused.page.text
    assert browser.log_in(PHONE, PASSWORD).location == "/today"


@pytest.mark.parametrize("wrong", [
    {"oidc_issuer": "http://city.example", "oidc_client_id": "x"}, {"oidc_issuer": "https://city.example"},
    {"oidc_issuer": "https://city.example", "oidc_client_id": "x", "oidc_right": "admin"},
])  # fmt: skip
def test_settings_that_cannot_be_meant_keep_the_program_from_starting(app, wrong):
    with pytest.raises(ValueError, match="OIDC_"):
        replace(app.config["SETTINGS"], **{"oidc_issuer": "", "oidc_client_id": "", **wrong})


def test_without_a_provider_no_such_way_is_shown(marketplace, app, monkeypatch):
    settings = replace(app.config["SETTINGS"], oidc_issuer="", oidc_name="")
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    browser = Browser(marketplace)
    assert LOG_IN not in browser.get("/login").response.get_data(as_text=True)
    assert "/join/account" not in browser.get("/join").response.get_data(as_text=True)
    assert browser.get(LOG_IN).status == 404
