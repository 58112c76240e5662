"""The deployed gunicorn settings, and workers that die in the midst of requests that ask for it."""

import os
from pathlib import Path

from deploy.gunicorn import *  # noqa: F403


def post_fork(server, worker):
    """In each new worker."""
    from tests.faults import killable

    killable.arm_requests(Path(os.environ["KILL_FOLDER"]))
