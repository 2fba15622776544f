"""What becomes of stored runs when their process goes away: SIGTERM drains it, SIGKILL orphans them."""

import itertools
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psutil
import pytest

from api.store.engine import make_engine
from api.store.migration import migrate
from tests.support.postgres import fresh_database
from tests.support.processes import running_api, wait_for
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario
from tests.support.thread_api import SETTINGS, ThreadApi, lines_of, text_of

LONG = Scenario(text="".join(f"{number:03d} " for number in range(900)), chunk_chars=4, chunks_per_second=20)
CLAIMED_WITHIN_SECONDS = 40


@contextmanager
def two_nodes(folder: Path, provider: ScriptedProvider, worker_class: str, database_url: str) -> Iterator[ThreadApi]:
    """Run two servers over a database, of which a test ends the first."""
    folder.mkdir(exist_ok=True)
    provider.reset()
    base = {**SETTINGS, "OPENAI_BASE_URL": provider.base_url, "DATABASE_URL": database_url}
    with ExitStack() as stack:
        engine = make_engine(database_url)
        migrate(engine)
        engine.dispose()
        nodes = [stack.enter_context(running_api(folder, WORKER_CLASS=worker_class, **base)) for _ in range(2)]
        yield ThreadApi(nodes[0], nodes[1], provider)


@pytest.mark.parametrize("worker_class", ["gevent", "gthread"])
@pytest.mark.parametrize("has_reader", [True, False])
def test_sigterm_interrupts_a_run_and_keeps_its_text(
    worker_class: str, has_reader: bool, provider: ScriptedProvider, tmp_path: Path
) -> None:
    with two_nodes(tmp_path, provider, worker_class, f"sqlite:///{tmp_path}/decant.db") as thread_api:
        model, thread_id = thread_api.script(LONG), thread_api.create_thread()
        response = thread_api.start(thread_id, content="q", model=model)
        lines = lines_of(response)
        list(itertools.islice(lines, 4))
        follower = thread_api.ask(
            "GET", f"/runs/{response.headers['X-Run-Id']}/events", at=thread_api.other, stream=True
        )
        if not has_reader:
            response.close()
        thread_api.server.process.send_signal(signal.SIGTERM)
        assert thread_api.server.process.wait(8) == 0
        call = thread_api.call(model)
        _, answer = thread_api.messages(thread_id, at=thread_api.other)
        assert (answer["status"], answer["run"]["error"]["code"]) == ("interrupted", "server_shutdown")
        assert LONG.text is not None
        assert LONG.text.startswith(text_of(answer))
        assert len(text_of(answer)) // 4 >= len(call.chunks_sent_at) - 3
        assert b"event: run.interrupted" in follower.content
        if has_reader:
            assert b'"type":"run.interrupted"' in list(lines)[-1]
        assert "Traceback" not in thread_api.server.logged()


@pytest.mark.parametrize("worker_class", ["gevent", "gthread"])
def test_sigterm_lets_go_of_those_who_follow_another_workers_run(
    worker_class: str, provider: ScriptedProvider, tmp_path: Path
) -> None:
    with two_nodes(tmp_path, provider, worker_class, f"sqlite:///{tmp_path}/decant.db") as thread_api:
        response = thread_api.start(thread_api.create_thread(), content="q", model=thread_api.script(LONG))
        path = f"/runs/{response.headers['X-Run-Id']}/events"
        with thread_api.ask("GET", path, at=thread_api.other, stream=True) as followed:
            next(followed.iter_lines())
            thread_api.other.process.send_signal(signal.SIGTERM)
            assert thread_api.other.process.wait(6) == 0
        thread_api.ask("POST", f"/runs/{response.headers['X-Run-Id']}/cancel")
        response.close()


