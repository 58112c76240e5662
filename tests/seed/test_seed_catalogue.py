"""The catalogues that ship are whole, and a malformed row is refused by its line."""

from collections import Counter
from dataclasses import FrozenInstanceError

import pytest

from seed import catalogue
from seed.catalogue import SchemeRow, SeedError


@pytest.fixture(scope="module")
def shipped():
    return catalogue.read_catalogue()


def test_every_scheme_is_there_in_full(shipped):
    assert Counter((row.scheme, row.level) for row in shipped.codes) == {
        ("cn-hw", "category"): 46,
        ("cn-hw", "code"): 467,
        ("cn-sw", "category"): 34,
        ("eu-low", "chapter"): 20,
        ("eu-low", "subchapter"): 111,
        ("eu-low", "code"): 842,
        ("isw", "code"): 14,
    }
    assert len(shipped.crosswalks) == 15
    assert len(shipped.exemptions) == 57
    assert len(shipped.treatments) == 28
    assert Counter(row.level for row in shipped.regions) == {"province": 34, "city": 333, "district": 2845}


def test_codes_are_unique_and_come_after_their_parents(shipped):
    above = set()
    for row in shipped.codes:
        assert (row.scheme, row.code) not in above
        assert row.parent is None or (row.scheme, row.parent) in above
        above.add((row.scheme, row.code))


def test_a_row_cannot_be_changed(shipped):
    with pytest.raises(FrozenInstanceError):
        shipped.codes[0].tradable = True


def test_waste_acid_reads_as_the_catalogue_prints_it():
    acid = {row.code: row for row in catalogue.read_hazardous()}["900-349-34"]
    assert (acid.scheme, acid.level, acid.parent) == ("cn-hw", "code", "HW34")
    assert (acid.hazardous, acid.hazard, acid.edition, acid.tradable) == (True, "C,T", "2021", True)
    assert "强酸性" in acid.name_zh


def test_only_medical_waste_is_not_tradable(shipped):
    kept = {row.code for row in shipped.codes if not row.tradable}
    assert "HW01" in kept
    assert "841-001-01" in kept
    assert {row.parent or row.code for row in shipped.codes if row.code in kept} == {"HW01"}


def test_every_cn_hw_row_is_hazardous_and_no_cn_sw_row_is(shipped):
    assert all(row.hazardous for row in shipped.codes if row.scheme == "cn-hw")
    assert not any(row.hazardous for row in shipped.codes if row.scheme == "cn-sw")


def test_the_solid_waste_categories_say_how_far_they_can_be_trusted(shipped):
    evidence = Counter(row.evidence for row in shipped.codes if row.scheme == "cn-sw")
    assert evidence == {"two_places": 1, "one_place": 6, "name_only": 4, "unverified": 23}


def test_the_european_list_keeps_its_spaces_and_stars(shipped):
    europe = {row.code: row for row in shipped.codes if row.scheme == "eu-low"}
    assert europe["01 01 01"].parent == "01 01"
    assert europe["01 01"].parent == "01"
    assert sum(row.hazardous for row in europe.values()) == 408
    assert europe["01 03 04"].hazardous
    assert not europe["01 03"].hazardous


GENERAL_INDUSTRIAL = {f"SW{number:02d}" for number in (*range(1, 18), 59)} - {"SW08"}


def test_the_example_scheme_is_declared_general_and_maps_general_industrial_waste_only(shipped):
    declared = {row.scheme: row.waste for row in shipped.schemes}
    assert declared == {"cn-hw": "hazardous", "cn-sw": "general", "eu-low": "both", "isw": "general"}
    assert not any(row.hazardous for row in shipped.codes if declared[row.scheme] == "general")
    assert all(row.hazardous for row in shipped.codes if declared[row.scheme] == "hazardous")
    links = [link for link in shipped.crosswalks if link.scheme == "isw"]
    assert {link.national_scheme for link in links} == {"cn-sw"}
    assert {link.national_code for link in links} <= GENERAL_INDUSTRIAL


