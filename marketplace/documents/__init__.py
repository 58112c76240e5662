"""Documents that the platform issues: rendered, numbered, and verified by whoever holds one."""
