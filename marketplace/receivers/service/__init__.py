"""Who could take a waste, and requests for contact."""

from .answering import accept, decline, lapse, withdraw
from .asking import request_contact
from .lookup import find, search
from .presentation import message_facts, present
from .takers import POSITION, search_receivers

__all__ = [
    "POSITION", "accept", "decline", "find", "lapse", "message_facts", "present", "request_contact",
    "search", "search_receivers", "withdraw",
]  # fmt: skip
