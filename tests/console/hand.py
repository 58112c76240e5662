"""A person with a browser, who clicks links, fills in fields and presses buttons of the page that is shown.

What is not on the page cannot be clicked or pressed: a test by this hand shows that the pages lead there.
Every click, press and field that is filled in counts as one interaction; what the page has filled in is free.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from tests.console.people import ORIGIN


@dataclass
class Form:
    """A form of a page: where it goes, what it holds, the words on its buttons."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)
    actions: dict[str, str] = field(default_factory=dict)


class Parts(HTMLParser):
    """The links and forms of a page, with their words."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.links, self.forms = [], []
        self._form = self._words = self._select = self._area = None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "a":
            self._words = []
            self.links.append((self._words, given.get("href", "")))
        elif tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get"))
            self.forms.append(self._form)
        elif self._form is not None:
            self._handle_part(tag, given)

    def _handle_part(self, tag, given):
        if tag == "input" and given.get("type") not in ("checkbox", "file"):
            self._form.fields[given["name"]] = given.get("value") or ""
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and ("selected" in given or self._select not in self._form.fields):
            self._form.fields[self._select] = given["value"]
        elif tag == "textarea":
            self._area = given["name"]
            self._form.fields[self._area] = ""
        elif tag == "button":
            self._words = []
            self._form.buttons.append(self._words)
            self._goes = given.get("formaction")

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
        elif tag == "button" and self._form is not None:
            self._form.actions["".join(self._words).strip()] = self._goes
        if tag in ("a", "button"):
            self._words = None
        elif tag == "textarea":
            self._area = None

    def handle_data(self, data):
        if self._words is not None:
            self._words.append(data)
        if self._area is not None:
            self._form.fields[self._area] += data


class Hand:
    """Somebody's hand at a browser.

    Attributes:
        count: interactions so far.
        at: the address of the page that is shown.
    """

    def __init__(self, browser, path):
        self.browser, self.count, self.at = browser, 0, path
        self.typed, self.last = {}, None
        self.go(path)

    def go(self, path):
        """Be on a page, however: does not count."""
        self._follow(self.browser.get(path), path)
        return self

    def _follow(self, browser, path):
        self.at = path
        if browser.location:
            target = urljoin(path, browser.location)
            self._follow(browser.get(target), target)
            return
        self.typed = {}
        self.parts = Parts(browser.response.get_data(as_text=True)) if browser.page else None

    @property
    def page(self):
        return self.browser.page

    @property
    def id(self):
        """The id at the end of the address."""
        return urlsplit(self.at).path.rsplit("/", 1)[-1]

    def click(self, words):
        """Follow the only link, or the first of several to the same place, with these words."""
        found = {href for said, href in self.parts.links if "".join(said).strip().startswith(words)}
        assert len(found) == 1, (words, found, ["".join(said) for said, _ in self.parts.links])
        self.count += 1
        return self.go(urljoin(self.at, found.pop()))

    def fill(self, **fields):
        self.count += len(fields)
        self.typed |= fields
        return self

    def press(self, words, **files):
        """Press the button with these words; keeps what was sent, to send it again."""
        (form,) = [form for form in self.parts.forms if words in form.actions]
        self.count += 1
        action = urljoin(self.at, form.actions[words] or form.action or self.at)
        body = {**form.fields, **self.typed}
        self.last = (action, body | files)
        return self.again()

    def again(self):
        """Send what was sent last once more, as a double press does; does not count."""
        action, body = self.last
        fresh = {
            name: (value[0](), *value[1:]) if isinstance(value, tuple) else value
            for name, value in body.items()
        }
        headers = {"Accept": "text/html", **ORIGIN}
        self._follow(
            self.browser._keep(self.browser.client.post(action, data=fresh, headers=headers)), action
        )
        return self

    def offers(self, words):
        """Whether there is a link or button with these words."""
        links = any("".join(said).strip().startswith(words) for said, _ in self.parts.links)
        return links or any(words in form.actions for form in self.parts.forms)
