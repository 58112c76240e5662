"""Registrations as they are entered."""

PLANT = {
    "kind": "plant",
    "name": "一号车间",
    "capacity_t": 5000,
    "codes": [{"scheme": "cn-sw", "code": "SW17"}],
}
STORE = {**PLANT, "kind": "store", "name": "原料棚", "capacity_t": 300}


def terms(number, **about):
    return {
        "number": number,
        "authority": "绍兴市生态环境局",
        "valid_from": "2026-01-01",
        "valid_until": "2027-12-31",
        "sites": [PLANT, STORE],
        **about,
    }
