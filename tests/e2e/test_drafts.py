"""What is written and not sent: a draft a chat, editors that wait, and what is said where something has to wait."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.test_page_layout import Shown, ask, composer, shown  # noqa: F401
from tests.support.browser import Visit
from tests.support.processes import wait_for
from tests.support.scripted_api import ScriptedRun
from ui import texts

pytestmark = pytest.mark.browser
BUSY = {"error": "Every slot is taken.", "code": "busy", "retryable": True, "request_id": "r"}


@pytest.fixture
def page(visit: Visit, shown: Shown) -> Iterator[Page]:  # noqa: F811
    visit.page.goto(shown.url)
    expect(composer(visit.page)).to_be_focused()
    yield visit.page
    assert (visit.errors, visit.foreign_requests) == ([], [])


def answered(page: Page, shown: Shown, question: str) -> ScriptedRun:  # noqa: F811
    run = ask(page, shown, question).text(f"About {question}").complete()
    expect(page.locator(".answer-body").last).to_have_text(f"About {question}")
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_hidden()
    return run


def two_chats(page: Page, shown: Shown) -> tuple[ScriptedRun, ScriptedRun]:  # noqa: F811
    first = answered(page, shown, "first chat")
    new_chat(page)
    return first, answered(page, shown, "second chat")


def new_chat(page: Page) -> None:
    page.get_by_role("button", name="New chat").last.click()
    expect(page.get_by_text(texts.GREETING)).to_be_visible()


def go_to(page: Page, run: ScriptedRun, question: str) -> None:
    page.locator(f".threads a[href$='{run.thread_id}']").click()
    expect(page.locator(".answer-body")).to_have_text(f"About {question}")


def drafts(page: Page) -> dict[str, str]:
    kept = page.evaluate("Object.entries(sessionStorage).filter(([name]) => name.startsWith('decant.draft'))")
    return {name.removeprefix("decant.draft"): json.loads(value)["text"] for name, value in kept}


def editor(page: Page) -> Locator:
    return page.get_by_role("textbox", name=texts.EDIT_LABEL)


def edit(page: Page, text: str) -> None:
    page.locator(".user-message").last.hover()
    page.get_by_role("button", name="Edit").last.click()
    expect(editor(page)).to_be_focused()
    editor(page).fill(text)


def test_every_chat_has_its_own_draft_over_switches_and_reloads(page: Page, shown: Shown) -> None:  # noqa: F811
    first, second = two_chats(page, shown)
    composer(page).fill("for the second")
    go_to(page, first, "first chat")
    expect(composer(page)).to_have_value("")
    composer(page).fill("for the first")
    new_chat(page)
    expect(composer(page)).to_have_value("")
    composer(page).fill("for a new one")
    go_to(page, second, "second chat")
    expect(composer(page)).to_have_value("for the second")
    page.reload()
    expect(composer(page)).to_have_value("for the second")
    go_to(page, first, "first chat")
    expect(composer(page)).to_have_value("for the first")
    page.go_back()
    expect(composer(page)).to_have_value("for the second")
    new_chat(page)
    expect(composer(page)).to_have_value("for a new one")


def test_another_tab_has_other_drafts(page: Page, shown: Shown) -> None:  # noqa: F811
    run = answered(page, shown, "first chat")
    composer(page).fill("here")
    other = page.context.new_page()
    other.goto(f"{shown.url}/t/{run.thread_id}")
    expect(other.locator(".answer-body")).to_have_text("About first chat")
    expect(composer(other)).to_have_value("")
    composer(other).fill("there")
    page.reload()
    expect(composer(page)).to_have_value("here")


def test_a_draft_ends_when_it_is_sent_and_comes_back_when_that_fails(page: Page, shown: Shown) -> None:  # noqa: F811
    first = answered(page, shown, "first chat")
    assert drafts(page) == {}
    shown.api.refuse(503, BUSY, path_end="/runs")
    composer(page).fill("once more")
    composer(page).press("Enter")
    expect(page.get_by_role("alert").filter(has_text="slot")).to_be_visible()
    expect(composer(page)).to_have_value("once more")
    assert drafts(page) == {f"/{first.thread_id}": "once more"}
    composer(page).press("Enter")
    shown.api.next_run().start().complete()
    expect(composer(page)).to_have_value("")
    wait_for(lambda: drafts(page) == {})


def test_what_is_typed_while_a_new_chat_begins_is_the_draft_of_that_chat(page: Page, shown: Shown) -> None:  # noqa: F811
    composer(page).fill("question")
    composer(page).press("Enter")
    composer(page).press_sequentially("and then")
    run = shown.api.next_run().start()
    wait_for(lambda: drafts(page) == {f"/{run.thread_id}": "and then"})
    run.complete()
    new_chat(page)
    expect(composer(page)).to_have_value("")


def test_a_deleted_chat_takes_its_draft_along(page: Page, shown: Shown) -> None:  # noqa: F811
    first, second = two_chats(page, shown)
    composer(page).fill("for the second")
    go_to(page, first, "first chat")
    composer(page).fill("for the first")
    for run in (second, first):
        row = page.locator(".threads li").filter(has=page.locator(f"a[href$='{run.thread_id}']"))
        row.hover()
        row.get_by_role("button", name="Delete").click()
        expect(row).to_have_count(0)
    expect(page.get_by_text(texts.GREETING)).to_be_visible()
    wait_for(lambda: drafts(page) == {})
    expect(composer(page)).to_have_value("")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".answer-body")).to_have_text("About first chat")
    composer(page).fill("again")
    page.reload()
    expect(composer(page)).to_have_value("again")


def test_drafts_are_bounded_and_the_oldest_goes_first(page: Page) -> None:
    page.evaluate(
        """() => { for (let n = 0; n < 60; n++)
            sessionStorage.setItem(`decant.draft/t${n}`, JSON.stringify({ text: "x".repeat(1000), at: n })) }"""
    )
    composer(page).fill("new")
    wait_for(lambda: len(drafts(page)) <= 30)
    assert "/t59" in drafts(page)
    assert "/t0" not in drafts(page)
    page.evaluate(
        """() => { for (let n = 0; n < 9; n++)
            sessionStorage.setItem(`decant.draft/u${n}`, JSON.stringify({ text: "x".repeat(190000), at: 100 + n })) }"""
    )
    composer(page).fill("newer")
    wait_for(lambda: sum(map(len, drafts(page).values())) <= 1_000_000)
    assert {"", "/u8"} <= drafts(page).keys()


def test_keys_are_stored_after_a_pause_and_lay_nothing_out_at_the_greatest_height(page: Page) -> None:
    composer(page).fill("line\n" * 200)
    wait_for(lambda: drafts(page) == {"": "line\n" * 200})
    page.evaluate(
        """() => {
            window.written = 0;
            window.laidOut = 0;
            const set = Storage.prototype.setItem;
            Storage.prototype.setItem = function (...given) { window.written++; set.apply(this, given); };
            const area = document.querySelector(".composer textarea");
            new MutationObserver((found) => (window.laidOut += found.length)).observe(area, { attributes: true });
            for (let n = 0; n < 50; n++) {
                area.value += "x";
                area.dispatchEvent(new Event("input"));
            }
        }"""
    )
    assert page.evaluate("window.written") == 0
    page.wait_for_function("window.written === 1")
    assert page.evaluate("window.laidOut") == 0
    composer(page).fill("short")
    expect(composer(page)).to_have_js_property("clientHeight", page.evaluate(ONE_LINE))


ONE_LINE = """() => {
    const area = document.querySelector(".composer textarea");
    const before = area.style.height;
    area.style.height = "auto";
    const height = area.scrollHeight;
    area.style.height = before;
    return height;
}"""


def test_the_field_grows_when_the_window_narrows(page: Page) -> None:
    composer(page).fill("some words that wrap somewhere " * 8)
    page.set_viewport_size({"width": 400, "height": 900})
    fits = "e => e.scrollHeight <= e.clientHeight + 1"
    wait_for(lambda: composer(page).evaluate(fits))
    narrow = composer(page).evaluate("e => e.clientHeight")
    page.set_viewport_size({"width": 1280, "height": 900})
    wait_for(lambda: composer(page).evaluate("e => e.clientHeight") < narrow)
    assert composer(page).evaluate(fits)


def test_an_edit_that_has_to_wait_says_so_and_goes_when_sent_again(page: Page, shown: Shown) -> None:  # noqa: F811
    run = ask(page, shown, "Why?").text("Half")
    expect(page.locator(".answer-body")).to_have_text("Half")
    edit(page, "Why, really?")
    for press in (lambda: editor(page).press("Enter"), page.get_by_role("button", name="Send", exact=True).first.click):
        press()
        expect(page.locator(".message-editor [role=alert]")).to_have_text(texts.WAIT_FOR_ANSWER)
        expect(editor(page)).to_have_value("Why, really?")
        editor(page).press("End")
        editor(page).press_sequentially("!")
        expect(page.locator(".message-editor [role=alert]")).to_have_count(0)
        editor(page).fill("Why, really?")
    editor(page).press("Enter")
    expect(page.locator(".message-editor [role=alert]")).to_be_visible()
    run.complete()
    expect(page.locator(".message-editor [role=alert]")).to_have_count(0)
    editor(page).press("Enter")
    again = shown.api.next_run().start()
    assert again.body["content"] == "Why, really?"
    again.complete()
    expect(editor(page)).to_have_count(0)


def test_what_else_has_to_wait_for_the_answer_says_so(page: Page, shown: Shown) -> None:  # noqa: F811
    answered(page, shown, "first chat")
    run = ask(page, shown, "second").text("Half")
    said = page.locator(".composer").get_by_role("alert")
    page.get_by_role("button", name="Answer again").first.click()
    expect(said).to_have_text(texts.WAIT_FOR_ANSWER)
    composer(page).press_sequentially("the next one")
    expect(said).to_have_count(0)
    composer(page).press("Enter")
    expect(said).to_have_text(texts.WAIT_FOR_ANSWER)
    expect(composer(page)).to_have_value("the next one")
    run.complete()
    expect(said).to_have_count(0)
    composer(page).press("Enter")
    next_run = shown.api.next_run().start()
    assert next_run.body["content"] == "the next one"
    next_run.complete()


def test_escape_leaves_an_editor_from_any_place_in_it_and_stops_nothing(page: Page, shown: Shown) -> None:  # noqa: F811
    run = ask(page, shown, "Why?").text("Half")
    expect(page.locator(".answer-body")).to_have_text("Half")
    for place in ("textarea", "button >> nth=0", "button >> nth=1"):
        edit(page, "changed")
        page.locator(f".user-message .message-editor {place}").focus()
        page.keyboard.press("Escape")
        expect(editor(page)).to_have_count(0)
    assert not run.cancelled.is_set()
    run.complete()


def test_escape_stops_the_answer_from_where_it_is_read_and_written_only(page: Page, shown: Shown) -> None:  # noqa: F811
    run = ask(page, shown, "Why?").text("Half")
    search = page.get_by_role("searchbox", name="Search chats")
    search.focus()
    page.keyboard.press("Escape")
    search.fill("words")
    page.keyboard.press("Escape")
    expect(search).to_have_value("")
    page.keyboard.press("Escape")
    for button in ("Theme", "This chat"):
        page.get_by_role("button", name=button).first.focus()
        page.keyboard.press("Escape")
    run.text(" more")
    expect(page.locator(".answer-body")).to_have_text("Half more")
    assert not run.cancelled.is_set()
    page.get_by_role("button", name="Stop", exact=True).focus()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Stopped", exact=True)).to_be_visible()


def test_an_editor_is_there_again_after_a_reload_and_a_look_elsewhere(page: Page, shown: Shown) -> None:  # noqa: F811
    run = answered(page, shown, "first chat")
    edit(page, "first chat, changed")
    page.reload()
    expect(editor(page)).to_have_value("first chat, changed")
    new_chat(page)
    go_to(page, run, "first chat")
    expect(editor(page)).to_have_value("first chat, changed")
    page.locator(".message-editor").get_by_role("button", name="Cancel").click()
    expect(editor(page)).to_have_count(0)
    page.reload()
    expect(page.locator(".answer-body")).to_have_text("About first chat")
    expect(editor(page)).to_have_count(0)
    edit(page, "sent")
    editor(page).press("Enter")
    shown.api.next_run().start().text("Other").complete()
    expect(page.locator(".answer-body")).to_have_text("Other")
    page.reload()
    expect(page.locator(".answer-body")).to_have_text("Other")
    expect(editor(page)).to_have_count(0)


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(page: Page) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.locator("input[type=file]").evaluate(
        """input => {
            const files = new DataTransfer();
            files.items.add(new File([new Uint8Array(33 << 20)], "x.json"));
            input.files = files.files;
            input.dispatchEvent(new Event("change"));
        }"""
    )
    expect(page.get_by_role("alert").filter(has_text="larger than 32 MB")).to_be_visible()
    assert not [url for url in requests if url.endswith("/import")]


def test_half_a_character_is_sent_as_what_stands_for_one(page: Page, shown: Shown) -> None:  # noqa: F811
    write = "(area, text) => { area.value = text; area.dispatchEvent(new Event('input', { bubbles: true })); }"
    composer(page).evaluate(write, "a\ud83d b\U0001f600")
    composer(page).press("Enter")
    run = shown.api.next_run().start()
    assert run.body["content"] == "a\ufffd b\U0001f600"
    run.text("Done").complete()
    page.locator(".user-message").last.hover()
    page.get_by_role("button", name="Edit").last.click()
    editor(page).evaluate(write, "\udc00c")
    page.locator(".message-editor").get_by_role("button", name="Send").click()
    assert shown.api.next_run().start().body["content"] == "\ufffdc"


# All in one task of the browser: the page has not answered the click yet.
HASTY = """([written, more, isSent]) => {
    const field = document.getElementById("message");
    const write = (text) => { field.value = text; field.dispatchEvent(new Event("input")); };
    write(written);
    document.querySelector(".new-chat").click();
    write(written + more);
    if (isSent) field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
}"""


def test_what_is_written_before_the_new_chat_is_there_is_written_in_it(page: Page, shown: Shown) -> None:  # noqa: F811
    answered(page, shown, "first chat")
    page.evaluate(HASTY, ["left", "new", False])
    expect(page.get_by_text(texts.GREETING)).to_be_visible()
    expect(composer(page)).to_have_value("new")
    assert sorted(drafts(page).values()) == ["left", "new"]


def test_what_is_sent_before_the_new_chat_is_there_is_asked_in_it(page: Page, shown: Shown) -> None:  # noqa: F811
    first = answered(page, shown, "first chat")
    page.evaluate(HASTY, ["", "hasty", True])
    run = shown.api.next_run().start().text("Yes.").complete()
    expect(page.locator(".answer-body")).to_have_text("Yes.")
    assert run.thread_id != first.thread_id
    wait_for(lambda: drafts(page) == {}, what="no draft to be left")
    composer(page).fill("more")
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_enabled()
