"""Credit codes, addresses and telephone numbers: the standards' own rules, and one form for each."""

import re

import pytest
from stdnum.cn import uscc as stdnum_uscc

from marketplace import identity
from tests.enterprises.test_registration import CONTACT, register
from tests.http.responses import verdict
from tests.marketplace import new_uscc


def coded(stem):
    return stem + stdnum_uscc.calc_check_digit(stem)


STEMS = [
    "91330604MA2D4F5G3", "92330604MA2D4F5G3", "93330604MA2D4F5G3", "12330600470012345", "52330600501234567",
    "31330000123456789", "81330600123456789", "71330600123456789", "A1110000123456789", "A9110000123456789",
    "N2330604123456789", "N1330604MF1234567", "N3330604123456789", "N9330604123456789", "Y1330600123456789",
]  # fmt: skip


@pytest.mark.parametrize("stem", STEMS)
def test_codes_of_every_authority_of_gb_32100_are_known_however_they_are_written(stem):
    code = coded(stem)
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in code)
    for written in (
        code,
        code.lower(),
        wide,
        " ".join(code),
        f"{code[:2]}-{code[2:8]}–{code[8:17]}－{code[17]}",
    ):
        assert identity.uscc(written) == code, written


@pytest.mark.parametrize(
    "stem",
    ["B1330604123456789", "01330604123456789", "94330604MA2D4F5G3", "N4330604123456789", "Y2330604123456789",
     "A2110000123456789", "9133060XMA2D4F5G3"],
)  # fmt: skip
def test_an_authority_a_class_or_a_region_that_the_standard_lacks_is_refused(stem):
    with pytest.raises(ValueError, match=stem):
        identity.uscc(coded(stem))


def test_letters_that_resemble_digits_are_refused():
    code = coded("91330604MA2D4F5G3")
    for place in range(8, 18):
        for letter in "IOZSV":
            with pytest.raises(ValueError, match=letter):
                identity.uscc(code[:place] + letter + code[place + 1 :])


ADDRESSES = {
    "wang@example.com": "wang@example.com", "Wang@Example.COM": "Wang@example.com",
    "ｗａｎｇ＠ｅｘａｍｐｌｅ．ｃｏｍ": "wang@example.com",
    "wang.li+waste@shaoxing.gov.cn": "wang.li+waste@shaoxing.gov.cn",
    "\u200bwang@example.com\u00a0": "wang@example.com", "1234567@qq.com": "1234567@qq.com",
    "info@例子.中国": "info@xn--fsqu00a.xn--fiqs8s", "try@plant.test": "try@plant.test",
}  # fmt: skip
NO_ADDRESSES = [
    "wang@example.com.", "wang.@example.com", ".wang@example.com", "wa..ng@example.com", "wang@example..com",
    "wang@.example.com", "wang@example", "wang@localhost", "wang@[192.0.2.1]", "wang@192.0.2.1",
    '"wang li"@example.com', "Wang <wang@example.com>", "mailto:wang@example.com", "wang@-example.com",
    "wang@example-.com", "wang@exa_mple.com", "a@example.com,b@example.com", "a@example.com;b@example.com",
    "wang li@example.com", "wang@example.com wang", "王@example.com", "@example.com", "wang@", "wang",
    "wang@example@example.com", "wa\u200bng@example.com", "wang@exam\u00adple.com", f"{'a' * 65}@example.com",
    "wang@example.invalid", "wang@printer.local",
]  # fmt: skip


def test_an_address_is_one_that_a_relay_can_deliver_to(marketplace):
    for written, stored in ADDRESSES.items():
        response = register(marketplace, contact={**CONTACT, "email": written})
        assert response.status_code == 201, (written, response.json)
        assert response.json["contact"]["email"] == stored
    for written in NO_ADDRESSES:
        response = register(marketplace, contact={**CONTACT, "email": written})
        assert verdict(response) == (422, "invalid_input", "contact.email"), written


