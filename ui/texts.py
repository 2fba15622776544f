"""Every sentence and label of the page, in one place."""

SKIP = "Skip to message"
NO_SCRIPTS = "This page needs JavaScript."
GREETING = "What shall we pour today?"
SUGGESTIONS = (
    "Explain how a decanter changes a wine, as if to a curious twelve-year-old",
    "Write a Python function that merges two sorted lists, with a test",
    "Compare SQLite and PostgreSQL for a small team in a table",
    "Draft a friendly message that moves a meeting to next week",
)
PLACEHOLDER = "Ask anything"
COMPOSER_LABEL = "Your message"
COMPOSER_HINT = "Enter sends, Shift+Enter breaks the line, Esc stops. Answers can be wrong."
TOO_LONG = "This text is too long for one message by {excess} characters. Shorten it or send it in parts."
WAIT_FOR_ANSWER = "Wait for the answer or stop it first. Your text is kept."
WAIT_FOR_CHAT = "Wait until the chat is loaded. Your text is kept."
SEND = "Send"
STOP = "Stop"

CONVERSATION = "Conversation"
JUMP = "Jump to the latest message"
YOU_SAID = "You said:"
ANSWER = "Answer:"
COPY = "Copy"
COPIED = "Copied"
COPY_FAILED = "The browser did not allow copying"
RETRY = "Retry"
RETRY_AFTER = "Try again in {seconds} s."
MODEL = "Model"

REGENERATE = "Answer again"
EDIT = "Edit"
EDIT_LABEL = "Your message, edited"
EDIT_SEND = "Send"
EDIT_CANCEL = "Cancel"
CONTINUE = "Continue"
PREVIOUS_VERSION = "Previous version"
NEXT_VERSION = "Next version"
VERSION = "{position}/{count}"
SAY_VERSION = "Version {position} of {count}"
SHOW_EARLIER = "Show earlier messages"
RECONNECTING = "Reconnecting…"

NEW_CHAT = "New chat"
SIDEBAR = "Chats"
OPEN_SIDEBAR = "Show chats"
CLOSE_SIDEBAR = "Hide chats"
SEARCH = "Search chats"
FOUND = "Found"
NOTHING_FOUND = "No chat has these words."
NO_CHATS = "Your chats will be listed here."
UNTITLED = "Untitled"
IS_RUNNING = "being answered"
RENAME = "Rename"
TITLE = "Title"
DELETE = "Delete"
MORE = "Show more"
DELETED = "Chat deleted"
DELETED_MORE = "{count} chats deleted"
GONE = "This chat does not exist, or was deleted."
UNDO = "Undo"
TODAY = "Today"
YESTERDAY = "Yesterday"
PREVIOUS_7_DAYS = "Previous 7 days"
PREVIOUS_30_DAYS = "Previous 30 days"
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

CHAT_MENU = "This chat"
SETTINGS = "Chat settings…"
SETTINGS_TITLE = "Chat settings"
SYSTEM_PROMPT = "System prompt"
SYSTEM_PROMPT_HINT = "What the model is told before the conversation, from the next message on."
SETTINGS_UNSAVED = "Save what you have changed, or cancel."
DEFAULT_MODEL = "Default model"
SAVE = "Save"
CANCEL = "Cancel"
EXPORT_MARKDOWN = "Export as Markdown"
EXPORT_JSON = "Export as JSON"
IMPORT = "Import a chat…"
IMPORTED = "Chat imported"
IMPORT_WORKS = "What can be imported is a chat that was exported here as JSON."
IMPORT_UNREADABLE = "This file is not a chat exported as JSON: {reason}."
IMPORT_FOREIGN = "This is an export of {source}, which cannot be read here."
IMPORT_NEWER = "This chat was exported by a newer version of Decant, which knows more than this one. Update this one."
IMPORT_TOO_LARGE = "This file is larger than {megabytes} MB, more than a chat may have."
IMPORT_UNREAD = "The file could not be read in its time. Try again."
IMPORT_UNSENT = "The file could not be sent. Check the connection and try again."
FILE_EMPTY = "the file is empty, so it is not JSON"
FILE_ZIP = "it is a zip file, as ChatGPT and Claude export theirs, not JSON"
FILE_ARCHIVE = "it is a compressed file, not JSON"
FILE_IMAGE = "it is an image, not JSON"
FILE_PDF = "it is a PDF, not JSON"
FILE_MEDIA = "it is a film or a recording, not JSON"
FILE_DATABASE = "it is a database, not JSON"
FILE_PAGE = "it is a web page, not JSON"
FILE_MARKDOWN = "it is one exported as Markdown, which is for reading; export it as JSON"
NOT_JSON = "it is not JSON"
NOT_JSON_FROM = "it is not JSON from line {line}, column {column} on"
NOT_JSON_CUT = "it is not JSON to its end, which is missing after line {line}"
NOT_JSON_LINES = "it is not JSON but many lines of it"
NO_MESSAGES = "it has no messages"
NO_MESSAGE = "one of its messages, number {number}, is none"
SOURCE_REQUEST = "messages as a model's API takes them"
EXPORT_UNTITLED = "Chat"
EXPORT_SAYS = {"system": "System", "user": "You", "assistant": "Answer", "tool": "Tool"}
EXPORT_REASONING = "Reasoning"
EXPORT_TOOL_RESULT = "Result"
EXPORT_TOOL_ERROR = "Error"