BOTH = [SchemeRow("isw", "地方目录", "local", "both")]


def local_file(tmp_path, *rows):
    path = tmp_path / "given.csv"
    path.write_text("\n".join([ISW_HEAD, *rows, ""]), encoding="utf-8")
    return path


def test_a_local_code_is_hazardous_if_any_national_code_it_maps_to_is(tmp_path):
    general = "ISW-05-01-01,泥,sludge,类,cn-sw,SW07,0.9"
    path = local_file(tmp_path, ISW_GOOD, ISW_GOOD.replace("-349-", "-300-").replace("0.9", "0.6"), general)
    local = {row.code: row for row in catalogue.read_local(path, schemes=BOTH)}
    assert local["ISW-01-01-01"].hazardous
    assert not local["ISW-05-01-01"].hazardous
    links = catalogue.read_crosswalks(path, schemes=BOTH)
    assert [(link.national_code, link.confidence) for link in links] == [
        ("900-349-34", 0.9),
        ("900-300-34", 0.6),
        ("SW07", 0.9),
    ]


@pytest.mark.parametrize("target", ["900-349-34", "HW34", "841-001-01"])
@pytest.mark.parametrize("reader", ["read_local", "read_crosswalks"])
def test_a_scheme_declared_general_maps_to_no_hazardous_code_or_category(tmp_path, target, reader):
    path = local_file(tmp_path, ISW_GOOD.replace("900-349-34", target))
    with pytest.raises(SeedError, match="isw is declared general") as refused:
        getattr(catalogue, reader)(path)
    assert (refused.value.line, refused.value.column) == (2, "national_code")


@pytest.mark.parametrize(
    ("rows", "column"),
    [
        (["isw,甲,a,harmless"], "waste"),
        (["isw,甲,a,general"] * 2, "scheme"),
        (["ISW,甲,a,general"], "scheme"),
    ],
)
def test_a_faulty_table_of_schemes_is_refused(tmp_path, rows, column):
    path = tmp_path / "schemes.csv"
    path.write_text("\n".join(["scheme,name_zh,name_en,waste", *rows, ""]), encoding="utf-8")
    with pytest.raises(SeedError) as refused:
        catalogue.read_schemes(path)
    assert refused.value.column == column


def test_exemptions_know_their_stage_and_their_codes(shipped):
    acid = [row for row in shipped.exemptions if row.item == 20]
    assert {row.codes for row in acid} == {("HW34",)}
    assert {row.stages for row in acid} == {frozenset({"use"})}
    assert {row.item for row in shipped.exemptions} == set(range(1, 33))
    assert {row.item for row in shipped.exemptions if not row.codes} == {1, 25, 26, 32}
    assert any(row.stages == {"use", "dispose"} for row in shipped.exemptions if row.item == 25)


def test_operations_have_a_mode_and_a_chinese_name(shipped):
    modes = {row.code: row.mode for row in shipped.treatments}
    assert [code for code, mode in modes.items() if mode == "store"] == ["R13", "D13", "D14", "D15"]
    assert modes["R12"] == "use"
    assert modes["D12"] == "dispose"
    assert len({row.name_zh for row in shipped.treatments}) == 28
    assert {row.code for row in shipped.treatments if row.interim} == {"R12", "R13", "D13", "D14", "D15"}


def test_regions_are_in_china_after_their_parents_in_wgs_84(shipped):
    found = {}
    for row in shipped.regions:
        assert 73 < row.lon < 136
        assert 3 < row.lat < 54
        assert row.parent is None or row.parent in found
        found[row.adcode] = row
    assert (found[330600].lon, found[330600].lat) == pytest.approx((120.5758, 30.0327), abs=1e-3)


