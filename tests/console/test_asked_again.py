"""What others would do with a session left open: the person is asked once more who it is, then goes on."""

import re
from uuid import uuid4

import pytest

from marketplace.console.visitor import ASK_AGAIN, ASK_FACTOR, OWN_ACCOUNT
from marketplace.messages import say
from marketplace.persons import service as persons
from tests.console.people import browser_of, browser_of_staff
from tests.persons.people import bound, code_at, invite, join, log_in, member, who

PHONE = "13800138000"
BY_MEMBERS = {
    "add_passkey": ASK_AGAIN,
    "ask_for_email": ASK_FACTOR,
    "change_enterprise": ASK_AGAIN,
    "change_password": ASK_FACTOR,
    "change_phone": ASK_FACTOR,
    "change_right": ASK_AGAIN,
    "create_key": ASK_AGAIN,
    "create_webhook": ASK_AGAIN,
    "end_membership": ASK_AGAIN,
    "erase_myself": ASK_FACTOR,
    "invite": ASK_AGAIN,
    "remove_passkey": ASK_AGAIN,
    "rotate_webhook_secret": ASK_AGAIN,
}
ADMINS = ("confirm_reset", "create_regulator", "erase_person", "invite_staff", "propose_reset")
BY_ADMINS = dict.fromkeys(ADMINS, ASK_AGAIN)
PAGES = {"export_myself": ASK_AGAIN, "show_passkeys": ASK_AGAIN}
"""What leaves with a reader, and the page whose form a script fills in."""
NOT_ASKED = {
    "act_for", "change_myself", "confirm_email", "delete_webhook", "end_my_session", "find_person",
    "offer_passkey", "redeliver_webhook", "replay_webhook", "revoke_key", "send_proof", "test_webhook",
    "withdraw_change", "withdraw_invitation", "withdraw_reset", "set_notices", "hand_in_paper", "add_scan",
    "change_carrier",
}  # fmt: skip
"""Forms of these pages that give nobody anything: they end or repeat something, or follow what was asked."""
ASKED = say("page_login_again", "zh")
WHOSE = ("/settings", "/desk/resets")


@pytest.fixture
def firm(marketplace):
    return marketplace.enterprise("generator", name="绍兴一厂")


@pytest.fixture
def owner(marketplace, firm):
    with marketplace.at_its_time():
        yield browser_of(firm, PHONE)


def forms_of(app):
    """(endpoint, rule, view) of every page and form of the console, by its method."""
    return [
        (rule.endpoint.removeprefix("console."), rule.rule, rule.methods, app.view_functions[rule.endpoint])
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("console.")
    ]


def test_every_form_about_rights_and_secrets_asks_again_or_is_said_not_to(app):
    guarded, others = {}, set()
    for endpoint, rule, methods, view in forms_of(app):
        how = getattr(view, "sensitive", None)
        is_near = "POST" in methods and hasattr(view, "sensitive")
        if how:
            guarded[endpoint] = how
        elif is_near and (view.access.scope == OWN_ACCOUNT or rule.startswith(WHOSE)):
            others.add(endpoint)
    assert guarded == BY_MEMBERS | BY_ADMINS | PAGES
    assert others == NOT_ASKED


def refusals(app, browser, family):
    """Which forms of a family ask who it is, sent by a browser with ids of nothing."""
    asked = set()
    for endpoint, rule, _, _ in forms_of(app):
        if endpoint in family:
            browser.post(re.sub("<[^>]+>", str(uuid4()), rule))
            asked |= {endpoint} if browser.page and ASKED in browser.page.text else set()
    return asked


