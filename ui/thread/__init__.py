"""The open thread of a page."""
