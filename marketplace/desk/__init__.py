"""The desk of the staff: all that waits for an officer as one queue, and the story of one enterprise."""
