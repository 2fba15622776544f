"""Threads of an account."""

import pytest

from api.errors import BadRequest, NotFound
from api.parts import TextPart
from api.store import Store
from api.store.records import NewRun
from tests.support.stores import ACCOUNT, OWNER, completed, start_run


def titles(store: Store, query: str = "") -> list[str]:
    return [thread.title for thread in store.threads.list_newest(ACCOUNT, query=query).items]


def test_a_thread_comes_back_as_it_was_made(store: Store) -> None:
    made = store.threads.create(ACCOUNT, title="数据 & \0 \ud800", model="m", system_prompt="be kind")
    got = store.threads.get(ACCOUNT, made.thread_id)
    assert got.title == "数据 & \N{REPLACEMENT CHARACTER} ?"
    assert (got.model, got.system_prompt, got.created_at) == ("m", "be kind", made.created_at)


def test_threads_are_listed_by_last_use_and_paged_without_gap_or_double(store: Store) -> None:
    made = [store.threads.create(ACCOUNT, title=str(number)) for number in range(7)]
    store.threads.update(ACCOUNT, made[0].thread_id, title="renamed")
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(3):
        page = store.threads.list_newest(ACCOUNT, cursor=cursor, limit=3)
        seen += [thread.title for thread in page.items]
        cursor = page.next_cursor
    assert seen == ["6", "5", "4", "3", "2", "1", "renamed"]
    assert cursor is None


def test_a_run_makes_its_thread_the_newest(store: Store) -> None:
    start_run(store)
    store.threads.create(ACCOUNT, title="younger")
    run = start_run(store)
    assert store.threads.list_newest(ACCOUNT).items[0].thread_id == run.thread_id


@pytest.mark.parametrize("cursor", ["x", "1", "nan_a", "inf_a", "1e400_", "\0_\0"])
def test_a_cursor_of_somebody_elses_making_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(BadRequest):
        store.threads.list_newest(ACCOUNT, cursor=cursor)


def test_only_what_is_given_changes(store: Store) -> None:
    thread = store.threads.create(ACCOUNT, title="old", model="m", system_prompt="p")
    changed = store.threads.update(ACCOUNT, thread.thread_id, title="new", system_prompt="")
    assert (changed.title, changed.model, changed.system_prompt) == ("new", "m", "")


def test_a_title_is_given_once_and_never_over_a_persons(store: Store) -> None:
    thread_id = store.threads.create(ACCOUNT).thread_id
    for title in ("first \0 \ud800", "second"):
        run = store.runs.create(ACCOUNT, NewRun(thread_id, "m", (TextPart("q"),), title=title), OWNER).run
        store.runs.end(OWNER, completed(run.run_id, 2, "a"))
    assert titles(store) == titles(store, query="first") == ["first \N{REPLACEMENT CHARACTER} ?"]


def test_a_deleted_thread_is_gone_until_it_is_restored(store: Store) -> None:
    thread = store.threads.create(ACCOUNT, title="kept")
    store.threads.delete(ACCOUNT, thread.thread_id)
    assert titles(store) == titles(store, "kept") == []
    with pytest.raises(NotFound):
        store.threads.get(ACCOUNT, thread.thread_id)
    with pytest.raises(NotFound):
        store.threads.update(ACCOUNT, thread.thread_id, title="changed")
    assert store.threads.restore(ACCOUNT, thread.thread_id) == thread
    assert titles(store) == titles(store, "kept") == ["kept"]


def test_deleting_a_thread_cancels_its_run(store: Store) -> None:
    run = start_run(store)
    store.threads.delete(ACCOUNT, run.thread_id)
    assert store.runs.cancel_requested([run.run_id]) == {run.run_id}