def test_a_region_without_a_point_takes_its_parents(shipped):
    found = {row.adcode: row for row in shipped.regions}
    borrowed = [row for row in shipped.regions if row.coord_source == "parent"]
    assert [row.adcode for row in borrowed] == [653228, 653229]
    assert all((row.lon, row.lat) == (found[row.parent].lon, found[row.parent].lat) for row in borrowed)


HW_HEAD = "category,category_name,industry,code,name_zh,hazard,hazard_official"
HW_GOOD = 'HW34,废酸,非特定行业,900-349-34,废酸液,"C,T","C,T"'
SW_HEAD = "class1,category,category_name,industry,code,name_zh,description,evidence"
EU_HEAD = "chapter,subchapter,code,hazardous,name_en,chapter_name,subchapter_name,entry_type"
EU_GOOD = "01,01 01,01 01 01,false,mining,chapter one,subchapter one,absolute non-hazardous"
ISW_HEAD = "code,name_zh,name_en,category,national_scheme,national_code,confidence"
ISW_GOOD = "ISW-01-01-01,甲,a,类,cn-hw,900-349-34,0.9"
ISW_GENERAL = "ISW-01-01-01,甲,a,类,cn-sw,SW17,0.9"
EX_HEAD = "item,codes,waste_zh,stage_zh,condition_zh,content_zh"
OP_HEAD = "code,kind,name_en,interim"
REG_HEAD = "adcode,name_zh,level,parent_adcode,longitude,latitude,coord_source"
REG_GOOD = "330000,浙江省,province,,120.152585,30.266597,seat"

