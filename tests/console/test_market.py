"""Posting, one's listings, the hall and registration on pages: the journeys, and who tries them otherwise."""

import re
from io import BytesIO
from types import SimpleNamespace

import pytest

from marketplace.persons.service.login import passwords
from tests.console.people import Browser, browser_of
from tests.console.reader import read
from tests.counting import count_statements
from tests.listings.sheets import SUPPLY, csv_of
from tests.marketplace import new_uscc
from tests.persons.people import PASSWORD

PHONE, OTHER = "13800138000", "13800138001"
HOSTILE = "</p><script>alert('废')</script>"
MOST_CLICKS, MOST_STATEMENTS = 12, 8
"""What the explanation of a pairing costs on a page as in the API."""


class Person(Browser):
    """A browser that counts what its person does: each link, each field typed or chosen, each press."""

    def __init__(self, marketplace):
        super().__init__(marketplace)
        self.done = []

    def click(self, path):
        """Follow a link that the page has."""
        assert path in {link.get("href") for link in self.page.all("a")}, path
        self.done.append(f"click {path}")
        return self.follow(self.get(path))

    def press(self, method, path, **filled):
        """Fill in fields, leave the others as the page has them, and press the button."""
        fields = {**fields_of(self.response), **filled}
        self.done += [f"type {name}" for name in filled]
        self.done.append(f"press {path}")
        shown = self.post(path, **fields) if method == "post" else self.client_get(path, fields)
        return self.follow(shown)

    def client_get(self, path, fields):
        return self._keep(self.client.get(path, query_string=fields, headers={"Accept": "text/html"}))

    def follow(self, shown):
        while self.location:
            shown = self.get(self.location)
        return shown


