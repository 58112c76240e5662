"""Log-in with an account elsewhere: a city's, a group's (OpenID Connect)."""

from .log_in import ask_provider, log_in_by_account
from .provider import find_provider, list_providers

__all__ = ["ask_provider", "find_provider", "list_providers", "log_in_by_account"]
