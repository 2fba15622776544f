"""The API as the page reaches it: blocking calls and streams, on their way to one event loop.

Pages are given a `backend`. What it is asked to `call` is a method of `api_client`, one an endpoint, on a thread of
its own: `transport` makes the request and turns every failure into a `PageError`, `decoding` makes values of JSON.

A run is read by a `run_reader` on one thread of another pool: `event_stream` makes events of the bytes of an open
response (`sse`), a `mailbox` carries them to the loop, and after a cut the next response goes on after the last event.
`api_watch` knows for all pages whether the API is away.
"""
