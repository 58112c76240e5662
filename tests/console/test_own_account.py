"""One's own account, keys and lost log-ins by forms: with and against the rules, and by those who may not."""

import json

import pytest

from tests.console.people import Browser, browser_of, browser_of_staff
from tests.persons.people import PASSWORD, invite, join

PHONE, DRIVER = "13800138000", "13800138007"
NEXT = "山里的竹子有五百根 5"
HOSTILE = "</p><script>alert(1)</script>"


@pytest.fixture
def firm(marketplace):
    return marketplace.enterprise("generator", "transporter", name="绍兴一厂")


@pytest.fixture
def owner(marketplace, firm):
    with marketplace.at_its_time():
        yield browser_of(firm, PHONE)


def version(browser):
    (field,) = [
        one for one in browser.get("/settings/account").page.all("input") if one.get("name") == "version"
    ]
    return field["value"]


def test_name_and_language_are_set_and_a_stale_form_is_told(owner):
    seen = version(owner)
    assert owner.post("/settings/account", name=HOSTILE, language="en", version=seen).status == 303
    again = owner.post("/settings/account", name="别人", language="zh", version=seen)
    assert again.status == 412
    assert "别人" in {one.get("value") for one in again.page.all("input")}
    assert owner.get("/settings/account").page.faults == []
    assert "<script>alert" not in owner.response.get_data(as_text=True)


def test_the_password_is_changed_and_this_session_stays(marketplace, firm, owner):
    elsewhere = Browser(marketplace).log_in(PHONE)
    refused = owner.post("/settings/account/password", current_password="not this one 1", password=NEXT)
    assert refused.status == 401
    assert "密码不正确" in refused.page.text
    assert owner.post("/settings/account/password", current_password=PASSWORD, password=NEXT).status == 303
    assert owner.get("/settings").status == 200
    assert elsewhere.get("/settings").location.startswith("/login")
    assert Browser(marketplace).log_in(PHONE, NEXT).status == 303


@pytest.mark.parametrize("hours", [0, 13])
def test_no_page_shows_a_password_again(marketplace, owner, hours):
    """Neither the form again, nor the log-in that keeps what was typed when the session had ended."""
    marketplace.wait(hours=hours)
    for path, fields in {
        "password": {"current_password": "not this one 1", "password": NEXT},
        "phone": {"phone": "1", "password": "not this one 1"},
        "email": {"email": "nobody", "password": "not this one 1"},
    }.items():
        owner.post(f"/settings/account/{path}", **fields)
        shown = owner.response.get_data(as_text=True)
        assert owner.page.faults == []
        assert NEXT not in shown
        assert "not this one 1" not in shown


def test_a_driver_keeps_its_account_too(marketplace, firm, owner):
    with marketplace.at_its_time():
        driver = browser_of(firm, DRIVER, "driver")
        assert driver.get("/settings/account").status == 200
        assert driver.get("/settings").status == 200
        assert driver.get("/settings/keys").status == 403
        assert (
            json.loads(driver.get("/settings/export").response.data)["tables"]["person"][0]["phone"] == DRIVER
        )
        assert driver.post("/settings/erase", password="not this one 1").status == 401
        assert driver.post("/settings/erase", password=PASSWORD).location == "/"
        assert driver.get("/settings").location.startswith("/login")
    assert owner.post("/settings/erase", password=PASSWORD).status == 409


def test_a_key_of_a_page_is_the_persons_own(marketplace, firm, owner):
    fields = {"name": HOSTILE, "scopes": "listings:write", "idempotency_key": "k"}
    made = owner.post("/settings/keys", **fields)
    assert made.status == 201
    key = made.response.get_data(as_text=True).split("<code>")[1].split("<")[0]
    headers = {"Authorization": f"Bearer {key}"}
    with marketplace.at_its_time():
        shown = marketplace.client.get("/api/v1/me/person", headers=headers).json
    assert shown.get("phone") == PHONE, shown
    assert owner.post("/settings/keys", **fields).location == "/settings/keys"
    listed = owner.get("/settings/keys")
    assert listed.page.faults == []
    assert key not in listed.response.get_data(as_text=True)
    own = next(one for one in firm.get("/api-keys").json["items"] if one["person_id"])
    assert own["scopes"] == ["read", "listings:write"]
    assert owner.post(f"/settings/keys/{own['id']}/revoke").status == 303
    neighbour = marketplace.enterprise("recycler", name="邻居")
    with marketplace.at_its_time():
        stranger = browser_of(neighbour, "13800138008")
        assert stranger.post(f"/settings/keys/{own['id']}/revoke").status == 404


def test_two_admins_give_a_lost_log_in_back(marketplace, firm, owner):
    with marketplace.at_its_time():
        admin = browser_of_staff(marketplace)
        assert admin.get("/desk/resets").page.faults == []
        asked = {"login": PHONE, "kind": "password", "reason": f"当面核对身份证{HOSTILE}"}
        assert admin.post("/desk/resets", **{**asked, "login": "13800000000"}).status == 422
        assert admin.post("/desk/resets", **asked).status == 303
        assert admin.post("/desk/resets", **asked).status == 409
        row = marketplace.admin.get("/access-resets").json["items"][0]
        assert admin.post(f"/desk/resets/{row['id']}/confirm").status == 409
        code = marketplace.second_admin().post(f"/access-resets/{row['id']}/confirm").json["code"]
        person = Browser(marketplace)
        assert person.get("/login/paper").status == 200
        assert person.post("/login/paper", login=PHONE, code="WRONG", password=NEXT).status == 422
        assert person.post("/login/paper", login=PHONE, code=code, password=NEXT).status == 200
        assert person.log_in(PHONE, NEXT).status == 303
        assert owner.get("/settings").location.startswith("/login")


def test_nobody_else_gives_log_ins_back(marketplace, owner):
    nobody = "00000000-0000-0000-0000-000000000000"
    assert owner.get("/desk/resets").status == 403
    assert owner.post("/desk/resets", login=PHONE, kind="password", reason="我").status == 403
    assert owner.post(f"/desk/resets/{nobody}/confirm").status == 403
    assert owner.post(f"/desk/resets/{nobody}/withdraw").status == 403
    assert owner.post("/settings/people/staff", staff_id=nobody).status == 403


def test_a_right_that_somebody_else_set_meanwhile_is_not_set_back(marketplace, firm, owner):
    joined = join(marketplace, invite(firm)["code"], phone=DRIVER).json
    path = f"/settings/people/{joined['id']}/right"
    assert owner.post(path, right="viewer", version="1").status == 303
    assert owner.post(path, right="trader", version="1").status == 412
    assert owner.page.faults == []


def test_an_admin_invites_staff_on_the_page(marketplace):
    with marketplace.at_its_time():
        admin = browser_of_staff(marketplace)
        marketplace.second_admin()
        page = admin.get("/settings/people").page
        (staff,) = [one["value"] for one in page.all("option")]
        invited = admin.post("/settings/people/staff", staff_id=staff)
        assert invited.status == 201
        code = invited.response.get_data(as_text=True).split("<code>")[1].split("<")[0]
        assert join(marketplace, code, phone=DRIVER).status_code == 201
