"""Both locks in a real browser: no hostile text runs a script, asks another host, or leaves an unknown node."""

import pytest
from playwright.sync_api import Page

from tests.support.browser import Visit
from tests.support.markdown_stage import READY, Stage
from tests.support.xss_corpus import ALL, DIAGRAMS, IMAGES, LINKS, RAW_HTML, TEXTS

pytestmark = pytest.mark.browser

FOUND = """() => {
  const wrong = [];
  const inDrawing = (node) => node.closest(".drawing");
  for (const node of document.querySelectorAll(".markdown *")) {
    node.dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
    node.dispatchEvent(new FocusEvent("focus"));
    const name = node.nodeName.toLowerCase();
    if (/^(script|iframe|object|embed|form|link|meta|base|img|image|video|audio|use|foreignobject)$/.test(name))
      wrong.push(name);
    if (name === "style" && !inDrawing(node)) wrong.push(name);
    for (const { name: attribute, value } of node.attributes) {
      if (/^on/i.test(attribute)) wrong.push(attribute);
      if (/^(id|name|style|src|srcset|action|formaction)$/.test(attribute) && !inDrawing(node)) wrong.push(attribute);
      if (/href$/.test(attribute) && !/^(https?:\\/\\/|mailto:)/i.test(value)) wrong.push(value);
    }
  }
  return wrong;
}"""

IDLE = "import('decant-markdown/diagram.js').then(({ allDrawn }) => allDrawn()).then(() => true)"


def splits(text: str) -> list[list[str]]:
    """Return the text cut in two at every place, and character by character."""
    return [*([text[:at], text[at:]] for at in range(1, len(text))), list(text)]


def assert_nothing_happened(visit: Visit, stage: Stage) -> None:
    assert visit.page.evaluate(FOUND) == []
    assert visit.page.evaluate("window.pwned") is None
    assert visit.page.url.rstrip("/") == stage.url
    assert visit.dialogs == []
    assert visit.errors == []
    assert visit.foreign_requests == []


@pytest.fixture
def page(visit: Visit, stage: Stage) -> Page:
    visit.page.goto(stage.url)
    visit.page.wait_for_function(READY)
    return visit.page


def test_the_corpus_is_large() -> None:
    assert len(set(ALL)) >= 150


def draw(page: Page, stage: Stage, variants: list[list[str]]) -> None:
    """Stream all variants into the page and wait until the last frame is drawn."""
    page.evaluate("window.drawn = 0")
    stage.post("frames", variants)
    page.wait_for_function("count => window.drawn === count", arg=len(variants))


@pytest.mark.parametrize("at", range(0, len(TEXTS), 20))
def test_no_text_cut_anywhere_does_anything(visit: Visit, page: Page, stage: Stage, at: int) -> None:
    for text in TEXTS[at : at + 20]:
        draw(page, stage, splits(text))
        assert_nothing_happened(visit, stage)


def test_no_diagram_cut_anywhere_does_anything(visit: Visit, page: Page, stage: Stage) -> None:
    for source in DIAGRAMS:
        text = f"```mermaid\n{source}\n```\n"
        draw(page, stage, [[text, "\nafter"], list(text), *splits(text)[:: len(text) // 6]])
        page.wait_for_function(IDLE)
        assert_nothing_happened(visit, stage)


def test_every_hostile_text_in_one_answer_does_nothing(visit: Visit, page: Page, stage: Stage) -> None:
    draw(page, stage, [["\n\n".join(ALL)], [f"{text}\n\n" for text in ALL]])
    page.wait_for_function(IDLE)
    assert_nothing_happened(visit, stage)


def test_the_second_lock_holds_without_the_first(visit: Visit, page: Page, stage: Stage) -> None:
    for html in (*RAW_HTML, *(f"<p>{text}</p>" for text in (*LINKS, *IMAGES))):
        page.evaluate(
            """async (html) => {
              const { sanitized } = await import("decant-markdown/sanitizer.js");
              document.querySelector(".markdown").replaceChildren(sanitized(html), sanitized("<tr>" + html));
            }""",
            html,
        )
        assert_nothing_happened(visit, stage)


def test_a_diagram_that_is_drawn_holds_no_foreign_markup(visit: Visit, page: Page, stage: Stage) -> None:
    draw(page, stage, [['```mermaid\ngraph LR\nA["<b>x</b><img src=x onerror=alert(1)>"] --> B\n```\n\nafter']])
    page.wait_for_function(IDLE)
    page.wait_for_selector(".drawing svg")
    assert page.locator(".drawing :is(img, foreignObject, a, script, image)").count() == 0
    assert_nothing_happened(visit, stage)
