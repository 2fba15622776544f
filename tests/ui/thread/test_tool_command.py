import pytest

from ui.messages import ToolCommand
from ui.thread.tool_command import NoCommand, read_command


def test_a_command_has_a_name_and_perhaps_arguments() -> None:
    assert read_command("/tool time") == ToolCommand("time", {})
    assert read_command(' /tool a/b\n{"q": [1]} ') == ToolCommand("a/b", {"q": [1]})


@pytest.mark.parametrize("text", ["", "/toolbox", "say /tool time", "/help", "tool time"])
def test_other_texts_are_no_commands(text: str) -> None:
    assert read_command(text) is None


@pytest.mark.parametrize(
    "text", ["/tool", "/tool time {", "/tool time [1]", "/tool time now", "/tool a " + "[" * 100_000]
)
def test_what_begins_like_one_says_how_one_is_written(text: str) -> None:
    with pytest.raises(NoCommand, match="/tool time"):
        read_command(text)
