"""What clients send and get, as values: pure, no I/O, no Flask."""
