"""What happened to an enterprise, for its programs: asked for, or delivered to an address of its own."""
