"""The shared instruments: database, queue connection, API document, rate limiter."""

import os
from functools import cache

from flask import current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_smorest import Api
from flask_sqlalchemy import SQLAlchemy
from redis import Redis
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

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
api = Api()
limiter = Limiter(
    caller,
    application_limits=[lambda: current_app.config["SETTINGS"].rate_limit_key],
    swallow_errors=True,
    headers_enabled=True,
    storage_options={"socket_timeout": VALKEY_HANGS_S, "socket_connect_timeout": VALKEY_HANGS_S},
)


@cache
def _redis(url: str, pid: int) -> Redis:
    return Redis.from_url(url, socket_timeout=VALKEY_HANGS_S, socket_connect_timeout=VALKEY_HANGS_S)


def redis() -> Redis:
    """This process's connection to Valkey."""
    return _redis(current_app.config["SETTINGS"].redis_url, os.getpid())
