"""People of a town with something on every page, who log in by the form as anybody does."""

from tests.boards.world import HONOUR, disgraced, record
from tests.browser.tab import Tab
from tests.desk.world import Desk
from tests.licences.bodies import CHANNEL, TEST, WASTE
from tests.manifests.trade import Trade
from tests.persons.people import PASSWORD, code_at, invite, join

OWNER, ADMIN, REGULATOR, NOBODY = "13800138000", "13900139000", "13900139001", ""


OPEN_T = {
    "330602": 400.0,
    "330603": 1250.0,
    "330604": 830.0,
    "330624": 60.0,
    "330681": 310.0,
    "330683": 145.0,
}
"""Open supply by district."""


def make_town(marketplace):
    """A deal with a load on the road and one that arrived, an open supply, boards, and work on the desk."""
    trade = Trade(marketplace)
    trade.by(trade.receiver, trade.received(20.0), "close")
    trade.issued(10.0)
    second = Trade(marketplace, tonnes=40.0)
    second.supplier, second.carrier = trade.supplier, trade.carrier
    second.receiver = marketplace.recycler(name="上虞酸再生", region="330604")
    second.by(second.receiver, second.received(28.0), "close")
    for number, (region, tonnes) in enumerate(OPEN_T.items(), 1):
        plant = marketplace.enterprise("generator", name=f"{number}号印染厂", region=region)
        marketplace.supply(plant, title="染整污泥", quantity_t=tonnes, region=region)
    disgraced(marketplace, "柯桥旧染料厂")
    honoured = marketplace.enterprise("recycler", name="无废样板厂")
    record(marketplace, honoured, HONOUR, effective_on="2026-06-05")
    tested_channel(marketplace, trade)
    desk = Desk(marketplace)
    for kind in ("registration", "appeal"):
        desk.make(kind)
    marketplace.settle()
    joined = join(marketplace, invite(trade.supplier, "owner")["code"], phone=OWNER, name="王厂长")
    assert joined.status_code == 201
    hire(marketplace, REGULATOR, marketplace.regulator("330600").id)
    hire(marketplace, ADMIN, admin_of(marketplace))
    return marketplace


def tested_channel(marketplace, trade):
    """A channel between the two of a trade, with a test that passed and an entry in its book."""
    sides = {"generator_id": trade.supplier.id, "receiver_id": trade.receiver.id}
    entered = marketplace.admin.post("/channels", {**sides, **CHANNEL, "approval_number": "绍环定向1号"}).json
    assert trade.supplier.post(f"/channels/{entered['id']}/tests", TEST).status_code == 201
    assert trade.receiver.post(f"/channels/{entered['id']}/secondary-waste", WASTE).status_code == 201


def admin_of(marketplace):
    """The id of the first admin."""
    items = marketplace.admin.get("/api-keys", holder="staff").json["items"]
    return next(item["holder"]["id"] for item in items if item["holder"]["kind"] == "admin")


def hire(marketplace, phone, staff_id):
    """Make somebody who logs in as a member of the staff."""
    code = marketplace.admin.post("/invitations", {"staff_id": staff_id}).json["code"]
    assert join(marketplace, code, phone=phone, name="周科长").status_code == 201


def log_in(tab, login):
    """Log in by the form; staff sets its second factor first."""
    tab.open("/login?lang=zh")
    tab.page.fill("[name=login]", login)
    tab.page.fill("[name=password]", PASSWORD)
    tab.page.click("main button")


def log_in_wholly(tab, login, marketplace):
    """Log in, with the second factor where it is asked for."""
    log_in(tab, login)
    if tab.page.url.endswith("/login/enrol"):
        secret = tab.page.inner_text("main code")
        tab.page.fill("[name=code]", code_at(secret, marketplace.now))
        tab.page.click("main button")
        tab.page.wait_for_selector(".codes")
    return tab


class Contexts:
    """What a browser keeps of each person's log-in, so that each logs in once."""

    def __init__(self, browser, origin):
        self._browser, self._origin, self._kept, self._open = browser, origin, {}, {}

    def tab(self, who, marketplace, lang="zh", width=390, height=844, **options):
        """A tab of a person, at a width and in a language; of nobody without a log-in."""
        options = {"viewport": {"width": width, "height": height}, "locale": LOCALES[lang], **options}
        if who and who not in self._kept:
            context = self._browser.new_context(**options)
            tab = log_in_wholly(Tab(context, self._origin), who, marketplace)
            assert not tab.faults
            self._kept[who] = context.storage_state()
            context.close()
        state = self._kept.get(who)
        return Tab(self._browser.new_context(storage_state=state, **options), self._origin)

    def kept_tab(self, who, marketplace, lang="zh", width=390):
        """A tab that stays open for the next page of the same person in the same shape."""
        shape = who, lang, width
        if shape not in self._open:
            self._open[shape] = self.tab(who, marketplace, lang, width)
        return self._open[shape]


LOCALES = {"zh": "zh-CN", "en": "en-GB"}
