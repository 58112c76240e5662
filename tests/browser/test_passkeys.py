"""A passkey of a real browser with an authenticator: made, used in place of password and code."""

import pytest

from tests.browser.people import admin_of, hire, log_in_wholly
from tests.browser.phone import Phone
from tests.persons.people import member

OWNER, OFFICER = "13800138070", "13900139070"
DEVICE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


def make_people(marketplace):
    member(marketplace.enterprise("generator", name="绍兴一厂"), OWNER, "owner")
    hire(marketplace, OFFICER, admin_of(marketplace))
    return marketplace


@pytest.fixture
def town(kept, configure, origin):
    with kept(make_people) as marketplace:
        configure(public_url=at_a_name(origin))
        yield marketplace


def at_a_name(origin):
    """Browsers make no passkeys for a number."""
    return origin.replace("127.0.0.1", "localhost")


@pytest.fixture
def phone(browser, origin, town):
    phone = Phone(browser, at_a_name(origin))
    phone.authenticator = phone.context.new_cdp_session(phone.page)
    phone.authenticator.send("WebAuthn.enable")
    phone.device = phone.authenticator.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    yield phone
    phone.close()


def make_passkey(phone):
    phone.open("/settings").click("通行密钥").fill(name="我的手机").press("添加通行密钥")
    assert phone.says("我的手机")
    phone.open("/settings").press("退出登录")
    return phone.open("/login")


def test_a_passkey_is_made_and_logs_in_without_a_password(phone):
    make_passkey(phone.log_in(OWNER)).press("用通行密钥登录")
    assert phone.path == "/today"
    phone.open("/settings/passkeys").press("移除")
    assert phone.says("尚无通行密钥")
    phone.open("/settings").press("退出登录")
    phone.open("/login").press("用通行密钥登录")
    assert phone.path != "/today"
    assert [fault for fault in phone.faults if "401" not in fault] == []
    phone.faults.clear()


def test_an_officer_needs_no_code_beside_a_passkey(phone, town):
    log_in_wholly(phone, OFFICER, town)
    make_passkey(phone).press("用通行密钥登录")
    assert phone.path.startswith("/desk")


def test_a_person_whom_the_device_does_not_know_is_asked_for_the_password(phone):
    make_passkey(phone.log_in(OWNER))
    wrong = {"authenticatorId": phone.device["authenticatorId"], "isUserVerified": False}
    phone.authenticator.send("WebAuthn.setUserVerified", wrong)
    phone.page.get_by_role("button", name="用通行密钥登录").tap()
    phone.page.wait_for_selector("[data-problem]:visible")
    assert phone.says("未能完成")
