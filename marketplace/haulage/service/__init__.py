"""The desk of a transporter, and tracks: points taken in, judged beside the plan, simplified for keeping."""

from .desk import day_plan, present_trips, search_requests
from .intake import add_points, may_send
from .keeping import delete_raw_points, judge_tracks, report_missing_track
from .reading import show_track, show_way

__all__ = [
    "add_points", "day_plan", "delete_raw_points", "judge_tracks", "may_send",
    "present_trips", "report_missing_track", "search_requests", "show_track", "show_way",
]  # fmt: skip