MALFORMED = [
    ("read_hazardous", HW_HEAD, [HW_GOOD, HW_GOOD], 3, "code"),
    ("read_hazardous", HW_HEAD, [HW_GOOD.replace("900-349-34", "900-349-35")], 2, "code"),
    ("read_hazardous", HW_HEAD, [HW_GOOD.replace("900-349-34", "900-34-34")], 2, "code"),
    ("read_hazardous", HW_HEAD, [HW_GOOD.replace("900-349-34", "９00-349-34")], 2, "code"),
    ("read_hazardous", HW_HEAD, [HW_GOOD.replace("HW34", "HW3")], 2, "category"),
    (
        "read_hazardous",
        HW_HEAD,
        [HW_GOOD, HW_GOOD.replace("废酸,", "酸,").replace("-349-", "-300-")],
        3,
        "category",
    ),
    ("read_hazardous", HW_HEAD, [HW_GOOD.replace('"C,T","C,T"', "X,X")], 2, "hazard_official"),
    ("read_hazardous", HW_HEAD, [HW_GOOD.replace('"C,T","C,T"', '"C,T",C/R')], 2, "hazard"),
    ("read_hazardous", HW_HEAD, [HW_GOOD.replace("废酸液", "")], 2, "name_zh"),
    ("read_hazardous", HW_HEAD, [HW_GOOD.replace("废酸液", " 废酸液")], 2, "name_zh"),
    ("read_hazardous", HW_HEAD, [HW_GOOD.replace("废酸液", "废\ufffd液")], 2, "name_zh"),
    ("read_hazardous", HW_HEAD, [HW_GOOD + ",more"], 2, "row"),
    ("read_hazardous", HW_HEAD, [HW_GOOD, ""], 3, "row"),
    (
        "read_hazardous",
        HW_HEAD,
        ['HW34,"废酸\n续行",非特定行业,900-349-34,液,T,T', HW_GOOD],
        2,
        "category_name",
    ),
    ("read_hazardous", HW_HEAD, [HW_GOOD, 'HW34,"废酸'], 3, "row"),
    ("read_hazardous", HW_HEAD + ",more", [HW_GOOD], 1, "header"),
    ("read_solid", SW_HEAD, ["工业固体废物,S07,污泥,,,,,one_place"], 2, "category"),
    ("read_solid", SW_HEAD, ["工业固体废物,SW07,污泥,,,,,hearsay"], 2, "evidence"),
    ("read_solid", SW_HEAD, ["工业固体废物,SW07,污泥,,,,,one_place"] * 2, 3, "category"),
    ("read_solid", SW_HEAD, ["工业固体废物,SW07,污泥,行业,900-001-S17,泥,,official"], 2, "code"),
    ("read_eu", EU_HEAD, [EU_GOOD.replace("01 01 01", "01 02 01")], 2, "code"),
    ("read_eu", EU_HEAD, [EU_GOOD.replace("01,01 01,", "02,01 01,")], 2, "subchapter"),
    ("read_eu", EU_HEAD, [EU_GOOD.replace("false", "False")], 2, "hazardous"),
    ("read_eu", EU_HEAD, [EU_GOOD.replace("false", "true")], 2, "entry_type"),
    ("read_local", ISW_HEAD, [ISW_GOOD.replace("ISW-01-01-01", "ISW-1-01-01")], 2, "code"),
    ("read_local", ISW_HEAD, [ISW_GOOD.replace("900-349-34", "900-999-34")], 2, "national_code"),
    ("read_local", ISW_HEAD, [ISW_GOOD.replace("cn-hw", "eu-low")], 2, "national_scheme"),
    ("read_local", ISW_HEAD, [ISW_GENERAL, ISW_GENERAL], 3, "national_code"),
    (
        "read_local",
        ISW_HEAD,
        [ISW_GENERAL, ISW_GENERAL.replace("甲", "乙").replace("SW17", "SW07")],
        3,
        "code",
    ),
    ("read_crosswalks", ISW_HEAD, [ISW_GENERAL.replace("0.9", "1.1")], 2, "confidence"),
    ("read_crosswalks", ISW_HEAD, [ISW_GENERAL.replace("0.9", "0")], 2, "confidence"),
    ("read_crosswalks", ISW_HEAD, [ISW_GENERAL.replace("0.9", "nan")], 2, "confidence"),
    ("read_exemptions", EX_HEAD, ["20,HW3,废酸,利用,条件,内容"], 2, "codes"),
    ("read_exemptions", EX_HEAD, ["20,HW34,废酸,回收,条件,内容"], 2, "stage_zh"),
    ("read_exemptions", EX_HEAD, ["x,HW34,废酸,利用,条件,内容"], 2, "item"),
    ("read_exemptions", EX_HEAD, ["20,HW34,废酸,利用,条件,内容"] * 2, 3, "item"),
    ("read_treatments", OP_HEAD, ["R14,recovery,more,false"], 2, "code"),
    ("read_treatments", OP_HEAD, ["R1,disposal,fuel,false"], 2, "kind"),
    ("read_treatments", OP_HEAD, ["R1,recovery,fuel,no"], 2, "interim"),
    ("read_treatments", OP_HEAD, ["R1,recovery,fuel,false"] * 2, 3, "code"),
    ("read_regions", REG_HEAD, [REG_GOOD, REG_GOOD], 3, "adcode"),
    ("read_regions", REG_HEAD, [REG_GOOD.replace("330000", "33000")], 2, "adcode"),
    ("read_regions", REG_HEAD, [REG_GOOD.replace("province", "city")], 2, "level"),
    ("read_regions", REG_HEAD, ["330600,绍兴市,city,330000,120.58,30.03,seat"], 2, "parent_adcode"),
    ("read_regions", REG_HEAD, [REG_GOOD, "310100,市,city,330000,120.58,30.03,seat"], 3, "parent_adcode"),
    ("read_regions", REG_HEAD, [REG_GOOD.replace("120.152585", "20.15")], 2, "longitude"),
    ("read_regions", REG_HEAD, [REG_GOOD.replace("30.266597", "inf")], 2, "latitude"),
    ("read_regions", REG_HEAD, [REG_GOOD.replace("seat", "guess")], 2, "coord_source"),
]


