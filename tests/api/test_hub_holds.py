"""Nothing that a client sends, asks for or follows holds the API's hub, or another client's write, for long."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from sqlalchemy import text

from api.events import MessageDelta
from api.ids import new_id
from api.store import Store, open_store
from api.store.engine import make_engine
from tests.support.hub_watch import HubHolds
from tests.support.mcp_face import McpFace
from tests.support.postgres import fresh_database
from tests.support.processes import WAIT_SECONDS, Server, running_api, wait_for
from tests.support.provider.client import ScriptedProvider
from tests.support.provider.scenario import Scenario
from tests.support.stores import ACCOUNT, OWNER, append, completed, logged, start_run

# What reaches no database is tested with one, and what SQLite does off the hub with the other.
ON_SQLITE, ON_POSTGRES = (
    pytest.mark.parametrize("url", [name], indirect=True, scope="module") for name in ("sqlite", "postgres")
)
MODELS = ",".join(f"m{number}" for number in range(20))


@pytest.fixture(scope="module")
def holds(tmp_path_factory: pytest.TempPathFactory) -> HubHolds:
    return HubHolds(tmp_path_factory.mktemp("holds") / "holds")


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the API's database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('sqlite')}/decant.db"
        return
    server, template = (request.getfixturevalue(name) for name in ("postgres_url", "migrated_template"))
    with fresh_database(server, f"decant_{new_id()[-12:]}", template) as url:
        yield url


@pytest.fixture(scope="module")
def api(
    url: str, holds: HubHolds, provider: ScriptedProvider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    settings = {"OPENAI_BASE_URL": provider.base_url, "LLM_MODEL": MODELS, "DATABASE_URL": url}
    app = "tests.support.hub_watch:create_app()"
    with running_api(tmp_path_factory.mktemp("api"), app, HOLDS_FILE=holds.path, PYTHONPATH=".", **settings) as api:
        yield api
        assert "Traceback" not in api.logged()


@pytest.fixture
def database(api: Server, url: str) -> Iterator[Store]:
    """What the API has, for what takes a test too long to make through it."""
    engine = make_engine(url)
    yield open_store(engine)
    engine.dispose()


@pytest.fixture(autouse=True)
def is_never_held(api: Server, holds: HubHolds) -> Iterator[None]:
    """Watch the hub during each test."""
    holds.forget()
    yield
    assert holds.too_long() == []


@contextmanager
def others(api: Server) -> Iterator[None]:
    """Let another client ask and write meanwhile: each of its requests has to be answered at once."""
    stop = threading.Event()
    failures: list[str] = []

    def ask() -> None:
        with requests.Session() as session:
            while not stop.wait(0.01):
                alive = session.get(f"{api.url}/health", timeout=WAIT_SECONDS)
                created = session.post(f"{api.url}/threads", json={"title": "short"}, timeout=WAIT_SECONDS)
                if (alive.status_code, created.status_code) != (200, 201):
                    failures.append(created.text)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    assert not failures


def message(number: int, content: str) -> dict[str, Any]:
    parent = f"m{number - 1}" if number else None
    parts = [{"type": "text", "text": content}]
    return {"message_id": f"m{number}", "parent_id": parent, "role": "user", "parts": parts}


LONG_TEXTS = {
    "words": "word \n" * 333_000,
    "chinese": "数据库引擎" * 400_000,
    "emoji": "🦆" * 2_000_000,
    "ligatures": "\ufdfa " * 1_000_000,
}
IMPORTS: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "10,000 long messages": lambda: [message(number, f"{number} " + "word " * 570) for number in range(10_000)],
    "10,000 short messages": lambda: [message(number, "hi") for number in range(10_000)],
    "a few messages of 2 MB": lambda: [message(number, long) for number, long in enumerate(LONG_TEXTS.values())],
}


def post(api: Server, path: str, body: bytes) -> requests.Response:
    headers = {"Content-Type": "application/json"}
    return requests.post(f"{api.url}{path}", data=body, headers=headers, timeout=WAIT_SECONDS)


@pytest.mark.parametrize("name", IMPORTS)
def test_a_long_import_and_reading_it(api: Server, name: str) -> None:
    entries = IMPORTS[name]()
    body = json.dumps({"title": name, "messages": entries}, ensure_ascii=False).encode()
    with others(api):
        created = post(api, "/threads", body)
        assert created.status_code == 201, created.text
        path = f"{api.url}/threads/{created.json()['thread_id']}/messages"
        read: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = requests.get(path, params={"cursor": cursor}, timeout=WAIT_SECONDS).json()
            read += [entry["parts"][0]["text"] for entry in page["messages"]]
            cursor = page["next_cursor"]
        assert read == [entry["parts"][0]["text"] for entry in entries]
        query = {"query": " ".join(f"word{number}" for number in range(100)) + " 数据库引擎" * 40}
        assert requests.get(f"{api.url}/threads", params=query, timeout=WAIT_SECONDS).ok


WRONG = {
    "deep": b'{"messages":' + b"[" * 1_000_000,
    "deep, whole": b'{"messages":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "many lists": b'{"messages":[' + b"[]," * 9_000_000 + b"0]}",
    "many objects in one": b'{"messages":[{"parts":[' + b"{}," * 9_000_000 + b"0]}]}",
    "many numbers": b'{"messages":[' + b"1," * 14_000_000 + b"0]}",
    "many names": b"{" + b",".join(b'"k%07d":0' % number for number in range(2_000_000)) + b"}",
    "many texts": b'{"messages":[' + b'"",' * 9_000_000 + b'""]}',
    "spaces": b" " * 30_000_000 + b"{}",
    "a text of 30 MB": b'{"title":"' + b"x" * 30_000_000 + b'"}',
    "a message of 30 MB": b'{"messages":[{"role":"user","parts":[{"type":"text","text":"'
    + b"x" * 30_000_000
    + b'"}]}]}',
    "escapes": b'{"messages":["' + b"\\n" * 14_000_000 + b'"]}',
    "a text that does not end": b'{"messages":["' + b"\\" * 30_000_000,
    "a long role": b'{"messages":[{"parts":[],"role":"' + b"x" * 20_000_000 + b'"}]}',
}


@ON_SQLITE
@pytest.mark.parametrize("name", WRONG)
def test_a_long_body_that_is_wrong(api: Server, name: str) -> None:
    with others(api):
        refused = post(api, "/threads", WRONG[name])
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")
    assert len(refused.json()["error"]) < 1000


@ON_SQLITE
@pytest.mark.parametrize(
    "body",
    [
        b"[" + b"[]," * 600_000 + b"0]",
        b"{" + b",".join(b'"k%06d":0' % number for number in range(150_000)) + b"}",
        b'{"messages":' + b"[" * 100_000,
        b'{"messages":[' + b"{}," * 500_000 + b"{}]}",
    ],
    ids=["lists", "names", "deep", "objects"],
)
@pytest.mark.parametrize("path", ["/stream", "/threads", "/threads/absent/runs"])
def test_a_body_of_2_mb_that_is_wrong(api: Server, path: str, body: bytes) -> None:
    refused = post(api, path, body)
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")


@ON_SQLITE
@pytest.mark.parametrize(
    "arguments",
    [
        {f"k{number}": 1 for number in range(150_000)},
        {f"k{number}": 1 for number in range(9_000)},
        {"prompt": [1] * 600_000},
        {"prompt": {f"k{number}": 1 for number in range(150_000)}},
        {"prompt": "x", "model": "y" * 1_900_000},
    ],
    ids=["names", "fewer names", "list", "object", "text"],
)
def test_arguments_of_2_mb_that_are_wrong(api: Server, arguments: dict[str, Any]) -> None:
    refused = McpFace(api.url).request("tools/call", name="ask", arguments=arguments)
    assert refused.status_code == 400 or refused.json()["result"]["isError"]


@ON_SQLITE
@pytest.mark.parametrize("name", LONG_TEXTS)
def test_a_long_thread_is_read_and_searched_by_an_mcp_client(api: Server, name: str) -> None:
    messages = [message(number, LONG_TEXTS[name][:400_000]) for number in range(8)]
    body = json.dumps({"messages": messages}, ensure_ascii=False).encode()
    thread_id = post(api, "/threads", body).json()["thread_id"]
    face = McpFace(api.url)
    with others(api):
        assert face.call("read_thread", thread_id=thread_id)["structuredContent"]["next_cursor"]
        assert face.result("resources/read", uri=f"decant://threads/{thread_id}")["contents"]
        for query in ("word", "数据", "🦆", "x"):
            assert not face.call("search_messages", query=query)["isError"]


@ON_SQLITE
def test_a_body_in_tiny_chunks(api: Server) -> None:
    """Each chunk is a step of the server; they come as fast as it reads."""
    with others(api), closing(HTTPConnection(urlsplit(api.url).netloc, timeout=WAIT_SECONDS)) as connection:
        connection.putrequest("POST", "/threads")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders()
        for _ in range(20):
            connection.send(b"1\r\n \r\n" * 50_000)
        connection.send(b"2\r\n{}\r\n0\r\n\r\n")
        assert connection.getresponse().status == 201


def test_the_replay_of_very_many_events(api: Server, database: Store) -> None:
    run = start_run(database)
    said = [MessageDelta(f"{number:05d} ") for number in range(100_000)]
    append(database, logged(run.run_id, 2, *said))
    assert database.runs.end(OWNER, completed(run.run_id, 100_002, "whole"))
    with others(api):
        for accept in ("text/event-stream", "application/x-ndjson", "text/plain"):
            url, headers = f"{api.url}/runs/{run.run_id}/events", {"Accept": accept}
            replayed = requests.get(url, headers=headers, timeout=WAIT_SECONDS).text
            assert "99999 " in replayed
            assert len(replayed) > 6 * len(said)


@ON_POSTGRES
def test_the_end_of_a_run_of_very_many_events_whose_process_has_gone(api: Server, database: Store) -> None:
    run = start_run(database)
    append(database, logged(run.run_id, 2, *[MessageDelta("x")] * 200_000))
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE runs SET heartbeat_at = 1"))
    with others(api):
        wait_for(lambda: not database.runs.get(ACCOUNT, run.run_id).is_active, what="its end")


def test_a_long_answer_is_made_and_stored(api: Server, provider: ScriptedProvider) -> None:
    said = "".join(f"{number:05d} " for number in range(60_000))
    provider.script("m1", Scenario(text=said, chunk_chars=3))
    thread_id = post(api, "/threads", b"{}").json()["thread_id"]
    with others(api):
        run = post(api, f"/threads/{thread_id}/runs", json.dumps({"content": "q", "model": "m1"}).encode())
    assert run.text == said


LONG_PIECES = {
    "many values": '{"x":["' + '","'.join(["y" * 70] * 99_000) + '"],"choices":[]}',
    "too many values": '{"x":[' + "[]," * 2_500_000 + '0],"choices":[]}',
    "small values": '{"x":[' + "[]," * 60_000 + '0],"choices":[]}',
    "text": '{"choices":[{"delta":{"content":"' + "数" * 2_400_000 + '"}}]}',
    "escapes": '{"choices":[{"delta":{"content":"' + "\\u6570" * 1_200_000 + '"}}]}',
    "halves": '{"choices":[{"delta":{"content":"' + "\\ud83d" * 30_000 + '"}}]}',
    "thoughts": '{"choices":[{"delta":{"reasoning_details":[' + '{"type":"a","text":"b"},' * 24_000 + "0]}}]}",
    "calls": '{"choices":[{"delta":{"tool_calls":[' + "{}," * 66_000 + "0]}}]}",
    "no JSON": "x" * 7_500_000,
    "infinity": '{"x":[' + "Infinity," * 20_000 + '0],"choices":[]}',
    "lines": "\ndata: ".join(["{}"] * 900_000),
    "empty lines": "\n".join(["data:"] * 1_000_000),
    "short lines": "\ndata: ".join(["1"] * 30_000),
}


@ON_SQLITE
@pytest.mark.parametrize("name", LONG_PIECES)
def test_a_long_piece_of_an_answer(api: Server, provider: ScriptedProvider, name: str) -> None:
    end = 'data: {"choices":[{"delta":{"content":"."},"finish_reason":"stop"}]}\n\n'
    provider.script("m2", Scenario(raw=(f"data: {LONG_PIECES[name]}\n\n", end)))
    thread_id = post(api, "/threads", b"{}").json()["thread_id"]
    with others(api):
        run = post(api, f"/threads/{thread_id}/runs", json.dumps({"content": "q", "model": "m2"}).encode())
    assert run.status_code == (502 if name in ("empty lines", "lines") else 200)


def test_threads_with_long_prompts_are_listed(api: Server) -> None:
    for number in range(30):
        body = {"title": f"prompted {number}", "system_prompt": "Be kind. 数" * 39_000}
        assert post(api, "/threads", json.dumps(body).encode()).status_code == 201
    with others(api):
        found: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            query = {"query": "prompted", "cursor": cursor, "limit": "200"}
            page = requests.get(f"{api.url}/threads", params=query, timeout=WAIT_SECONDS).json()
            found += [thread["title"] for thread in page["threads"]]
            cursor = page["next_cursor"]
    assert found == [f"prompted {number}" for number in reversed(range(30))]
