"""Cells of quantities, prices and days, and the text of files: the right value, or a refusal."""

from datetime import date

import pytest

from marketplace.errors import Invalid
from marketplace.listings.service.sheets.day_cells import UnclearDay, period_in, span_in
from marketplace.listings.service.sheets.quantity_cells import UNITS, measure_in, price_in
from marketplace.listings.service.sheets.vocabulary import chinese_heading_words
from marketplace.spreadsheets import text_encoding
from marketplace.spreadsheets.tables import DAY_ZERO

TODAY = date(2026, 12, 1)


def decoded(data):
    return text_encoding.decoded(data, chinese_heading_words())


def in_tonnes_or_m3(text):
    measure = measure_in(text)
    value = measure.value * UNITS[measure.unit][1]
    if measure.each:
        value *= measure.each[0] * UNITS[measure.each[1]][1]
    return float(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12吨", 12), ("１２ 吨", 12), ("1,200.5 t", 1200.5), ("1.2万吨", 12_000), ("500公斤", 0.5),
        ("500KG", 0.5),
        ("500 千克", 0.5), ("1000斤", 0.5), ("20方", 20), ("20 m³", 20), ("20立方米", 20), ("500升", 0.5),
        ("50桶（200kg/桶）", 10), ("50桶，每桶200公斤", 10), ("50桶×200kg", 10), ("200kg/桶×50桶", 10),
        ("50 drums of 200 kg", 10), ("50 drums (200 kg/drum)", 10), ("30袋（25kg/袋）", 0.75),
        ("50桶（200L/桶）", 10), ("50桶（共10吨）", 10), ("1200吨/年", 1200),
    ],
)  # fmt: skip
def test_a_quantity_is_read_with_its_unit(text, value):
    assert in_tonnes_or_m3(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "1200¹吨",
        "约50吨",
        "100-200吨",
        "12石",
        "50桶（200kg）",
        "50桶（10吨）",
        "12吨3",
        "吨",
        "",
        "1,2000吨",
        "9" * 200,
    ],
)
def test_what_is_not_clearly_a_quantity_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        measure_in(text)


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("150", 150, None),
        ("¥150", 150, None),
        ("150元", 150, None),
        ("150元/吨", 150, "t"),
        ("0.15元/公斤", 0.15, "kg"),
    ],
)
def test_a_price_is_read_with_its_unit(text, amount, unit):
    assert (float(price_in(text)[0]), price_in(text)[1]) == (amount, unit)


@pytest.mark.parametrize("text", ["$150", "150 USD", "150元/桶", "€150", "150¹", "150/200"])
def test_a_price_in_another_currency_or_for_another_unit_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        price_in(text)


SPANS = {
    "2026-12-01": ("2026-12-01", "2026-12-01"), "2026/12/1": ("2026-12-01", "2026-12-01"),
    "2026.12": ("2026-12-01", "2026-12-31"), "2026年12月": ("2026-12-01", "2026-12-31"),
    "2027年2月": ("2027-02-01", "2027-02-28"), "２０２６年１２月": ("2026-12-01", "2026-12-31"),
    "202612": ("2026-12-01", "2026-12-31"), "2026年12月下旬": ("2026-12-21", "2026-12-31"),
    "2027年5月中旬": ("2027-05-11", "2027-05-20"), "2026年12月底": ("2026-12-31", "2026-12-31"),
    "2026年底": ("2026-12-31", "2026-12-31"), "2027年第一季度": ("2027-01-01", "2027-03-31"),
    "2027Q2": ("2027-04-01", "2027-06-30"), "2027年上半年": ("2027-01-01", "2027-06-30"),
    "46357": ("2026-12-01", "2026-12-01"), "2026年12月1日 00:00:00": ("2026-12-01", "2026-12-01"),
    "December 2026": ("2026-12-01", "2026-12-31"), "1 Dec 2026": ("2026-12-01", "2026-12-01"),
    "明年5月": ("2027-05-01", "2027-05-31"),
}  # fmt: skip


