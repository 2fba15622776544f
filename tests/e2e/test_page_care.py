"""What a page takes care of: focus, typed text, right to left, forced colours, small screens, slow networks."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.test_page_layout import Shown, ask, composer, shown  # noqa: F401
from tests.support.browser import Visit

pytestmark = pytest.mark.browser
OVERLAPS = """() => {
  const box = (selector) => {
    const found = document.querySelector(selector)?.getBoundingClientRect();
    return found && found.width > 2 && found.height > 2 ? found : null;
  };
  const [one, other] = [box(".brand h1"), box(".bar-choice > *")];
  return !!one && !!other && one.right > other.left + 1 && one.left < other.right - 1;
}"""


@pytest.fixture
def page(visit: Visit, shown: Shown) -> Iterator[Page]:  # noqa: F811
    visit.page.goto(shown.url)
    expect(composer(visit.page)).to_be_focused()
    yield visit.page
    assert visit.errors == []


def test_title_and_model_never_overlap(page: Page) -> None:
    for width in (320, 360, 390, 430, 520, 640, 700, 900, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        assert not page.evaluate(OVERLAPS), width
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
    assert page.get_by_role("heading", name="Decant", level=1).count() == 1


def test_a_slow_browser_sees_where_things_will_be_and_no_sentence_about_modules(visit: Visit, shown: Shown) -> None:  # noqa: F811
    visit.page.route("**/static/*.js", lambda route: None)
    visit.page.goto(shown.url, wait_until="commit")
    fallback = visit.page.locator("#esm-fallback")
    fallback.wait_for(state="attached")
    style = "e => [getComputedStyle(e).contentVisibility, getComputedStyle(e).opacity, getComputedStyle(e).position]"
    assert fallback.evaluate(style)[0] == "hidden"
    assert fallback.evaluate(style)[2] == "fixed"
    visit.page.unroute_all(behavior="ignoreErrors")


def test_text_that_runs_from_right_to_left_does(page: Page, shown: Shown) -> None:  # noqa: F811
    composer(page).fill("مرحبا بك")
    assert composer(page).evaluate("e => getComputedStyle(e).direction") == "rtl"
    run = ask(page, shown, "ما هذا؟").text("هذا **نص**.\n\n- واحد\n- two\n\n> سلام\n")
    for selector in (".bubble", ".answer-body p", ".answer-body ul", ".answer-body blockquote"):
        expect(page.locator(selector).first).to_be_visible()
        assert page.locator(selector).first.evaluate("e => getComputedStyle(e).direction") == "rtl", selector
    run.complete()


def test_forced_colours_show_every_button(browser: Browser, shown: Shown) -> None:  # noqa: F811
    context = browser.new_context(forced_colors="active")
    page = context.new_page()
    page.goto(shown.url)
    expect(composer(page)).to_be_visible()
    composer(page).fill("x")
    send = page.get_by_role("button", name="Send")
    colours = "e => [getComputedStyle(e).backgroundColor, getComputedStyle(e.querySelector('.icon')).backgroundColor]"
    expect(send).to_be_enabled()
    button, icon = send.evaluate(colours)
    assert button != icon
    assert send.evaluate("e => getComputedStyle(e).borderTopStyle") == "solid"
    context.close()


def test_settings_keep_what_was_written(page: Page, shown: Shown) -> None:  # noqa: F811
    ask(page, shown).text("An answer.").complete()
    page.get_by_role("button", name="This chat").click()
    page.get_by_role("menuitem", name="Chat settings").click()
    field = page.get_by_role("textbox", name="System prompt")
    field.fill("Be brief.")
    page.mouse.click(5, 5)
    expect(field).to_have_value("Be brief.")
    page.keyboard.press("Escape")
    expect(field).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(field).to_be_hidden()


def test_focus_stays_on_the_page(page: Page, shown: Shown) -> None:  # noqa: F811
    ask(page, shown).text("An answer.").complete()
    edit = page.get_by_role("button", name="Edit")
    edit.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Your message, edited")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("textbox", name="Your message, edited")).to_have_count(0)
    page.wait_for_function("document.activeElement.closest('.user-message')")
    again = page.get_by_role("button", name="Answer again")
    again.focus()
    page.keyboard.press("Enter")
    shown.api.next_run().start().text("Another.").complete()
    page.wait_for_function("document.activeElement !== document.body")
