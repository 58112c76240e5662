"""A small application for the worker to run, without a database: what it does is plain from the path."""

import os
from types import SimpleNamespace
from typing import Any

from flask import Flask, Response, request

from marketplace.http.bodies import read_body

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 1_000_000
app.config["SETTINGS"] = SimpleNamespace(
    client_timeout_s=float(os.environ.get("CLIENT_TIMEOUT_S", 1)),
    connections_per_address=int(os.environ.get("CONNECTIONS_PER_ADDRESS", 0)),
    proxy_hops=0,
)


@app.route("/", methods=["GET", "POST"])
def hello() -> dict[str, Any]:
    """What came, as the application sees it."""
    return {
        "length": len(read_body()),
        "path": request.path,
        "query": request.query_string.decode(),
        "forwarded": request.headers.get("X-Forwarded-For"),
    }


@app.post("/guarded")
def guarded() -> Any:
    """Refuses without the key, before it reads the body."""
    if request.headers.get("Authorization") != "key":
        return {"code": "key_missing"}, 401
    return {"length": len(read_body())}


@app.get("/large")
def large() -> Response:
    """20 MB in pieces."""
    return Response(b"x" * 100_000 for _ in range(200))


@app.get("/broken")
def broken() -> Response:
    """Fails in the middle of its answer."""

    def pieces() -> Any:
        yield b"half"
        raise RuntimeError("half way")

    return Response(pieces())
