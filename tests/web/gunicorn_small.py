"""The deployed gunicorn settings for an application without an index."""

import os

from deploy.gunicorn import *  # noqa: F403


def post_worker_init(worker):
    """Nothing to prepare."""


worker_connections = int(os.environ.get("WORKER_CONNECTIONS", "4000"))
