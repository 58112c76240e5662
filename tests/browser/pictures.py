"""Which pages the README and the help show, and how a picture of one is kept small."""

import base64
import os
from pathlib import Path

from tests.browser.people import ADMIN, NOBODY, OWNER, REGULATOR

ALL = bool(os.environ.get("HUANLIU_PICTURES"))
"""Whether `make test-pages` runs, which takes pictures."""
ROOT = Path(__file__).parents[2]
DOCS, HELP = ROOT / "docs" / "pictures", ROOT / "marketplace" / "console" / "static" / "help"
MOST_BYTES = 70_000
PHONE, DESK = (390, 720), (1280, 800)
FIRST_OPEN = "main a[href^='/listings/']"
TO_PICK_UP = "main li:has-text('issued') a"
TOUR = {
    "front": ("", DESK, "/"),
    "today": ("plant", DESK, "/today"), "today-phone": ("plant", PHONE, "/today"),
    "post-phone": ("plant", PHONE, "/post"),
    "listing-phone": ("plant", PHONE, "/listings?status=open", FIRST_OPEN),
    "credit-phone": ("plant", PHONE, "/credit"),
    "hall-phone": ("recycler", PHONE, "/hall"),
    "load-phone": ("driver", PHONE, "/loads", TO_PICK_UP),
    "verify-phone": ("", PHONE, "/verify"),
    "desk": ("admin", DESK, "/desk"),
    "cockpit": ("regulator", DESK, "/cockpit"), "cockpit-phone": ("regulator", PHONE, "/cockpit?by=moved"),
}  # fmt: skip
"""The pictures in docs/pictures, each once, in English, of the demo city: who sees which page at which size,
or what the first such link on it leads to."""
SHOWN_BY_HELP = {
    "login": (NOBODY, "/login"), "verify": (NOBODY, "/verify"), "today": (OWNER, "/today"),
    "people": (OWNER, "/settings/people"), "desk": (ADMIN, "/desk"), "cockpit": (REGULATOR, "/cockpit"),
}  # fmt: skip
"""The pictures that help shows, each in both languages as a phone has it."""
AS_WEBP = """async source => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    canvas.getContext("2d").drawImage(image, 0, 0);
    const blob = await canvas.convertToBlob({type: "image/webp", quality: 0.8});
    const bytes = new Uint8Array(await blob.arrayBuffer());
    return btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(""));
}"""


def as_webp(browser, png):
    """A picture as WebP, as Chromium itself writes it: the tests need no library of pictures."""
    page = browser.new_page()
    try:
        page.goto("about:blank")
        source = "data:image/png;base64," + base64.b64encode(png).decode()
        return base64.b64decode(page.evaluate(AS_WEBP, source))
    finally:
        page.close()


def keep(path, content):
    """Write a picture, which must be small."""
    assert len(content) <= MOST_BYTES, f"{path.name}: {len(content)} bytes"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
