"""A growing text in a real browser: what is finished stays the same node, and nothing is lost on the way."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import Visit
from tests.support.cuttable_proxy import CuttableProxy
from tests.support.documents import ALL, EVERYTHING
from tests.support.markdown_stage import READY, Stage
from tests.support.missing import missing
from tests.support.processes import wait_for

pytestmark = pytest.mark.browser

NESTED = (
    "- one\n  1. two\n     ```python\n     x = 1\n     ```\n  2. three\n\n"
    "| a | b |\n|---|---|\n| 1 | 2 |\n\n> [!NOTE]\n> four"
)
CODE = "# say it\nprint('a < b')\n\n\tdone()\n"


@pytest.fixture
def page(visit: Visit, stage: Stage) -> Iterator[Page]:
    visit.page.goto(stage.url)
    visit.page.wait_for_function(READY)
    yield visit.page
    assert visit.errors == []


def html_of(page: Page, index: int = 0) -> str:
    return str(page.evaluate("index => document.querySelectorAll('.markdown')[index].innerHTML", index))


def numbers_in(page: Page) -> list[str]:
    return page.locator(".markdown").inner_text().split()


def test_a_text_is_drawn_while_it_grows(page: Page, stage: Stage) -> None:
    stage.append("# Title\n\nHello **wor")
    expect(page.locator(".markdown h1")).to_have_text("Title")
    expect(page.locator(".markdown strong")).to_have_text("wor")
    stage.append("ld**!")
    expect(page.locator(".markdown p")).to_have_text("Hello world!")


def test_lists_code_tables_and_quotes_nest_where_they_belong(page: Page, stage: Stage) -> None:
    for character in NESTED:
        stage.append(character)
    stage.finish()
    expect(page.locator(".markdown > .section > ul > li > ol > li")).to_have_count(2)
    expect(page.locator(".markdown > .section > ul > li > ol > li > .code pre")).to_have_text("x = 1\n")
    expect(page.locator(".markdown tbody tr td")).to_have_text(["1", "2"])
    expect(page.locator(".markdown > .section > blockquote.note > p").last).to_have_text("four")


@pytest.mark.parametrize(("size", "longest"), [(1, 1500), (13, 6000)])
def test_what_was_streamed_looks_like_what_came_at_once(page: Page, stage: Stage, size: int, longest: int) -> None:
    texts = [text for text in ALL if len(text) < longest and "mermaid" not in text and "\ud83d" not in text]
    stage.post("frames", [[text[at : at + size] for at in range(0, len(text), size)] for text in texts])
    streamed = drawn(page, stage)
    page.evaluate("document.querySelectorAll('.markdown').forEach(element => (element.isOld = true))")
    stage.post("replace", texts)
    at_once = drawn(page, stage)
    assert len(streamed) == len(texts)
    for text, one, other in zip(texts, streamed, at_once, strict=True):
        assert one == other, text


def drawn(page: Page, stage: Stage) -> list[str]:
    """Return the HTML of all new texts once each has drawn all frames that were sent."""
    page.wait_for_function(
        """(seqs) => {
          const elements = [...document.querySelectorAll(".markdown")].filter((element) => !element.isOld);
          return JSON.stringify(elements.map((element) => getElement(element)?.seq)) === JSON.stringify(seqs);
        }""",
        arg=stage.seqs(),
    )
    return [html_of(page, index) for index in range(page.locator(".markdown").count())]


def test_finished_nodes_stay_the_same_objects_and_a_selection_in_them_lives(page: Page, stage: Stage) -> None:
    stage.append("First paragraph.\n\n- one\n- two\n\n```python\nx = 1\n```\n\nopen")
    expect(page.locator(".markdown p").last).to_have_text("open")
    page.evaluate(
        """() => {
          window.kept = [...document.querySelectorAll(".section > *, .markdown li, .markdown .lines")].slice(0, -1);
          getSelection().selectAllChildren(document.querySelector(".markdown p"));
        }"""
    )
    for number in range(30):
        stage.append(f" word{number}\n\n- item\n\n" if number % 5 == 0 else f" word{number}")
    stage.finish()
    expect(page.locator(".markdown")).to_contain_text("word29")
    assert page.evaluate("kept.length > 5 && kept.every(node => node.isConnected)")
    assert page.evaluate("getSelection().toString()") == "First paragraph."


def test_it_neither_scrolls_nor_takes_the_focus_nor_speaks(page: Page, stage: Stage) -> None:
    stage.append("line\n\n" * 200)
    expect(page.locator(".markdown p")).to_have_count(200)
    page.evaluate("scrollTo(0, 500)")
    stage.append("more\n\n" * 50)
    expect(page.locator(".markdown p")).to_have_count(250)
    assert page.evaluate("[scrollY, document.activeElement === document.body]") == [500, True]
    assert page.locator("[aria-live]:has(.markdown), .markdown [aria-live]").count() == 0


def test_what_is_out_of_sight_while_the_text_grows_keeps_its_height(page: Page, stage: Stage) -> None:
    parts = [f"## Part {number}\n\n{'word ' * 50}\n\n- one\n- two\n\n" for number in range(40)]
    for number, part in enumerate(parts, start=1):
        stage.append(part)
        expect(page.locator(".markdown p")).to_have_count(number)
    stage.finish()
    expect(page.locator(".markdown li")).to_have_count(80)
    assert page.evaluate("getComputedStyle(document.querySelector('.section')).contentVisibility") == "auto"
    streamed = page.evaluate("document.querySelector('.markdown').scrollHeight")
    stage.post("replace", ["".join(parts)])
    page.wait_for_function("!document.querySelector('.markdown.growing')")
    expect(page.locator(".markdown li")).to_have_count(80)
    assert page.evaluate("document.querySelector('.markdown').scrollHeight") == streamed


def test_a_cut_connection_loses_and_doubles_nothing(visit: Visit, stage: Stage) -> None:
    proxy = CuttableProxy(stage.port)
    page = visit.page
    page.goto(proxy.url)
    page.wait_for_function(READY)
    page.evaluate("window.sameDocument = true")
    expected = []
    for number in range(120):
        stage.append(f"{number} " if number % 10 else f"{number}\n\n")
        expected.append(str(number))
        if number in (30, 70):
            page.wait_for_function("number => document.body.textContent.includes(number)", arg=str(number - 5))
            proxy.cut()
            page.wait_for_function("document.getElementById('popup').ariaHidden === 'false'")
        if number in (50, 90):
            proxy.mend()
            page.wait_for_function("number => document.body.textContent.includes(number)", arg=str(number - 5))
    stage.finish()
    expect(page.locator(".markdown")).to_contain_text("119")
    assert numbers_in(page) == expected
    assert page.evaluate("window.sameDocument")
    proxy.close()


@pytest.mark.parametrize("place", ["dialog", "tab"])
def test_an_element_that_is_mounted_late_shows_everything(visit: Visit, stage: Stage, place: str) -> None:
    visit.page.goto(f"{stage.url}/?place={place}")
    visit.page.wait_for_function(READY)
    stage.append("# Early\n\nand **la")
    wait_for(lambda: stage.seqs() == [1], what="a frame")
    assert visit.page.locator(".markdown").count() == 0
    stage.post("show")
    expect(visit.page.locator(".markdown strong")).to_have_text("la")
    stage.append("te**")
    expect(visit.page.locator(".markdown p")).to_have_text("and late")
    stage.finish()


@pytest.mark.parametrize("is_finished", [False, True])
def test_an_element_that_is_moved_shows_everything(page: Page, stage: Stage, *, is_finished: bool) -> None:
    stage.append("# Kept\n\nand **mo")
    expect(page.locator(".markdown strong")).to_have_text("mo")
    if is_finished:
        stage.append("ved**")
        stage.finish()
        expect(page.locator(".markdown p")).to_have_text("and moved")
    stage.post("move")
    if not is_finished:
        stage.append("ved**")
    expect(page.locator(".q-card .markdown h1")).to_have_text("Kept")
    expect(page.locator(".q-card .markdown p")).to_have_text("and moved")


def test_text_that_came_before_the_browser_is_shown(visit: Visit, stage: Stage) -> None:
    visit.page.goto(f"{stage.url}/?early=2000")
    stage.append("2000")
    stage.finish()
    expect(visit.page.locator(".markdown")).to_contain_text("1999 2000")
    assert numbers_in(visit.page) == [str(number) for number in range(2001)]


def test_a_browser_that_missed_a_frame_asks_for_the_whole(page: Page, stage: Stage) -> None:
    stage.append("one ")
    expect(page.locator(".markdown p")).to_have_text("one")
    page.evaluate(
        """() => {
          const element = getElement(document.querySelector(".markdown"));
          element.units.change(element.units.units.length, []);
          element.seq -= 1;
        }"""
    )
    stage.append("two ")
    expect(page.locator(".markdown p")).to_have_text("one two")
    stage.append("three")
    expect(page.locator(".markdown p")).to_have_text("one two three")


def test_copy_gives_the_code_as_it_was_written(visit: Visit, stage: Stage) -> None:
    visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit.page.goto(stage.url)
    visit.page.wait_for_function(READY)
    stage.append(f"```python\n{CODE}```\n\nafter")
    button = visit.page.get_by_role("button", name="Copy code")
    button.focus()
    visit.page.keyboard.press("Enter")
    expect(button).to_have_text("Copied")
    assert visit.page.evaluate("navigator.clipboard.readText()") == CODE.removesuffix("\n")


def test_copy_works_without_a_secure_context(page: Page, stage: Stage) -> None:
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.evaluate(
        """() => {
          document.execCommand = (command) => {
            const event = new ClipboardEvent("copy", { clipboardData: new DataTransfer(), cancelable: true });
            document.dispatchEvent(event);
            window.written = [command, event.clipboardData.getData("text/plain")];
            return true;
          };
        }"""
    )
    stage.append(f"```python\n{CODE}```\n\nafter")
    page.get_by_role("button", name="Copy code").click()
    expect(page.locator(".copy")).to_have_text("Copied")
    assert page.evaluate("written") == ["copy", CODE.removesuffix("\n")]


def test_a_remote_image_is_loaded_on_click_and_not_before(visit: Visit, page: Page, stage: Stage) -> None:
    stage.append("![a cat](https://img.example/cat.png)\n\nafter")
    button = page.get_by_role("button", name="Show image from img.example: a cat")
    expect(button).to_be_visible()
    assert visit.foreign_requests == []
    button.click()
    image = page.frame_locator("iframe[title='a cat']").locator("img")
    expect(image).to_have_attribute("referrerpolicy", "no-referrer")
    assert visit.foreign_requests == ["https://img.example/cat.png"]


def test_a_root_has_its_sign_and_brackets_grow(page: Page, stage: Stage) -> None:
    stage.append("$$\\sqrt{x} + \\sqrt[3]{y}$$\n\n$$\\left(\\frac{a}{\\frac{b}{c}}\\right)$$\n\nafter\n\nand more\n\n")
    expect(page.locator(".markdown")).to_contain_text("after")
    sign = "root => root.getBoundingClientRect().width - root.firstElementChild.getBoundingClientRect().width"
    if not all(page.locator(root).evaluate(sign) > 4 for root in ("msqrt", "mroot")):
        missing("no font for mathematics is installed, such as fonts-dejavu-extra has, or roots have lost their sign")
    bracket, fraction = page.locator(".markdown mo").last, page.locator(".markdown mfrac").first
    heights = [element.evaluate("element => element.getBoundingClientRect().height") for element in (bracket, fraction)]
    assert heights[0] > heights[1] / 2


def test_a_diagram_is_drawn_when_its_block_is_finished(page: Page, stage: Stage) -> None:
    stage.append("```mermaid\ngraph LR\n  A[One] --> B[Two]\n")
    expect(page.locator(".markdown pre")).to_contain_text("A[One]")
    assert page.locator(".drawing").count() == 0
    stage.append("```\n\nafter")
    expect(page.locator(".drawing svg")).to_be_visible()
    expect(page.locator(".drawing")).to_contain_text("Two")
    expect(page.locator(".markdown pre")).to_be_hidden()


def test_a_diagram_with_a_mistake_stays_its_source(page: Page, stage: Stage) -> None:
    stage.append("```mermaid\ngraph LR\n  A[One --> \n```\n\n```mermaid\ngraph LR\n  C --> D\n```\n\nafter")
    expect(page.locator(".drawing svg")).to_be_visible()
    expect(page.locator(".drawing")).to_have_count(1)
    expect(page.locator(".markdown pre").first).to_be_visible()
    assert page.locator("body > [id^=ddecant], body > [id^=decant]").count() == 0


def test_links_open_elsewhere_and_tell_nothing(page: Page, stage: Stage) -> None:
    stage.append("[a](https://a.example/b?c=d&e=f) and text")
    link: Any = page.locator(".markdown a")
    expect(link).to_have_attribute("href", "https://a.example/b?c=d&e=f")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(link).to_have_attribute("target", "_blank")


def test_the_text_is_what_was_appended(page: Page, stage: Stage) -> None:
    stage.append(EVERYTHING)
    stage.finish()
    expect(page.locator(".markdown h1")).to_have_text("Title with emphasis")
    assert page.request.get(f"{stage.url}/text").text() == EVERYTHING