@pytest.mark.parametrize(("reader", "head", "rows", "line", "column"), MALFORMED)
def test_a_malformed_row_is_refused_by_its_line_and_column(tmp_path, reader, head, rows, line, column):
    path = tmp_path / "given.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")

    with pytest.raises(SeedError) as refused:
        getattr(catalogue, reader)(path)

    assert (refused.value.file, refused.value.line, refused.value.column) == (str(path), line, column)
    assert str(refused.value).startswith(f"{path}:{line}: {column}: ")


def test_a_line_is_counted_through_a_cell_that_spans_lines(tmp_path):
    path = tmp_path / "given.csv"
    first = '20,HW34,废酸,利用,条件,"内容'
    path.write_text(f'{EX_HEAD}\n{first}\n续行"\n', encoding="utf-8")
    with pytest.raises(SeedError) as refused:
        catalogue.read_exemptions(path)
    assert (refused.value.line, refused.value.column) == (2, "content_zh")


def test_a_file_that_is_not_utf_8_is_refused_at_the_line_that_is_not(tmp_path):
    path = tmp_path / "given.csv"
    path.write_bytes(HW_HEAD.encode() + b"\n" + HW_GOOD.encode("gb18030") + b"\n")
    with pytest.raises(SeedError) as refused:
        catalogue.read_hazardous(path)
    assert (refused.value.line, refused.value.column) == (2, "file")


def test_a_file_that_is_missing_or_empty_is_refused(tmp_path):
    with pytest.raises(SeedError, match="does not exist"):
        catalogue.read_hazardous(tmp_path / "none.csv")
    (tmp_path / "empty.csv").touch()
    with pytest.raises(SeedError, match="1: header"):
        catalogue.read_hazardous(tmp_path / "empty.csv")


def test_another_edition_loads_from_a_path_of_text_even_with_a_byte_order_mark(tmp_path):
    path = tmp_path / "2025.csv"
    path.write_text(f"{HW_HEAD}\r\n{HW_GOOD}\r\n", encoding="utf-8-sig", newline="")
    rows = catalogue.read_hazardous(str(path), edition="2025")
    assert [(row.code, row.edition) for row in rows] == [("HW34", "2025"), ("900-349-34", "2025")]


def test_the_official_solid_waste_table_would_load_with_its_codes(tmp_path):
    path = tmp_path / "official.csv"
    path.write_text(f"{SW_HEAD}\n工业固体废物,SW17,可再生类废物,非特定行业,900-001-S17,废钢铁,,official\n")
    rows = catalogue.read_solid(path)
    assert [(row.code, row.parent, row.industry) for row in rows] == [
        ("SW17", None, "工业固体废物"),
        ("900-001-S17", "SW17", "非特定行业"),
    ]


def test_an_exemption_for_a_code_that_is_not_in_the_catalogue_is_refused(tmp_path):
    path = tmp_path / "given.csv"
    path.write_text(f"{EX_HEAD}\n20,900-999-34,废酸,利用,条件,内容\n", encoding="utf-8")
    with pytest.raises(SeedError, match="900-999-34 is not in cn-hw"):
        catalogue.read_exemptions(path, known=catalogue.read_hazardous())


def test_a_local_code_mapped_to_medical_waste_is_not_tradable(tmp_path):
    path = tmp_path / "given.csv"
    path.write_text(
        f"{ISW_HEAD}\n{ISW_GOOD}\n{ISW_GOOD.replace('900-349-34', '841-001-01')}\n", encoding="utf-8"
    )
    national = catalogue.read_hazardous()
    (row,) = catalogue.read_local(path, national=national, schemes=BOTH)
    assert row.hazardous
    assert not row.tradable


def test_an_operation_without_a_chinese_name_is_refused(tmp_path):
    names = tmp_path / "names.csv"
    names.write_text("code,name_zh\nR1,燃料\n", encoding="utf-8")
    with pytest.raises(SeedError, match="R2 has no name"):
        catalogue.read_treatments(names_path=names)
