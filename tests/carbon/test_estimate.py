"""The carbon of a transfer: ranges with their source, avoided apart from inventory, verified by nobody."""

import pytest

from marketplace.carbon import service


def test_what_is_emitted_has_parts_with_range_source_and_year():
    found = service.estimate("cn-sw", "SW17", "R4", 100, 50)
    transport, treatment = found["parts"]
    assert transport["low"] < transport["kg_co2e"] == round(0.10163 * 100 * 50 * 1.3) < transport["high"]
    assert (transport["year"], treatment["year"]) == (2025, 2022)
    assert found["inventory"]["kg_co2e"] == transport["kg_co2e"] + treatment["kg_co2e"]
    assert found["verified"] is False


def test_what_is_avoided_stands_apart_and_only_where_a_figure_is_published():
    steel = service.estimate("cn-sw", "900-001-S17", "R4", 10, 1)
    assert 0 < steel["avoided"]["low"] < steel["avoided"]["kg_co2e"] < steel["avoided"]["high"]
    oil = service.estimate("cn-hw", "900-249-08", "R9", 10, 1)
    assert (oil["avoided"]["kg_co2e"], oil["avoided"]["year"]) == (7250, 2025)
    assert service.estimate("cn-hw", "900-349-34", "R5", 10, 1)["avoided"] is None
    assert service.estimate("cn-sw", "SW17", "D1", 10, 1)["avoided"] is None


@pytest.mark.parametrize(
    ("operation", "route"),
    [
        ("R5", "recycle"),
        ("R1", "incinerate"),
        ("D10", "incinerate"),
        ("D5", "landfill"),
        ("R13", None),
        (None, None),
    ],
)
def test_each_operation_takes_its_route(operation, route):
    assert service.route_of(operation) == route
