"""Cases of the routes of due diligence."""

from tests.cases import FORBIDDEN, HIDDEN, Cases
from tests.deals.cases import DealSamples

PATH = "/deals/<uuid:deal_id>/due-diligence"
CONFIRMED = {"contractor": "receiver", "registration": True, "ability": True, "contract": True}


def neighbours(samples):
    path = f"/deals/{samples.deal['id']}/due-diligence"
    return {("GET", PATH): (path, HIDDEN, HIDDEN), ("POST", PATH): (path, HIDDEN, FORBIDDEN)}


def writes(samples):
    return {("POST", PATH): (samples.owner, f"/deals/{samples.deal['id']}/due-diligence", CONFIRMED)}


CASES = Cases(samples=DealSamples, neighbours=neighbours, writes=writes, statements={PATH: 6})
