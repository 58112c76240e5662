"""Posting, one's listings, the hall and registration on pages: the journeys, and who tries them otherwise."""

import re

import pytest

from tests.console.people import Browser, browser_of
from tests.counting import count_statements
from tests.persons.people import PASSWORD

PHONE, OTHER = "13800138000", "13800138001"
HOSTILE = "</p><script>alert('废')</script>"
MOST_CLICKS = 12


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
        fields = {**fields_of(self.page), **filled}
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


def fields_of(page):
    """What the fields of a page say before anybody types: of radio buttons the chosen one."""
    found = {}
    for field in page.all("input"):
        if field.get("type") in ("radio", "checkbox") and "checked" not in field:
            continue
        if field.get("name") and field.get("type") != "file":
            found[field["name"]] = field.get("value", "")
    return found


def selected(html):
    """The chosen option of each select of a page."""
    found = {}
    for name, options in re.findall(
        r'<select id="[^"]+" name="([^"]+)"[^>]*>(.*?)</select>', html, re.DOTALL
    ):
        chosen = re.findall(r'<option value="([^"]*)" selected', options) or re.findall(
            r'<option value="([^"]*)"', options
        )
        found[name] = chosen[0]
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
    person = Person(marketplace)
    with marketplace.at_its_time():
        person.get("/")
        person.click("/post")
        person.press("post", "/login", login=PHONE, password=PASSWORD)
        assert person.page.all("h1")
        person.press("get", "/post", title="废酸 900-349-34")
        html = person.response.get_data(as_text=True)
        assert "危险废物" in person.page.text
        person.press("post", "/post", quantity="1,200", **{})
        html = person.response.get_data(as_text=True)
        (draft,) = mine(firm)
        assert (draft["status"], draft["quantity_t"], draft["waste"]["code"]) == ("draft", 1200, "900-349-34")
        path = f"/post/{draft['id']}"
        person.press("post", path, price_cny_per_t="150", **{})
        assert person.status == 200, html
        person.press("post", f"{path}/publish")
    (posted,) = mine(firm)
    assert (posted["status"], posted["price_cny_per_t"]) == ("open", -150)
    assert len(person.done) <= MOST_CLICKS, person.done
