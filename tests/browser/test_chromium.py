"""Chromium is the one that is pinned, or there is none and the tests say so."""

import httpx
import pytest

from tests.browser import chromium


def test_a_package_with_another_content_is_refused():
    with pytest.raises(AssertionError, match="another content"):
        chromium.checked(b"something else")


@pytest.mark.parametrize("failure", [httpx.ConnectError("no route"), httpx.ReadTimeout("")])
def test_a_registry_that_cannot_be_reached_is_the_reason(monkeypatch, tmp_path, failure):
    def fail(*_, **__):
        raise failure

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(httpx, "get", fail)
    with pytest.raises(chromium.Unavailable, match="cannot be fetched"):
        chromium.find()


def test_a_chromium_that_does_not_start_is_the_reason(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = tmp_path / "huanliu" / f"chromium-{chromium.VERSION}"
    folder.mkdir(parents=True)
    (folder / "chromium").write_text("#!/bin/sh\nexit 3\n")
    (folder / "chromium").chmod(0o755)
    with pytest.raises(chromium.Unavailable, match="does not start: exit 3"):
        chromium.find()
