"""Pages as a browser gets them, and what is wrong with their HTML."""

from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
VOID = frozenset(
    {"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
SELF_CLOSING = frozenset({"path", "rect", "circle", "line", "polyline", "polygon"})
"""Of SVG, written as `<path/>`."""
LABELLED = frozenset({"input", "select", "textarea"})


@dataclass
class Page(HTMLParser):
    """A page taken apart: its elements, its words, and what is wrong with it."""

    html: str
    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[str] = []
        self.feed(self.html)
        self.close()
        self.faults += [f"<{name}> is never closed" for name in self._open]
        self.faults += list(self._faults_of_whole())

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, named := dict(attrs)))
        if len(named) < len(attrs):
            counts = Counter(name for name, _ in attrs)
            self.faults += [f"{name} twice in <{tag}>" for name, n in counts.items() if n > 1]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in SELF_CLOSING:
            self.faults.append(f"<{tag}/> is no empty element")

    def handle_endtag(self, tag):
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"</{tag}> closes something else")

    def handle_data(self, data):
        if self._open[-1:] not in (["style"], ["script"]) and data.strip():
            self.words.append(" ".join(data.split()))

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of all elements of that name."""
        return [attributes for name, attributes in self.elements if name == tag]

    def links(self, base: str) -> set[str]:
        """The addresses that it leads to, seen from its own."""
        named = [attributes.get("href") for name, attributes in self.elements if name in ("a", "link")]
        return {urljoin(base, href) for href in named if href}

    def _faults_of_whole(self):
        ids = Counter(attributes["id"] for _, attributes in self.elements if "id" in attributes)
        yield from (f"id {name} twice" for name, n in ids.items() if n > 1)
        if len(self.all("h1")) != 1:
            yield f"{len(self.all('h1'))} h1"
        if len(self.all("main")) != 1 or not self.all("html")[0].get("lang"):
            yield "no main, or no language"
        labelled = {attributes.get("for") for attributes in self.all("label")}
        for name, attributes in self.elements:
            if (
                name in LABELLED
                and attributes.get("type") != "hidden"
                and attributes.get("id") not in labelled
            ):
                yield f"<{name} name={attributes.get('name')}> has no label"
            is_inline = name == "style" or (
                name == "script" and not attributes.get("src", "").startswith("/static/")
            )
            if is_inline or "style" in attributes:
                yield f"<{name}> has style or script in the page"
            yield from (f"{key} in <{name}>" for key in attributes if key.startswith("on"))
            for part in ("aria-labelledby", "aria-describedby", "for"):
                yield from (
                    f"{part}={ref} is nowhere" for ref in attributes.get(part, "").split() if not ids[ref]
                )
            href = attributes.get("href", "")
            if href.startswith("#") and not ids[href[1:]]:
                yield f"{href} leads nowhere"


def get(marketplace, path, lang=None, **headers):
    """The response to a browser whose owner reads this language; a browser of its own."""
    browser = marketplace.app.test_client()
    wanted = {"Accept": HTML} | ({"Accept-Language": lang} if lang else {}) | headers
    return browser.get(path, headers=wanted)


def read(response) -> Page:
    """The page of a response."""
    assert response.mimetype == "text/html", response.get_data(as_text=True)
    return Page(response.get_data(as_text=True))
