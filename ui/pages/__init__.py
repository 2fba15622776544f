"""What a browser can open: where things are on a page, and what they are wired to."""