NUMBERS = {
    "0575-85000000": "0575-85000000", "(0575) 8500-0000": "0575-85000000",
    "（0575）8500－0000": "0575-85000000",
    "0575 8500 0000": "0575-85000000", "０５７５－８５００００００": "0575-85000000",
    "057585000000": "0575-85000000",
    "+86 575 8500 0000": "0575-85000000", "86-575-85000000": "0575-85000000",
    "+86(0)575-85000000": "0575-85000000",
    "0086 575 85000000": "0575-85000000", "010—85000000": "010-85000000",
    "0575-85000000转801": "0575-85000000转801", "0575-85000000 转 801": "0575-85000000转801",
    "0575-85000000分机801": "0575-85000000转801", "0575-85000000-801": "0575-85000000转801",
    "0575-85000000 ext. 801": "0575-85000000转801", "0575-85000000#801": "0575-85000000转801",
    "0575-85000000x801": "0575-85000000转801", "0575-85000000（转801）": "0575-85000000转801",
    "138 0013 8000": "13800138000", "138-0013-8000": "13800138000", "+86 13800138000": "13800138000",
    "(+86) 138 0013 8000": "13800138000", "400-123-4567": "400-123-4567", "4001234567": "400-123-4567",
    "800 820 8820": "800-820-8820", "+852 2123 4567": "+852 2123 4567", "00852-21234567": "+852 2123 4567",
    "+886-2-2123-4567": "+886 2 2123 4567", "+1 (650) 253-0000": "+1 650-253-0000", "12369": "12369",
    "85000000": "85000000",
}  # fmt: skip
NO_NUMBERS = [
    "call me", "+", "123", "1" * 31, "0575-85000000转", "0575-85000000、13800138000",
    "13800138000,13900139000",
    "13800138000/13900139000", "13800138000 13900139000", "0575-8500a000", "tel:0575-85000000",
    "0575-8500\u200b0000", "1-800-FLOWERS", "++86 13800138000",
]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "plate"),
    [
        ("浙A12345", "浙A12345"), ("浙ａ·1234ｂ", "浙A1234B"), (" 沪 A-1234挂 ", "沪A1234挂"),
        ("浙AD12345", "浙AD12345"), ("浙AF1234 5", "浙AF12345"), ("粤B12345D", "粤B12345D"),
        ("浙A1234I", None), ("浙AO2345", None), ("浙A123456", None), ("浙AL12345", None), ("浙I12345", None),
        ("A12345", None), ("浙A1234", None), ("浙AD123456", None), ("浙A123挂5", None),
    ],
)  # fmt: skip
def test_a_plate_is_one_of_a_road_vehicle_in_china(typed, plate):
    if plate is None:
        with pytest.raises(ValueError, match=re.escape(typed)):
            identity.plate(typed)
    else:
        assert identity.plate(typed) == identity.plate(plate) == plate


def test_a_number_is_one_that_can_be_dialled(marketplace):
    for written, stored in NUMBERS.items():
        assert identity.phone(written) == stored, written
        assert identity.phone(stored) == stored
    for written in NO_NUMBERS:
        response = register(marketplace, contact={**CONTACT, "phone": written})
        assert verdict(response) == (422, "invalid_input", "contact.phone"), written


def test_every_door_reads_identities_by_the_same_rule(marketplace):
    village = coded("N2330604123456789")
    response = register(marketplace, uscc=f" {village[:8]} {village[8:].lower()}\u200b", name="上浦村")
    assert (response.status_code, response.json["uscc"]) == (201, village)
    assert verdict(register(marketplace, uscc=village)) == (409, "uscc_taken", "uscc")

    for wanted in (village, village.lower(), f"{village[:2]} {village[2:8]}", f"{village[:8]}－", "上浦"):
        (found,) = marketplace.admin.get("/enterprises", q=wanted).json["items"]
        assert found["uscc"] == village

    owner = marketplace.enterprise("generator")
    contact = {**CONTACT, "phone": "（0575）8500－0000转801", "email": "Li@EXAMPLE.com"}
    changed = owner.patch(f"/enterprises/{owner.id}", {"contact": contact}).json["contact"]
    assert (changed["phone"], changed["email"]) == ("0575-85000000转801", "Li@example.com")
    assert owner.patch(f"/enterprises/{owner.id}", {"contact": changed}).json["contact"] == changed


def test_an_operator_may_paste_a_code_and_not_a_hidden_character(marketplace):
    owner = marketplace.enterprise("generator")
    runner = marketplace.app.test_cli_runner()
    written = " ".join(owner.number.lower())
    assert runner.invoke(args=["admin", "key", written]).exit_code == 0
    assert "U+202E" in runner.invoke(args=["admin", "create", "--name", "王\u202e五"]).output


def test_a_dash_alone_is_no_code_that_all_begin_with(marketplace):
    register(marketplace, uscc=new_uscc())
    assert marketplace.admin.get("/enterprises", q="-").json["items"] == []