def fields_of(response):
    """What the fields of a page say before anybody types: of radio buttons and lists the chosen one."""
    html, found = response.get_data(as_text=True), {}
    for field in read(response).all("input"):
        if field.get("type") in ("radio", "checkbox") and "checked" not in field:
            continue
        if field.get("name") and field.get("type") != "file":
            found[field["name"]] = field.get("value", "")
    for name, text in re.findall(r'<textarea [^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', html, re.DOTALL):
        found[name] = text
    for name, options in re.findall(r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', html, re.DOTALL):
        values = re.findall(r'value="([^"]*)"( selected)?', options)
        found[name] = next((value for value, chosen in values if chosen), values[0][0])
    return found


@pytest.fixture
def firm(marketplace):
    return marketplace.enterprise("generator", name="绍兴一厂")


@pytest.fixture
def owner(marketplace, firm):
    with marketplace.at_its_time():
        yield browser_of(firm, PHONE)


def mine(party, **about):
    return party.get("/listings", mine=True, **about).json["items"]


def test_from_the_front_page_to_a_published_supply_takes_twelve_interactions(marketplace, firm, owner):
    """Counted are links followed, fields typed or chosen, and buttons pressed; what a page has filled in or
    chosen already is none. The person has an account, and states a price."""
    person = Person(marketplace)
    with marketplace.at_its_time():
        person.get("/")
        person.click("/post")
        person.press("post", "/login", login=PHONE, password=PASSWORD)
        person.press("get", "/post", title="废酸 900-349-34")
        assert "危险废物" in person.page.text
        person.press("post", "/post", quantity="1,200")
        (draft,) = mine(firm)
        assert (draft["status"], draft["quantity_t"], draft["waste"]["code"]) == ("draft", 1200, "900-349-34")
        person.press("post", f"/post/{draft['id']}", price_cny_per_t="150")
        person.press("post", f"/post/{draft['id']}/publish")
    (posted,) = mine(firm)
    assert (posted["status"], posted["price_cny_per_t"], posted["min_lot_t"]) == ("open", -150, 0.001)
    assert posted["title"] == "废酸 900-349-34"
    assert len(person.done) <= MOST_CLICKS, person.done


WORDS = {"kind": "supply", "title": "废酸", "code": "cn-hw 900-349-34", "unit": "t", "quantity": "5"}


@pytest.mark.parametrize(
    ("typed", "tonnes"),
    [
        ({"quantity": "1200", "unit": "t"}, 1200), ({"quantity": "1,250.5", "unit": "kg"}, 1.25),
        ({"quantity": "10", "unit": "m3", "unit_kg": "1830"}, 18.3),
        ({"quantity": "１２", "unit": "drum", "unit_kg": "180"}, 2.16),
    ],
)  # fmt: skip
def test_an_amount_is_typed_in_the_unit_in_which_it_is_there(firm, owner, typed, tonnes):
    assert owner.post("/post", **{**WORDS, **typed}).status == 303
    assert mine(firm)[0]["quantity_t"] == pytest.approx(tonnes, abs=0.001)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"quantity": "10", "unit": "m3"}, "unit_kg"), ({"quantity": "10", "unit": "drum"}, "unit_kg"),
        ({"quantity": "0.1", "unit": "kg"}, "quantity"), ({"quantity": "abc"}, "quantity"),
        ({"quantity": ""}, "quantity"), ({"quantity": "-4"}, "quantity"), ({"unit": "pinch"}, "unit"),
        ({"other_code": "999-999-99"}, "code"), ({"code": ""}, "code"), ({"code": "cn-hw 000"}, "code"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_step_is_said_beside_its_field_and_what_was_typed_stays(firm, owner, typed, field):
    shown = owner.post("/post", **{**WORDS, **typed})
    assert shown.status == 422, shown.page and shown.page.text
    assert shown.page.faults == []
    assert f'id="{field}-error"' in shown.response.get_data(as_text=True), field
    values = fields_of(shown.response)
    assert values["title"] == "废酸"
    assert values["quantity"] == typed.get("quantity", "5").strip()
    assert mine(firm) == []


def test_the_same_step_sent_twice_makes_one_draft(firm, owner):
    first, second = (owner.post("/post", **WORDS, idempotency_key="k").location for _ in range(2))
    assert first == second
    assert len(mine(firm)) == 1
    changed = owner.post("/post", **{**WORDS, "quantity": "6"}, idempotency_key="k")
    assert changed.status == 409
    assert "已提交" in changed.page.text
    assert fields_of(changed.response)["idempotency_key"] != "k"


def test_nothing_is_lost_by_going_back(firm, owner):
    draft = owner.post("/post", **WORDS).location
    owner.get(draft)
    fields = {**fields_of(owner.response), "price_cny_per_t": "12.5", "payer": "receiver", "min_lot_t": "2"}
    fields["composition"] = "H2SO4 18-22 %"
    for wrong in ("H2SO4", "H2SO4 18-22 furlong"):
        refused = owner.post(draft, **{**fields, "composition": wrong})
        assert (refused.status, refused.page.faults) == (422, [])
        assert 'id="composition-error"' in refused.response.get_data(as_text=True)
    refused = owner.post(draft, **{**fields, "codes": "，"})
    assert (refused.status, 'id="codes-error"' in refused.page.html) == (422, True)
    assert owner.post(draft, **fields).location == f"{draft}/publish"
    kept = fields_of(owner.get(draft).response)
    names = ("price_cny_per_t", "payer", "min_lot_t", "quantity_t", "codes")
    assert [kept[name] for name in names] == ["12.5", "receiver", "2", "5", "900-349-34"]
    assert kept["composition"] == "H2SO4 18-22 %"
    assert mine(firm)[0]["price_cny_per_t"] == 12.5
    assert mine(firm)[0]["composition"] == [{"component": "H2SO4", "min": 18, "max": 22, "unit": "%"}]


def test_who_saves_what_somebody_else_has_changed_meanwhile_is_told_so(firm, owner):
    draft = owner.post("/post", **WORDS).location
    fields = fields_of(owner.get(draft).response)
    firm.patch(f"/listings/{mine(firm)[0]['id']}", {"title": "另一个名称"})
    stale = owner.post(draft, **{**fields, "title": "我的名称"})
    assert stale.status == 412
    assert "内容已有更改" in stale.page.text
    typed = fields_of(stale.response)
    assert typed["title"] == "我的名称"
    assert mine(firm)[0]["title"] == "另一个名称"
    assert owner.post(draft, **typed).status == 303, "who has been told may save all the same"
    assert mine(firm)[0]["title"] == "我的名称"


def test_a_mistake_in_a_stale_form_does_not_hide_that_it_is_stale(firm, owner):
    draft = owner.post("/post", **WORDS).location
    fields = fields_of(owner.get(draft).response)
    firm.patch(f"/listings/{mine(firm)[0]['id']}", {"title": "另一个名称"})
    mistaken = owner.post(draft, **{**fields, "quantity_t": "很多"})
    assert mistaken.status == 422
    assert owner.post(draft, **{**fields_of(mistaken.response), "quantity_t": "5"}).status == 412


def test_publishing_says_what_is_missing_and_where_to_put_it_right(marketplace, firm, owner):
    draft = owner.post("/post", **WORDS).location
    fields = fields_of(owner.get(draft).response)
    past = {**fields, "available_from": "2026-11-01", "available_until": "2026-11-30"}
    assert owner.post(draft, **past).status == 303
    refused = owner.post(f"{draft}/publish")
    assert refused.status == 422
    assert draft in {link["href"] for link in refused.page.all("a")}
    assert owner.post(draft, **{**fields_of(owner.get(draft).response), **{
        name: fields[name] for name in ("available_from", "available_until")
    }}).status == 303  # fmt: skip
    twice = [owner.post(f"{draft}/publish").location for _ in range(2)]
    assert twice == [draft.replace("/post/", "/listings/")] * 2


def test_a_demand_is_posted_with_several_codes(marketplace):
    taker = marketplace.recycler()
    with marketplace.at_its_time():
        browser = browser_of(taker, OTHER)
        browser.get("/post?title=%E5%BA%9F%E9%85%B8")
        fields = {
            **fields_of(browser.response),
            "code": ["cn-hw 900-349-34", "cn-hw 900-300-34"],
            "quantity": "9",
        }
        draft = browser.post("/post", **fields).location
        browser.get(draft)
        assert browser.post(draft, **fields_of(browser.response)).status == 303
        assert browser.post(f"{draft}/publish").status == 303
    assert [code["code"] for code in mine(taker)[0]["accepts"]] == ["900-349-34", "900-300-34"]


# ---------------------------------------------------------------- listings and matches


def make_pair(marketplace):
    marketplace.firm = marketplace.enterprise("generator", name=f"甲厂{HOSTILE}")
    marketplace.taker = marketplace.recycler(name=f"乙厂{HOSTILE}")
    marketplace.mine = marketplace.supply(marketplace.firm, title=f"废酸{HOSTILE}", price_cny_per_t=-100)
    marketplace.theirs = marketplace.demand(marketplace.taker, title=f"收酸{HOSTILE}", price_cny_per_t=-90)
    marketplace.far = marketplace.demand(marketplace.taker, title="收更多", min_lot_t=2000, quantity_t=3000)
    marketplace.settle()
    marketplace.browser = browser_of(marketplace.firm, PHONE)
    return marketplace


@pytest.fixture
def pair(kept):
    with kept(make_pair) as marketplace:
        yield marketplace


def paths_of(pair):
    listing = f"/listings/{pair.mine['id']}"
    return [
        "/post", "/post?title=%E5%BA%9F%E9%85%B8", "/post/sheet", "/listings", "/hall",
        "/hall?view=map&kind=demand", "/receivers?code=900-349-34", "/register/next",
        listing, f"{listing}?tab=why",
        f"{listing}/matches/{pair.theirs['id']}", f"{listing}/matches/{pair.far['id']}",
        f"/listings/{pair.theirs['id']}", f"/post/{pair.mine['id']}",
    ]  # fmt: skip


def test_a_demand_says_what_is_done_with_the_waste(pair):
    assert pair.theirs["treatment"] == "R5"
    for lang, what in (
        ("zh", "R5 其他无机物"),
        ("en", "R5 Recycling/reclamation of other inorganic materials"),
    ):
        with pair.at_its_time():
            assert what in pair.browser.get(f"/listings/{pair.theirs['id']}?lang={lang}").page.text


def test_each_page_is_sound_small_and_escaped_in_both_languages(pair):
    with pair.at_its_time():
        browser = pair.browser
        costs = {}
        for path in paths_of(pair):
            for lang in ("en", "zh"):
                shown = browser.get(f"{path}{'&' if '?' in path else '?'}lang={lang}")
                assert shown.status == 200, path
                assert shown.page.faults == [], path
                html = shown.response.get_data(as_text=True)
                assert "<script>" not in html, path
                assert len(html) < 60_000, path
            with count_statements() as sent:
                browser.get(path)
            if len(sent) > MOST_STATEMENTS:
                costs[path] = [str(statement)[:150] for statement in sent]
    assert costs == {}, "\n".join(f"{p}: " + "\n  ".join(c) for p, c in costs.items())


def test_a_match_shows_score_basis_distance_and_gap_and_is_answered(pair):
    with pair.at_its_time():
        browser, listing = pair.browser, f"/listings/{pair.mine['id']}"
        shown = browser.get(listing).page
        assert "乙厂" in shown.text
        assert "许可证" in shown.text or "经营" in shown.text
        assert "议价空间 10" in shown.text
        assert [rect["class"] for rect in shown.all("rect")][:2] == ["code", "distance"]
        offers = {link["href"] for link in shown.all("a")}
        assert f"/offers/new?listing_id={pair.mine['id']}&with={pair.theirs['id']}" in offers
        pairing = f"{listing}/matches/{pair.theirs['id']}"
        places = shown.text.partition("大致位置")[2]
        assert all(title in places for title in (pair.mine["title"], pair.theirs["title"]))
        for verdict in ("interested", "interested", "not_suitable"):
            assert browser.post(f"{pairing}/feedback", verdict=verdict).location == pairing
            found = pair.firm.get(pairing).json
            assert found["feedback"] == verdict
        assert browser.post(f"{pairing}/feedback").location == pairing
        in_list = browser.get(f"{listing}?sort=price").page
        back = next(field["value"] for field in in_list.all("input") if field.get("name") == "back")
        gone = browser.post(f"{pairing}/feedback", back=back, verdict="not_suitable").location
        assert gone == f"{listing}?sort=price#match-{pair.theirs['id']}"
        away = browser.post(f"{pairing}/feedback", back="https://evil.example/").location
        assert away.startswith("/today")
        assert pair.firm.get(pairing).json["feedback"] is None


def test_several_matches_are_answered_at_once_and_a_refusal_is_said(pair):
    with pair.at_its_time():
        browser, listing = pair.browser, f"/listings/{pair.mine['id']}"
        theirs, far = pair.theirs["id"], pair.far["id"]
        assert browser.post(f"{listing}/feedback", ids=[theirs], verdict="interested").location == listing
        assert pair.firm.get(f"{listing}/matches/{theirs}").json["feedback"] == "interested"
        assert browser.post(f"{listing}/feedback", verdict="interested").status == 422
        mine_too = browser.post(f"{listing}/feedback", ids=[theirs, listing[-36:]], verdict="not_suitable")
        assert mine_too.status == 409
        assert 'role="alert"' in mine_too.response.get_data(as_text=True)
        assert pair.firm.get(f"{listing}/matches/{theirs}").json["feedback"] == "not_suitable"
        browser.post(f"{listing}/matches/{theirs}/feedback")
        assert pair.firm.get(f"{listing}/matches/{far}").json["feedback"] is None


def test_today_leads_from_a_message_to_its_page_until_all_are_read(pair):
    pair.taker.post(
        f"/listings/{pair.theirs['id']}/matches/{pair.mine['id']}/feedback", {"verdict": "interested"}
    )
    pair.settle()
    with pair.at_its_time():
        assert pair.firm.get("/notifications", unread=True).json["items"]
        links = {link["href"] for link in pair.browser.get("/today").page.all("a")}
        assert f"/listings/{pair.mine['id']}" in links
        assert pair.browser.post("/today/read").location == "/today"
        assert pair.firm.get("/notifications", unread=True).json["items"] == []
        assert "没有未读消息" in pair.browser.get("/today").page.text


def test_why_not_names_the_rule_and_what_a_change_would_open(pair):
    with pair.at_its_time():
        browser = pair.browser
        listing = f"/listings/{pair.mine['id']}"
        why = browser.get(f"{listing}?tab=why").page
        assert "收更多" in why.text
        assert "数量" in why.text.partition("收更多")[2].partition("原因")[0]
        assert "已匹配" in why.text
        assert f"{listing}/matches/{pair.far['id']}" in {link["href"] for link in why.all("a")}
        pairing = browser.get(f"{listing}/matches/{pair.far['id']}").page
        assert "数量" in pairing.text
        refused = browser.post(f"{listing}/matches/{pair.far['id']}/feedback", verdict="interested")
        assert refused.status == 409


def test_a_neighbour_finds_nothing_of_anothers(pair):
    with pair.at_its_time():
        neighbour = browser_of(pair.enterprise("generator"), OTHER)
        listing, other = pair.mine["id"], pair.theirs["id"]
        for path in (f"/post/{listing}", f"/post/{listing}/publish", f"/listings/{listing}/matches/{other}"):
            assert neighbour.get(path).status == 404, path
        for path in (
            f"/post/{listing}", f"/post/{listing}/publish", f"/listings/{listing}/copy",
            f"/listings/{listing}/withdraw", f"/listings/{listing}/matches/{other}/feedback",
        ):  # fmt: skip
            assert neighbour.post(path, verdict="interested").status == 404, path
        neighbour.post("/listings/bulk", action="withdraw", ids=listing)
        assert "未找到" in neighbour.page.text
        assert "撤回" not in neighbour.get(f"/listings/{listing}").page.text
    assert pair.firm.get(f"/listings/{listing}").json["status"] == "open"


def test_a_viewer_sees_no_button_and_may_press_none(marketplace, firm, owner):
    draft = owner.post("/post", **WORDS).location
    viewer = browser_of(firm, OTHER, "viewer")
    listing = draft.replace("/post/", "/listings/")
    assert viewer.get(listing).page.all("button") == []
    for path in ("/post", f"{draft}/publish", f"{listing}/withdraw"):
        assert viewer.post(path).status == 403, path


def test_many_are_published_and_withdrawn_at_once_each_by_itself(firm, owner):
    drafts = [owner.post("/post", **{**WORDS, "title": f"废酸{n}"}).location for n in range(2)]
    ids = [draft.rpartition("/")[2] for draft in drafts]
    done = owner.post("/listings/bulk", action="publish", ids=ids)
    assert "已处理 2 条" in done.page.text
    again = owner.post("/listings/bulk", action="publish", ids=ids)
    assert "已处理 0 条" in again.page.text
    owner.post("/listings/bulk", action="withdraw", ids=[*ids, "nonsense"])
    assert {row["status"] for row in mine(firm)} == {"withdrawn"}
    assert owner.post("/listings/bulk", action="withdraw").status == 422


def test_a_copy_is_a_new_draft(firm, owner):
    draft = owner.post("/post", **WORDS).location
    copy = draft.replace("/post/", "/listings/") + "/copy"
    first, second = (owner.post(copy, idempotency_key="c").location for _ in range(2))
    assert first == second != draft
    assert len(mine(firm)) == 2


# ---------------------------------------------------------------- hall and receivers


def test_the_hall_is_searched_shown_on_a_map_and_saved(pair):
    with pair.at_its_time():
        browser = pair.browser
        found = browser.get("/hall?kind=demand&q=收&code=HW34&sort=newest&view=list").page
        assert ["open" in more for more in found.all("details")] == [False], "the results are in sight"
        found = browser.get("/hall?kind=demand&code=HW34&price_min=-95&view=map").page
        assert "open" in found.all("details")[0]
        assert "收酸" in found.text
        assert "收更多" not in found.text
        assert len(found.all("circle")) == 1
        everything = browser.get("/hall?kind=demand&view=map&limit=1").page
        assert all(title in everything.text for title in ("收酸", "收更多")), "a map has no pages of 25"
        fields = {"kind": "demand", "code": "HW34", "name": "收酸的"}
        for _ in range(2):
            assert browser.post("/hall/searches", **fields, idempotency_key="s").status == 303
        (saved,) = pair.firm.get("/saved-searches").json["items"]
        assert {name: value for name, value in saved["query"].items() if value} == {
            "kind": "demand",
            "code": "HW34",
        }
        assert "收酸的" in browser.get("/hall").page.text
        assert browser.post(f"/hall/searches/{saved['id']}/delete").status == 303
        assert pair.firm.get("/saved-searches").json["items"] == []
        for wrong in ("code=x1", "price_min=abc", "region=12", "limit=0", "cursor=bad", "kind=gift"):
            refused = browser.get(f"/hall?{wrong}")
            assert refused.status in (200, 422), wrong
            assert refused.page.faults == []


def test_anybody_sees_the_latest_without_names_and_nothing_more(pair):
    page = Browser(pair).get("/hall").page
    assert "900-349-34" in page.text
    for hidden in ("甲厂", "alert", "收酸", "乙厂"):
        assert hidden not in page.text


def test_receivers_are_listed_with_what_entitles_them(pair):
    with pair.at_its_time():
        browser = pair.browser
        found = browser.get("/receivers?code=900-349-34&tonnes=5").page
        assert "乙厂" in found.text
        assert browser.get("/receivers?code=nonsense").status == 422
        assert browser.get("/receivers?code=900-349-34&tonnes=x").status == 422


# ---------------------------------------------------------------- sheets


def faults_of(browser):
    """The row and the heading of each fault that the page of a sheet shows."""
    cells = r'<td class="r num">(\d+)</td><td>([^<]*)</td>'
    return re.findall(cells, browser.response.get_data(as_text=True))


def test_a_sheet_is_checked_in_a_grid_and_imported_once(firm, owner):
    def send(rows, action):
        data = {"file": (BytesIO(csv_of(*rows)), "sheet.csv"), "action": action}
        return owner.post("/post/sheet", **data)

    refused = send([SUPPLY, {**SUPPLY, "数量": "viel"}], "draft")
    assert refused.status == 422
    assert refused.page.faults == []
    assert "未导入任何内容" in refused.page.text
    assert faults_of(refused) == [("3", "数量")]
    undated = send([{**SUPPLY, "起始日期": "2026-13-40"}], "check")
    assert faults_of(undated) == [("2", "起始日期")]
    assert "此处应为日期" in undated.page.text
    assert "检查无误" in send([SUPPLY], "check").page.text
    assert mine(firm) == []
    first, second = (send([SUPPLY], "draft").location for _ in range(2))
    assert first == second
    assert "已导入 1 条" in owner.get(first).page.text
    assert len(mine(firm)) == 1
    for nothing in ({}, {"action": "draft"}, {"action": "draft", "file": (BytesIO(b"\x00\x01"), "x.xlsx")}):
        assert owner.post("/post/sheet", **nothing).status == 422


# ---------------------------------------------------------------- registration


ABOUT = {
    "name": "新厂", "roles": ["generator"], "region": "越城区", "contact.name": "李工",
    "contact.phone": PHONE, "contact.email": "li@example.com", "password": PASSWORD,
}  # fmt: skip


def test_an_enterprise_registers_with_its_first_owner_who_waits_and_may_draft(marketplace):
    browser = Browser(marketplace)
    with marketplace.at_its_time():
        fields = {**ABOUT, "uscc": new_uscc(), "idempotency_key": "r"}
        for _ in range(2):
            assert browser.post("/register", **fields).location == "/register/next"
        assert "等待审核" in browser.get("/register/next").page.text
        assert "等待审核" in browser.get("/today").page.text
        draft = browser.post("/post", **WORDS).location
        assert browser.post(f"{draft}/publish").status == 403
        (firm,) = marketplace.admin.get("/enterprises", status="pending").json["items"]
        assert (firm["name"], firm["region"], firm["contact"]["name"]) == ("新厂", "330602", "李工")
        assert marketplace.admin.get("/api-keys", holder="enterprises").json["items"] == []
        marketplace.admin.post(f"/enterprises/{firm['id']}/approve")
        assert "等待审核" not in browser.get("/today").page.text
        assert browser.post(f"{draft}/publish").status == 303


def test_who_registers_a_known_enterprise_does_not_learn_who_has_a_log_in(marketplace):
    known = marketplace.enterprise("generator")
    browser_of(known, "13800138044")
    with marketplace.at_its_time():
        heard = []
        for phone in ("13800138044", "13800138045"):
            browser = Browser(marketplace)
            fields = {
                **ABOUT,
                "contact.phone": phone,
                "password": "另有一座石桥在城西 7",
                "uscc": known.number,
            }
            for _ in range(7):
                browser.post("/register", **fields)
            heard.append((browser.status, browser.page.text.replace(phone, "")))
    assert heard[0] == heard[1]
    assert heard[0][0] == 409


def test_a_registration_that_is_refused_says_of_no_number_or_address_who_has_a_log_in(
    marketplace, monkeypatch
):
    """A registration that is made says that its number was new, and leaves an enterprise for staff to see."""
    known = marketplace.enterprise("generator")
    browser_of(known, "13800138044")
    worked, hasher = [], passwords.HASHER
    counting = SimpleNamespace(
        hash=lambda *given: worked.append(1) or hasher.hash(*given),
        verify=lambda *given: worked.append(1) or hasher.verify(*given),
    )
    monkeypatch.setattr(passwords, "HASHER", counting)
    with marketplace.at_its_time():
        heard = []
        for phone in ("13800138044", "13800138045"):
            browser = Browser(marketplace)
            for password in ("1111111111", f"my number {phone}"):
                worked.clear()
                fields = {**ABOUT, "contact.phone": phone, "password": password, "uscc": new_uscc()}
                browser.post("/register", **fields)
                heard.append((browser.status, browser.page.text.replace(phone, ""), len(worked)))
    assert heard[:2] == heard[2:]
    assert {status for status, *_ in heard} == {422}
    assert marketplace.admin.get("/enterprises", status="pending").json["items"] == []


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"uscc": "123"}, "uscc"), ({"name": ""}, "name"), ({"name": "Aа厂"}, "name"),
        ({"roles": []}, "roles"), ({"region": "nowhere"}, "region"), ({"region": "区"}, "region"),
        ({"contact.phone": "x"}, "contact.phone"), ({"contact.email": "x"}, "contact.email"),
        ({"password": "short"}, "password"),
        ({"password": "1111111111"}, "password"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_registration_is_said_beside_its_field(marketplace, typed, field):
    browser = Browser(marketplace)
    with marketplace.at_its_time():
        shown = browser.post("/register", **{**ABOUT, "uscc": new_uscc(), **typed})
    assert shown.status == 422
    assert shown.page.faults == []
    html = shown.response.get_data(as_text=True)
    assert f'id="{field}-error"' in html
    assert "1111111111" not in html
    assert PASSWORD not in html
    assert marketplace.admin.get("/enterprises", status="pending").json["items"] == []


def test_who_has_an_account_says_its_password_and_a_taken_code_goes_to_staff(marketplace, firm, owner):
    browser = Browser(marketplace)
    with marketplace.at_its_time():
        wrong = browser.post("/register", **{**ABOUT, "uscc": new_uscc(), "password": "a wrong password 1"})
        assert wrong.status == 401
        assert marketplace.admin.get("/enterprises", status="pending").json["items"] == []
        taken = browser.post("/register", **{**ABOUT, "uscc": firm.number})
        assert taken.status == 409
        assert 'id="uscc-error"' in taken.response.get_data(as_text=True)
        assert browser.post("/register", **{**ABOUT, "uscc": new_uscc()}).status == 303
        assert len(marketplace.admin.get("/uscc-claims").json["items"]) == 1


# ---------------------------------------------------------------- settings


def test_an_owner_changes_the_contact_at_once_and_proposes_a_name(marketplace, firm, owner):
    fields = fields_of(owner.get("/settings/enterprise").response) | {"roles": ["generator"]}
    assert owner.post("/settings/enterprise", **{**fields, "contact.name": "赵工"}).status == 303
    assert "已保存" in owner.get(owner.location).page.text
    assert firm.get("/enterprises/me").json["contact"]["name"] == "赵工"
    stale = owner.post("/settings/enterprise", **{**fields, "contact.name": "钱工"})
    assert stale.status == 412
    assert "钱工" in {field.get("value") for field in stale.page.all("input")}
    assert "/settings/enterprise" in {link.get("href") for link in stale.page.all("a") if "target" in link}
    fresh = fields_of(owner.get("/settings/enterprise").response) | {"roles": ["generator", "recycler"]}
    assert owner.post("/settings/enterprise", **{**fresh, "name": "绍兴二厂"}).status == 303
    assert firm.get("/enterprises/me").json["name"] == "绍兴一厂"
    shown = owner.get("/settings/enterprise").page
    assert "绍兴二厂" in shown.text
    (change,) = firm.get("/enterprise-changes").json["items"]
    neighbour = browser_of(marketplace.enterprise("generator"), OTHER)
    path = f"/settings/enterprise/changes/{change['id']}/withdraw"
    assert neighbour.post(path).status == 404
    assert owner.post(path).status == 303
    assert firm.get(f"/enterprise-changes/{change['id']}").json["status"] == "withdrawn"
    for wrong in ({"name": ""}, {"region": "x"}, {"contact.email": "x"}, {"roles": []}):
        refused = owner.post("/settings/enterprise", **{**fresh, **wrong})
        assert (refused.status, refused.page.faults) == (422, [])


def test_who_asks_for_another_link_is_told_where_it_goes(owner):
    fields = fields_of(owner.get("/settings/enterprise").response) | {"roles": ["generator"]}
    moved = owner.post("/settings/enterprise", **{**fields, "contact.email": "zhao@example.com"})
    assert moved.status == 303
    owner.get(moved.location)
    asked = owner.post("/settings/enterprise/send-proof")
    assert "验证链接将发送至" in owner.get(asked.location).page.text


def test_notices_are_set_by_kind_and_code(firm, owner):
    fields = fields_of(owner.get("/settings/notices").response)
    wanted = {
        **fields,
        "email": "digest",
        "language": "en",
        "muted_codes": "HW34",
        "kinds.match.found": "off",
    }
    assert owner.post("/settings/notices", **wanted).status == 303
    assert "已保存" in owner.get(owner.location).page.text
    kept = firm.get("/notification-preferences").json
    assert (kept["email"], kept["language"], kept["kinds"]) == ("digest", "en", {"match.found": "off"})
    assert [code["code"] for code in kept["muted_codes"]] == ["HW34"]
    assert owner.post("/settings/notices", **wanted).status == 412
    bad = {**fields_of(owner.get("/settings/notices").response), "muted_codes": "no code"}
    refused = owner.post("/settings/notices", **bad)
    assert (refused.status, refused.page.faults) == (422, [])


def test_papers_are_listed_with_their_last_days(marketplace):
    taker = marketplace.recycler()
    with marketplace.at_its_time():
        shown = browser_of(taker, OTHER).get("/settings/papers").page
    number = taker.get("/licences").json["items"][0]["number"]
    assert number in shown.text