@pytest.mark.parametrize("text", SPANS)
def test_a_day_or_month_is_its_first_and_last_day(text):
    span = span_in(text, DAY_ZERO, TODAY)
    assert (str(span.first), str(span.last), span.year_assumed) == (*SPANS[text], False)


@pytest.mark.parametrize(
    ("text", "last"), [("12月底", "2026-12-31"), ("5月", "2027-05-31"), ("年底", "2026-12-31")]
)
def test_a_month_without_a_year_is_the_next_one_and_said_to_be_assumed(text, last):
    span = span_in(text, DAY_ZERO, TODAY)
    assert (str(span.last), span.year_assumed) == (last, True)


@pytest.mark.parametrize(
    "text", ["12/1/2027", "2026-13", "2027-02-30", "随时", "长期", "12", "2026-12-01 08:30", "2026-12-0¹"]
)
def test_what_is_no_day_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        span_in(text, DAY_ZERO, TODAY)


def test_a_number_that_lost_its_zero_is_no_month():
    with pytest.raises(UnclearDay):
        span_in("2026.1", DAY_ZERO, TODAY, is_number=True)
    assert str(span_in("2026.1", DAY_ZERO, TODAY).last) == "2026-01-31"
    assert str(span_in("2026.12", DAY_ZERO, TODAY, is_number=True).last) == "2026-12-31"


@pytest.mark.parametrize(
    "text",
    ["2026-12 至 2027-05", "2026.12-2027.5", "2026年12月～2027年5月", "2026年12月到次年5月",
    "2026-12-01 to 2027-05-31",
     "2026/12/1-2027/5/31", "2026-12-2027-05", "2026 - 12 - 01 至 2027 / 5 / 31", "12-5月",
     "2026年12月—2027年5月底"],
)  # fmt: skip
def test_a_period_in_one_cell_has_both_ends(text):
    span = period_in(text, DAY_ZERO, TODAY)
    assert (str(span.first), str(span.last)) == ("2026-12-01", "2027-05-31")


def test_a_period_within_a_year_names_it_once():
    span = period_in("2026年10-12月", DAY_ZERO, TODAY)
    assert (str(span.first), str(span.last)) == ("2026-10-01", "2026-12-31")


# ---------------------------------------------------------------- the text of a file

FOREIGN = {
    "big5": "kind,title\nsupply,廢硫酸與廢油\n", "shift_jis": "kind,title\nsupply,廃酸リサイクル\n",
    "euc_jp": "種類,名称\n供給,廃酸\n", "euc_kr": "kind,title\nsupply,폐유 처리\n",
    "cp949": "종류,이름\n공급,황산\n",
    "latin-1": "kind,title\nsupply,Säure größer\n", "cp1252": "kind,title\nsupply,“acid”\n",
    "cp1251": "kind,title\nsupply,серная кислота\n", "iso2022_jp": "kind,title\nsupply,廃酸\n",
    "utf-16-le": "kind,title\nsupply,酸\n", "utf-16-be": "类型,名称\n供应,酸\n",
    "utf-32": "kind,title\nsupply,酸\n",
}  # fmt: skip


@pytest.mark.parametrize("encoding", FOREIGN)
def test_a_text_in_another_encoding_is_refused_not_guessed(encoding):
    with pytest.raises(Invalid) as refusal:
        decoded(FOREIGN[encoding].encode(encoding))
    assert refusal.value.code == "sheet_encoding"


def test_a_text_whose_characters_were_lost_is_refused():
    for text in ("类型,名称\n供应,\ufffd\ufffd\n", "类型,名称\n供应,锟斤拷\n"):
        with pytest.raises(Invalid):
            decoded(text.encode())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gbk", "gb18030", "gb2312"])
def test_chinese_is_read_in_the_encodings_that_are_certain(encoding):
    for text in (
        "类型,名称\n供应,稀硫酸\n",
        "kind,title\nsupply,废矿物油（桶装）\n",
        "kind,title\nsupply,废电池\n",
    ):
        assert decoded(text.encode(encoding)) == text
