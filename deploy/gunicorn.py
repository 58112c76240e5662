"""gunicorn's settings: `gunicorn -c deploy/gunicorn.py wsgi:app`. The engine looks after forks by itself."""

import gc
import os
from pathlib import Path

host = os.environ.get("HOST") or "127.0.0.1"
ports = {int(os.environ.get("PORT") or 8000), int(os.environ.get("METRICS_PORT") or 0)} - {0}
if int(os.environ.get("METRICS_PORT") or 0) and len(ports) == 1:
    raise ValueError("METRICS_PORT must be another port than PORT; leave it out to have /metrics at PORT")
bind = [f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for port in sorted(ports)]

worker_class = "marketplace.web.worker.WebWorker"  # docs/decisions/0013 says why not gthread
workers = int(os.environ.get("WEB_WORKERS") or 2)
threads = int(os.environ.get("WEB_THREADS") or 4)
preload_app = True
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - heartbeats must not wait for a disk

timeout = 60
# before the application is loaded: a request waits a minute for one statement, jobs and commands longer
os.environ["STATEMENT_TIMEOUT_S"] = os.environ.get("WEB_STATEMENT_TIMEOUT_S") or "60"
graceful_timeout = 10
worker_connections = (
    4000  # of each process; then the one that has waited for its client the longest gives way
)
backlog = 1024

limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190

# who is in front of us, and may be believed, is PROXY_HOPS' to say (marketplace/application.py)
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}

accesslog = None  # the application writes one JSON line per request
errorlog = "-"
loglevel = "warning"
control_socket_disable = True  # it would be one per home folder, shared by every gunicorn of this user


def when_ready(server):
    """Load what all workers share: the compiled search takes 60 MB. The garbage collector passes over it from
    then on: looking through it takes 0.25 s."""
    from matching.index import loaded

    loaded()
    gc.collect()
    gc.freeze()


def post_worker_init(worker):
    """Have each worker hold the index of open listings; until it does, /readyz says so."""
    from marketplace.matches.service.ranking import live_index

    live_index.start(worker.wsgi)


def child_exit(server, worker):
    """Take a dead worker's live gauges out of /metrics."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)
