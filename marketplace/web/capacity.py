"""How many connections a process may hold."""

import resource

OTHER_FILES = 128
"""File descriptors for the database, Valkey, logs, metrics, and the threads' own files."""
FILES_PER_CONNECTION = 3
"""The socket, and perhaps a file each for a large body and a large answer."""


def connections_allowed(wanted: int) -> int:
    """As many as wanted, or as the limit of open files allows; the soft limit is raised if need be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted * FILES_PER_CONNECTION + OTHER_FILES
    if hard != resource.RLIM_INFINITY:
        needed = min(needed, hard)
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    return max(1, min(wanted, (needed - OTHER_FILES) // FILES_PER_CONNECTION))
