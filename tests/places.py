"""Places that tests post waste at, and what lies where."""

from typing import Any

SHANGYU = {"lon": 120.87, "lat": 30.03}
"""In 330604."""
KEQIAO = {"lon": 120.49, "lat": 30.08}
"""In 330603."""
PUDONG = {"lon": 121.54, "lat": 31.22}
"""In 310115."""
JINSHAN = {"lon": 121.338, "lat": 30.744}
"""In 310116: Shanghai, 7 km from Zhejiang."""
SANHE = {"lon": 116.98, "lat": 39.98}
"""In 131082: an exclave of Hebei between Beijing and Tianjin."""
YUEN_LONG = {"lon": 114.0, "lat": 22.45}
"""In Hong Kong, nearer to the seats of Shenzhen than to its own."""
KAOHSIUNG = {"lon": 120.3, "lat": 22.62}
OFF_SHENGSI = {"lon": 122.9, "lat": 30.7}
"""At sea, 6 km off an island of 330922."""
TOKYO = {"lon": 139.7, "lat": 35.7}
HIGH_SEA = {"lon": 125.5, "lat": 29.0}


def codes(warnings: list[dict[str, Any]]) -> list[str]:
    """The codes of the warnings of a response."""
    return [warning["code"] for warning in warnings]
