"""What a channel holds besides its parties, waste and tonnes: entry standard, product, and what it is for."""

import re
from typing import Any

from ....catalogue import service as catalogue
from ....errors import Invalid, Notice

FORBIDDEN_USES = re.compile(
    r"食品|食用|饲料|药品|医药|制药|兽药|药物|\b(?:food|feed|drugs?|medicines?|medicinal|pharmaceuticals?)\b",
    re.IGNORECASE,
)
"""Products of a channel never become food, feed or drugs. Source: the platform's own rule (`trade.md`)."""
RULED_OUT = re.compile(r"(?:不|非|禁止|严禁|除|\b(?:no|not|never|except|non)\b)[^，,；;。.]*", re.IGNORECASE)
"""The part of a sentence that rules something out."""


def check_terms(data: dict[str, Any]) -> list[Notice]:
    """Hold the standard and the use of a new channel to their forms.

    Returns:
        notices: there is no standard to test by, or a range of it is possible on paper only.
    Raises:
        Invalid: a component or unit that the catalogue does not know, or a product for food, feed or drugs
            (`product_use_forbidden`).
    """
    for field in ("use", "product_use"):
        stated = RULED_OUT.sub("", data.get(field) or "")
        forbidden = FORBIDDEN_USES.search(stated)
        if forbidden:
            raise Invalid("product_use_forbidden", at=field, use=forbidden.group())
    standard = data.get("standard") or []
    catalogue.check_components(standard, "standard")
    if not standard:
        return [Notice("channel_without_standard", "standard", {})]
    return catalogue.component_notices(standard, "standard")