SIGN_OUT = "Sign out"
THEME = "Theme"
THEMES = {"auto": "as the system", "light": "light", "dark": "dark"}

THINKING = "Thinking…"
THOUGHT = "Thought for {duration}"
THOUGHT_ONCE = "Thought"
STOPPED = "Stopped"
FAILED = "The answer failed."
INTERRUPTED = "The answer was interrupted."
EMPTY_ANSWER = "The model answered with nothing."
FINISH_REASONS = {
    "length": "The answer reached its length limit.",
    "content_filter": "The provider's content filter ended the answer.",
}
TOOL = "Tool"
TOOL_CALL = "Calls {name}"
TOOL_COMMAND = "Write a tool's name and its arguments as JSON: /tool time {}"
TOOL_RUNNING = "Running…"
TOOL_PENDING = "Pending…"
TOOL_WAITS = "Waits for you"
TOOL_DONE = "Done"
TOOL_TOOK = "{seconds} s"
TOOL_FAILED = "Failed"
TOOL_DENIED = "Denied"
TOOL_UNFINISHED = "Not finished"
TOOL_ARGUMENTS = "Arguments"
TOOL_STRUCTURED = "Structured content"
TOOL_ENTRIES = "… ({count} entries)"
TOOL_TREE_CUT = "The rest is not shown."
TOOL_IMAGE = "A picture from the tool"
TOOL_FILE = "A file of the kind {kind}, which is not shown."
TOOL_FILE_LARGE = "A file of the kind {kind} that is too large or damaged."
TOOL_CUT = "{count} more characters are not shown."
TOOL_MORE = "{count} more pieces are not shown."
TOOL_NOTHING = "The tool answered with nothing to show."
DECISION_QUESTION = "Allow"
DECISION_OF = "of"
APPROVE_ONCE = "Allow once"
APPROVE_THREAD = "Allow in this chat"
APPROVE_ALL = "Allow all {count}"
DENY = "Deny"
DENY_REASON = "Why not? (optional, the model is told)"
DENIED_BECAUSE = "Denied because"
ARGUMENTS_NOT_JSON = "The arguments have to be one JSON object."
OTHER_NOT_JSON = "The arguments of another call, which you have changed, are not one JSON object."
NOT_CONNECTED = "This page has no connection at the moment. Try again once it is back."
SERVER_ASKS_BEFORE = "The server"
SERVER_ASKS_AFTER = "asks you"
SERVER_OPENS = "It wants you to open an address of"
SEND_ANSWER = "Send answer"
HAVE_OPENED = "I have done it"
DECLINE = "Decline"
ANSWER_TOO_LONG = "This is too long to be sent: shorten it."
SAY_WAITS = "A tool call waits for your decision."

TOOLS = "Tools"
TOOLS_TITLE = "Tools of this chat"
TOOLS_NONE = "No MCP servers are connected. Whoever runs Decant names them in mcp.json; the README says how."
TOOLS_HINT = "What is switched off is not offered to the model in this chat."
TOOLS_LOADING = "Asking…"
CLOSE = "Close"
TOOLS_RECONNECT = "Reconnect"
TOOL_STATES = {
    "connecting": "Connecting…",
    "ready": "Ready",
    "failed": "Failed",
    "needs_token": "Wants a token",
}
PROMPTS = "Prompts"
RESOURCES = "Resources"
CONTEXT_FOUND = "{count} entries: arrow keys choose, Enter takes one, Escape closes the list."
CONTEXT_MORE = "{count} more fit: write more of the name."
CONTEXT_LEFT_OUT = "{count} more are left out: the servers offer too many."
SERVERS_LEFT_OUT = "{count} more servers are not asked."
CONTEXT_LEFT = "Nothing was inserted: you have opened a chat meanwhile."
CONTEXT_GONE = "Nothing was inserted: the place where you asked for it is gone."
CONTEXT_BUSY = "Several are being read already. Try again in a moment."
READING = "Reading…"
READ = "Read"
RESOURCE_SHOWN = "What it holds is shown below."
INSERT = "Insert"
RESOURCE_NO_TEXT = "This resource holds no text that could be put into a message."
RESOURCE_TOO_LONG = "This resource has {count} characters; a message has at most {most}."
TOOL_APPROVED = "allowed in this chat"
TOOL_REVOKE = "Ask again"
TOOL_POLICIES = {"always": "runs without asking", "ask": "asks first", "never": "never runs"}
PAGE_FAILED = "The page failed to show the answer."
REQUEST_ID = "Request id {request_id}"
TOKENS_PER_SECOND = "{pace} tokens/s"
TOKENS = "{count} tokens"

API_AWAY = "The API does not answer. The page keeps trying and goes on by itself."

SAY_ANSWERING = "Answering…"
SAY_COMPLETED = "Answer complete."
SAY_STOPPED = "Answer stopped."
SAY_API_BACK = "The API answers again."

LOGIN_TITLE = "Sign in"
LOGIN_PASSWORD = "Password"  # noqa: S105
LOGIN_BUTTON = "Sign in"
LOGIN_WRONG = "That is not the password."
LOGIN_THROTTLED = "Too many attempts. Try again in {seconds} seconds."
