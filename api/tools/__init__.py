"""The tools of MCP servers: the only room that imports `mcp`, and only once a server is configured.

servers    the configuration: one file in the `mcpServers` form, checked at the start
loop       the asyncio loop of a worker, the same under gevent and native threads
hub        the servers of a worker: what they offer, and calls from any thread
session    one server: connects, lists, connects again
calls      one call: progress, silence, its end
policy     what may be called without asking a person
results    what a tool answers, as parts
example_server   a small server of ours, to try it with
"""
