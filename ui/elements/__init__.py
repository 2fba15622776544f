"""What a page is made of: an element a file, its Vue twin beside it with the same stem. Elements do not know the API.

The messages: `thread_view` shows the end of a `ChatState` by one `message_view` a message, which has a `part_view` a
part; a text is a `streamed_markdown`, whose frames are drawn when the `frame_pacer` says. A view that is refreshed
takes from its message only what it has not shown, so that a delta costs what it is long.

An element keeps whom it calls in its event listeners and nowhere else: NiceGUI clears them when the element is
deleted, while an attribute would be a cycle that only the collector finds. A message's `actions` are referred to
weakly.
"""
