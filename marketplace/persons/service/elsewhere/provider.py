"""A provider of OpenID Connect that the operator names: its description, its tokens.

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
from ....errors import NotFound, Unauthorised, Unavailable
from ....http.json_text import parsed
from ....openid_providers import LOOPBACK, OpenIdProvider
from ....settings import Settings

SCOPE = "openid profile email"
MOST_BYTES = 256_000
KEPT_S = 3600
"""How long the provider's description is believed."""
LEEWAY_S = 60
"""By how much its clock may be off."""
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA", "Ed25519")
"""Only those whose keys nobody but the provider has."""

log = logging.getLogger(__name__)


class ProviderError(Exception):
    """The provider cannot be believed, or said something else than it should."""


@dataclass(frozen=True, slots=True)
class Description:
    """What the description of a provider says, as far as it is used."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    takes_basic: bool


def list_providers() -> tuple[OpenIdProvider, ...]:
    """Where people may log in elsewhere, in the operator's order."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.openid_providers


def find_provider(key: str) -> OpenIdProvider:
    """The provider that the operator calls so. Raises: NotFound: there is none."""
    for provider in list_providers():
        if provider.key == key:
            return provider
    raise NotFound


def authorization_url(provider: OpenIdProvider, state: str, nonce: str, verifier: str) -> str:
    """Where the browser logs in. Raises: Unavailable: the provider says nothing (`account_unavailable`)."""
    from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # only here: few processes need it
    from authlib.oauth2.rfc7636 import create_s256_code_challenge

    url: str = prepare_grant_uri(
        _description(provider).authorization_endpoint,
        provider.client_id,
        "code",
        redirect_uri=return_url(provider),
        scope=SCOPE,
        state=state,
        nonce=nonce,
        code_challenge=create_s256_code_challenge(verifier).rstrip("="),
        code_challenge_method="S256",
    )
    return url


def return_url(provider: OpenIdProvider) -> str:
    """Where the provider sends the browser back to; it is registered there.

    Each has an address of its own, so that no answer of one is taken to be that of another (RFC 9700, 4.4).
    """
    settings: Settings = current_app.config["SETTINGS"]
    path = f"/login/account/{provider.key}/return" if provider.key else "/login/account/return"
    return settings.public_url.rstrip("/") + path


def claims_of(provider: OpenIdProvider, code: str, nonce: str, verifier: str) -> dict[str, Any]:
    """What the provider says of whoever has just logged in there.

    Raises:
        Unauthorised: the code or the token does not hold (`account_refused`).
        Unavailable: the provider says nothing (`account_unavailable`).
    """
    from authlib.oidc.core import CodeIDToken  # only here, as above
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    description = _description(provider)
    answer = _exchange(provider, description, code, verifier)
    keys = _ask(provider, "GET", description.jwks_uri)
    try:
        token = jwt.decode(answer["id_token"], KeySet.import_key_set(keys), algorithms=ALGORITHMS)  # type: ignore[arg-type]
        client_id = provider.client_id
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
        log.warning("token of %s refused", provider.issuer, extra={"reason": type(error).__name__})
        raise Unauthorised("account_refused") from error
    if not isinstance(claims["sub"], str) or not claims["sub"]:
        raise Unauthorised("account_refused")
    return dict(claims)


def _exchange(provider: OpenIdProvider, description: Description, code: str, verifier: str) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": return_url(provider),
        "code_verifier": verifier,
    }
    try:
        login = (provider.client_id, provider.secret())
    except OSError as error:
        log.error("the secret of %s cannot be read: %s", provider.issuer, error)
        raise Unavailable("account_unavailable") from error
    if description.takes_basic:
        return _ask(provider, "POST", description.token_endpoint, auth=login, data=form)
    form |= {"client_id": login[0], "client_secret": login[1]}
    return _ask(provider, "POST", description.token_endpoint, data=form)


def _description(provider: OpenIdProvider) -> Description:
    """Raises: Unavailable: `account_unavailable`."""
    return _described(provider, int(time.monotonic() // KEPT_S))


@cache
def _described(provider: OpenIdProvider, hour: int) -> Description:
    """What the provider says of itself; once an hour."""
    issuer = provider.issuer
    try:
        check_address(issuer, {_host(issuer)})
        about = _ask(provider, "GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if about.get("issuer") != issuer:
            raise ProviderError(f"it calls itself {str(about.get('issuer'))[:100]!r}")
        hosts = {_host(issuer), *provider.hosts}
        addresses = {name: about[name] for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
        for address in addresses.values():
            check_address(address, hosts)
    except (ProviderError, KeyError) as error:
        log.error("the OpenID Connect provider %s cannot be used: %s", issuer, error)
        raise Unavailable("account_unavailable") from error
    ways = about.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Description(issuer=issuer, takes_basic="client_secret_basic" in ways, **addresses)


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
        raise ProviderError(f"{str(address)[:100]!r} is not HTTPS, or not at a host that the settings name")


def _host(address: str) -> str:
    return urlsplit(address).hostname or ""


def _ask(provider: OpenIdProvider, method: str, address: str, **about: Any) -> dict[str, Any]:
    """The JSON object that an address answers with.

    Raises:
        Unauthorised: it refuses (`account_refused`). Unavailable: it says nothing of use.
    """
    try:
        with (
            outgoing.client_of(loopback=_host(address) in LOOPBACK, inside=provider.is_inside) as client,
            client.stream(method, address, headers={"Accept": "application/json"}, **about) as response,
        ):
            if response.status_code in (400, 401) and method == "POST":
                raise Unauthorised("account_refused")
            if response.status_code != 200:
                raise ProviderError(f"{response.status_code} from {address}")
            return _read(response)
    except (httpx.HTTPError, outgoing.AddressRefused, ProviderError, ValueError) as error:
        log.warning("the OpenID Connect provider %s did not answer: %s", provider.issuer, error)
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
