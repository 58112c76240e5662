"""The shared instruments: database, queue connection, API document, rate limiter."""

import math
import os
import time
from functools import cache

from flask import current_app, request
from flask_limiter import Limiter, RequestLimit
from flask_limiter.util import get_remote_address
from flask_sqlalchemy import SQLAlchemy
from redis import Redis
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from .http.document import Document

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
VALKEY_HANGS_S = 2
"""How long a request or the clock waits for a Valkey that takes the call and does not answer."""


class Base(DeclarativeBase):
    """Base of every table; constraints get readable names from the convention."""

    metadata = MetaData(naming_convention=NAMING)


def caller() -> str:
    """Who a rate limit counts: the API key by its hash, else the address."""
    from .http.authentication import key_digest

    return key_digest(request) or get_remote_address()


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
api = Document()
limiter = Limiter(
    caller,
    application_limits=[lambda: current_app.config["SETTINGS"].rate_limit_key],
    swallow_errors=True,
    storage_options={"socket_timeout": VALKEY_HANGS_S, "socket_connect_timeout": VALKEY_HANGS_S},
)


def share_left(counted: RequestLimit) -> tuple[int, int]:
    """(calls left, whole seconds until they are full again) of a limit; Valkey keeps the machine's time.

    Raises:
        RedisError: Valkey is away.
    """
    reset_at, remaining = counted.window
    return max(0, remaining), max(1, math.ceil(reset_at - time.time()))


@cache
def _redis(url: str, pid: int) -> Redis:
    return Redis.from_url(url, socket_timeout=VALKEY_HANGS_S, socket_connect_timeout=VALKEY_HANGS_S)


def redis() -> Redis:
    """This process's connection to Valkey."""
    return _redis(current_app.config["SETTINGS"].redis_url, os.getpid())
