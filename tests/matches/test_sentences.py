"""Every sentence that explains a pairing names what people know: no row ids, code words or region codes."""

import re

import pytest

from marketplace.messages import LANGUAGES, table
from tests.matches.test_gates_served import ACID, DYE, HONG_KONG, KUNSHAN, STEEL, channel, count, white_list

CODE_WORD = re.compile(r"[a-z]+_[a-z]+")
HIDDEN_NUMBER = re.compile(r"(?<![\d.,-])(?:\d{6}|\d{10,})(?![\d.,-])")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
OFFICIAL = ("证9", "点对点1号", "浙危废经第", "号")
"""What papers are called stays as it is in every language."""
INTERNAL = re.compile(r"\b(use|dispose|store|supply_short|None|True|False|inf|nan)\b")


def explained(party, mine, theirs, language):
    path = f"/listings/{mine['id']}/matches/{theirs['id']}"
    return party.call("GET", path, headers={"Accept-Language": language}).json


def sentences(answer):
    yield from (part for gate in answer["failed_gates"] for part in (gate["detail"], gate["source"]))
    yield from (warning["detail"] for warning in answer.get("warnings", ()))
    yield from (part["reason"] for part in answer.get("components", ()))


def licensed(marketplace, **about):
    party = marketplace.enterprise("recycler", **about.pop("enterprise", {}))
    marketplace.licence(party, number="证9", **about)
    return party


def used_up(marketplace):
    party = marketplace.enterprise("recycler")
    licence = marketplace.licence(party, number="证9", tonnes=100)
    count(marketplace, f"/licences/{licence['id']}", line_id=licence["lines"][0]["id"], year=2026, tonnes=90)
    return party


WHY = {
    "customs_border": (lambda m: m.recycler(**HONG_KONG), {}, {}),
    "not_accepted": (lambda m: m.recycler(), {"accepts": [DYE, STEEL]}, {}),
    "no_permit": (lambda m: m.enterprise("recycler"), {}, {}),
    "mode": (lambda m: licensed(m, modes=["dispose", "store"]), {}, {}),
    "not_valid": (lambda m: licensed(m, valid_until="2026-11-30"), {}, {}),
    "tonnes": (used_up, {}, {"available_until": "2026-12-31"}),
    "exemption_item": (lambda m: m.enterprise("recycler"), {"exemption_item": 8}, {}),
    "not_white_listed": (lambda m: m.recycler(**KUNSHAN), {}, {}),
    "receiver_credit": (lambda m: m.recycler("E"), {}, {}),
    "supply_short": (lambda m: m.recycler(), {"min_lot_t": 2}, {"quantity_t": 1.5, "min_lot_t": 1}),
    "demand_short": (lambda m: m.recycler(), {"quantity_t": 2, "min_lot_t": 1}, {}),
    "no_shared_day": (lambda m: m.recycler(), {"available_from": "2027-06-01",
                                               "available_until": "2027-07-01"}, {}),
    "below_asking": (lambda m: m.recycler(), {"price_cny_per_t": -1.5}, {"price_cny_per_t": 2}),
    "too_far": (lambda m: m.recycler(), {"max_distance_km": 1,
                                         "location": {"lon": 120.7, "lat": 30.1, "crs": "wgs84"}}, {}),
    "out_of_range": (
        lambda m: m.recycler(),
        {"requires": [{"component": "Fe", "max": 1, "unit": "%"}]},
        {"composition": [{"component": "Fe", "min": 3, "max": 5, "unit": "%"}]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("reason", WHY)
def test_every_reason_speaks_in_words_on_both_sides(marketplace, reason):
    receiver, wanted, offered = WHY[reason]
    generator, recycler = marketplace.enterprise("generator"), receiver(marketplace)
    demand, supply = marketplace.demand(recycler, **wanted), marketplace.supply(generator, **offered)
    for language in ("en", "zh-CN"):
        answer = explained(generator, supply, demand, language)
        assert reason in [gate["reason"] for gate in answer["failed_gates"]]
        read_aloud(answer, language)


def read_aloud(answer, language):
    for sentence in sentences(answer):
        assert not CODE_WORD.search(sentence), sentence
        assert not HIDDEN_NUMBER.search(sentence), sentence
        assert not INTERNAL.search(sentence), sentence
        words = sentence
        for name in OFFICIAL:
            words = words.replace(name, "")
        if language == "zh-CN":
            assert CHINESE.search(sentence), sentence


def test_the_codes_that_a_demand_accepts_are_named_in_its_own_order(marketplace):
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler()
    demand = marketplace.demand(recycler, accepts=[STEEL, DYE, {"scheme": "cn-hw", "code": "HW17"}])
    supply = marketplace.supply(generator)
    (gate,) = [
        gate for gate in explained(generator, supply, demand, "en")["failed_gates"] if gate["gate"] == "code"
    ]
    assert gate["detail"] == "The demand accepts SW17, 900-300-34, HW17, not 900-349-34."
    (gate,) = explained(recycler, demand, supply, "zh-CN")["failed_gates"][:1]
    assert gate["detail"] == "需求接收 SW17、900-300-34、HW17，不包括 900-349-34。"


def test_provinces_are_named_in_the_readers_language(marketplace):
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler(**KUNSHAN)
    demand, supply = marketplace.demand(recycler), marketplace.supply(generator)
    for language, names in (("en", ("Zhejiang", "Jiangsu")), ("zh-CN", ("浙江省", "江苏省"))):
        (gate,) = explained(generator, supply, demand, language)["failed_gates"]
        assert all(name in gate["detail"] for name in names), gate


def test_lawful_pairings_speak_in_words_too(marketplace):
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler("A", **KUNSHAN)
    white_list(marketplace, recycler)
    channel(marketplace, generator, recycler)
    required = [{"component": "Fe", "max": 1, "unit": "%"}]
    demand = marketplace.demand(recycler, requires=required, exemption_item=20)
    supply = marketplace.supply(generator, waste=ACID)
    for language in ("en", "zh-CN"):
        answer = explained(generator, supply, demand, language)
        assert answer["lawful"]
        assert answer["warnings"]
        read_aloud(answer, language)


def test_one_distance_is_shown_everywhere(marketplace):
    generator = marketplace.enterprise("generator")
    far = {"location": {"lon": 121.37, "lat": 29.11, "crs": "wgs84"}}
    recycler = marketplace.recycler("A", **far)
    demand, supply = marketplace.demand(recycler, **far), marketplace.supply(generator)
    (item,) = generator.get(f"/listings/{supply['id']}/matches").json["items"]
    shown = [item, generator.pairing(supply, demand), recycler.pairing(demand, supply)]
    distances = {answer["distance_km"] for answer in shown}
    distances |= {
        part["raw"] for answer in shown for part in answer["components"] if part["name"] == "distance"
    }
    assert len(distances) == 1, distances
    marketplace.change(generator, supply, max_distance_km=5)
    (gate,) = generator.pairing(supply, demand)["failed_gates"]
    assert f"{item['distance_km']:.1f} km" in gate["detail"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_of_a_gate_or_finding_is_a_code_word(language):
    about = ("why_", "withheld_", "source_", "finding_", "near_miss_", "component_")
    for code, message in table().items():
        if code.startswith(about):
            assert not CODE_WORD.search(re.sub(r"\{\w+\}", "", message[language])), code
