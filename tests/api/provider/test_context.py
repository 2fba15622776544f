import pytest

from api.messages import Message, Role, text_message
from api.provider.context import told_messages

# Each counts as 5 tokens: one for its text, four for itself.
SYSTEM, *THREAD = [
    text_message("system", "0..."),
    *(text_message("user" if number % 2 else "assistant", f"{number}...") for number in range(1, 8)),
]


def told(limit: int, divisor: int = 1, messages: list[Message] | None = None) -> str:
    return "".join(message.text[0] for message in told_messages(messages or [SYSTEM, *THREAD], limit, divisor))


@pytest.mark.parametrize(
    ("limit", "numbers"),
    [(0, "01234567"), (40, "01234567"), (39, "034567"), (20, "0567"), (19, "07"), (10, "07"), (4, "07")],
)
def test_the_system_prompt_and_the_newest_messages_that_fit_are_told(limit: int, numbers: str) -> None:
    assert told(limit) == numbers


def test_half_of_what_fits_may_be_asked_for() -> None:
    assert (told(0, 2), told(40, 2), told(20, 2)) == ("0567", "0567", "07")


def test_without_a_system_prompt_there_is_more_room() -> None:
    assert told(15, messages=THREAD) == "567"


@pytest.mark.parametrize("role", ["assistant", "system"])
def test_the_newest_message_is_told_whoever_says_it(role: Role) -> None:
    assert told(1, messages=[SYSTEM, *THREAD, text_message(role, "8...")]) == "08"


def test_a_system_prompt_alone_is_told() -> None:
    assert told(1, messages=[SYSTEM]) == "0"
