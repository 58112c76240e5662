"""A tab of Chromium in which a page of ours is looked at: what goes wrong in it is kept as its faults."""

import importlib.util
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
GRAVE = ("serious", "critical")
RUN_AXE = """async tags => {
    const found = await axe.run(document, {runOnly: tags, resultTypes: ["violations"], preload: false});
    return found.violations.map(({id, impact, nodes}) =>
        ({id, impact, where: nodes.slice(0, 3).map(node => `${node.target} ${node.failureSummary}`)}));
}"""
FIND_COVERED = """() => {
    const bar = document.querySelector(".tabs"), covered = [], LINE = 44;
    if (!bar) return covered;
    const wanted = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex], canvas";
    for (const part of document.querySelectorAll(`main :is(${wanted}), .foot a`)) {
        if (!part.checkVisibility()) continue;
        const before = part.getBoundingClientRect();
        scrollTo(0, scrollY + before.bottom - innerHeight);
        part.focus();
        if (document.activeElement !== part) part.scrollIntoView({block: "nearest"});
        const box = part.getBoundingClientRect(), over = bar.getBoundingClientRect();
        const bottom = part.matches("textarea") ? box.top + LINE : box.bottom;
        const shared = Math.min(bottom, over.bottom) - Math.max(box.top, over.top);
        const isBeside = box.right <= over.left || box.left >= over.right;
        const fits = box.height <= innerHeight - over.height;
        if (fits && !isBeside && shared > 1) covered.push(part.outerHTML.slice(0, 100));
    }
    document.activeElement.blur();
    scrollTo(0, 0);
    return covered;
}"""
"""Each part that can be used comes from where the bar lies on it, and is then focused or scrolled to. Of
a text of several lines, to whose cursor Chromium scrolls, the line with the cursor is what counts."""
WAIT_MS = 20_000
ABORTED = "net::ERR_ABORTED"
"""What was still being loaded when its page was left, and a file that is saved, not shown."""


class Tab:
    """A page of Playwright that notes errors of the console, what the policy refused and who else was asked.

    Attributes:
        page: Playwright's page. faults: what went wrong, in words.
    """

    def __init__(self, context, origin):
        self.page, self.origin, self.faults = context.new_page(), origin, []
        self.page.set_default_timeout(WAIT_MS)
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self.faults.append(f"error of a script: {error}"))
        self.page.on("request", self._note_request)
        self.page.on("requestfailed", self._note_failure)

    def _note_console(self, message):
        if message.type in ("error", "warning"):
            self.faults.append(f"console: {message.text}")

    def _note_failure(self, request):
        if request.failure != ABORTED:
            self.faults.append(f"not loaded: {request.url}: {request.failure}")

    def _note_request(self, request):
        parts = urlsplit(request.url)
        if f"{parts.scheme}://{parts.netloc}" != self.origin and parts.scheme not in ("data", "blob"):
            self.faults.append(f"another host is asked: {request.url}")

    def open(self, path):
        """Go to a page of ours, which must be there."""
        response = self.page.goto(self.origin + path)
        assert response.ok, f"{path}: {response.status}"
        return self

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def barriers(self):
        """What axe finds that keeps somebody from using the page."""
        self.page.evaluate(axe())
        found = self.page.evaluate(RUN_AXE, AXE_RULES)
        return [each for each in found if each["impact"] in GRAVE]

    def overflow(self):
        """By how many pixels the page is wider than the screen."""
        return self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )

    def covered(self):
        """What the bar at the bottom still hides once it has the focus, or was scrolled to."""
        return self.page.evaluate(FIND_COVERED)

    def links(self):
        """The addresses of ours to which the page leads."""
        found = self.page.evaluate("[...document.links].map(link => link.href)")
        return [address.removeprefix(self.origin) for address in found if address.startswith(self.origin)]


@cache
def axe():
    """The source of axe-core (MPL-2.0) as the package axe-playwright-python has it, locked by its hash."""
    spec = importlib.util.find_spec("axe_playwright_python")
    return (Path(spec.origin).parent / "axe.min.js").read_text(encoding="utf-8")
