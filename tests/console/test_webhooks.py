"""Webhooks by pages: an address added, tested, replayed, given a new secret, deleted; failures for staff."""

import pytest
from standardwebhooks import Webhook

from tests.console.people import browser_of, browser_of_staff
from tests.counting import count_statements
from tests.webhooks.receiver import receiving

LIST = "/settings/webhooks"


@pytest.fixture
def receiver(configure):
    configure(webhooks_to_loopback=True)
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def firm(marketplace):
    with marketplace.at_its_time():
        yield marketplace.enterprise("generator", name="绍兴一厂")


@pytest.fixture
def owner(firm):
    return browser_of(firm, "13800138000")


def secret_on(page):
    return next(
        word for word in page.html.replace("<", " ").replace(">", " ").split() if word[:6] == "whsec_"
    )


def add(owner, receiver, **fields):
    owner.get(LIST)
    made = owner.post(LIST, url=receiver.url, idempotency_key="once", **fields)
    assert made.status == 201
    return secret_on(made.page), next(link for link in made.page.links("") if link.startswith(f"{LIST}/"))


def test_an_address_is_added_once_and_its_secret_shown_once(marketplace, firm, owner, receiver):
    secret, path = add(owner, receiver, kinds=["deal", "notification", "nonsense"], description="<b>ERP</b>")
    again = owner.post(
        LIST, url=receiver.url, idempotency_key="once", kinds=["deal", "notification", "nonsense"],
        description="<b>ERP</b>",
    )  # fmt: skip
    assert again.location == LIST
    (endpoint,) = firm.get("/webhook-endpoints").json["items"]
    assert endpoint["kinds"] == ["deal", "notification"]
    for place in (LIST, path):
        shown = owner.get(place)
        assert secret not in shown.page.html
        assert "<b>ERP</b>" not in shown.page.html
        assert shown.page.faults == []


def test_it_is_tested_rotated_replayed_and_deleted(marketplace, firm, owner, receiver):
    first, path = add(owner, receiver, kinds="listing")
    marketplace.supply(firm)
    assert owner.post(f"{path}/test").location == f"{path}?tested=true"
    marketplace.settle()
    second = secret_on(owner.post(f"{path}/rotate-secret", idempotency_key="new").page)
    assert Webhook(second)
    assert second != first
    with count_statements() as sent:
        shown = owner.get(path)
    assert len(sent) <= 8
    assert shown.page.html.count("/redeliver") == 2
    assert owner.post(f"{path}/replay", since="2026-11-20T00:00").location == f"{path}?replayed=1"
    assert owner.post(f"{path}/replay", since="yesterday").status == 422
    marketplace.settle()
    assert len(receiver.arrived) == 3
    one = firm.get(f"/webhook-endpoints{path.removeprefix(LIST)}/deliveries").json["items"][0]["id"]
    assert owner.post(f"/settings/webhook-deliveries/{one}/redeliver").location == f"{path}?replayed=1"
    assert owner.post(f"/settings/webhook-deliveries/{one}/redeliver").status == 409
    assert owner.post(f"{path}/delete").location == LIST
    assert owner.get(path).status == 404


@pytest.mark.parametrize("url", ["http://8.8.8.8/", "https://127.0.0.1/", "https://10.0.0.1/", "ftp:x"])
def test_an_address_inside_is_refused_beside_its_field_and_what_was_typed_kept(owner, url):
    refused = owner.post(LIST, url=url, description="ERP", kinds="deal")
    assert refused.status == 422
    assert 'id="url-error"' in refused.page.html
    assert url in refused.page.html
    assert 'value="deal" checked' in refused.page.html


def test_nobody_else_sees_or_changes_it(marketplace, firm, owner, receiver):
    _, path = add(owner, receiver)
    marketplace.supply(firm)
    marketplace.settle()
    one = firm.get(f"/webhook-endpoints{path.removeprefix(LIST)}/deliveries").json["items"][0]["id"]
    neighbour = browser_of(marketplace.enterprise("generator"), "13800138001")
    for move in ("", "/test", "/rotate-secret", "/replay", "/delete"):
        tried = neighbour.post(f"{path}{move}", since="2026-11-20T00:00") if move else neighbour.get(path)
        assert tried.status == 404, move
    assert neighbour.post(f"/settings/webhook-deliveries/{one}/redeliver").status == 404
    viewer = browser_of(firm, "13800138002", "viewer")
    assert (viewer.get(LIST).status, viewer.get(path).status, viewer.post(f"{path}/test").status) == (
        403,
    ) * 3


def test_staff_sees_what_failed_and_sends_it_again(marketplace, firm, owner, receiver):
    add(owner, receiver, kinds="listing")
    receiver.status = 400
    marketplace.supply(firm)
    marketplace.settle()
    admin = browser_of_staff(marketplace)
    with count_statements() as sent:
        shown = admin.get("/operations")
    assert len(sent) <= 8
    assert "listing.published" in shown.page.html
    assert marketplace.admin.get("/operations").json["webhooks_failed_total"] == 1
    failed = marketplace.admin.get("/operations").json["webhooks_failed"][0]["id"]
    assert owner.post(f"/operations/webhooks/{failed}").status == 403
    receiver.status = 204
    assert admin.post(f"/operations/webhooks/{failed}").location == "/operations?replayed=1"
    marketplace.settle()
    assert len(set(receiver.ids)) == 1
    assert marketplace.admin.get("/operations").json["webhooks_failed_total"] == 0
