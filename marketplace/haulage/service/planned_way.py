"""What was to happen to a load, as its manifest says."""

from ... import clock
from ...manifests.models import Manifest
from .analysis import Plan
from .places import gazetteer


def plan_of(manifest: Manifest) -> Plan:
    """The plan of a manifest that was picked up."""
    assert manifest.picked_up_at is not None
    ends = gazetteer([manifest]).ends(manifest)
    ended_at = manifest.delivered_at or manifest.received_at
    return Plan(
        ends.origins,
        ends.destinations,
        started_at=manifest.picked_up_at.timestamp(),
        ended_at=ended_at.timestamp() if ended_at else None,
        now=clock.now().timestamp(),
    )
