"""The providers of OpenID Connect that an operator names, and whom each of them may log in.

One table of a TOML file for each (docs/log-ins.md):

    [group]
    issuer = "https://login.group.example"
    name = { zh = "集团账号", en = "the group's account" }
    client_id = "huanliu"
    client_secret_file = "/run/secrets/group"
    usccs = ["91330600MA1234567X"]
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""Where HTTP will do."""
RIGHTS = ("owner", "trader", "viewer", "driver")
LANGUAGES = ("zh", "en")
TEXTS = frozenset({"issuer", "client_id", "client_secret_file", "uscc_claim", "right"})
LISTS = frozenset({"hosts", "usccs", "staff_regions", "enterprise_regions"})
KEY = re.compile(r"[a-z][a-z0-9-]{0,39}")
REGION, USCC = re.compile(r"[1-9][0-9]{5}"), re.compile(r"[0-9A-Z]{18}")
RESERVED = "return"
"""What a provider may not be called, as an address ends in it."""


@dataclass(frozen=True, slots=True)
class OpenIdProvider:
    """A provider, and whom it may log in: nobody else than it names, whatever its tokens say.

    Attributes:
        key: by what its addresses and forms name it; empty if it is the only one.
        issuer: its address, exactly as its tokens name it.
        names: what people call its accounts, by language.
        hosts: further hosts that its description may name.
        is_inside: whether it may be on a private network of the operator's.
        uscc_claim: the claim that says for which enterprise somebody acts, by its credit code.
        right: of a member whom that claim makes.
        staff_regions: it logs in the regulators of these regions and of those in them.
        enterprise_regions, usccs: and members of the enterprises there, or with these codes.
        serves_everybody: the only provider there is, which logs in anybody, admins too.
    """

    key: str
    issuer: str
    names: tuple[tuple[str, str], ...]
    client_id: str
    client_secret: str = field(default="", repr=False)
    client_secret_file: str = ""
    hosts: frozenset[str] = frozenset()
    is_inside: bool = False
    uscc_claim: str = "uscc"
    right: str = "viewer"
    staff_regions: frozenset[int] = frozenset()
    enterprise_regions: frozenset[int] = frozenset()
    usccs: frozenset[str] = frozenset()
    serves_everybody: bool = False

    def __post_init__(self) -> None:
        """Raises: ValueError: it cannot be meant."""
        address = urlsplit(self.issuer)
        is_local = address.scheme == "http" and address.hostname in LOOPBACK
        if not (address.scheme == "https" and address.hostname) and not is_local:
            raise ValueError(f"issuer {self.issuer!r} is not HTTPS")
        if not self.client_id:
            raise ValueError("client_id is missing")
        if self.right not in RIGHTS:
            raise ValueError(f"right {self.right!r} is none of {', '.join(RIGHTS)}")

    def name(self, language: str) -> str:
        """What people call its accounts, in a language such as `zh-CN`; else its host."""
        return dict(self.names).get(language[:2]) or urlsplit(self.issuer).hostname or self.issuer

    def secret(self) -> str:
        """What it gave us. Read when it is needed, by the process that needs it.

        Raises: OSError: the file cannot be read.
        """
        if self.client_secret_file:
            return Path(self.client_secret_file).read_text().strip()
        return self.client_secret


@cache
def read_providers(path: str) -> tuple[OpenIdProvider, ...]:
    """The providers of a TOML file, in its order.

    Raises:
        ValueError: the file cannot be read, or says something that cannot be meant; names the table.
    """
    try:
        tables = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"OIDC_PROVIDERS={path!r} cannot be read: {error}") from error
    providers = []
    for key, table in tables.items():
        try:
            providers.append(_provider(key, table, Path(path).parent))
        except ValueError as error:
            raise ValueError(f"OIDC_PROVIDERS={path!r}, [{key}]: {error}") from error
    issuers = [provider.issuer for provider in providers]
    if not issuers or len(set(issuers)) < len(issuers):
        raise ValueError(f"OIDC_PROVIDERS={path!r} names no provider, or one issuer twice")
    return tuple(providers)


def _provider(key: str, table: Any, folder: Path) -> OpenIdProvider:
    """Raises: ValueError."""
    if not KEY.fullmatch(key) or key == RESERVED:
        raise ValueError("a name has lower-case letters, digits and hyphens, and is not `return`")
    if not isinstance(table, Mapping):
        raise ValueError("is no table")
    if unknown := table.keys() - TEXTS - LISTS - {"name", "inside"}:
        raise ValueError(f"nothing is called {', '.join(sorted(unknown))}")
    texts = {name: _text(table[name], name) for name in TEXTS & table.keys()}
    lists = {name: _texts(table[name], name) for name in LISTS & table.keys()}
    if not any(lists.get(name) for name in LISTS - {"hosts"}):
        raise ValueError("it says nobody whom it may log in: staff_regions, enterprise_regions or usccs")
    if not isinstance(table.get("inside", False), bool):
        raise ValueError("inside is true or false")
    return OpenIdProvider(
        key=key,
        names=_names(table.get("name", {})),
        hosts=lists.get("hosts", frozenset()),
        is_inside=table.get("inside", False),
        staff_regions=_regions(lists, "staff_regions"),
        enterprise_regions=_regions(lists, "enterprise_regions"),
        usccs=_all_like(USCC, lists, "usccs"),
        issuer=texts.get("issuer", ""),
        client_id=texts.get("client_id", ""),
        client_secret_file=str(folder / secret) if (secret := texts.get("client_secret_file")) else "",
        uscc_claim=texts.get("uscc_claim", "uscc"),
        right=texts.get("right", "viewer"),
    )


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} is a text")
    return value


def _texts(value: Any, name: str) -> frozenset[str]:
    if not isinstance(value, list):
        raise ValueError(f"{name} is a list of texts")
    return frozenset(_text(item, name) for item in value)


def _names(value: Any) -> tuple[tuple[str, str], ...]:
    """One text for both languages, or a text for each."""
    if isinstance(value, str):
        value = dict.fromkeys(LANGUAGES, value)
    if not isinstance(value, Mapping) or not value.keys() <= set(LANGUAGES):
        raise ValueError("name is a text, or one for zh and one for en")
    return tuple((language, _text(name, "name")) for language, name in value.items())


def _all_like(pattern: re.Pattern[str], lists: Mapping[str, frozenset[str]], name: str) -> frozenset[str]:
    given = lists.get(name, frozenset())
    if wrong := [item for item in given if not pattern.fullmatch(item)]:
        raise ValueError(f"{name} holds {wrong[0]!r}")
    return given


def _regions(lists: Mapping[str, frozenset[str]], name: str) -> frozenset[int]:
    return frozenset(int(code) for code in _all_like(REGION, lists, name))
