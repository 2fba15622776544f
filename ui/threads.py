"""Threads as the sidebar lists them: values, and which of them belong under one date; pure, no I/O."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

from ui import texts
from ui.messages import Message


@dataclass(frozen=True, slots=True)
class Thread:
    """A stored thread; an empty title, model or system prompt is one that nobody chose.

    `tools_off` are the servers and, as `server/tool`, the tools that it does not use.
    """

    thread_id: str
    title: str = ""
    model: str = ""
    system_prompt: str = ""
    updated_at: float = 0.0
    tools_off: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """Some threads, the last used first or the best found first, and where the next page begins."""

    threads: tuple[Thread, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Some messages of a thread's tree, parents first, and where the next page begins."""

    messages: tuple[Message, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class ThreadGroup:
    """Threads under one heading."""

    label: str
    threads: list[Thread] = field(default_factory=list)


def group_by_date(threads: Iterable[Thread], now_seconds: float, utc_offset_minutes: int) -> list[ThreadGroup]:
    """Put the threads, given newest first, under the headings that a person there would expect."""
    zone = timezone(timedelta(minutes=utc_offset_minutes))
    today = datetime.fromtimestamp(now_seconds, zone).date()
    groups: list[ThreadGroup] = []
    for thread in threads:
        label = _label(datetime.fromtimestamp(thread.updated_at, zone).date(), today)
        if not groups or groups[-1].label != label:
            groups.append(ThreadGroup(label))
        groups[-1].threads.append(thread)
    return groups


def group_found(threads: Iterable[Thread]) -> list[ThreadGroup]:
    """Put what a search has found, the best first, under one heading."""
    found = [*threads]
    return [ThreadGroup(texts.FOUND, found)] if found else []


def merge_pages(known: Sequence[Thread], newest: ThreadPage) -> tuple[Thread, ...]:
    """Return the threads of a fresh first page, followed by what is known of the pages after it."""
    if newest.next_cursor is None or not newest.threads:
        return newest.threads
    fresh = {thread.thread_id for thread in newest.threads}
    oldest = newest.threads[-1]
    after = [
        thread
        for thread in known
        if thread.thread_id not in fresh
        and (thread.updated_at, thread.thread_id) < (oldest.updated_at, oldest.thread_id)
    ]
    return (*newest.threads, *after)


def append_known(known: Sequence[Thread], first: ThreadPage) -> tuple[Thread, ...]:
    """Return the threads of a fresh first page of what a search finds, followed by those known that are not in it."""
    fresh = {thread.thread_id for thread in first.threads}
    return (*first.threads, *(thread for thread in known if thread.thread_id not in fresh))


def _label(day: date, today: date) -> str:
    age = (today - day).days
    if age <= 0:
        return texts.TODAY
    if age == 1:
        return texts.YESTERDAY
    if age <= 7:
        return texts.PREVIOUS_7_DAYS
    if age <= 30:
        return texts.PREVIOUS_30_DAYS
    month = texts.MONTHS[day.month - 1]
    return month if day.year == today.year else f"{month} {day.year}"
