"""Cases of the routes of matches, the matching policy and the ranking models."""

from functools import cached_property

from tests.cases import FORBIDDEN, HIDDEN, Cases
from tests.listings.cases import ListingSamples

PREVIEW = ("POST", "/matching-policy/preview")


class MatchSamples(ListingSamples):
    @cached_property
    def ranking_model(self):
        """Version of a trained model."""
        return self.marketplace.train()


def _pair(samples):
    return f"/listings/{samples.supply['id']}/matches/{samples.demand['id']}"


def neighbours(samples):
    return {
        ("GET", "/listings/<uuid:listing_id>/matches"): (
            f"/listings/{samples.supply['id']}/matches", HIDDEN, HIDDEN),
        ("GET", "/listings/<uuid:listing_id>/matches/<uuid:other_id>"): (_pair(samples), HIDDEN, HIDDEN),
        ("GET", "/listings/<uuid:listing_id>/matches/export"): (
            f"/listings/{samples.supply['id']}/matches/export", HIDDEN, HIDDEN),
        ("POST", "/listings/<uuid:listing_id>/matches/<uuid:other_id>/feedback"): (
            f"{_pair(samples)}/feedback", HIDDEN, FORBIDDEN),
        ("DELETE", "/listings/<uuid:listing_id>/matches/<uuid:other_id>/feedback"): (
            f"{_pair(samples)}/feedback", HIDDEN, FORBIDDEN),
    }  # fmt: skip


def writes(samples):
    policy = samples.admin.get("/matching-policy").json
    return {
        ("POST", "/listings/<uuid:listing_id>/matches/<uuid:other_id>/feedback"): (
            samples.owner, f"{_pair(samples)}/feedback", {"verdict": "not_suitable"}),
        ("DELETE", "/listings/<uuid:listing_id>/matches/<uuid:other_id>/feedback"): (
            samples.owner, f"{_pair(samples)}/feedback", None),
        ("POST", "/matches/feedback"): (samples.owner, "/matches/feedback", {"items": [
            {"listing_id": samples.supply["id"], "counterpart_id": samples.demand["id"],
             "verdict": "not_suitable"}]}),
        ("PUT", "/matching-policy"): (samples.admin, "/matching-policy", policy),
        PREVIEW: (samples.admin, "/matching-policy/preview", policy),
    }  # fmt: skip


CASES = Cases(
    questions=frozenset({PREVIEW}),
    samples=MatchSamples,
    neighbours=neighbours,
    writes=writes,
    paths=lambda samples: {"/ranking-models/<int:version>": f"/ranking-models/{samples.ranking_model}"},
    statements={
        "/listings/<uuid:listing_id>/matches": 4,
        "/listings/<uuid:listing_id>/matches/<uuid:other_id>": 8,
        "/listings/<uuid:listing_id>/matches/export": 4,
        "/matches": 8,
        "/matches/export": 8,
        "/interests": 3,
        "/findings": 3,
        "/matching-policy": 1,
        "/matching-policy/presets": 1,
        "/ranking-models": 2,
        "/ranking-models/<int:version>": 2,
    },
    example_fields={
        ("POST", "/listings/<uuid:listing_id>/matches/<uuid:other_id>/feedback"): {"reason": "运距过长"},
    },
)