def test_a_session_left_open_changes_neither_rights_nor_secrets(app, marketplace, owner):
    wanted = {name for name, how in BY_MEMBERS.items() if how == ASK_AGAIN}
    assert refusals(app, owner, BY_MEMBERS) == set()
    marketplace.wait(minutes=16)
    assert refusals(app, owner, BY_MEMBERS) == wanted
    assert owner.get("/settings/export").location == "/login?next=/settings/export&again=1"
    assert owner.get("/settings/people").status == 200, "reading goes on"
    assert owner.post("/settings/account/phone", phone=PHONE, password="wrong").status == 401
    assert ASKED not in owner.page.text, "the password in the form is asked for in any case"


def test_of_who_has_a_second_factor_that_is_asked_for(app, marketplace):
    with marketplace.at_its_time():
        admin = browser_of_staff(marketplace)
        family = BY_MEMBERS.keys() & {"change_phone", "change_password", "add_passkey"} | BY_ADMINS.keys()
        assert refusals(app, admin, family) == set()
        marketplace.wait(minutes=16)
        assert refusals(app, admin, family) == family
        asked = admin.post("/settings/staff", name="柯桥区", region="330603")
        assert "/login/code" in asked.response.get_data(as_text=True)
        kept = {name: admin_field(asked, name) for name in ("next", "kept.name", "kept.region")}
        assert admin.post("/login/code", code="000000", **kept).status == 401
        again = {name: admin_field(admin, name) for name in kept}
        shown = admin.post("/login/code", code=code_at(admin.secret, marketplace.now), **again)
        fields = {field["name"]: field["value"] for field in shown.page.all("input")}
        assert fields == {"name": "柯桥区", "region": "330603"}
        assert admin.post("/settings/staff", **fields).status == 201


def admin_field(browser, name):
    return next(field["value"] for field in browser.page.all("input") if field["name"] == name)


def test_what_was_typed_is_sent_after_the_log_in_which_takes_the_place_of_the_earlier(marketplace, owner):
    marketplace.wait(minutes=16)
    earlier = owner.client.get_cookie("huanliu_session").value
    asked = owner.post("/settings/people/invitations", right="viewer", email="li@example.com")
    assert admin_field(asked, "login") == PHONE, "only the password has to be typed"
    assert "/register" not in {link["href"] for link in asked.page.all("a")}
    kept = {one["name"]: one["value"] for one in asked.page.all("input") if one["name"].startswith("kept.")}
    shown = owner.log_in(PHONE, next="/settings/people/invitations", **kept)
    fields = {field["name"]: field["value"] for field in shown.page.all("input")}
    assert fields == {"right": "viewer", "email": "li@example.com"}
    assert owner.post("/settings/people/invitations", **fields).status == 201
    assert who(marketplace, earlier) is None


def test_who_acts_for_two_goes_on_for_the_same_after_a_log_in(marketplace, firm, owner):
    code = invite(marketplace.enterprise("recycler", name="绍兴二厂"))["code"]
    second = join(marketplace, code, phone=PHONE).json["id"]
    owner.post(f"/settings/acting/{second}")
    marketplace.wait(minutes=16)
    elsewhere = log_in(marketplace, PHONE)
    with marketplace.app.app_context():
        persons.act_for(who(marketplace, elsewhere).session_id, first_membership(marketplace, elsewhere))
    marketplace.wait(hours=13)
    owner.log_in(PHONE)
    assert "绍兴二厂" in owner.get("/today").page.text


def first_membership(marketplace, token):
    return persons.memberships_of(who(marketplace, token).person_id)[0].id


def test_a_copy_of_everything_is_for_a_key_or_whoever_has_just_logged_in(marketplace, firm, owner):
    person = member(firm, "13800138001", "owner")
    copies = ("/api/v1/me/person/export", "/api/v1/enterprises/me/export")
    assert [owner.client.get(copy).status_code for copy in copies] == [200, 200]
    marketplace.wait(minutes=16)
    assert [owner.client.get(copy).status_code for copy in copies] == [401, 401]
    assert owner.client.get("/api/v1/members").status_code == 200
    key = bound(firm, person, ("read", "admin"))
    assert [key.get(copy.removeprefix("/api/v1")).status_code for copy in copies] == [200, 200]
