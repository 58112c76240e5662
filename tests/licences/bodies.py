"""Bodies of permits, of tests of a channel and of entries of its book."""

VALIDITY = {"valid_from": "2026-01-01", "valid_until": "2027-12-31"}
ACID_PERMIT = {"scheme": "cn-hw", "code": "900-349-34", **VALIDITY}
LINE = {"scheme": "cn-hw", "code": "HW34", "tonnes_per_year": 5}
CHANNEL = {
    **ACID_PERMIT,
    "use": "制盐",
    "tonnes_per_year": 5,
    "standard": [{"component": "H2SO4", "min": 15, "max": 25, "unit": "%"}],
    "product_standard": "GB/T 534",
    "product_use": "制盐企业除硬",
}
TEST = {
    "sampled_on": "2026-11-20",
    "lab": "绍兴市固废检测有限公司",
    "cma": "231120341287",
    "cnas": "L12345",
    "results": [{"component": "硫酸", "value": 210, "unit": "g/kg"}],
}
WASTE = {"on": "2026-11-20", "scheme": "cn-hw", "code": "900-349-34", "tonnes": 0.4, "to": "焚烧厂"}
APPROVAL = {
    **ACID_PERMIT, "tonnes": 500, "way": "use", "valid_from": "2026-11-01", "valid_until": "2027-10-31",
}  # fmt: skip
