"""Puts the application together: settings, extensions, rooms, pages, commands."""

import os
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from flask import Flask, redirect
from flask_swagger_ui import get_swaggerui_blueprint
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import Rule

from . import commands, compiled_templates, messages, sealing, subscriptions
from .console import errors as console_errors
from .console import visitor
from .console.pages import console
from .database import db, drop_ended_connections
from .database_connections import keep_statements_prepared
from .documents import routes as documents_routes
from .enterprises import service as enterprises_service
from .http import (
    authentication,
    bodies,
    browsers,
    error_pages,
    etags,
    health,
    histories,
    observability,
    problems,
    rate_limits,
    staff_reads,
)
from .http.json_writer import JsonWriter
from .http.openapi import document
from .http.openapi.api import api
from .law import service as law
from .ledger import service as ledger_service
from .listings import service as listings_service
from .manifests import service as manifests_service
from .matches import service as matches_service
from .matches.service.ranking import live_index
from .persons import service as persons_service
from .reporting import service as reporting_service
from .settings import Settings

ROOMS = (
    "law",
    "calendar",
    "catalogue",
    "enterprises",
    "persons",
    "licences",
    "transfers",
    "registrations",
    "transporters",
    "listings",
    "matches",
    "receivers",
    "deals",
    "due_diligence",
    "manifests",
    "haulage",
    "reporting",
    "allocations",
    "notifications",
    "webhooks",
    "credit",
    "appeals",
    "inspections",
    "evaluations",
    "ledger",
    "boards",
    "desk",
    "early_warnings",
    "documents",
    "privacy",
)
"""The rooms, in the order of the OpenAPI document; a new room is one line here."""
SWAGGER = {"app_name": "Huanliu", "oauth2RedirectUrl": "/docs/oauth2-redirect.html"}
"""The redirect is not used; by default it would be made of the Host that the request names."""
PREFIX = "/api/v1"


class LateRule(Rule):
    """A rule that compiles how its addresses are written when one is first asked for.

    To compile all at once, each in two ways, took a third of what the application needs to start.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        def write(rule: LateRule, **values: Any) -> tuple[str, str]:
            compiled = super()._compile_builder(append_unknown).__get__(rule, None)
            setattr(rule, "_build_unknown" if append_unknown else "_build", compiled)
            return compiled(**values)  # type: ignore[no-any-return]

        return write


class Application(Flask):
    """Flask, of which every function is a plain one."""

    url_rule_class = LateRule

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself; Flask would ask a dozen in each request whether they are coroutines."""
        return func


def build(settings: Settings | None = None, *, serves: bool = True) -> Flask:
    """A new application on these settings, or those of the environment; it `serves` routes or none."""
    settings = settings or Settings.from_environment()
    sealing.check_settings(settings)
    app = Application(__name__, static_folder=None)
    app.url_map.merge_slashes = False
    app.config.update(_configuration(settings))
    app.json = JsonWriter(app)
    app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
        app.wsgi_app, x_for=settings.proxy_hops, x_proto=settings.proxy_hops
    )

    observability.configure_logging(settings.log_level)
    compiled_templates.keep(app)
    if serves:
        console_errors.register(app)
    _add_extensions(app)
    if serves:
        _add_api(app)
        _add_pages(app)
    _add_commands(app)
    _survive_forks(app)
    return app


def _add_extensions(app: Flask) -> None:
    """Connect the database, the checks of keys and readiness, the rate limits and the tasks."""
    db.init_app(app)
    with app.app_context():
        drop_ended_connections(db.engine)
        keep_statements_prepared(db.engine)
    observability.register(app)
    health.ready_when("index", lambda: live_index.process_index().is_ready)
    authentication.set_key_lookup(persons_service.actor_of_key)
    authentication.set_session_lookup(visitor.actor_of_session)
    histories.set_names(persons_service.named_for)
    messages.set_citations(law.cite)
    enterprises_service.set_person_check(persons_service.require_member)
    enterprises_service.set_move_notices(listings_service.left_behind)
    listings_service.set_open_limits(matches_service.open_listings_of)
    manifests_service.set_plan_check(reporting_service.has_plan)
    subscriptions.install()
    with app.app_context():
        ledger_service.install()


def _add_api(app: Flask) -> None:
    """Add every room under PREFIX, the OpenAPI document, and what all responses share."""
    api.init_app(app)
    api.spec.components.security_scheme("key", {"type": "http", "scheme": "bearer"})
    for room in ROOMS:
        blueprint = import_module(f"{__package__}.{room}.routes").blueprint
        api.register_blueprint(blueprint, url_prefix=PREFIX)
    document.register(app)
    problems.register(app)
    staff_reads.register(app)
    bodies.register(app)
    etags.register(app)
    browsers.register(app)
    rate_limits.register(app)


def _add_pages(app: Flask) -> None:
    """Add the pages for people: the console, error codes, and the OpenAPI document to browse."""
    app.register_blueprint(console)
    app.register_blueprint(error_pages.pages)
    app.register_blueprint(get_swaggerui_blueprint("/docs", "/openapi.json", SWAGGER))
    app.add_url_rule("/verify/<token>", "verify", documents_routes.verify)
    app.add_url_rule("/docs", "docs", lambda: redirect("/docs/"))


def _add_commands(app: Flask) -> None:
    """Add the commands of the platform and those of every room that has some."""
    commands.register(app)
    for room in ROOMS:
        if find_spec(f"{__package__}.{room}.commands"):
            app.cli.add_command(import_module(f"{__package__}.{room}.commands").group)


def _configuration(settings: Settings) -> dict[str, Any]:
    return {
        "SETTINGS": settings,
        "MAX_CONTENT_LENGTH": settings.max_body_bytes,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "pool_size": settings.database_pool_size,
            "max_overflow": 4,
            "pool_timeout": 10,
            "pool_use_lifo": True,
            "hide_parameters": True,
            "connect_args": {"connect_timeout": 5, "options": _timeouts(settings)},
        },
        "API_TITLE": "Huanliu",
        "API_VERSION": "v1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": "/",
        "OPENAPI_JSON_PATH": "openapi.json",
    }


def _timeouts(settings: Settings) -> str:
    """How every connection of the application begins: at UTC; and whoever forgets to end is ended."""
    limits = {
        "statement_timeout": settings.statement_timeout_s,
        "idle_in_transaction_session_timeout": settings.idle_in_transaction_timeout_s,
    }
    options = {"timezone": "UTC"} | {name: round(1000 * seconds) for name, seconds in limits.items()}
    return " ".join(f"-c {name}={value}" for name, value in options.items())


def _survive_forks(app: Flask) -> None:
    """A child must not use its parent's connections: it drops them unclosed and opens its own."""
    with app.app_context():
        engine = db.engine
    os.register_at_fork(after_in_child=lambda: engine.dispose(close=False))
