"""What a list shows of all that servers offer."""

import json
from dataclasses import asdict

from ui.thread.context_offer import MAX_CHARACTERS, MAX_DESCRIPTION_CHARACTERS, MAX_ITEMS, bounded
from ui.tools import Prompt, PromptArgument, Resource


def resources(server: str, count: int, description: str = "") -> tuple[Resource, ...]:
    return tuple(Resource(server, f"note://{number}", f"Note {number}", description) for number in range(count))


def prompts(server: str, name: str, arguments: int = 30) -> tuple[Prompt, ...]:
    fields = tuple(PromptArgument(f"{name}{at}", "d" * 1000, required=False) for at in range(arguments))
    return tuple(Prompt(server, f"{name}{number}", name, "d" * 1000, fields) for number in range(300))


def test_what_fits_is_shown_as_it_is_server_by_server() -> None:
    one, other = resources("one", 3, "d" * MAX_DESCRIPTION_CHARACTERS), resources("other", 2)
    assert bounded([one, (), other]) == (one + other, 0)


def test_of_many_every_server_shows_its_first_and_the_rest_is_counted() -> None:
    one, other = resources("one", 1000), resources("other", 3)
    shown, left_out = bounded([one, other])
    assert shown == one[: MAX_ITEMS - 3] + other
    assert left_out == 1000 + 3 - MAX_ITEMS


def test_a_long_description_is_cut_where_it_is_shown() -> None:
    (prompt, *_), _ = bounded([prompts("one", "p", arguments=1)])
    cut = "d" * (MAX_DESCRIPTION_CHARACTERS - 1) + "…"
    assert (prompt.description, prompt.arguments[0].description) == (cut, cut)


def test_whatever_servers_offer_all_of_it_together_has_a_size() -> None:
    for name, arguments in (("p", 30), ("p" * 300, 30), ("p" * 300, 0)):
        offers = [prompts(str(server), name, arguments) for server in range(20)]
        shown, left_out = bounded(offers)
        assert len(shown) + left_out == 6000
        assert len({prompt.server for prompt in shown}) == min(20, len(shown))
        assert len(json.dumps(list(map(asdict, shown)), ensure_ascii=False)) < 1.1 * MAX_CHARACTERS


def test_what_is_too_large_alone_leaves_room_for_the_others() -> None:
    huge = Prompt("one", "n" * MAX_CHARACTERS, "", "")
    small = Prompt("one", "small", "", "")
    assert bounded([(huge, small)]) == ((small,), 1)
