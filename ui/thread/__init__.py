"""The open thread of a page, without elements: what is stored, what was asked for, and the run that goes on.

`state` says what is shown. Stored messages come into its `tree` by `stored_messages`; what a person asks for waits
beside the tree. An `open_run` has the run started, reads its events into the state, where `answer` folds them, and
tells one observer; the first event gives question and answer their ids and their place in the tree. When the API has
no more events than the page, the stored messages are the truth.

`thread_file` is a thread as a file and back.
"""