def test_a_killed_process_leaves_interrupted_answers_with_their_text(
    provider: ScriptedProvider, postgres_url: str, migrated_template: str, tmp_path: Path
) -> None:
    """On SQLite another worker lives on and its reader sees the end; on Postgres everything starts anew."""
    with ExitStack() as stack:
        urls = [f"sqlite:///{tmp_path}/decant.db"]
        urls.append(stack.enter_context(fresh_database(postgres_url, "decant_killed", migrated_template)))
        apis = [
            stack.enter_context(two_nodes(tmp_path / name, provider, worker_class, url))
            for name, worker_class, url in zip(("one", "two"), ("gevent", "gthread"), urls, strict=True)
        ]
        runs = []
        for place, thread_api in enumerate(apis):
            model, thread_id = f"m{200 + place}", thread_api.create_thread()
            provider.script(model, LONG)
            response = thread_api.start(thread_id, content="q", model=model)
            seen = list(itertools.islice(lines_of(response), 20))
            for worker in psutil.Process(thread_api.server.process.pid).children():
                worker.kill()
            runs.append((thread_api, thread_id, response.headers["X-Run-Id"], seen))
        killed_at = time.monotonic()
        followed = apis[0].ask("GET", f"/runs/{runs[0][2]}/events", at=apis[0].other, stream=True)
        assert b"event: run.interrupted" in followed.content
        for thread_api, thread_id, run_id, seen in runs:
            ended = thread_api.ended(run_id, CLAIMED_WITHIN_SECONDS - (time.monotonic() - killed_at))
            answer = thread_api.messages(thread_id, at=thread_api.other)[1]
            assert (ended["status"], ended["error"]["code"]) == ("interrupted", "server_shutdown")
            assert LONG.text is not None
            assert LONG.text.startswith(text_of(answer))
            assert len(text_of(answer)) // 4 > len(seen) - 12
            model = thread_api.script(Scenario(text="and so on"))
            wait_for(lambda api=thread_api: api.ask("GET", "/health").ok)
            thread_api.run(thread_id, continue_id=answer["message_id"], model=model)
            assert text_of(thread_api.messages(thread_id)[2]) == text_of(answer) + "and so on"


@pytest.mark.parametrize("worker_class", ["gevent", "gthread"])
def test_a_run_is_stopped_while_the_database_is_away_and_its_end_stored_later(
    worker_class: str, provider: ScriptedProvider, tmp_path: Path
) -> None:
    database = tmp_path / "decant.db"
    with two_nodes(tmp_path, provider, worker_class, f"sqlite:///{database}") as thread_api:
        model, thread_id = thread_api.script(LONG), thread_api.create_thread()
        with thread_api.start(thread_id, content="q", model=model) as response:
            lines = lines_of(response)
            list(itertools.islice(lines, 4))
            run_id = response.headers["X-Run-Id"]
            with closing(sqlite3.connect(database, isolation_level=None)) as others:
                others.execute("BEGIN IMMEDIATE")
                stopped = thread_api.ask("POST", f"/runs/{run_id}/cancel")
                assert (stopped.status_code, stopped.json()["run_id"]) == (202, run_id)
                wait_for(lambda: thread_api.call(model).client_closed_at)
            assert b'"type":"run.cancelled"' in list(lines)[-1]
        assert thread_api.ended(run_id)["status"] == "cancelled"


def test_a_full_server_opens_what_a_key_has_started_and_refuses_the_rest(
    provider: ScriptedProvider, tmp_path: Path
) -> None:
    provider.reset()
    settings = {**SETTINGS, "OPENAI_BASE_URL": provider.base_url, "MAX_STREAMS": 1}
    with running_api(tmp_path, **settings) as server:
        thread_api = ThreadApi(server, server, provider)
        model, thread_id = thread_api.script(LONG), thread_api.create_thread()
        with thread_api.start(thread_id, key="k", content="q", model=model) as response:
            list(itertools.islice(lines_of(response), 4))
            with thread_api.start(thread_id, key="k", content="q", model=model) as again:
                assert again.headers["X-Run-Id"] == response.headers["X-Run-Id"]
            for key, thread in ((None, thread_id), ("other", thread_id), ("other", "absent")):
                refused = thread_api.start(thread, key=key, content="q", model=model)
                assert (refused.status_code, refused.json()["code"]) == (503, "busy")
            thread_api.ask("POST", f"/runs/{response.headers['X-Run-Id']}/cancel")
