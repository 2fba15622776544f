"""The tools of MCP servers: the only room that imports `mcp`, and only once a server is configured.

servers    the configuration: one file in the `mcpServers` form, checked at the start
loop       the asyncio loop of a worker, the same under gevent and native threads
hub        the servers of a worker: what they offer, and calls from any thread
session    one server: connects, lists, connects again; a call and its end; `silence` is the call's deadline
open_calls the calls of an older server, which asks the person while they are open
context    prompts and resources, for persons
transports how it is reached; `relay` (a process of its own) and `bounds` keep out what would hold up everybody
listing    the tools that it offers, bounded
policy     what may be called without asking a person
results    what a tool answers, as parts, and what its server asks the person
failures   what can go wrong, as sentences without secrets
example_server   a small server of ours, to try it with
"""
