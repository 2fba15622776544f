"""Both locks in a real browser: no hostile text runs a script, asks another host, or leaves an unknown node."""

import pytest
from playwright.sync_api import Page

from tests.support.browser import Visit
from tests.support.markdown_stage import READY, Stage
from tests.support.xss_corpus import ALL, DIAGRAMS, IMAGES, LINKS, RAW_HTML, TEXTS
from ui.markdown.drawing import Drawing, Frame

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

DRAW = """async (variants) => {
  const { Units } = await import("decant-markdown");
  document.querySelectorAll(".cut").forEach((root) => root.remove());
  for (const frames of variants) {
    const root = document.createElement("div");
    root.className = "markdown cut";
    document.body.append(root);
    const units = new Units(root);
    for (const [, dropped, ...patches] of frames) units.change(dropped, patches);
  }
}"""
WATCH = """() => {
  window.refused = [];
  document.addEventListener("securitypolicyviolation", (event) =>
    window.refused.push([event.violatedDirective, event.blockedURI, event.sample]));
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
    assert len(set(ALL)) >= 250


def draw(page: Page, stage: Stage, variants: list[list[str]]) -> None:
    """Stream all variants into the page and wait until the last frame is drawn."""
    page.evaluate("window.drawn = 0")
    stage.post("frames", variants)
    page.wait_for_function("count => window.drawn === count", arg=len(variants))


def frames(pieces: list[str]) -> list[Frame]:
    """Return the frames in which the pieces are sent."""
    drawing = Drawing()
    sent = [*map(drawing.frame, pieces), drawing.frame("", is_last=True)]
    return [frame for frame in sent if frame is not None]


def test_no_text_does_anything_whole_or_letter_by_letter(visit: Visit, page: Page, stage: Stage) -> None:
    draw(page, stage, [*([text] for text in TEXTS), *map(list, TEXTS)])
    assert_nothing_happened(visit, stage)


def test_no_text_cut_anywhere_does_anything(visit: Visit, page: Page, stage: Stage) -> None:
    """What the element would draw is drawn without it, which is many times faster."""
    for text in TEXTS:
        page.evaluate(DRAW, [frames(pieces) for pieces in splits(text)])
        assert page.locator(".cut").count() == len(text), text
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


def test_the_policy_has_nothing_to_refuse(visit: Visit, guarded_stage: Stage) -> None:
    visit.page.goto(guarded_stage.url)
    visit.page.wait_for_function(READY)
    visit.page.evaluate(WATCH)
    draw(visit.page, guarded_stage, [*([text] for text in TEXTS), *map(list, TEXTS)])
    assert visit.page.evaluate("window.refused") == []
    assert_nothing_happened(visit, guarded_stage)
    guarded_stage.post("replace", list(ALL))
    visit.page.wait_for_function(IDLE)
    # Mermaid cleans labels in a document of its own, where handlers never run; Chromium reports these all the same.
    refused = [each for each in visit.page.evaluate("window.refused") if each != ["script-src-attr", "inline", ""]]
    assert refused == []
    assert_nothing_happened(visit, guarded_stage)


def test_no_stored_text_does_anything(visit: Visit, page: Page, stage: Stage) -> None:
    stage.post("replace", list(ALL))
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
