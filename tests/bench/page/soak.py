"""Answer after answer through the whole product in one tab: whether anything keeps memory of them."""

import time
from pathlib import Path

from playwright.sync_api import CDPSession, expect, sync_playwright

from tests.bench.api.memory import MIB
from tests.bench.measured import memory, tree
from tests.bench.page.lab import PageLab
from tests.bench.report import Table, median
from tests.support.browser import FLAGS, executable
from tests.support.processes import WAIT_SECONDS, running_api, running_ui
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario
from tests.support.stack import MODEL, Chat

SAMPLES = 20
THREAD_ANSWERS = 10
FLAT = 0.05
OUTSIDE_THE_LIST = "document.querySelectorAll('*').length - document.querySelectorAll('.threads *').length"
# Short and on one line: Chromium keeps what was typed for undoing it, with a node for every line.
QUESTION = "Number {number}?"
ANSWER = Scenario(
    text="""A **short** answer with `code`, [a link](https://example.com) and a list.

- one of *these*
- two of those

```python
def pour(glass: Glass) -> str:
    return glass.name.upper()
```

This is the end."""
)

Sample = dict[str, float]


def soak(lab: PageLab) -> Table:
    """Ask as a person who takes a new thread every ten answers and never reloads the page."""
    answers = lab.options.answers
    began_at = time.monotonic()
    folder = Path(lab.folder, "soak")
    folder.mkdir()
    expect.set_options(timeout=WAIT_SECONDS * 1000)
    with (
        ScriptedProvider() as provider,
        running_api(folder, OPENAI_BASE_URL=provider.base_url, LLM_MODEL=MODEL) as api,
        running_ui(folder, API_URL=api.url) as ui,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=executable(), args=list(FLAGS)) as browser,
    ):
        chat = Chat(browser.new_page(viewport={"width": 1280, "height": 900}), ui.url)
        session = chat.page.context.new_cdp_session(chat.page)
        session.send("Performance.enable")
        samples: list[Sample] = []
        _forget(provider)
        for number in range(1, answers + 1):
            _ask(chat, number)
            if number % THREAD_ANSWERS == 0:
                chat.page.get_by_role("button", name="New chat", exact=True).first.click()
                expect(chat.answers).to_have_count(0)
            if number % _step(answers) == 0:
                _forget(provider)
                samples.append(_sample(chat, session, tree(api.process.pid)[-1], ui.process.pid))
    return _told(samples, answers, time.monotonic() - began_at)


def _ask(chat: Chat, number: int) -> None:
    chat.send(QUESTION.format(number=number))
    expect(chat.answers).to_have_count((number - 1) % THREAD_ANSWERS + 1)
    chat.expect_answer("This is the end.")
    chat.wait_until_done()


def _forget(provider: ScriptedProvider) -> None:
    provider.reset()
    provider.script(MODEL, ANSWER)


def _step(answers: int) -> int:
    """Return after how many answers a sample is taken: always with the page at the beginning of a thread."""
    return max(1, round(answers / SAMPLES / THREAD_ANSWERS)) * THREAD_ANSWERS


def _sample(chat: Chat, session: CDPSession, api: int, ui: int) -> Sample:
    session.send("HeapProfiler.collectGarbage")
    metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    return {
        "API worker, RSS MB": memory(api).rss / MIB,
        "UI, RSS MB": memory(ui).rss / MIB,
        "browser, JS heap MB": metrics["JSHeapUsedSize"] / MIB,
        "browser, all DOM nodes": metrics["Nodes"],
        "browser, elements beside the threads' list": chat.page.evaluate(OUTSIDE_THE_LIST),
        "browser, listeners": metrics["JSEventListeners"],
    }


def _told(samples: list[Sample], answers: int, seconds: float) -> Table:
    table = Table(
        "page_soak",
        f"{answers:,} answers in one tab, a new thread every {THREAD_ANSWERS}, in {seconds:.0f} s",
        f"Medians of the first and of the last quarter of {len(samples)} samples; flat is within {FLAT:.0%}.",
    )
    quarter = max(1, len(samples) // 4)
    for name in samples[0]:
        values = [sample[name] for sample in samples]
        first, last = median(values[:quarter]), median(values[-quarter:])
        middle = median(values[quarter:-quarter] or values)
        grown = (last - first) / answers * 4 / 3 * 1000
        row = {"of": name, "first quarter": first, "middle": middle, "last quarter": last, "last ÷ first": last / first}
        table.rows.append({**row, "per 1,000 answers": grown, "flat": abs(last / first - 1) <= FLAT})
    return table
