"""What the demo's parts share: people with keys who call the API, and tables on a terminal."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import httpx

PATIENCE_S = 30
Found = TypeVar("Found")


class ShowError(Exception):
    """The platform did not do what the demo is to show."""


class Party:
    """Someone with a key."""

    def __init__(self, http: httpx.Client, key: str, language: str) -> None:
        self._http = http
        accepted = {"en": "en", "zh": "zh-CN"}[language]
        self._headers = {"Authorization": f"Bearer {key}", "Accept-Language": accepted}

    def get(self, path: str, **query: Any) -> Any:
        return self._checked(self._http.get(path, params=query, headers=self._headers)).json()

    def file(self, path: str) -> bytes:
        return self._checked(self._http.get(path, headers=self._headers)).content

    def post(self, path: str, body: Any = None) -> Any:
        return self.send("POST", path, body or {})

    def send(self, method: str, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Any:
        both = {**self._headers, **(headers or {})}
        return self._checked(self._http.request(method, path, json=body, headers=both)).json()

    def refusal(self, path: str, body: Any) -> dict[str, Any]:
        """The problem that a POST is answered with.

        Raises:
            ShowError: it was not refused.
        """
        response = self._http.post(path, json=body, headers=self._headers)
        if not response.is_error:
            raise ShowError(f"POST {response.request.url.path} was not refused")
        problem: dict[str, Any] = response.json()
        return problem

    @staticmethod
    def _checked(response: httpx.Response) -> httpx.Response:
        if response.is_error:
            raise ShowError(f"{response.request.method} {response.request.url.path}: {response.text}")
        return response


def wait_for(what: str, find: Callable[[], Found | None]) -> Found:
    """What `find` finds, asked again and again for a while.

    Raises:
        ShowError: it found nothing.
    """
    deadline = time.monotonic() + PATIENCE_S
    while (found := find()) is None:
        if time.monotonic() > deadline:
            raise ShowError(f"{what} did not come in {PATIENCE_S} s")
        time.sleep(0.1)
    return found


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows below their headings, each column as wide as it needs to be."""
    widths = [max(width(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for row in [head, *rows]:
        cells = (cell + " " * (most - width(cell)) for cell, most in zip(row, widths, strict=True))
        print("  " + "  ".join(cells).rstrip())
    print()


def width(text: str) -> int:
    """Columns that a terminal gives to `text`: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
