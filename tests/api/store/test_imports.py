"""Threads that come or go with all they have: whole or not at all."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from api.errors import NotFound, StoreUnavailable
from api.parts import TextPart
from api.store import Store
from api.store.records import NewMessage
from tests.support.stores import ACCOUNT, later


def chain(count: int) -> Iterator[NewMessage]:
    for number in range(count):
        parent = f"m{number - 1}" if number else None
        yield NewMessage("user", (TextPart(f"zebra {number}"),), parent, f"m{number}")


def texts(store: Store, thread_id: str) -> list[str]:
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = store.messages.list_oldest(ACCOUNT, thread_id, cursor=cursor)
        found += [message.text for message in page.items]
        if page.next_cursor is None:
            return found
        cursor = page.next_cursor


def set_created(store: Store, at: float) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE threads SET created_at = :at"), {"at": at})


def sweep(store: Store) -> int:
    """Sweep until there is nothing; return how often there was."""
    count = 0
    while store.imports.sweep(3600):
        count += 1
    return count


def test_an_import_has_all_its_messages_and_is_like_any_thread(store: Store) -> None:
    thread = store.imports.create(ACCOUNT, chain(250), title="a\0b", model="m", system_prompt="Be kind.")
    assert store.threads.get(ACCOUNT, thread.thread_id) == thread
    assert thread.title == "a\N{REPLACEMENT CHARACTER}b"
    assert texts(store, thread.thread_id) == [f"zebra {number}" for number in range(250)]
    assert [found.thread_id for found in store.threads.list_newest(ACCOUNT, query="zebra").items] == [thread.thread_id]


def test_nobody_sees_an_import_before_it_is_whole(store: Store) -> None:
    seen = []

    def slowly() -> Iterator[NewMessage]:
        for number, message in enumerate(chain(350)):
            if number == 320:
                with store.engine.connect() as connection:
                    thread_id = connection.execute(text("SELECT id FROM threads")).scalar_one()
                    assert connection.execute(text("SELECT count(*) FROM messages")).scalar_one() > 100
                seen.append(store.threads.list_newest(ACCOUNT).items)
                seen.append(store.threads.list_newest(ACCOUNT, query="zebra").items)
                for ask in (store.threads.get, store.threads.restore, store.threads.delete, store.runs.context):
                    with pytest.raises(NotFound):
                        ask(ACCOUNT, thread_id)
                assert store.imports.purge(later()) == 0
                assert sweep(store) == 0
            yield message

    thread = store.imports.create(ACCOUNT, slowly())
    assert seen == [(), ()]
    assert len(texts(store, thread.thread_id)) == 350


def test_an_import_that_fails_leaves_nothing(store: Store) -> None:
    def failing() -> Iterator[NewMessage]:
        yield from chain(250)
        raise StoreUnavailable("The database does not answer.")

    with pytest.raises(StoreUnavailable):
        store.imports.create(ACCOUNT, failing())
    assert {name: count for name, count in store.maintenance.stats().items() if count} == {"accounts": 1}


def test_what_a_process_leaves_that_dies_within_an_import_is_swept_away(store: Store) -> None:
    store.imports.create(ACCOUNT, chain(250))
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE threads SET deleted_at = 0"))  # As before the last step of an import.
    kept = store.imports.create(ACCOUNT, [NewMessage("user", (TextPart("kept"),))])
    assert sweep(store) == 0
    set_created(store, later(-3700))
    assert sweep(store) > 2
    counts = store.maintenance.stats()
    assert (counts["threads"], counts["messages"]) == (1, 1)
    assert texts(store, kept.thread_id) == ["kept"]


def test_an_import_that_was_swept_away_says_so(store: Store) -> None:
    def slept() -> Iterator[NewMessage]:
        yield from chain(250)
        set_created(store, later(-3700))
        sweep(store)
        yield NewMessage("user", ())

    with pytest.raises(StoreUnavailable, match="Try again"):
        store.imports.create(ACCOUNT, slept())
    assert store.maintenance.stats()["threads"] == 0


def test_a_thread_that_is_purged_comes_back_to_nobody(store: Store) -> None:
    thread = store.imports.create(ACCOUNT, chain(250))
    store.threads.delete(ACCOUNT, thread.thread_id)
    assert store.imports.purge(later()) == 1
    with pytest.raises(NotFound):
        store.threads.restore(ACCOUNT, thread.thread_id)
    assert store.maintenance.stats()["messages"] == 0


def test_pages_of_long_messages_are_short(store: Store) -> None:
    said = [TextPart(f"{number} " + "x" * 300_000) for number in range(9)]
    thread = store.imports.create(ACCOUNT, [NewMessage("user", (part,)) for part in said])
    page = store.messages.list_oldest(ACCOUNT, thread.thread_id)
    assert len(page.items) == 4
    assert texts(store, thread.thread_id) == [part.text for part in said]


def test_pages_of_threads_with_long_prompts_are_short(store: Store) -> None:
    made = [store.threads.create(ACCOUNT, system_prompt="x" * 300_000).thread_id for _ in range(9)]
    page = store.threads.list_newest(ACCOUNT)
    assert [thread.thread_id for thread in page.items] == made[:4:-1]
    rest = store.threads.list_newest(ACCOUNT, cursor=page.next_cursor)
    assert [thread.thread_id for thread in rest.items] == made[4:0:-1]
    last = store.threads.list_newest(ACCOUNT, cursor=rest.next_cursor)
    assert ([thread.thread_id for thread in last.items], last.next_cursor) == (made[:1], None)
