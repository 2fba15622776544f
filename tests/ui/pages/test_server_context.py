"""What MCP servers offer to begin a message with, as the page asks for it and hands it to the browser."""

from typing import Any

from tests.support.opened_page import OpenedPage
from tests.support.scripted_tools import prompt, resource
from ui import texts
from ui.elements.context_picker import ContextPicker
from ui.pages.server_context import MOST_INSERTS, MOST_SERVERS


def choose(page: OpenedPage, choice_id: int, server: str, name: str, kind: str = "prompts") -> None:
    choice = {"choice_id": choice_id, "kind": kind, "server": server, "name": name, "arguments": {}}
    page.user.find(ContextPicker).trigger("choose", choice)


def suggest(page: OpenedPage, kind: str) -> None:
    page.user.find(ContextPicker).trigger("open", kind)


def called(page: OpenedPage, method: str) -> list[list[Any]]:
    return [arguments for name, arguments in page.browser.methods if name == method]


def asked(page: OpenedPage, path: str) -> int:
    return sum(requested == path for _, requested, _ in page.api.requests)


async def test_what_is_left_out_is_said_with_what_is_offered(page: OpenedPage) -> None:
    for number in range(MOST_SERVERS + 2):
        page.api.tools.prompts[f"s{number:02}"] = [prompt(f"p{at}", "d" * 1000, arguments=3) for at in range(20)]
    suggest(page, "prompts")
    await page.until(lambda: called(page, "show"))
    ((kind, offer),) = called(page, "show")
    assert (kind, len(offer["items"])) == ("prompts", len({(each["server"], each["name"]) for each in offer["items"]}))
    assert {each["server"] for each in offer["items"]} == {f"s{number:02}" for number in range(MOST_SERVERS)}
    left_out = texts.CONTEXT_LEFT_OUT.format(count=MOST_SERVERS * 20 - len(offer["items"]))
    assert offer["left_out"] == [left_out, texts.SERVERS_LEFT_OUT.format(count=2)]


async def test_a_list_that_is_asked_for_again_and_again_is_made_once(page: OpenedPage) -> None:
    tools = page.api.tools
    tools.prompts["s"] = [prompt("p")]
    tools.gate.clear()
    for _ in range(5):
        suggest(page, "prompts")
    suggest(page, "resources")
    await page.until(lambda: asked(page, "/tools/s/prompts") and asked(page, "/tools/s/resources"))
    tools.gate.set()
    await page.until(lambda: len(called(page, "show")) == 2)
    suggest(page, "prompts")
    await page.until(lambda: len(called(page, "show")) == 3)
    assert (asked(page, "/tools"), asked(page, "/tools/s/prompts")) == (3, 2)


async def test_of_very_many_choices_at_once_a_few_are_asked_for(page: OpenedPage) -> None:
    page.api.tools.gate.clear()
    for number in range(MOST_INSERTS + 2):
        choose(page, number, "s", f"p{number}")
    await page.until(lambda: len(called(page, "fail")) == 2)
    page.api.tools.gate.set()
    await page.until(lambda: len(called(page, "insert")) == MOST_INSERTS)
    assert called(page, "fail") == [[number, texts.CONTEXT_BUSY] for number in (MOST_INSERTS, MOST_INSERTS + 1)]
    assert sorted(called(page, "insert")) == [[number, f"The prompt p{number}"] for number in range(MOST_INSERTS)]
    choose(page, 9, "s", "later")
    await page.until(lambda: [9, "The prompt later"] in called(page, "insert"))


async def test_resources_of_two_servers_with_one_address_keep_their_titles(page: OpenedPage) -> None:
    page.api.tools.resources = {name: [resource("note://n", f"Of {name}")] for name in ("one", "two")}
    suggest(page, "resources")
    await page.until(lambda: called(page, "show"))
    choose(page, 1, "one", "note://n", "resources")
    await page.until(lambda: called(page, "insert"))
    assert called(page, "insert") == [[1, "Of one (note://n)\n\n```\none has it\n```\n"]]
