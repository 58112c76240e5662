"""The web process towards its clients: one thread waits for all sockets, a few run requests."""
