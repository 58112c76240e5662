"""What can go wrong with the embedded servers."""


class EmbeddedError(Exception):
    """An embedded server cannot start; the message says why and what to do."""


class AlreadyRunning(EmbeddedError):
    """Another program holds the servers of this data folder."""
