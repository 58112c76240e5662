"""The review list finds an enterprise however its name or number is typed."""

import pytest


@pytest.mark.parametrize("q", ["ａｂｃ", "abc", "ABC(绍兴)", "ABC（绍兴）", "（绍兴）环保"])
def test_a_name_is_found_in_any_width_and_case(marketplace, q):
    owner = marketplace.enterprise("recycler", name="Abc（绍兴）环保有限公司")
    marketplace.enterprise("recycler", name="绍兴环保有限公司")

    found = marketplace.admin.get("/enterprises", q=q).json["items"]

    assert [enterprise["id"] for enterprise in found] == [owner.id]


def test_a_number_is_found_with_the_blanks_of_its_groups(marketplace):
    owner = marketplace.enterprise("recycler")
    number = owner.number.lower()

    for q in (number, f"{number[:8]} {number[8:]}", f"{number[:8]}-{number[8:14]}", f"９１{number[2:]}"):
        found = marketplace.admin.get("/enterprises", q=q).json["items"]
        assert owner.id in {enterprise["id"] for enterprise in found}, q
