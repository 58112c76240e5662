"""A person's phone: what is tapped, typed and drawn on the page that is shown, as a hand would."""

from tests.browser.people import log_in
from tests.browser.tab import Tab

PHONE = {"viewport": {"width": 390, "height": 844}, "locale": "zh-CN", "is_mobile": True, "has_touch": True}


class Phone(Tab):
    """A tab at 390 px in Chinese. What is not on the page cannot be tapped or filled in.

    Attributes:
        context: Playwright's context, with its cookies and its line.
    """

    def __init__(self, browser, origin, **options):
        self.context = browser.new_context(**{**PHONE, **options})
        super().__init__(self.context, origin)

    def log_in(self, login):
        log_in(self, login)
        return self

    def click(self, words):
        """Follow the first link with these words."""
        return self._tap("link", words)

    def click_in(self, row, words):
        """Follow the link with these words in the row of a table that says something else too."""
        with self.page.expect_navigation():
            self.page.get_by_role("row").filter(has_text=row).get_by_role("link", name=words).tap()
        return self

    def click_exactly(self, words):
        """Follow the first link with these words and no others."""
        return self._tap("link", words, exact=True)

    def press(self, words):
        """Press the first button with these words."""
        return self._tap("button", words)

    def _tap(self, role, words, *, exact=False):
        found = self.page.locator("main, nav").get_by_role(role, name=words, exact=exact).first
        with self.page.expect_navigation():
            found.tap()
        return self

    def fill(self, **fields):
        """Type into fields of the page by their names."""
        for name, value in fields.items():
            self.page.locator(f"main [name='{name}']:not([type=hidden])").first.fill(value)
        return self

    def tick(self, words):
        """Tick the box, or choose the button, with these words beside it."""
        self.page.get_by_label(words, exact=True).first.check()
        return self

    def draw(self):
        """Sign on the canvas."""
        pad = self.page.locator("canvas.pad")
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        self.page.mouse.move(box["x"] + 30, box["y"] + 30)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + 150, box["y"] + 60)
        self.page.mouse.up()

    def says(self, words):
        """Whether the page shows these words."""
        return words in self.page.inner_text("body")

    @property
    def path(self):
        return self.page.url.removeprefix(self.origin)

    def close(self):
        """Nothing may have gone wrong in it."""
        self.context.close()
        assert self.faults == []
