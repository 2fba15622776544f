"""Cards of tool calls over a scripted API: what a server or a model may say that a well-behaved one does not."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.test_page_layout import Shown, ask, composer, shown  # noqa: F401
from tests.support.browser import Visit
from tests.support.scripted_api import ScriptedRun

pytestmark = pytest.mark.browser

FIELDS = {
    "tags": {"type": "array", "items": {"type": "string", "enum": ["x", "y"]}, "default": ["y"]},
    "size": {"type": "string", "oneOf": [{"const": "s", "title": "Small"}, {"const": "l", "title": "Large"}]},
    "odd": {"type": "string", "default": {"not": "a text"}},
    "many": {"type": 5},
}


@pytest.fixture
def page(visit: Visit, shown: Shown) -> Iterator[Page]:  # noqa: F811
    visit.page.goto(shown.url)
    expect(composer(visit.page)).to_be_focused()
    yield visit.page
    assert (visit.errors, visit.foreign_requests) == ([], [])


def card(page: Page) -> Locator:
    return page.locator(".answer .decision")


def called(page: Page, shown: Shown, arguments: str = "{}") -> ScriptedRun:  # noqa: F811
    run = ask(page, shown)
    return run.send("tool_call.started", tool_call_id="c", name="s__t", arguments=arguments, server="s", title="T")


def asked(run: ScriptedRun, kind: str, **fields: object) -> ScriptedRun:
    given = {"tool_call_id": "c", "kind": kind, "server": "s", "tool": "t", "expires_at": time.time() + 100}
    return run.send("tool_call.requires_action", **given, definition_hash="h", **fields)


def test_a_form_of_every_kind_of_field_shows_and_the_answer_goes_on(page: Page, shown: Shown) -> None:  # noqa: F811
    schema = {"type": "object", "properties": FIELDS, "required": ["size"]}
    question = {"key": "k", "mode": "form", "message": "Which?", "schema": schema}
    run = asked(called(page, shown), "form", questions=[question])
    expect(card(page).get_by_role("checkbox", name="y")).to_be_checked()
    expect(card(page).get_by_role("checkbox", name="x")).not_to_be_checked()
    expect(card(page).get_by_label("odd")).to_have_value("")
    card(page).get_by_label("size").select_option(label="Large")
    run.send("tool_call.decided", tool_call_id="c", decision="answer").text("Done.").complete()
    expect(page.locator(".answer-body")).to_contain_text("Done.")
    expect(card(page)).to_have_count(0)


@pytest.mark.parametrize(
    "url", ["https://evil.example\\@good.example/", "https://a@evil.example/", "javascript:alert(1)"]
)
def test_an_address_that_could_be_read_in_two_ways_is_no_link(page: Page, shown: Shown, url: str) -> None:  # noqa: F811
    run = asked(called(page, shown), "url", questions=[{"key": "k", "mode": "url", "message": "Sign in", "url": url}])
    expect(card(page)).to_contain_text("Sign in")
    expect(card(page).get_by_role("link")).to_have_count(0)
    run.complete()


def test_arguments_that_would_grow_without_end_stay_as_they_are(page: Page, shown: Shown) -> None:  # noqa: F811
    deep = '{"y":' + "[" * 800 + "0," * 5000 + "0" + "]" * 800 + "}"
    run = asked(called(page, shown, deep), "approval")
    expect(card(page).get_by_label("Arguments")).to_have_value(deep)
    run.complete()


def test_a_submit_while_denying_denies(page: Page, shown: Shown) -> None:  # noqa: F811
    run = asked(called(page, shown), "approval")
    card(page).get_by_role("button", name="Deny").click()
    assert card(page).locator("button[type=submit]").inner_text() == "Deny"
    run.complete()


KEEP = "([kind, at]) => sessionStorage.setItem(`decant.${kind}/${at}`, JSON.stringify({ written: `${at}`, at }))"


def kept(page: Page, kind: str) -> list[str]:
    names: list[str] = page.evaluate("Object.keys(sessionStorage)")
    return sorted(name for name in names if name.startswith(f"decant.{kind}/"))


def test_of_what_is_written_and_not_sent_the_latest_is_kept_of_each_kind(page: Page, shown: Shown) -> None:  # noqa: F811
    run = asked(called(page, shown), "approval")
    for kind, count in (("decision", 25), ("question", 3)):
        for at in range(10, 10 + count):
            page.evaluate(KEEP, [kind, at])
    card(page).get_by_label("Arguments").fill('{"a": 1}')
    own = f"decant.decision/{run.run_id}/"
    assert [name for name in kept(page, "decision") if not name.startswith(own)] == [
        f"decant.decision/{at}" for at in range(16, 35)
    ]
    assert len(kept(page, "decision")) == 20
    assert len(kept(page, "question")) == 3
    card(page).get_by_label("Arguments").fill("{}")
    assert len(kept(page, "decision")) == 19
    run.complete()
