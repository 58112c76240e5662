"""Names: one form, the scripts that they may mix, and the names that look alike."""

import pytest

from marketplace.lookalikes import folded, mixed_scripts, one_form, skeleton

NORMAL = [
    "绍兴印染有限公司", "ABC化工2号厂", "ＡＢＣ化工", "宏达（集团）·A-1厂", "Huanliu Co., Ltd.",
    "日本カメラABC", "ひかり化工", "한국 ABC 化工", "ㄅ化工 A", "ООО Ромашка", "Ελληνική", "3M", "（）",
    "℃厂", "𠮷野家",
]  # fmt: skip
MIXED = {
    "АBC化工": ("А", 1), "ABС化工": ("С", 3), "绍兴Αlpha": ("Α", 3), "α化工": ("α", 1),
    "Рома 公司": ("Р", 1), "ВΑ": ("В", 1), "ㄅ한ABC": ("한", 2), "ABCд": ("д", 4), "Հa": ("Հ", 1),
    "ひ한": ("한", 2), "化ᎪᏴ": ("Ꭺ", 2),
}  # fmt: skip


@pytest.mark.parametrize("name", NORMAL)
def test_han_with_latin_and_digits_is_normal_and_so_is_one_script(name):
    assert mixed_scripts(name) is None


@pytest.mark.parametrize(("name", "found"), MIXED.items())
def test_scripts_that_do_not_belong_together_are_found_by_their_first_letter(name, found):
    assert mixed_scripts(name) == found


def test_letters_and_digits_of_every_width_have_one_form_and_punctuation_stays():
    assert one_form("ＡＢＣ１２（厂）") == "ABC12（厂）"
    assert one_form("𝐀𝐁𝐂⼟⽇") == "ABC土日"
    assert one_form("e\u0301厂") == "é厂"
    assert one_form(one_form("Ⅱ期ＡＢ")) == one_form("Ⅱ期ＡＢ") == "II期AB"


EQUAL = [
    ("绍兴印染有限公司", "绍兴 印染（有限）公司"), ("ABC化工", "ａｂｃ　化工"), ("宏达A·B", "宏达a-b"),
    ("Straße厂", "STRASSE厂"), ("国药⼟木", "国药土木"),
]  # fmt: skip
ALIKE = [
    *EQUAL,
    ("绍兴印染有限公司", "绍兴市印染股份有限公司"), ("绍兴印染有限公司", "紹興印染厂"),
    ("宏达集团有限公司", "宏达公司"), ("国药", "國藥"), ("土木", "士木"), ("绍兴二厂", "绍兴ニ厂"),
    ("工力", "エカ"), ("ABC", "АВС"), ("Huanliu", "HuanIiu"),
    ("Huanliu", "Huan1iu"), ("Huanliu", "Huan|iu"), ("B0B", "BOB"),
    ("三一重工", "三—重工"), ("三一重工", "三─重工"), ("环流", "环ʼ流"), ("环流", "环丶流"),
    ("Huanliu", "Huanꞌliu"),
    ("ABC化工", "ABC®化工"), ("ABC化工", "★ABC™化工🏭"), ("VVH", "WH"), ("clair", "dair"),
    ("冶金", "治金"), ("千里", "干里"),
    ("modern", "rnodern"), ("Huanliu", "Huánlíu"), ("ABC Co., Ltd.", "ABC Inc"),
]  # fmt: skip
APART = [
    ("绍兴一厂", "绍兴二厂"), ("绍兴印染", "柯桥印染"), ("ABC", "ABD"), ("企业 000123", "企业 000124"),
    ("公司", "集团"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_equal_names_differ_in_case_width_blanks_and_punctuation_only(one, other):
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_names_that_look_alike_have_one_skeleton(one, other):
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize(("one", "other"), APART)
def test_other_names_stay_apart(one, other):
    assert skeleton(one) != skeleton(other)


def test_a_name_of_any_characters_is_folded():
    assert folded("（）") == ""
    for name in ("", "有限公司", "\U0001f3ed", "𝔄" * 100, "ﷺ" * 100, "\u0301" * 100):
        assert isinstance(skeleton(one_form(name)), str)
