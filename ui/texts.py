"""Every sentence and label of the page, in one place."""

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

CLEAR = "Clear chat"
CLEARED = "Chat cleared"
UNDO = "Undo"
SIGN_OUT = "Sign out"
THEME = "Theme"
THEMES = {"auto": "as the system", "light": "light", "dark": "dark"}

THINKING = "Thinking…"
THOUGHT = "Thought for {duration}"
STOPPED = "Stopped"
FAILED = "The answer failed."
INTERRUPTED = "The answer was interrupted."
TRUNCATED = "The answer is not complete."
EMPTY_ANSWER = "The model answered with nothing."
FINISH_REASONS = {
    "length": "The answer reached its length limit.",
    "content_filter": "The provider's content filter ended the answer.",
}
TOOL_CALL = "Calls {name}"
PAGE_FAILED = "The page failed to show the answer."
REQUEST_ID = "Request id {request_id}"
TOKENS_PER_SECOND = "{pace} tokens/s"
TOKENS = "{count} tokens"

API_AWAY = "The API does not answer. The page keeps trying and goes on by itself."
RELOADED = "The page was loaded anew; the conversation that was here is gone."

SAY_ANSWERING = "Answering…"
SAY_COMPLETED = "Answer complete."
SAY_STOPPED = "Answer stopped."
SAY_API_BACK = "The API answers again."

LOGIN_TITLE = "Sign in"
LOGIN_PASSWORD = "Password"  # noqa: S105
LOGIN_BUTTON = "Sign in"
LOGIN_WRONG = "That is not the password."
LOGIN_THROTTLED = "Too many attempts. Try again in {seconds} seconds."
