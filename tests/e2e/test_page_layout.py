"""The page in a real browser, in front of a scripted API: what only a browser can show."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import Visit
from tests.support.processes import running_ui, wait_for
from tests.support.scripted_api import ScriptedApi, ScriptedRun

pytestmark = pytest.mark.browser


@dataclass
class Shown:
    """The page of one process in front of one scripted API."""

    api: ScriptedApi
    url: str


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    with ScriptedApi() as api, running_ui(tmp_path_factory.mktemp("page"), API_URL=api.url) as ui:
        api.models = {"models": [{"name": "one"}, {"name": "two"}], "default": "one"}
        yield Shown(api, ui.url)


@pytest.fixture
def page(visit: Visit, shown: Shown) -> Iterator[Page]:
    visit.page.goto(shown.url)
    expect(composer(visit.page)).to_be_focused()
    yield visit.page
    assert (visit.errors, visit.foreign_requests) == ([], [])


def composer(page: Page):
    return page.get_by_role("textbox", name="Your message")


def ask(page: Page, shown: Shown, text: str = "Why?") -> ScriptedRun:
    composer(page).fill(text)
    composer(page).press("Enter")
    return shown.api.next_run().start()


def test_escape_stops_the_answer(page: Page, shown: Shown) -> None:
    run = ask(page, shown).text("Half")
    expect(page.locator(".answer-body")).to_have_text("Half")
    page.keyboard.press("Escape")
    expect(page.get_by_text("Stopped", exact=True)).to_be_visible()
    assert run.cancelled.is_set()


def test_typing_goes_on_while_the_answer_is_written_and_enter_waits(page: Page, shown: Shown) -> None:
    run = ask(page, shown)
    composer(page).press_sequentially("the next one")
    composer(page).press("Enter")
    run.text("Done").complete()
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_enabled()
    expect(composer(page)).to_have_value("the next one")
    assert shown.api.runs.empty()


def test_an_unsent_text_and_the_conversation_survive_a_reload(page: Page, shown: Shown) -> None:
    ask(page, shown).text("Done").complete()
    expect(page.locator(".answer-body")).to_have_text("Done")
    composer(page).fill("not sent yet")
    page.reload()
    expect(composer(page)).to_have_value("not sent yet")
    expect(page.locator(".answer-body")).to_have_text("Done")


def test_a_text_that_is_too_long_is_kept_and_not_sent(page: Page, shown: Shown) -> None:
    composer(page).fill("x" * 200_001)
    expect(page.get_by_role("alert").filter(has_text="too long")).to_contain_text("by 1 characters")
    composer(page).press("Enter")
    composer(page).fill("\u0001" * 199_000)
    composer(page).press("Enter")
    expect(page.get_by_role("alert").filter(has_text="too long")).to_be_visible()
    assert len(composer(page).input_value()) == 199_000
    assert shown.api.runs.empty()


def test_the_theme_is_remembered_and_there_before_the_page_is(page: Page, shown: Shown) -> None:
    for expected in ("light", "dark"):
        page.get_by_role("button", name=re.compile("^Theme")).click()
        expect(page.locator("html")).to_have_attribute("data-theme", expected)
    page.goto(shown.url, wait_until="commit")
    wait_for(lambda: page.evaluate("document.documentElement?.dataset.theme") == "dark")
    expect(page.locator("body")).to_have_class(re.compile("body--dark"))


def test_the_chosen_model_is_remembered(page: Page, shown: Shown) -> None:
    page.get_by_label("Model").select_option("two")
    page.reload()
    expect(page.get_by_label("Model")).to_have_value("two")
    run = ask(page, shown).complete()
    assert shown.api.store.threads[run.thread_id]["model"] == "two"


def test_screen_readers_hear_the_start_and_the_end_only(page: Page, shown: Shown) -> None:
    page.evaluate(
        """() => {
            window.heard = [];
            const live = document.querySelector('[role=status][aria-live=polite]');
            new MutationObserver(() => window.heard.push(live.textContent))
                .observe(live, {childList: true, characterData: true, subtree: true});
        }"""
    )
    run = ask(page, shown)
    for number in range(20):
        run.text(f"word{number} ")
        expect(page.locator(".answer-body")).to_contain_text(f"word{number}")
    run.complete()
    wait_for(lambda: page.evaluate("window.heard") == ["Answering…", "Answer complete."])
    assert page.locator("[aria-live]:not([aria-live=off]) .answer-body").count() == 0


def test_everything_that_can_be_pressed_has_a_name(page: Page, shown: Shown) -> None:
    run = ask(page, shown).text("Half")
    run.send("run.failed", code="upstream_error", message="The model broke.", retryable=True).end()
    expect(page.get_by_role("button", name="Retry")).to_be_visible()
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('button, a, input:not([hidden]), select, textarea, [tabindex="0"]')]
            .filter(e => !(e.ariaLabel || e.textContent.trim() || e.labels?.length)).map(e => e.outerHTML)"""
    )
    assert nameless == []
    assert page.evaluate("document.documentElement.lang") == "en-US"


def test_the_copy_button_puts_the_written_markdown_on_the_clipboard(page: Page, shown: Shown) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(page, shown).text("**bold** words").complete()
    page.locator(".answer").get_by_role("button", name="Copy").click()
    expect(page.locator(".answer").get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "**bold** words"


def test_scripts_in_markup_do_not_run(page: Page) -> None:
    page.evaluate(
        """() => {
            document.addEventListener('error', () => (window.failed = true), {capture: true});
            document.body.insertAdjacentHTML('beforeend', '<img src="data:," onerror="window.ran = 1">');
            const script = document.createElement('script');
            script.textContent = 'window.ran = 2';
            document.body.append(script);
        }"""
    )
    page.wait_for_function("window.failed")
    assert page.evaluate("window.ran") is None


def test_a_phone_shows_the_start_of_an_empty_page_and_the_end_of_a_conversation(page: Page, shown: Shown) -> None:
    page.set_viewport_size({"width": 320, "height": 480})
    page.reload()
    expect(page.get_by_role("heading", name="What shall we pour today?")).to_be_in_viewport()
    run = ask(page, shown)
    run.text("\n\n".join(f"Paragraph {number}" for number in range(60))).complete()
    expect(page.get_by_text("Paragraph 59", exact=True)).to_be_in_viewport()
    expect(composer(page)).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_signing_out_in_one_tab_closes_the_other(visit: Visit, tmp_path) -> None:
    with running_ui(tmp_path, API_URL="http://127.0.0.1:9", UI_PASSWORD="sesame") as ui:
        first, second = visit.page, visit.page.context.new_page()
        first.goto(ui.url)
        first.get_by_label("Password").fill("sesame")
        first.get_by_role("button", name="Sign in").click()
        expect(composer(first)).to_be_visible()
        second.goto(ui.url)
        expect(composer(second)).to_be_visible()
        first.get_by_role("button", name="Sign out").click()
        for page in (first, second):
            expect(page.get_by_label("Password")).to_be_visible()
