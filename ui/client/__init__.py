"""The API as the page reaches it: blocking calls and streams, on their way to one event loop."""
