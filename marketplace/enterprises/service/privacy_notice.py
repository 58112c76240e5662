"""The privacy notice: what an enterprise's contact is told at registration."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from flask import current_app

FILE = Path(__file__).with_suffix(".toml")
PATH = "/api/v1/privacy-notice"


def notice_version() -> int:
    """Version of the notice that is given today."""
    return int(_notice()["version"])


def notice_reference() -> dict[str, Any]:
    """Which notice is given at registration, and where it stands."""
    return {"version": notice_version(), "url": f"{current_app.config['SETTINGS'].public_url}{PATH}"}


def present_notice(language: str) -> dict[str, Any]:
    """The notice in a language, with the operator's name and contact from the settings."""
    notice, settings = _notice(), current_app.config["SETTINGS"]
    return {
        "version": notice["version"],
        "valid_from": notice["valid_from"],
        "title": notice["title"][language],
        "operator": settings.operator_name,
        "operator_contact": settings.operator_contact,
        "sections": [
            {"heading": section["heading"][language], "text": section[language]}
            for section in notice["section"]
        ],
    }


@cache
def _notice() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
