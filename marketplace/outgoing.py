"""Requests to servers of others: to the public internet only, checked as the connection is made.

A name is looked up once, refused unless every address it has is public, and the connection is made to an
address that was checked: what a name says later, or to somebody else, changes nothing. No redirect is
followed, no proxy of the environment is used, and all of it ends after `TIMEOUT_S`. Of the answer to what is
posted to an address of strangers nothing is read but its head.
"""

import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from socket import SOCK_STREAM, gaierror, getaddrinfo
from typing import Any

import httpcore
import httpx

TIMEOUT_S = 5.0
LONGEST_URL = 500
LARGEST_PORT = 65_535
GLOBAL_IPV6 = ip_network("2000::/3")
"""All that IANA has given out for the public; mapped, translated and local addresses lie outside."""
NOT_PUBLIC = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",
            "192.88.99.0/24",
            "64:ff9b::/96",
            "2001::/23",
            "2001:db8::/32",
            "2002::/16",
            "3fff::/20",
        ),
    )
)
"""Networks that lead elsewhere, or nowhere, and of which `is_global` does not say so in every Python."""

INSIDE = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))
"""Private networks (RFC 1918, RFC 4193)."""
SECRETS = ip_network("fd00:ec2::/32")
"""The private network in which a cloud tells its machines their keys (AWS, "Instance metadata")."""

Options = Iterable[tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]]


class AddressRefused(Exception):
    """The name has no address, or one that is not public."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of an answer: its status, and what it says of when to try again."""

    status: int
    retry_after: str | None


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, for one receiver."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address) and ip not in GLOBAL_IPV6:
        return False
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in NOT_PUBLIC)


def _is_loopback(address: str) -> bool:
    ip = ip_address(address.partition("%")[0])
    mapped: IPv4Address | None = getattr(ip, "ipv4_mapped", None)
    return (mapped or ip).is_loopback


def _is_inside(address: str) -> bool:
    """Whether an address is of a private network; none in which clouds tell machines their secrets."""
    ip = ip_address(address.partition("%")[0])
    return any(ip in network for network in INSIDE) and ip not in SECRETS


def public_address(host: str, port: int, *, loopback: bool = False, inside: bool = False) -> str:
    """The address to connect to: the first that a name has, all of which are public.

    Args:
        loopback: whether addresses of this machine will do, as in trials and tests.
        inside: whether those of private networks will do, of a server that the operator names.
    Raises:
        AddressRefused: there is none, or one of them will not do.
    """
    try:
        found = [str(each[4][0]) for each in getaddrinfo(host, port, type=SOCK_STREAM)]
    except (gaierror, UnicodeError, OSError) as error:
        raise AddressRefused("the name has no address") from error
    may_be_used = [
        is_public(each) or (loopback and _is_loopback(each)) or (inside and _is_inside(each))
        for each in found
    ]
    if not found or not all(may_be_used):
        raise AddressRefused("an address is not public")
    return found[0]


def check_url(url: str, *, loopback: bool = False) -> None:
    """Refuse an address that is no HTTPS, names a user, or does not lead to the public internet.

    Args:
        loopback: whether addresses of this machine will do, also without TLS.
    Raises:
        ValueError: it cannot be used as it is written. AddressRefused: its host will not do.
    """
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ValueError("no address") from error
    if not parts.host or parts.userinfo or parts.fragment or (parts.port or 0) > LARGEST_PORT:
        raise ValueError("no host or port, or a user or a fragment")
    if parts.scheme != "https" and not (loopback and parts.scheme == "http"):
        raise ValueError("no HTTPS")
    address = public_address(parts.raw_host.decode(), parts.port or 443, loopback=loopback)
    if parts.scheme == "http" and not _is_loopback(address):
        raise ValueError("no HTTPS")


def post(url: str, body: bytes, headers: Mapping[str, str], *, loopback: bool = False) -> Answer:
    """Send a body to an address that others named.

    Raises:
        AddressRefused: its host will not do any more. httpx.HTTPError: there was no answer.
    """
    with (
        client_of(loopback=loopback) as client,
        client.stream("POST", url, content=body, headers=dict(headers)) as response,
    ):
        return Answer(response.status_code, response.headers.get("retry-after"))


def client_of(*, loopback: bool = False, inside: bool = False) -> httpx.Client:
    """A client whose connections go to checked addresses, and end `TIMEOUT_S` from now, whatever they are at.

    It may raise AddressRefused. Args: as `public_address`.
    """
    transport = httpx.HTTPTransport(verify=_trust(), trust_env=False)
    backend = _PublicBackend(loopback, inside, time.monotonic() + TIMEOUT_S)
    transport._pool = httpcore.ConnectionPool(ssl_context=_trust(), network_backend=backend)
    return httpx.Client(transport=transport, timeout=TIMEOUT_S, follow_redirects=False, trust_env=False)


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


class _PublicBackend(httpcore.NetworkBackend):
    """Connects to checked addresses, until a moment; TLS still holds the certificate to the name."""

    def __init__(self, loopback: bool, inside: bool, deadline: float) -> None:
        self._loopback, self._inside = loopback, inside
        self._deadline, self._plain = deadline, httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Options | None = None,
    ) -> httpcore.NetworkStream:
        address = public_address(host, port, loopback=self._loopback, inside=self._inside)
        left = _left(self._deadline, timeout, httpcore.ConnectTimeout)
        stream = self._plain.connect_tcp(address, port, left, local_address, socket_options)
        return _TimedStream(stream, self._deadline)


class _TimedStream(httpcore.NetworkStream):
    """A stream whose every step ends by the same moment, so that one who sends drop by drop gains nothing."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._deadline, timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._deadline, timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(self._deadline, timeout, httpcore.ConnectTimeout)
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(deadline: float, timeout: float | None, late: type[Exception]) -> float:
    left = min(TIMEOUT_S if timeout is None else timeout, deadline - time.monotonic())
    if left <= 0:
        raise late("it took too long")
    return left
