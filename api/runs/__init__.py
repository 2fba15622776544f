"""One answer, from its first event to its last."""
