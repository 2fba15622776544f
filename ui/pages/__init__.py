"""What a browser can open: `chat` and `login`, and `thread_files` for threads that leave and enter as files.

`chat` lays out the `page_elements` and has one `workspace` for every client. The workspace opens threads, one at a
time: an `open_thread` shows its state and asks, stops and goes on; a `thread_list` is the sidebar; an `api_notice`
says when the API is away. What these need of the API in the background the workspace runs, and it says what goes
wrong.

The browser's page is a tree: client, workspace, open thread, run. What is above owns what is below, which refers
upwards weakly, or until its end; so a page that is closed is freed at once, whatever NiceGUI still keeps of its
client.
"""
