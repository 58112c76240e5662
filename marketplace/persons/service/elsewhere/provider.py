"""The provider of OpenID Connect that the operator names: its description, its tokens.

It is asked over HTTPS, at its own host and those that the operator adds, at addresses that `outgoing` checks,
for a few seconds and kilobytes, and is followed nowhere else. A token counts if it was made by exactly this
issuer, for us, for this log-in.
"""

import logging
import time
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx
from flask import current_app

from .... import outgoing
from ....errors import Invalid, Unauthorised, Unavailable
from ....http.json_text import parsed
from ....settings import Settings

SCOPE = "openid profile email"
MOST_BYTES = 256_000
KEPT_S = 3600
"""How long the provider's description is believed."""
LEEWAY_S = 60
"""By how much its clock may be off."""
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA", "Ed25519")
"""Only those whose keys nobody but the provider has."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""Where HTTP will do."""

log = logging.getLogger(__name__)


class ProviderError(Exception):
    """The provider cannot be believed, or said something else than it should."""


@dataclass(frozen=True, slots=True)
class Provider:
    """What the description of a provider says, as far as it is used."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    takes_basic: bool


def provider_name() -> str | None:
    """What people call an account of the provider; None if there is none."""
    settings = _settings()
    return (settings.oidc_name or urlsplit(settings.oidc_issuer).hostname) if settings.oidc_issuer else None


def authorization_url(state: str, nonce: str, verifier: str) -> str:
    """Where the browser logs in. Raises: Unavailable: the provider says nothing (`account_unavailable`)."""
    from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # only here: few processes need it
    from authlib.oauth2.rfc7636 import create_s256_code_challenge

    url: str = prepare_grant_uri(
        _provider().authorization_endpoint,
        _settings().oidc_client_id,
        "code",
        redirect_uri=return_url(),
        scope=SCOPE,
        state=state,
        nonce=nonce,
        code_challenge=create_s256_code_challenge(verifier).rstrip("="),
        code_challenge_method="S256",
    )
    return url


def return_url() -> str:
    """Where the provider sends the browser back to; it is registered there."""
    return f"{_settings().public_url.rstrip('/')}/login/account/return"


def claims_of(code: str, nonce: str, verifier: str) -> dict[str, Any]:
    """What the provider says of whoever has just logged in there.

    Raises:
        Unauthorised: the code or the token does not hold (`account_refused`).
        Unavailable: the provider says nothing (`account_unavailable`).
    """
    from authlib.oidc.core import CodeIDToken  # only here, as above
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    provider = _provider()
    answer = _exchange(provider, code, verifier)
    keys = _get(provider.jwks_uri)
    try:
        token = jwt.decode(answer["id_token"], KeySet.import_key_set(keys), algorithms=ALGORITHMS)  # type: ignore[arg-type]
        client_id = _settings().oidc_client_id
        claims = CodeIDToken(
            token.claims,
            token.header,
            {
                "iss": {"essential": True, "value": provider.issuer},
                "aud": {"essential": True, "value": client_id},
            },
            {"nonce": nonce, "client_id": client_id, "access_token": answer.get("access_token")},
        )
        claims.validate(leeway=LEEWAY_S)
    except (JoseError, KeyError, TypeError, ValueError) as error:
        log.warning("token of the provider refused", extra={"reason": type(error).__name__})
        raise Unauthorised("account_refused") from error
    if not isinstance(claims["sub"], str) or not claims["sub"]:
        raise Unauthorised("account_refused")
    return dict(claims)


def _exchange(provider: Provider, code: str, verifier: str) -> dict[str, Any]:
    settings = _settings()
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": return_url(),
        "code_verifier": verifier,
    }
    login = (settings.oidc_client_id, settings.oidc_client_secret)
    if provider.takes_basic:
        return _ask("POST", provider.token_endpoint, auth=login, data=form)
    form |= {"client_id": login[0], "client_secret": login[1]}
    return _ask("POST", provider.token_endpoint, data=form)


def _provider() -> Provider:
    """Raises: Unavailable: `account_unavailable`. Invalid: there is none (`account_unknown`)."""
    issuer = _settings().oidc_issuer
    if not issuer:
        raise Invalid("account_unknown")
    return _described(issuer, _settings().oidc_hosts, int(time.monotonic() // KEPT_S))


@cache
def _described(issuer: str, further_hosts: str, hour: int) -> Provider:
    """What the provider says of itself; once an hour."""
    try:
        check_address(issuer, {_host(issuer)})
        about = _get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if about.get("issuer") != issuer:
            raise ProviderError(f"it calls itself {str(about.get('issuer'))[:100]!r}")
        hosts = {_host(issuer), *(host.strip() for host in further_hosts.split(",") if host.strip())}
        addresses = {name: about[name] for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
        for address in addresses.values():
            check_address(address, hosts)
    except (ProviderError, KeyError) as error:
        log.error("the OpenID Connect provider cannot be used: %s", error)
        raise Unavailable("account_unavailable") from error
    ways = about.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Provider(issuer=issuer, takes_basic="client_secret_basic" in ways, **addresses)


def check_address(address: Any, hosts: set[str]) -> None:
    """Refuse an address that is not HTTPS (on this machine HTTP will do), or not at one of the hosts.

    Raises: ProviderError.
    """
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except (ValueError, AttributeError, TypeError) as error:
        raise ProviderError("an address cannot be read") from error
    is_secure = parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)
    if not is_secure or parts.username is not None or host not in hosts:
        raise ProviderError(f"{str(address)[:100]!r} is not HTTPS, or not at a host that OIDC_HOSTS names")


def _host(address: str) -> str:
    return urlsplit(address).hostname or ""


def _get(address: str) -> dict[str, Any]:
    return _ask("GET", address)


def _ask(method: str, address: str, **about: Any) -> dict[str, Any]:
    """The JSON object that an address answers with.

    Raises:
        Unauthorised: it refuses (`account_refused`). Unavailable: it says nothing of use.
    """
    try:
        with (
            outgoing.client_of(loopback=_host(address) in LOOPBACK, inside=_settings().oidc_inside) as client,
            client.stream(method, address, headers={"Accept": "application/json"}, **about) as response,
        ):
            if response.status_code in (400, 401) and method == "POST":
                raise Unauthorised("account_refused")
            if response.status_code != 200:
                raise ProviderError(f"{response.status_code} from {address}")
            return _read(response)
    except (httpx.HTTPError, outgoing.AddressRefused, ProviderError, ValueError) as error:
        log.warning("the OpenID Connect provider did not answer: %s", error)
        raise Unavailable("account_unavailable") from error


def _read(response: httpx.Response) -> dict[str, Any]:
    body = b""
    for part in response.iter_bytes():
        body += part
        if len(body) > MOST_BYTES:
            raise ProviderError("an answer is too long")
    answer = parsed(body)
    if not isinstance(answer, dict):
        raise ProviderError("an answer is no object")
    return answer


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
