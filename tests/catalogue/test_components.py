"""Components and units: which names are one, what is a name at all, and how units convert."""

import math
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.catalogue.service.components import names, units
from marketplace.catalogue.service.components.names import component_key, is_component_name
from marketplace.catalogue.service.components.ranges import with_key
from marketplace.catalogue.service.components.units import unit_of, unit_symbols

ONE_COMPONENT = (
    (
        "硫酸",
        "H2SO4",
        "H₂SO₄",
        "h2so4",
        "Ｈ２ＳＯ４",
        "sulfuric acid",
        "Sulphuric  Acid",
        "硫酸含量",
        "稀硫酸",
        "含硫酸",
        "硫酸（H₂SO₄）",
        "H2SO4(硫酸)含量",
        "含有硫酸 (sulfuric acid)",
    ),
    ("盐酸", "HCl", "HCL", "hydrochloric acid"),
    ("铜", "Cu", "CU", "cu", "Copper", "总铜"),
    ("六价铬", "Cr(VI)", "Cr（Ⅵ）", "Cr⁶⁺", "Cr6+", "hexavalent chromium", "六价铬(Cr6+)"),
    ("水分", "H2O", "H₂O", "moisture", "Water", "含水率", "含水", "水分(H2O)"),
    ("N,N-二甲基甲酰胺", "DMF", "N，N－二甲基甲酰胺", "N,N‑Dimethylformamide"),
    ("1,2-二氯乙烷", "1,2-dichloroethane", "EDC", "１，２—二氯乙烷"),
    ("苯并[a]芘", "benzo(a)pyrene", "苯并（a）芘", "BaP"),
    ("氢氧化钠", "NaOH", "片碱", "液碱", "烧碱（片碱）"),
    ("热值", "calorific value", "发热量"),
    ("石膏", "CaSO4·2H2O", "CaSO₄•2H₂O"),
    ("α-蒎烯", "alpha-蒎烯", "Α-蒎烯".lower()),
)
OTHERS = (
    "Co",
    "CO",
    "铬",
    "三价铬",
    "Fe2O3",
    "SO2",
    "总氮",
    "氨氮",
    "HNO3",
    "NaCl",
    "低位热值",
    "CoO",
    "COO",
    "Hf",
    "HF",
    "硫酸(盐酸)",
    "不含硫酸",
    "氯(以Cl计)",
)


@pytest.mark.parametrize("spellings", ONE_COMPONENT, ids=lambda spellings: spellings[0])
def test_all_names_of_a_component_are_one(spellings):
    assert len({component_key(name) for name in spellings}) == 1
    assert all(map(is_component_name, spellings))


def test_components_that_differ_stay_apart():
    keys = [component_key(spellings[0]) for spellings in ONE_COMPONENT] + [
        component_key(name) for name in OTHERS
    ]
    assert len(set(keys)) == len(keys)


