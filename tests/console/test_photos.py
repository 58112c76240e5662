"""Photos on pages: chosen at the first step, kept with the draft, seen by whoever sees the listing."""

from io import BytesIO

import pytest

from tests.console.hand import Hand
from tests.console.people import browser_of
from tests.console.trading import HOSTILE, photo
from tests.counting import count_statements
from tests.listings.sheets import SUPPLY, csv_of
from tests.uploaded_files import made

PHONE, OTHER = "13800138000", "13800138001"
TITLE = f"废酸 900-349-34{HOSTILE}"
MOST_STATEMENTS = 8


@pytest.fixture
def firm(marketplace):
    return marketplace.enterprise("generator", name="绍兴一厂")


@pytest.fixture
def owner(marketplace, firm):
    with marketplace.at_its_time():
        yield browser_of(firm, PHONE)


@pytest.fixture
def neighbour(marketplace):
    with marketplace.at_its_time():
        yield browser_of(marketplace.recycler(), OTHER)


def chosen(owner, content=made.JPEG, name="IMG_0001.jpg", media_type="image/jpeg", title=TITLE):
    """A hand that has chosen a photo at the first step."""
    return Hand(owner, "/post").fill(title=title).press("下一步", file=photo(content, name, media_type))


def pictures(browser):
    return [img["src"] for img in browser.page.all("img")]


def test_a_photo_chosen_at_the_first_step_is_seen_on_each_page_of_the_listing(owner, neighbour):
    hand = chosen(owner)
    (waiting,) = pictures(hand)
    assert owner.get(waiting).response.data == made.JPEG
    assert neighbour.get(waiting).status == 404
    hand.fill(quantity="12").press("下一步")
    listing = f"/listings/{hand.id}"
    assert owner.get(waiting).status == 404
    shown = [f"{listing}/photos/1"]
    for page in (f"/post/{hand.id}/publish", listing):
        assert pictures(owner.get(page)) == shown
    alts = [img["alt"] for img in owner.page.all("img")]
    assert alts == [f"“{TITLE}”的照片 1"]
    assert neighbour.get(shown[0]).status == 404
    hand.go(f"/post/{hand.id}/publish").press("发布")
    assert pictures(neighbour.get(listing)) == shown
    assert neighbour.get(shown[0]).response.data == made.JPEG
    assert "删除照片" not in neighbour.get(listing).response.get_data(as_text=True)
    with count_statements() as sent:
        owner.get(listing)
    assert len(sent) <= MOST_STATEMENTS, sent


def test_the_first_step_without_a_photo_and_a_photo_without_words_go_on(owner):
    hand = Hand(owner, "/post").fill(title=TITLE).press("下一步")
    assert hand.at.startswith("/post?")
    assert pictures(hand) == []
    hand = chosen(owner, title="")
    assert owner.status == 422
    (waiting,) = pictures(hand)
    hand.fill(title=TITLE).press("下一步")
    assert pictures(hand) == [waiting]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\0\0\0\x18ftypheic" + b"x" * 40, "兼容性最佳"),
        (made.png(30_001, 1), "占用过多内存"),
        (made.PNG + bytes(10 * 2**20), "超过 10 MB"),
        (made.PDF, "不是 JPEG 或 PNG"),
        (made.PNG[:40], "不完整"),
    ],
    ids=("heic", "huge", "heavy", "pdf", "cut off"),
)
def test_what_is_no_photo_is_refused_beside_its_field_and_the_words_stay(owner, content, words):
    hand = chosen(owner, content, "IMG_0001.HEIC", "image/jpeg")
    assert owner.status in (415, 422)
    html = owner.response.get_data(as_text=True)
    assert words in html.split('id="file-error"')[1].split("</p>")[0]
    assert [f["value"] for f in owner.page.all("input") if f.get("name") == "title"] == [TITLE]
    assert "<script>alert" not in html
    assert pictures(hand) == []


def test_photos_are_added_once_and_removed_on_the_page_of_the_listing(owner, firm, marketplace):
    listing = f"/listings/{marketplace.supply(firm, title=TITLE)['id']}"
    hand = Hand(owner, listing).press("上传照片", file=photo())
    assert pictures(hand) == [f"{listing}/photos/1"]
    hand.again()
    assert pictures(hand) == [f"{listing}/photos/1"]
    assert owner.post(f"{listing}/photos").status == 422
    for height in (3, 4, 5):
        hand.press("上传照片", file=photo(made.png(3, height)))
    assert not hand.offers("上传照片")
    full = owner.post(f"{listing}/photos", file=(BytesIO(made.png(3, 6)), "x.png", "image/png"))
    assert (full.status, "最多 4 张" in full.response.get_data(as_text=True)) == (409, True)
    hand.go(listing).press("删除照片 2")
    hand.again()
    assert pictures(hand) == [f"{listing}/photos/{number}" for number in (1, 3, 4)]


def test_a_neighbour_and_a_viewer_change_no_photo(owner, neighbour, firm, marketplace):
    listing = f"/listings/{marketplace.supply(firm)['id']}"
    Hand(owner, listing).press("上传照片", file=photo())
    viewer = browser_of(firm, "13800138002", "viewer")
    for browser, refused in ((neighbour, 404), (viewer, 403)):
        assert browser.post(f"{listing}/photos/1/remove").status == refused
        sent = browser.post(f"{listing}/photos", file=(BytesIO(made.png(9)), "x.png", "image/png"))
        assert sent.status == refused
    assert pictures(owner.get(listing)) == [f"{listing}/photos/1"]
    assert pictures(viewer.get(listing)) == [f"{listing}/photos/1"]
    assert "删除照片" not in viewer.response.get_data(as_text=True)


def test_a_sheet_is_checked_from_the_first_step_without_a_script(owner):
    hand = Hand(owner, "/post")
    (form,) = [form for form in hand.parts.forms if "仅检查" in form.actions]
    assert form.action == "/post/sheet"
    sheet = (BytesIO(csv_of({**SUPPLY, "数量": "很多"})), "x.csv", "text/csv")
    assert owner.post(form.action, action="check", file=sheet).status == 422
    assert owner.page.all("table")
    (script,) = [script["src"].split("?")[0] for script in owner.page.all("script")]
    assert script == "/static/post.js"
