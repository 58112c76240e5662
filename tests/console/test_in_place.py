"""An admin acts in place of a party on the pages of the trade: each time with a reason, which is recorded."""

import pytest
from sqlalchemy import select

from marketplace.database import db
from marketplace.events.actor import ADMIN
from marketplace.events.models import Audit
from tests.console.hand import Hand
from tests.console.people import browser_of_staff
from tests.console.trading import Trading
from tests.manifests.trade import TRUCK, official_number, ok

WHY = "受当事方书面委托"


@pytest.fixture
def town(marketplace):
    with marketplace.at_its_time():
        yield Trading(marketplace)


def last_part(path):
    return path.rsplit("/", 1)[-1]


def audited(town, subject_id):
    """What an admin is recorded to have done with it, each with the reason."""
    with town.marketplace.app.app_context():
        rows = db.session.scalars(
            select(Audit).where(Audit.subject_id == subject_id, Audit.actor_kind == ADMIN)
        )
        return {row.action: row.detail.get("reason") for row in rows}


def test_an_admin_moves_offer_deal_and_load_in_place_of_each_party_and_says_why(town):
    offer = town.offered().at
    admin = Hand(browser_of_staff(town.marketplace), offer)
    assert "代一方办理" in admin.page.text
    refused = admin.press("接受并签订")
    assert refused.at == f"{offer}/accept"
    assert ok(town.trade.supplier.get(offer))["status"] != "accepted"
    assert refused.page.all("textarea")[0]["aria-invalid"] == "true"
    admin.go(offer).fill(reason=WHY, price_cny_per_t="-130").press("提交还价")
    admin.fill(reason=WHY).press("接受并签订")
    deal = admin.at
    assert deal.startswith("/deals/")

    admin.click("新建联单").fill(quantity_t="20", reason=WHY).press("生成草稿")
    load = admin.at
    admin.fill(official_number=official_number(), reason=WHY).press("保存")
    admin.fill(reason=WHY).press("签发联单")
    admin.click("装运")
    assert 'type="file"' not in admin.page.html, "pictures are of who was there"
    admin.fill(weight_t="19.8", reason=WHY, **TRUCK).press("签署并装运")
    admin.fill(reason=WHY).press("确认送达")
    admin.click("签收").fill(weight_t="19.8", reason=WHY).press("签收")
    admin.fill(reason=WHY).press("办结联单")
    admin.go(deal).fill(reason=WHY).press("完成交易")
    admin.fill(reason=WHY).press("确认已开票")
    assert ok(town.trade.supplier.get(deal))["status"] == "completed"
    assert not admin.offers("提交评价")
    done = audited(town, last_part(load))
    assert {"issue", "pickup", "receive", "close"} <= done.keys()
    assert set(done.values()) - {None} == {WHY}
    assert audited(town, last_part(deal))["complete"] == WHY