NAMES = (
    "4-氯苯酚", "Fe3+", "pH", "2,4-D", "2,3,7,8-TCDD", "1,1,1-三氯乙烷", "邻苯二甲酸二(2-乙基己基)酯",
    "PM2.5", "n-hexane",
    "NH3-N", "Cl-", "SO4²⁻", "γ-Al2O3", "3-甲基-1-丁醇", "0号柴油", "o,p'-DDT", "多环芳烃(16种)",
    "[Fe(CN)6]4-", "TX-100",
    "9H-芴", "Ca(OH)2", "PCDD/Fs", "氯(以Cl计)", "铜+锌", "Aroclor-1254", "3,3'-二氯联苯胺",
    "some unheard-of stuff",
)  # fmt: skip
NO_NAMES = (
    "约硫酸", "大约 Cu",
    "硫酸 铁", "硫酸 18-22%，铁", "硫酸，铁", "硫酸、铁", "硫酸;铁", "硫酸 18", "硫酸18", "硫酸 18-22",
    "硫酸(18-22)",
    "硫酸-18", "18-22",
    "98硫酸", "98%硫酸", "硫酸 18mg/kg", "Cu5ppm", "Cu 5ppm", "Fe 1%", "硫酸以上", "硫酸约", "硫酸不低于",
    "Cu at least", "硫酸<",
    "硫酸：", "Cu 1,000", "Cu 1 000", "H2SO4(98)", "a(", "a)", "(a]", "Сu", "硫酸½", "硫酸①", "١", "½",
    "5%", "%", "-", "()", "😀",
    "硫\u200b酸", "硫酸\n铁", "酸\u3164",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_chemical_name_is_a_name(name):
    assert is_component_name(name)


@pytest.mark.parametrize("name", NO_NAMES)
def test_what_holds_amounts_units_limits_or_several_components_is_no_name(name):
    assert not is_component_name(name)


def test_every_spelling_of_the_tables_is_a_name_or_unit_of_its_own():
    components = tomllib.loads(names.FILE.read_text(encoding="utf-8"))
    for key, about in components.items():
        assert about["zh"], f"{key} has a name in Chinese"
        spellings = {
            component_key(name) for name in (key, *about["zh"], *about["en"], *about.get("also", ()))
        }
        assert spellings == {key}
    for about in tomllib.loads(units.FILE.read_text(encoding="utf-8"))["units"]:
        assert {unit_of(text).symbol for text in (about["symbol"], *about.get("also", ()))} == {
            about["symbol"]
        }


ONE_UNIT = (
    ("%", "％", "wt%", "wt %", "w/w %", "% (w/w)", "％（w/w）", "质量分数", "百分之", "percent"),
    ("‰", "g/kg", "克/千克", "g/Kg"),
    (
        "mg/kg",
        "ppm",
        "PPM",
        "毫克/千克",
        "毫克每千克",
        "mg·kg⁻¹",
        "mg kg-1",
        "㎎/㎏",
        "mg per kg",
        "毫克／公斤",
    ),
    ("μg/kg", "µg/kg", "ug/kg", "ppb", "微克/千克"),
    ("vol%", "%(v/v)", "体积分数"),
    ("g/L", "g/l", "克/升", "kg/m³"),
    ("mg/L", "毫克/升", "mg·L-1"),
    ("MJ/kg", "兆焦/千克", "MJ／kg"),
    ("kcal/kg", "大卡/千克", "千卡/公斤"),
    ("°C", "℃", "摄氏度"),
    ("g/cm3", "g/cm³", "t/m³"),
)


@pytest.mark.parametrize("spellings", ONE_UNIT, ids=lambda spellings: spellings[0])
def test_all_spellings_of_a_unit_are_one(spellings):
    assert {unit_of(text).symbol for text in spellings} == {spellings[0]}


@pytest.mark.parametrize(
    "text", ["%~20%", "x", "kg", "吨", "mg/kg dry", "mJ/kg", "MPa·s", "mg", "%%", "18%", "‱", "", "mg/m2"]
)
def test_what_is_not_in_the_table_is_no_unit(text):
    assert unit_of(text) is None


def test_amounts_are_converted_within_a_kind_of_unit_and_never_across():
    one_percent = with_key({"component": "Cu", "min": 1, "max": None, "unit": "%"})
    for amount, unit in ((10, "‰"), (10, "g/kg"), (10_000, "ppm"), (1e7, "ppb"), (0.01, "kg/kg")):
        other = with_key({"component": "铜", "min": amount, "max": None, "unit": unit})
        assert (other["key"], other["low"], other["high"]) == (one_percent["key"], one_percent["low"], None)
    for unit in ("vol%", "mg/L", "mol/L", "unheard of"):
        assert with_key({"component": "Cu", "min": 1, "max": 1, "unit": unit})["key"] != one_percent["key"]


SHARES = st.sampled_from(["%", "‰", "mg/kg", "μg/kg", "kg/kg"])


@given(st.integers(0, 10**9), SHARES, SHARES)
def test_a_conversion_is_exact(amount, unit, other):
    """An amount that is a whole number of millionths in both units is the same number by either."""
    there = with_key({"component": "Cu", "min": amount / 1000, "max": None, "unit": unit})["low"]
    factor = unit_of(other).factor
    back = with_key({"component": "Cu", "min": float(there / float(factor)), "max": None, "unit": other})[
        "low"
    ]
    assert math.isclose(there, back, rel_tol=1e-15)


@pytest.mark.slow
@given(st.text(max_size=20))
def test_folding_never_fails_and_is_the_same_twice(text):
    key = component_key(text)
    assert component_key(text) == key
    is_component_name(text)
    assert unit_of(text) is None or unit_of(text).symbol in unit_symbols()
