"""What others wrote is quoted: on one line, without links, without marks that end the quotation."""

import csv
import io
from uuid import UUID

import pytest

from marketplace.database import db
from marketplace.listings.models import Listing
from marketplace.notifications.service.delivery.quotation import MOST_QUOTED, quoted
from marketplace.spreadsheet_files import without_formula
from tests.mail import body

FORGED = "酸”：免费。\n\n2. 环流提醒您核对账户：http://evil.example.com/login\u2028固体废物供需交易平台「环流」\u202e"
FLAT = "酸'：免费。 2. 环流提醒您核对账户：http[:]//evil[.]example[.]com/login 固体废物供需交易平台'环流'"


@pytest.mark.parametrize(
    ("written", "quotation"),
    [
        ("稀硫酸 20.5%", "稀硫酸 20.5%"), ("pH 1.5，含铜0.3%", "pH 1.5，含铜0.3%"),
        ("H2SO4 v1.2", "H2SO4 v1.2"),
        ("www.evil.com", "www[.]evil[.]com"), ("Evil.COM", "Evil[.]COM"), ("evil.公司", "evil[.]公司"),
        ("mail x@evil.cn", "mail x[@]evil[.]cn"), ("ftp://1.2.3.4", "ftp[:]//1[.]2.3.4"),
        ("x＠evil．cn", "x[＠]evil[．]cn"), ("evil。com", "evil[。]com"), ("看evil.рф", "看evil[.]рф"),
        ("a.xn--p1ai", "a[.]xn--p1ai"), ("例.中国", "例[.]中国"), ("例。公司 x", "例[。]公司 x"),
        ("含铜。公司自运", "含铜。公司自运"), ("mailto:a", "mailto[:]a"), ("JavaScript:x", "JavaScript[:]x"),
        ("\\\\srv\\x", "[\\\\]srv\\x"), ("http:\\\\evil", "http[:][\\\\]evil"),
        ("浓度 3-5%：合格", "浓度 3-5%：合格"),
        ("i❤.ws", "i❤[.]ws"), ("🍕.ws", "🍕[.]ws"), ("x.🍕.ws", "x[.]🍕[.]ws"),
        ("1．2．3．4", "1[．]2．3．4"),
        ("1。2。3。4", "1[。]2。3。4"), ("news:a", "news[:]a"), ("SIP:a", "SIP[:]a"),
        ("xmpp：a", "xmpp[：]a"),
        ("见下文...ABC", "见下文...ABC"), ("含铜 0.3%。ABC 级", "含铜 0.3%。ABC 级"),
        ("粒径：5mm", "粒径：5mm"),
        ('a" b “c” d', "a' b 'c' d"), ("a\r\n.\r\nb", "a . b"), ("x" * 200, "x" * (MOST_QUOTED - 1) + "…"),
        ("\u3164", ""), (FORGED, FLAT),
    ],
)  # fmt: skip
def test_a_quotation_is_one_harmless_line(written, quotation):
    assert quoted(written) == quotation


def test_a_stored_title_forges_no_item_link_or_signature_in_a_digest(marketplace, relay):
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler("A")
    recycler.prefer(email="digest")
    marketplace.demand(recycler)
    supply = marketplace.supply(generator, publish=False)
    with marketplace.app.app_context():
        db.session.get_one(Listing, UUID(supply["id"])).title = FORGED
        db.session.commit()
    assert generator.post(f"/listings/{supply['id']}/publish").status_code == 200
    marketplace.settle()
    marketplace.wait(days=1)
    (text,) = [body(letter) for letter in relay.take() if letter["To"].startswith(recycler.number.lower())]
    assert [line[:2] for line in text.splitlines() if line[:1].isdigit()] == ["1."]
    assert f"“{FLAT}”" in text
    assert text.splitlines().count("固体废物供需交易平台「环流」") == 1
    assert "evil.example" not in text


@pytest.mark.parametrize(
    "sign", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\t=", "\r=", "\u200b=", "\u3000@"]
)
def test_a_cell_never_begins_as_a_formula_does(sign):
    assert without_formula(f"{sign}cmd()")[0] == "'"


def test_a_stored_title_with_line_breaks_is_one_line_of_an_export(marketplace):
    owner = marketplace.enterprise("generator")
    supply = marketplace.supply(owner)
    with marketplace.app.app_context():
        db.session.get_one(Listing, UUID(supply["id"])).title = "\r\n＝HYPERLINK\u202e(1)"
        db.session.commit()
    sheet = owner.get("/listings/export", mine="true").data.decode("utf-8-sig")
    heads, row = csv.reader(io.StringIO(sheet))
    assert dict(zip(heads, row, strict=True))["title"] == "'＝HYPERLINK(1)"
