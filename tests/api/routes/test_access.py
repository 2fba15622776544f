"""Who may ask."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from api import create_app
from api.config import load_config


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("access")


@pytest.fixture
def guarded(folder: Path) -> Iterator[FlaskClient]:
    yield from client(folder, API_TOKEN="first,second")


@pytest.fixture
def open_to_this_machine(folder: Path) -> Iterator[FlaskClient]:
    yield from client(folder)


def client(folder: Path, **settings: str) -> Iterator[FlaskClient]:
    app = create_app(load_config({"DATABASE_URL": f"sqlite:///{folder}/decant.db", **settings}))
    yield app.test_client()
    app.extensions["store"].engine.dispose()


def test_a_token_guards_every_route_but_health(guarded: FlaskClient) -> None:
    rules = [rule for rule in guarded.application.url_map.iter_rules() if rule.rule != "/health"]
    assert len(rules) > 10
    for rule in rules:
        method = next(iter(rule.methods - {"HEAD", "OPTIONS"}))
        path = rule.rule.replace("<thread_id>", "x").replace("<run_id>", "x")
        assert guarded.open(path, method=method).status_code == 401, rule
    assert guarded.get("/nope").status_code == 401
    assert guarded.get("/health").text == "ok"


@pytest.mark.parametrize("given", ["third", "Bearer third", "Bearer ", "Basic first", "Bearer first,second"])
def test_a_wrong_token_is_refused_with_a_sentence(guarded: FlaskClient, given: str) -> None:
    response = guarded.get("/models", headers={"Authorization": given})
    assert (response.status_code, response.get_json()["code"]) == (401, "unauthorized")
    assert "API_TOKEN" in response.get_json()["error"]


@pytest.mark.parametrize("given", ["Bearer first", "bearer second", "Bearer  second "])
def test_each_of_the_tokens_opens(guarded: FlaskClient, given: str) -> None:
    headers = {"Authorization": given, "Host": "decant.example"}
    assert guarded.get("/models", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "host", ["localhost", "LocalHost.:8000", "decant.localhost", "127.0.0.1:8000", "127.1.2.3", "[::1]:8000"]
)
def test_without_a_token_this_machine_s_names_are_answered(open_to_this_machine: FlaskClient, host: str) -> None:
    assert open_to_this_machine.get("/models", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "unix:x", "localhost.evil.example"]
)
def test_without_a_token_another_name_is_refused(open_to_this_machine: FlaskClient, host: str) -> None:
    response = open_to_this_machine.get("/models", headers={"Host": host})
    assert (response.status_code, response.get_json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:3000", "null"])
def test_a_page_of_another_site_is_refused(open_to_this_machine: FlaskClient, origin: str) -> None:
    for path in ("/models", "/threads"):
        response = open_to_this_machine.get(path, headers={"Host": "localhost:8000", "Origin": origin})
        assert (response.status_code, response.get_json()["code"]) == (403, "forbidden")


def test_the_api_s_own_page_is_answered(open_to_this_machine: FlaskClient) -> None:
    headers = {"Host": "localhost:8000", "Origin": "http://localhost:8000"}
    assert open_to_this_machine.get("/models", headers=headers).status_code == 200
