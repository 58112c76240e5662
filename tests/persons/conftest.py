"""The mail relay."""

from tests.mail import listener, relay

__all__ = ["listener", "relay"]
