"""Cells of compositions: every way that people write them is understood whole, or refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.catalogue.service.components.units import unit_symbols
from marketplace.listings.service.sheets.composition_cells import components_of, written_components
from tests.listings.sheets import DEMAND, SUPPLY, csv_of, faults, send, xlsx_of

ACID_IRON = [("硫酸", 18, 22, "%"), ("铁", None, 1, "%")]
UNDERSTOOD = {
    # what was misread
    "硫酸 10%~20%": [("硫酸", 10, 20, "%")],
    "Cu 1,000 mg/kg": [("Cu", 1000, 1000, "mg/kg")],
    "硫酸 18-22%，铁 <1%": ACID_IRON,
    # lists
    "硫酸18－22％；铁＜1％": ACID_IRON,
    "硫酸 18-22%、铁 1%以下": ACID_IRON,
    "硫酸：18~22%\n铁：≤1%": ACID_IRON,
    "硫酸=18-22%,铁<1%": ACID_IRON,
    "硫酸 18-22%/铁 <1%": ACID_IRON,
    "1,2-二氯乙烷 5%,N,N-二甲基甲酰胺 <3%": [("1,2-二氯乙烷", 5, 5, "%"), ("N,N-二甲基甲酰胺", None, 3, "%")],
    # ranges
    "硫酸 10到20%": [("硫酸", 10, 20, "%")],
    "硫酸 10%至20%": [("硫酸", 10, 20, "%")],
    "硫酸 10%～20": [("硫酸", 10, 20, "%")],
    "硫酸 10 — 20 ％": [("硫酸", 10, 20, "%")],
    "硫酸 10〜20%": [("硫酸", 10, 20, "%")],
    "硫酸 10 to 20 %": [("硫酸", 10, 20, "%")],
    "硫酸 5 g/kg - 8 克/千克": [("硫酸", 5, 8, "克/千克")],
    "硫酸 20±2%": [("硫酸", 18, 22, "%")],
    "硫酸 20%+/-2%": [("硫酸", 18, 22, "%")],
    # limits
    "硫酸≥18%": [("硫酸", 18, None, "%")],
    "H2SO4不低于18%": [("H2SO4", 18, None, "%")],
    "硫酸 18%以上": [("硫酸", 18, None, "%")],
    "硫酸 不少于18%": [("硫酸", 18, None, "%")],
    "硫酸至少18%": [("硫酸", 18, None, "%")],
    "硫酸大于18%": [("硫酸", 18, None, "%")],
    "硫酸 ＞18%": [("硫酸", 18, None, "%")],
    "sulfuric acid 98% min": [("sulfuric acid", 98, None, "%")],
    "Cu more than 5 %": [("Cu", 5, None, "%")],
    "铁不超过1%": [("铁", None, 1, "%")],
    "铁 不高于 1%": [("铁", None, 1, "%")],
    "铁至多1%": [("铁", None, 1, "%")],
    "铁小于1%": [("铁", None, 1, "%")],
    "铁 1%以内": [("铁", None, 1, "%")],
    "硫酸约20%": [("硫酸", 20, 20, "%")],
    "硫酸 18%至22%左右": [("硫酸", 18, 22, "%")],
    "硫酸约18-22%": [("硫酸", 18, 22, "%")],
    "SO4 2-5%": [("SO4", 2, 5, "%")],
    "硫酸根 2- 5%": [("硫酸根", 2, 5, "%")],
    "硫酸 20%左右": [("硫酸", 20, 20, "%")],
    # numbers
    "Cu 1 000 mg/kg": [("Cu", 1000, 1000, "mg/kg")],
    "Cu 1\u2009000-2\u2009000 mg/kg": [("Cu", 1000, 2000, "mg/kg")],
    "Cu 1，000 mg/kg": [("Cu", 1000, 1000, "mg/kg")],
    "Cu 0,5 %": [("Cu", 0.5, 0.5, "%")],
    "Cu 1.2e3 ppm": [("Cu", 1200, 1200, "ppm")],
    "Cu 1.2×10³ mg/kg": [("Cu", 1200, 1200, "mg/kg")],
    "Cu 10^3 mg/kg": [("Cu", 1000, 1000, "mg/kg")],
    "硫酸 百分之20": [("硫酸", 20, 20, "%")],
    # units
    "水 80": [("水", 80, 80, "%")],
    "pH 2-3": [("pH", 2, 3, "pH")],
    "pH值：6~9": [("pH值", 6, 9, "pH")],
    "Cr(VI) <5 ㎎/㎏": [("Cr(VI)", None, 5, "mg/kg")],
    "Cu < 0.1 mg·kg⁻¹": [("Cu", None, 0.1, "mg·kg⁻¹")],
    "密度 1.1-1.2 g/cm³": [("密度", 1.1, 1.2, "g/cm³")],
    "闪点 ＞60℃": [("闪点", 60, None, "°C")],
    "乙醇 30 vol%": [("乙醇", 30, 30, "vol%")],
    "热值 ≥ 12 MJ/kg": [("热值", 12, None, "MJ/kg")],
    "硫酸 18-22 %(w/w)": [("硫酸", 18, 22, "%(w/w)")],
    # names
    "Ca(OH)2 5%": [("Ca(OH)2", 5, 5, "%")],
    "Fe3+ 2-5 g/L": [("Fe3+", 2, 5, "g/L")],
    "4-氯苯酚 10 mg/L": [("4-氯苯酚", 10, 10, "mg/L")],
    "氯(以Cl计)5%": [("氯(以Cl计)", 5, 5, "%")],
    "盐酸（HCl）15-18%": [("盐酸(HCl)", 15, 18, "%")],
    "镍(Ni)2.5%；铜（Cu）≤1,200 mg/kg": [("镍(Ni)", 2.5, 2.5, "%"), ("铜(Cu)", None, 1200, "mg/kg")],
    "含硫酸20%，含铁1%": [("含硫酸", 20, 20, "%"), ("含铁", 1, 1, "%")],
    '"PCDD/Fs" <= 3 "ppb"': [("PCDD/Fs", None, 3, "ppb")],
}
REFUSED = (
    "很酸", "18%", "硫酸", "硫酸，铁 1%", "硫酸 18%铁 1%", "硫酸 18-22% 铁 <1%", "硫酸 18-22%，铁",
    "硫酸 98% 98%", "硫酸 18%；；18%",
    "硫酸 18 吨", "硫酸 18mg", "Cu 5 mJ/kg", "Cu 5 mg/m2", "Cu 5 %%", "Cu 5% dry", "Cu 5% 干基 Fe 1%",
    "硫酸 18%~20 mg/kg",
    "Cu 1200¹ mg/kg", "Cu 10³ mg/kg", "Cu ½%", "Cu ①%", "Cu ٥%", "Cu 五%", "硫酸 百分之二十",
    "硫酸 百分之20%", "硫酸 一成",
    "Cu 1,20,300 mg/kg", "Cu 1,2345 %", "Cu 1200,500 mg/kg", "Cu 1'000 mg/kg", "Cu 1..5%", "Cu .5%",
    "Cu 5.%",
    "硫酸 18-22-25%", "硫酸 18-", "硫酸 -18%", "硫酸-18%", "Cu-5%", "Fe1%", "硫酸 ≥18-22%",
    "硫酸 18-22%以上", "硫酸 >5% <10%",
    "硫酸 5%<", "硫酸 ≥≤5%", "硫酸 18|22%", "硫酸 18 22%", "98%硫酸", "Cu 余量", "Cu ND", "Cu 未检出",
    "PCB 153 5%", "Сu 5%", "a(b 5%", "Ca(OH)25%", "SO4 2- 5%", "Cl 1- 5%", "硫酸 18%左右22%",
)  # fmt: skip


def components(*expected):
    return [dict(zip(("component", "min", "max", "unit"), one, strict=True)) for one in expected]


@pytest.mark.parametrize(("cell", "expected"), UNDERSTOOD.items())
def test_a_cell_is_understood_whole(cell, expected):
    assert components_of(cell) == components(*expected)


@pytest.mark.parametrize("cell", REFUSED)
def test_a_cell_that_is_not_understood_whole_is_refused(cell):
    with pytest.raises(ValueError, match=r".+"):
        components_of(cell)


@pytest.mark.parametrize("cell", UNDERSTOOD)
def test_nothing_behind_a_component_is_left_unread(cell):
    for rest in (" x", "x", " 5", "吨", " 干基", "%%", "-", "~", "½"):
        with pytest.raises(ValueError, match=r".+"):
            components_of(cell + rest)


def test_only_the_part_that_is_not_understood_is_named():
    with pytest.raises(ValueError, match=r"^铁 很多$"):
        components_of("硫酸 18%; 铁 很多; 水 80%")


AMOUNTS = st.floats(0, 1e9) | st.integers(0, 10**9).map(float)
TEXTS = st.text(min_size=1, max_size=20).map(str.strip).filter(bool)
KNOWN = st.sampled_from(
    ["硫酸", "1,2-二氯乙烷", "Cr(VI)", "Fe3+", "Ca(OH)2", "sulfuric acid", "H₂SO₄", "PM2.5"]
)


@st.composite
def stated(draw):
    low, high = sorted([draw(AMOUNTS), draw(AMOUNTS)])
    low, high = draw(st.sampled_from([(low, high), (None, high), (low, None), (low, low)]))
    return {
        "component": draw(KNOWN | TEXTS),
        "min": low,
        "max": high,
        "unit": draw(st.sampled_from(unit_symbols())),
    }


@given(st.lists(stated(), max_size=3))
def test_what_is_written_is_read_the_same(written):
    assert components_of(written_components(written)) == written


@given(st.lists(stated(), min_size=1, max_size=3), st.sampled_from([";", "；", "\n", ",", "，", "、"]))
def test_a_list_is_read_alike_with_any_separator(written, separator):
    parts = [written_components([one]) for one in written]
    assert components_of(separator.join(parts)) == written


@given(st.text("硫酸铁Cu 0123456789.,-~%‰<>≥≤±;；，、/()至约以上下gmkL\n", max_size=25))
def test_whatever_is_read_says_the_same_when_written_again(cell):
    try:
        found = components_of(cell)
    except ValueError:
        return
    assert components_of(written_components(found)) == found


def test_a_long_cell_costs_little():
    for cell in ("酸" * 4000, "1," * 2000, "硫酸 1" * 900, "((" * 2000, "a b " * 1000):
        with pytest.raises(ValueError, match=r".+"):
            components_of(cell)


def trader(marketplace):
    return marketplace.enterprise("generator", "recycler")


@pytest.mark.parametrize("sheet_of", [csv_of, xlsx_of])
def test_a_sheet_keeps_both_components_or_names_the_cell(marketplace, sheet_of):
    party = trader(marketplace)
    assert send(party, sheet_of({**SUPPLY, "成分": "硫酸 10%~20%，Cu 1,000 mg/kg"})).status_code == 201
    (listing,) = party.get("/listings", mine=True).json["items"]
    assert listing["composition"] == components(("硫酸", 10, 20, "%"), ("Cu", 1000, 1000, "mg/kg"))

    refused = send(
        party, sheet_of({**SUPPLY, "成分": "硫酸 18-22%，铁"}), headers={"Accept-Language": "zh-CN"}
    )
    assert faults(refused) == {(2, "composition", "component_form")}
    assert "“铁”" in refused.json["rows"][0]["detail"]


def test_a_sheet_is_held_to_the_rules_of_shares_and_units(marketplace):
    party = trader(marketplace)
    wrong = {
        "铁 22-18%": "range_reversed", "铁 1±2%": "range", 'Fe 5 "斤"': "unit_unknown",
        '"铁 5%" 5 %': "component_name", "热值 5": "unit_not_of_component", "铁 5%; Fe 500 ppm": "repeated",
    }  # fmt: skip
    rows = [{**SUPPLY, "数量": str(1000 + place), "成分": cell} for place, cell in enumerate(wrong)]
    assert faults(send(party, csv_of(*rows))) == {
        (row, "composition", code) for row, code in enumerate(wrong.values(), start=2)
    }
    odd = send(party, csv_of({**DEMAND, "composition": "H2SO4 200%"}))
    assert odd.json["warnings"][0]["code"] == "share_over_whole"
