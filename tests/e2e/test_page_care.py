"""What a page takes care of: focus, typed text, right to left, forced colours, small screens, slow networks."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.test_page_layout import Shown, ask, composer, shown  # noqa: F401
from tests.support.browser import Visit
from tests.support.processes import running_ui
from tests.support.scripted_api import ScriptedApi

pytestmark = pytest.mark.browser
LONG = "anthropic/claude-sonnet-4.5-20250929-thinking-preview-very-long"
OVERLAPS = """() => {
  const things = [...document.querySelectorAll(".page-bar :is(h1, .brand p, .bar-choice > *, button)")]
    .map((e) => [e.ariaLabel || e.className || e.tagName, e.getBoundingClientRect()])
    .filter(([, box]) => box.width > 2 && box.height > 2);
  const pairs = things.flatMap((one, at) => things.slice(at + 1).map((other) => [one, other]));
  return pairs.filter(([[, a], [, b]]) => a.right > b.left + 1 && a.left < b.right - 1).map(([[a], [b]]) => [a, b]);
}"""
DIRECTION = "e => getComputedStyle(e).direction"


@pytest.fixture
def page(visit: Visit, shown: Shown) -> Iterator[Page]:  # noqa: F811
    visit.page.goto(shown.url)
    expect(composer(visit.page)).to_be_focused()
    yield visit.page
    assert visit.errors == []


@pytest.mark.parametrize("names", [[], [LONG], [LONG, "b", "c"]])
def test_nothing_in_the_bar_overlaps(browser: Browser, tmp_path: Path, names: list[str]) -> None:
    with ScriptedApi() as api, running_ui(tmp_path, API_URL=api.url) as ui:
        api.models = {"models": [{"name": name} for name in names], "default": None}
        for touch in (False, True):
            context = browser.new_context(has_touch=touch, is_mobile=touch)
            page = context.new_page()
            page.goto(ui.url)
            expect(page.locator(".model-label, .model-choice")).to_have_count(min(len(names), 1))
            for width in (320, 360, 390, 430, 520, 640, 641, 768, 900, 1440):
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate(OVERLAPS) == [], (width, touch)
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (width, touch)
                title = page.get_by_role("heading", name="Decant", level=1).bounding_box()
                assert (title["width"] > 40) == (width > 640 or not names), (width, touch)
            context.close()


def test_a_slow_browser_sees_where_things_will_be_and_no_sentence_about_modules(visit: Visit, shown: Shown) -> None:  # noqa: F811
    visit.page.route("**/static/vue*.js", lambda route: None)
    visit.page.goto(shown.url, wait_until="commit")
    expect(visit.page.locator(".skeleton-field")).to_have_text("Ask anything")
    expect(visit.page.locator(".skeleton-side")).to_be_visible()
    expect(visit.page.locator("#esm-fallback")).to_be_hidden()
    visit.page.evaluate("document.documentElement.classList.add('no-modules')")
    expect(visit.page.locator("#esm-fallback")).to_be_visible()
    expect(visit.page.locator(".skeleton")).to_be_hidden()
    visit.page.unroute_all(behavior="ignoreErrors")


def test_the_skeleton_goes_when_the_page_is_there(page: Page) -> None:
    expect(page.locator(".skeleton")).to_be_hidden()


def test_text_that_runs_from_right_to_left_does(page: Page, shown: Shown) -> None:  # noqa: F811
    composer(page).fill("مرحبا بك")
    assert composer(page).evaluate(DIRECTION) == "rtl"
    text = "هذا **نص**.\n\n- واحد\n- two.\n\n> سلام\n\n| א | b |\n|---|--:|\n| 1 | 2 |\n\n- one\n- اثنان.\n\n`x = 1`\n"
    run = ask(page, shown, "ما هذا؟").text(text)
    expect(page.locator(".answer-body table")).to_be_visible()
    for _ in ("growing", "stored"):
        assert page.locator(".bubble").evaluate(DIRECTION) == "rtl"
        for selector in ("p", "ul", "blockquote", ".table"):
            assert page.locator(f".answer-body {selector}").first.evaluate(DIRECTION) == "rtl", selector
        assert page.locator(".answer-body code").first.evaluate(DIRECTION) == "ltr"
        sides = page.locator(".answer-body li").evaluate_all("all => all.map(e => getComputedStyle(e).textAlign)")
        assert [side.removeprefix("-webkit-") for side in sides] == ["right", "right", "left", "left"]
        if run.status == "running":
            run.complete()
            page.reload()
            expect(page.locator(".answer-body table")).to_be_visible()


def test_a_full_stop_stands_at_the_end_of_its_own_text(page: Page, shown: Shown) -> None:  # noqa: F811
    ask(page, shown).text("- أول\n- Latin words.\n\nafter").complete()
    item = page.locator(".answer-body li").nth(1)
    places = """e => {
      const [text] = e.childNodes, box = (at) => {
        const range = new Range();
        range.setStart(text, at);
        range.setEnd(text, at + 1);
        return range.getBoundingClientRect().left;
      };
      return [box(0), box(text.data.length - 1)];
    }"""
    first, stop = item.evaluate(places)
    assert stop > first


def test_forced_colours_show_every_button(browser: Browser, shown: Shown) -> None:  # noqa: F811
    context = browser.new_context(forced_colors="active")
    page = context.new_page()
    page.goto(shown.url)
    expect(composer(page)).to_be_visible()
    composer(page).fill("x")
    expect(page.get_by_role("button", name="Send")).to_be_enabled()
    colours = """() => [...document.querySelectorAll("button:has(.icon)")].filter((e) => e.checkVisibility()).map((e) =>
      [e.ariaLabel || e.textContent, getComputedStyle(e).backgroundColor,
       getComputedStyle(e.querySelector(".icon")).backgroundColor, getComputedStyle(e).borderTopStyle])"""
    shown_buttons = page.evaluate(colours)
    assert len(shown_buttons) > 4
    assert [name for name, button, icon, border in shown_buttons if button == icon or border != "solid"] == []
    context.close()


def open_settings(page: Page) -> Locator:
    page.get_by_role("button", name="This chat").click()
    page.get_by_role("menuitem", name="Chat settings").click()
    field = page.get_by_role("textbox", name="System prompt")
    expect(field).to_be_visible()
    return field


def test_settings_keep_what_was_written(page: Page, shown: Shown) -> None:  # noqa: F811
    ask(page, shown).text("An answer.").complete()
    field = open_settings(page)
    field.fill("Be brief.")
    box = field.bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 12)
    page.mouse.down()
    page.mouse.move(5, 5, steps=3)
    page.mouse.up()
    page.mouse.click(5, 5)
    for _ in range(3):
        page.keyboard.press("Escape")
    expect(page.get_by_role("alert").filter(has_text="Save what you have changed")).to_be_visible()
    expect(field).to_have_value("Be brief.")
    page.evaluate("document.querySelector('dialog[open]').close()")  # as the way back of a phone does
    expect(open_settings(page)).to_have_value("Be brief.")
    page.get_by_role("button", name="Cancel").click()
    expect(open_settings(page)).to_have_value("")
    page.mouse.click(5, 5)
    expect(field).to_be_hidden()


def test_focus_goes_to_what_was_acted_on(page: Page, shown: Shown) -> None:  # noqa: F811
    ask(page, shown).text("An answer.\n\n" * 40).complete()
    press = page.keyboard.press
    editor = page.get_by_role("textbox", name="Your message, edited")
    edit = page.get_by_role("button", name="Edit")
    edit.focus()
    press("Enter")
    expect(editor).to_be_focused()
    press("Escape")
    expect(edit).to_be_focused()
    press("Enter")
    expect(editor).to_be_focused()
    press("End")
    page.keyboard.type(" Again?")
    press("Enter")
    stop = page.get_by_role("button", name="Stop")
    run = shown.api.next_run().start()
    expect(stop).to_be_focused()
    run.text("Another.\n\n" * 40).complete()
    expect(composer(page)).to_be_focused()
    page.get_by_role("button", name="Answer again").last.focus()
    press("Enter")
    run = shown.api.next_run().start().text("A third.\n\n" * 40)
    expect(stop).to_be_focused()
    run.complete()
    expect(composer(page)).to_be_focused()
    page.get_by_role("button", name="Previous version").last.focus()
    press("Enter")
    expect(page.get_by_role("button", name="Next version").last).to_be_focused()
    press("Enter")
    expect(page.get_by_role("button", name="Previous version").last).to_be_focused()
    page.mouse.move(700, 400)
    page.mouse.wheel(0, -3000)
    page.get_by_role("button", name="Jump to the latest message").focus()
    press("Enter")
    expect(page.get_by_role("log")).to_be_focused()
    menu = page.get_by_role("button", name="This chat")
    menu.focus()
    press("Enter")
    press("Escape")
    expect(menu).to_be_focused()
    press("Enter")
    press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    press("Escape")
    expect(menu).to_be_focused()
    with page.expect_file_chooser() as chooser:
        press("Enter")
        press("End")
        press("Enter")
    chooser.value.set_files([{"name": "x.json", "mimeType": "application/json", "buffer": b"no"}])
    expect(page.get_by_role("alert").filter(has_text="not a chat")).to_be_visible()
    expect(menu).to_be_focused()


def rows(page: Page) -> Locator:
    return page.locator(".threads li")


def test_focus_stays_in_the_list_of_chats(page: Page, shown: Shown) -> None:  # noqa: F811
    for number in range(4):
        page.get_by_role("button", name="New chat").first.click()
        ask(page, shown, f"Listed {number}").text("Yes.").complete()
        expect(rows(page).first).to_have_text(f"Listed {number}")
    link = page.get_by_role("link", name="Listed 2", exact=True)
    press = page.keyboard.press
    for key in ("Escape", "Enter"):
        link.focus()
        press("Tab")
        press("Enter")
        expect(page.get_by_role("textbox", name="Title")).to_be_focused()
        press(key)
        expect(link).to_be_focused()
    for number in (2, 1, 0):
        expect(page.get_by_role("link", name=f"Listed {number}", exact=True)).to_be_focused()
        press("Tab")
        press("Tab")
        press("Enter")
        expect(page.get_by_role("link", name=f"Listed {number}", exact=True)).to_have_count(0)
    expect(page.locator(".toast")).to_contain_text("3 chats deleted")
    page.wait_for_function("document.activeElement.closest('.threads')")
    press("Control+z")
    expect(page.get_by_role("link", name="Listed 0", exact=True)).to_be_visible()
    undo = page.get_by_role("button", name="Undo")
    undo.focus()
    press("Enter")
    expect(page.get_by_role("link", name="Listed 1", exact=True)).to_be_visible()
    expect(undo).to_be_focused()
    press("Enter")
    expect(page.get_by_role("link", name="Listed 2", exact=True)).to_be_focused()
    expect(page.locator(".toast")).to_have_count(0)


def test_the_first_stop_leads_to_the_message(page: Page) -> None:
    skip = page.get_by_role("link", name="Skip to message")
    assert skip.evaluate("e => e === document.querySelector('.shell :is(a, button, input, textarea, [tabindex])')")
    skip.focus()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(composer(page)).to_be_focused()


def test_what_assistive_technology_meets_has_a_name(page: Page, shown: Shown) -> None:  # noqa: F811
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    wide, narrow = "x = 1  # " + "long " * 60, "y = 2"
    code = f"```python\n{wide}\n```\n\n```python\n{narrow}\n```\n\n"
    text = f"- [x] bread\n\n{code}```mermaid\ngraph LR\n  A --> B\n```\n\nafter"
    ask(page, shown).text(text).complete()
    expect(page.get_by_role("checkbox", name="Done")).to_be_checked()
    expect(page.get_by_role("region", name="Code")).to_have_count(1)
    assert page.locator(".answer-body pre[tabindex]").count() == 1
    expect(page.get_by_role("img", name=re.compile("^Diagram"))).to_be_visible()
    page.get_by_role("button", name="Copy code").first.click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_have_count(1)


def test_what_a_model_folds_up_is_folded_up_once_it_is_closed(page: Page, shown: Shown) -> None:  # noqa: F811
    run = ask(page, shown).text("<details>\n<summary>Soluti", "on</summary>\n\nIt is **42**.\n\n```\ncode\n```\n")
    answer = page.locator(".answer-body")
    expect(answer.get_by_text("It is 42.")).to_be_visible()
    run.text("\n</details>\n\nAfter it<br>a line.\n").complete()
    expect(answer.get_by_text("After it")).to_be_visible()
    for _ in ("streamed", "stored"):
        expect(answer.get_by_text("It is 42.")).to_be_hidden()
        answer.get_by_text("Solution").click()
        expect(answer.get_by_text("It is 42.")).to_be_visible()
        expect(answer.locator("details pre")).to_have_text("code\n")
        expect(answer).not_to_contain_text("<")
        page.reload()
        expect(answer.get_by_text("After it")).to_be_visible()


def test_an_error_is_readable_on_a_phone(page: Page, shown: Shown) -> None:  # noqa: F811
    run = ask(page, shown).text("Half")
    sentence = "The provider did not answer in time and the connection was closed."
    run.send("run.failed", code="upstream_error", message=sentence, retryable=True).end()
    expect(page.get_by_role("button", name="Retry")).to_be_visible()
    for width in (320, 390):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.locator(".notice > div").bounding_box()["width"] > width * 0.6


def test_an_image_of_another_site_is_shown_in_the_page_after_a_click(visit: Visit, page: Page, shown: Shown) -> None:  # noqa: F811
    ask(page, shown).text("![a cat](https://img.example/cat.png)\n\nafter").complete()
    button = page.get_by_role("button", name="Show image from img.example: a cat")
    expect(button).to_be_visible()
    assert visit.foreign_requests == []
    button.click()
    expect(page.frame_locator("iframe[title='a cat']").locator("img[alt='a cat']")).to_have_count(1)
    assert visit.foreign_requests == ["https://img.example/cat.png"]
    refused = """(markup) => new Promise((resolve) => {
      addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective), { once: true });
      document.body.insertAdjacentHTML("beforeend", markup);
    })"""
    assert page.evaluate(refused, "<img src='https://img.example/told?secret'>") == "img-src"
    assert page.evaluate(refused, "<iframe src='https://img.example/told'></iframe>") == "frame-src"
    told = "/image?src=https%3A%2F%2Fimg.example%2Ftold"
    assert page.evaluate("(path) => fetch(path).then((answer) => answer.status)", told) == 404
