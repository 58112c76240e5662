"""Addresses of callers: one form for each, and what is counted together."""

import ipaddress

IPV6_NETWORK = 64
"""Bits of an IPv6 address that name a household or a plant: the rest is for its owner to choose."""
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def read_address(text: str) -> Address:
    """An address as a socket or a proxy names it; one of IPv4 that is written as IPv6 is that of IPv4.

    Raises:
        ValueError: it is none.
    """
    found = ipaddress.ip_address(text.partition("%")[0])
    return getattr(found, "ipv4_mapped", None) or found


def counted_as(address: Address) -> str:
    """The address itself, or of IPv6 the network that its owner was given."""
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((int(address), IPV6_NETWORK), strict=False))
