"""The only SDKs and HTTP out: messages in, events out, one call at a time.

    chat_model           what a caller uses: `ChatModel.open` gives a `Completion`, whose `events` asks and yields
    context              as much of a thread as the model takes
    request_body         LangChain: messages and options become the JSON of a request
    told_steps           an answer with tool calls as the messages of its steps, `pictures` those that tools gave
    transport            sends a request and gives its response, read as it arrives
    connections          connects by urllib3 (proxy, TLS) and keeps idle connections
    exchange             what another thread holds to end a call at any moment, also before the response
    http1, chunked_body  HTTP/1.1 as bytes: requests, heads and the framing of bodies
    sse_decoder          a body's bytes become server-sent events
    completion_decoder   … and those the events of an answer and, at its end, `Finished`: with `pieces` (text, usage and
                         words in any shape), `tool_call_pieces` and `think_tags`
    errors               what a provider says when it fails, and foreign exceptions, become one error of the tree
    probe                whether the provider answers, asked rarely

An answer goes `transport` → `completion_decoder` → `chat_model`: each read of the socket is one list of events. Nothing
here retries (but a request which a dead kept connection never delivered) or watches the clock: the caller does, and
closes the completion, from any thread. The decoders, `http1`, `context` and `errors` do no I/O.
"""
