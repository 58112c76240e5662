"""The pages behind the log-in that need nothing in their address, each with its most SQL statements."""

PRIVATE_PAGES = {
    "/today": 7,
    "/settings": 4,
    "/settings/people": 4,
}
"""Of a member of an enterprise."""

STAFF_PAGES = {
    "/desk": 8,
}
"""Of an admin."""
