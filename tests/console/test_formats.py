"""Numbers and dates as readers write them."""

from datetime import UTC, date, datetime

import pytest

from marketplace.console import formats
from marketplace.messages.names import names
from seed.catalogue.hazardous_waste import read_hazardous
from seed.catalogue.solid_waste import read_solid


@pytest.mark.parametrize(
    ("kg", "shown"),
    [
        (None, "—"), (0, "0"), (1, "0.001"), (1500, "1.5"), (99_999, "99.999"), (100_400, "100"),
        (1_234_567_890, "1,234,568"),
    ],
)  # fmt: skip
def test_tonnes_have_as_many_decimals_as_they_need(kg, shown):
    assert formats.tonnes(kg) == shown


def test_numbers_and_shares():
    assert [formats.number(value) for value in (1000, 0, None)] == ["1,000", "0", "—"]
    assert [formats.number(value, 1) for value in (10.04, 1234.56)] == ["10", "1,234.6"]
    assert [formats.percent(share) for share in (0.9742, 1, 0, None)] == ["97.4%", "100%", "0%", "—"]


def test_days_and_moments_are_written_as_the_language_does_and_in_shanghai(app):
    late = datetime(2026, 11, 30, 16, 5, tzinfo=UTC)
    written = {}
    for lang in ("zh-CN", "en"):
        with app.test_request_context(headers={"Accept-Language": lang}):
            written[lang] = [
                formats.day(date(2026, 8, 1)),
                formats.moment(late),
                formats.last_day(date(2027, 1, 1)),
            ]
    assert written == {
        "zh-CN": [
            '<time datetime="2026-08-01">2026年8月1日</time>',
            '<time datetime="2026-12-01T00:05+08:00">2026年12月1日 00:05</time>',
            '<time datetime="2026-12-31">2026年12月31日</time>',
        ],
        "en": [
            '<time datetime="2026-08-01">1 Aug 2026</time>',
            '<time datetime="2026-12-01T00:05+08:00">1 Dec 2026 00:05</time>',
            '<time datetime="2026-12-31">31 Dec 2026</time>',
        ],
    }
    assert formats.day(None) == "—"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/153.0 Safari/537.36", "Chrome · Windows"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140 Mobile MicroMessenger/8.0", "WeChat · Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/153.0 Safari/537.36 Edg/153.0", "Edge · Windows"),
        ("ours/1.0", "ours/1.0"), ("x" * 99, "x" * 60), (None, ""),
    ],
)  # fmt: skip
def test_a_device_is_named_by_its_browser_and_system(said, shown):
    assert formats.device(said) == shown


def test_a_day_that_a_service_names_is_written_as_any_other(app):
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert formats.day("2026-12-31") == formats.day(date(2026, 12, 31))


@pytest.mark.parametrize(
    ("code", "whole", "shown"),
    [
        ("HW34", False, "waste acids"), ("900-349-34", False, "waste acids"),
        ("900-349-34", True, "waste acids · 废酸液"), ("SW07", False, "sludge"),
        ("900-001-S17", False, "recyclable industrial waste"), ("ISW-05-01-01", False, "废酸液"),
    ],
)  # fmt: skip
def test_english_calls_a_waste_by_its_category(app, code, whole, shown):
    described = {"code": code, "name": "废酸液"}
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert formats.waste(described, whole) == shown
    with app.test_request_context(headers={"Accept-Language": "zh-CN"}):
        assert formats.waste(described, whole) == "废酸液"
        long = {"code": "900-349-34", "name": "生产、销售及使用过程中产生的失效、变质的强酸性擦洗粉"}
        assert (formats.waste(long), formats.waste(long, True)) == ("废酸", long["name"])


def test_every_category_of_the_national_catalogues_has_its_name():
    known = {
        row.code: row.name_zh
        for read in (read_hazardous, read_solid)
        for row in read()
        if row.level == "category"
    }
    assert {code: name["zh"] for code, name in names()["waste_category"].items()} == known
