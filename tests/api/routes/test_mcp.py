"""`/mcp` on the wire, under both worker classes: what known clients send, what strangers get, what nobody sends."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from jsonschema import Draft202012Validator

from api.wire.mcp.protocol import METHOD_HEADER, SESSION_HEADER, VERSION_HEADER
from tests.support.mcp_face import MODERN, OLDER, McpFace, error_of
from tests.support.processes import WAIT_SECONDS, Server, running_api

TOKEN = "a-token"
SENTENCE = "send the header Authorization: Bearer <API_TOKEN>"
WELL_KNOWN = [
    "/.well-known/oauth-protected-resource/mcp",
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-authorization-server/mcp",
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration/mcp",
    "/.well-known/openid-configuration",
    "/mcp/.well-known/openid-configuration",
]


@pytest.fixture(scope="module", params=("gevent", "gthread"))
def api(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"WORKER_CLASS": request.param, "API_TOKEN": TOKEN, "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    with running_api(tmp_path_factory.mktemp("api"), **settings) as server:
        yield server
        assert "Traceback" not in server.logged(), server.logged()


@pytest.fixture
def face(api: Server) -> McpFace:
    return McpFace(api.url, TOKEN)


def ask(api: Server, method: str, path: str, *, token: str = TOKEN, **headers: str) -> requests.Response:
    given = {"Authorization": f"Bearer {token}", **headers} if token else headers
    return requests.request(method, api.url + path, headers=given, json={} if method == "POST" else None, timeout=10)


def test_who_has_no_token_is_told_how_to_send_one_wherever_they_look(api: Server) -> None:
    """Claude Code without a header: it looks for OAuth, registers, and shows the body of what refuses it."""
    asked = [("POST", "/mcp"), ("GET", "/mcp"), ("DELETE", "/mcp"), ("POST", "/register")]
    for method, path in [*asked, *(("GET", path) for path in WELL_KNOWN)]:
        for token in ("", "wrong"):
            refused = ask(api, method, path, token=token)
            assert (refused.status_code, SENTENCE in refused.json()["error"]) == (401, True), (method, path)


def test_there_is_no_oauth_and_no_other_method(api: Server) -> None:
    for path in WELL_KNOWN:
        absent = ask(api, "GET", path)
        assert (absent.status_code, absent.json()["code"]) == (404, "not_found")
    assert ask(api, "POST", "/register").status_code == 404
    for method in ("GET", "DELETE", "PUT", "OPTIONS"):
        refused = ask(api, method, "/mcp", Accept="text/event-stream")
        assert (refused.status_code, refused.headers["Allow"]) == (405, "POST")


def test_a_page_of_another_site_is_refused_also_with_a_token(api: Server, face: McpFace) -> None:
    body, headers = face.message("tools/list", 1, {})
    assert face.post(body, {**headers, "Origin": "http://evil.example"}).status_code == 403
    assert face.post(body, {**headers, "Origin": "null"}).status_code == 403
    assert face.post(body, {**headers, "Origin": api.url}).status_code == 200


def test_what_claude_code_opens_with_is_answered(face: McpFace) -> None:
    found = face.result("server/discover")
    assert found["supportedVersions"] == [MODERN]
    assert set(found["capabilities"]) == {"tools", "resources", "prompts", "completions"}
    listed = face.request("tools/list")
    assert SESSION_HEADER not in listed.headers
    assert listed.json()["result"]["tools"][0]["name"] == "ask"


def test_what_opencode_opens_with_is_answered(api: Server, face: McpFace) -> None:
    older = face.initialized()
    note = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    noted = older.post(note, {VERSION_HEADER: OLDER, SESSION_HEADER: older.session_id or ""})
    assert (noted.status_code, noted.content) == (202, b"")
    assert len(older.result("tools/list")["tools"]) == 5
    assert ask(api, "GET", "/mcp", Accept="text/event-stream").status_code == 405


def test_what_mcp_remote_sends_in_its_order_is_answered(api: Server, face: McpFace) -> None:
    for path in WELL_KNOWN:
        ask(api, "GET", path)
    ask(api, "GET", "/mcp", Accept="text/event-stream")
    face.initialized()
    assert face.post({"jsonrpc": "2.0", "method": "notifications/initialized"}).status_code == 202
    older = face.initialized()
    headers = {SESSION_HEADER: older.session_id or "", METHOD_HEADER: "tools/list"}
    listed = face.post({"jsonrpc": "2.0", "id": "1", "method": "tools/list"}, headers)
    assert (listed.status_code, listed.json()["id"]) == (200, "1")
    assert "resultType" not in listed.json()["result"]


def test_a_newer_header_than_was_agreed_on_is_forgiven(face: McpFace) -> None:
    older = face.initialized()
    headers = {SESSION_HEADER: older.session_id or "", VERSION_HEADER: MODERN}
    assert face.post({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, headers).status_code == 200
    initialize = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": OLDER}}
    assert face.post(initialize, {VERSION_HEADER: MODERN}).json()["result"]["protocolVersion"] == OLDER


def test_a_session_of_nobody_is_404_and_one_of_another_worker_is_good(face: McpFace) -> None:
    older = face.initialized()
    assert McpFace(face.url[:-4], TOKEN, older.session_id).request("ping").json()["result"] == {}
    for forged in ("x", "0" * 36 + "." + "0" * 32, (older.session_id or "")[:-1]):
        refused = McpFace(face.url[:-4], TOKEN, forged).request("ping", 7)
        assert (refused.status_code, refused.json()["id"]) == (404, 7)
        assert refused.json()["error"]["code"] == -32600


def test_errors_have_the_status_of_their_generation(face: McpFace) -> None:
    older = face.initialized()
    assert error_of(face.request("nothing/here")) == (404, -32601)
    assert error_of(older.request("nothing/here")) == (200, -32601)
    assert error_of(face.request("tools/call", name="nothing", arguments={})) == (400, -32602)
    assert error_of(older.request("tools/call", name="nothing", arguments={})) == (200, -32602)
    assert error_of(face.request("resources/read", uri="file:///etc/passwd")) == (400, -32602)
    assert error_of(older.request("resources/read", uri="decant://threads/../x")) == (200, -32002)
    assert error_of(face.request("subscriptions/listen")) == (404, -32601)


HOSTILE: list[tuple[bytes, int]] = [
    (b"", -32700),
    (b"{", -32700),
    (b'{"a": 1e999}', -32700),
    (b"\xff\xfe", -32700),
    (b"[" * 100_000, -32700),
    (b"[]", -32600),
    (b"null", -32600),
    (b'"text"', -32600),
    (b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600),
    (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600),
    (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', -32600),
]


@pytest.mark.parametrize(("body", "code"), HOSTILE, ids=[str(body[:30]) for body, _ in HOSTILE])
def test_hostile_bodies_are_refused_with_a_message(face: McpFace, body: bytes, code: int) -> None:
    refused = face.post(body)
    assert error_of(refused) == (400, code)
    assert refused.json()["id"] is None


def test_what_is_too_large_or_not_json_is_refused_as_everywhere(face: McpFace) -> None:
    assert face.post(b"{}", {"Content-Type": "text/plain"}).status_code == 415
    assert face.post(b" " * 2_100_000).status_code == 413


def test_answers_of_a_client_and_notes_of_nobody_s_interest_are_taken(face: McpFace) -> None:
    assert face.post({"jsonrpc": "2.0", "id": 1, "result": {}}).status_code == 202
    assert face.post({"jsonrpc": "2.0", "method": "notifications/roots/list_changed"}).status_code == 202
    strange: list[Any] = [None, 1.5, [], {}, True, "x" * 10_000]
    older = face.initialized()
    for request_id in strange:
        assert older.cancel(request_id).status_code == 202


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"ref": "x", "argument": {}},
        {"ref": {"type": "ref/resource", "uri": "file:///"}, "argument": {"name": "id", "value": ""}},
        {"ref": {"type": "ref/prompt", "name": "summarize_thread"}, "argument": {"name": "thread_id", "value": 7}},
        {"ref": {"type": ["x"], "name": {}}, "argument": {"name": [], "value": "x" * 100_000}},
    ],
    ids=str,
)
def test_completions_of_nothing_are_refused(face: McpFace, params: dict[str, Any]) -> None:
    assert error_of(face.request("completion/complete", **params)) == (400, -32602)


@pytest.mark.parametrize(
    "params",
    [{}, {"name": "x"}, {"name": "summarize_thread"}, {"name": "summarize_thread", "arguments": {"thread_id": "nix"}}],
    ids=str,
)
def test_prompts_of_nothing_are_refused(face: McpFace, params: dict[str, Any]) -> None:
    assert error_of(face.request("prompts/get", **params)) == (400, -32602)


def test_threads_are_listed_found_read_and_completed(api: Server, face: McpFace) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    messages = [{"role": "user", "parts": [{"type": "text", "text": "Which wine?"}], "message_id": "a"}]
    messages.append({"role": "assistant", "parts": [{"type": "text", "text": "A Rioja."}], "parent_id": "a"})
    body = {"title": "Wine", "messages": messages}
    thread_id = requests.post(f"{api.url}/threads", json=body, headers=headers, timeout=WAIT_SECONDS).json()[
        "thread_id"
    ]
    assert face.call("list_threads", limit=1)["structuredContent"]["threads"][0]["title"] == "Wine"
    (found,) = face.call("search_messages", query="rioja")["structuredContent"]["messages"]
    assert (found["thread_id"], found["passage"], found["role"]) == (thread_id, "A Rioja.", "assistant")
    page = face.call("read_thread", thread_id=thread_id, limit=1)["structuredContent"]
    assert [entry["text"] for entry in page["messages"]] == ["Which wine?"]
    page = face.call("read_thread", thread_id=thread_id, cursor=page["next_cursor"])["structuredContent"]
    assert ([entry["text"] for entry in page["messages"]], page["next_cursor"]) == (["A Rioja."], None)
    uri = f"decant://threads/{thread_id}"
    assert uri in [resource["uri"] for resource in face.result("resources/list")["resources"]]
    (content,) = face.result("resources/read", uri=uri)["contents"]
    assert content["text"] == "# Wine\n\n## User\n\nWhich wine?\n\n## Assistant\n\nA Rioja.\n"
    prompt = face.result("prompts/get", name="summarize_thread", arguments={"thread_id": thread_id})
    assert prompt["messages"][1]["content"]["resource"] == content
    ref = {"type": "ref/resource", "uri": "decant://threads/{id}"}
    for value in (thread_id[:13], "wIn"):
        completed = face.result("completion/complete", ref=ref, argument={"name": "id", "value": value})
        assert thread_id in completed["completion"]["values"]


def test_what_is_not_there_is_a_sentence_for_the_model(face: McpFace) -> None:
    for name, arguments in (
        ("read_thread", {"thread_id": "nothing"}),
        ("stop", {"run_id": "nothing"}),
        ("ask", {"prompt": "hi", "thread_id": "nothing"}),
        ("ask", {"prompt": " \n "}),
        ("list_threads", {"cursor": "junk"}),
        ("search_messages", {"query": "x", "cursor": "junk"}),
    ):
        result = face.call(name, **arguments)
        assert (result["isError"], bool(result["content"][0]["text"])) == (True, True)


def test_results_fit_their_output_schemas(face: McpFace) -> None:
    schemas = {tool["name"]: tool["outputSchema"] for tool in face.result("tools/list")["tools"]}
    for name, arguments in (("list_threads", {}), ("search_messages", {"query": "wine"})):
        Draft202012Validator(schemas[name]).validate(face.call(name, **arguments)["structuredContent"])
