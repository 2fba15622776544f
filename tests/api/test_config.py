"""The API's settings."""

import re
from pathlib import Path

import pytest

from api.config import SETTINGS, is_loopback, load_api_address, load_config
from api.environment import ConfigError, Setting
from api.providers import EMBEDDED_ANSWER_TOKENS, EMBEDDED_CONTEXT_TOKENS, EMBEDDED_MODEL, Provider
from api.tools.servers import load_servers
from tests.support.processes import ROOT

PROVIDER = {"OPENAI_BASE_URL": "http://localhost:11434/v1/", "LLM_MODEL": "qwen, llama ,qwen"}


def test_without_any_setting_the_embedded_model_is_the_provider() -> None:
    config = load_config({})
    assert config.provider == Provider("http://127.0.0.1:8200/v1", "none", (EMBEDDED_MODEL,), is_embedded=True)
    assert config.context_tokens == EMBEDDED_CONTEXT_TOKENS - EMBEDDED_ANSWER_TOKENS
    assert (config.database_url, config.port, config.max_streams) == ("sqlite:///decant.db", 8000, 200)


def test_a_provider_is_read_with_its_models_in_order() -> None:
    provider = load_config(PROVIDER).provider
    assert provider == Provider("http://localhost:11434/v1", "none", ("qwen", "llama"), is_embedded=False)


def test_a_key_alone_means_openai() -> None:
    provider = load_config({"OPENAI_API_KEY": "sk-x", "LLM_MODEL": "gpt-5-mini"}).provider
    assert provider.base_url == "https://api.openai.com/v1"


def test_an_empty_variable_means_its_default() -> None:
    assert load_config({"PORT": " ", "MAX_STREAMS": ""}) == load_config({})


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"PORT": "eighty"}, "PORT is 'eighty': it has to be a whole number"),
        ({"PORT": "70000"}, "PORT is 70000: it has to be between 1 and 65535"),
        ({"MAX_STREAMS": "0"}, "MAX_STREAMS is 0"),
        ({"WORKER_CLASS": "sync"}, "WORKER_CLASS is 'sync': it has to be one of gevent, gthread"),
        ({"STALL_SECONDS": "-1"}, "STALL_SECONDS is -1"),
        ({"STALL_SECONDS": "nan"}, "STALL_SECONDS is nan"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL is 'loud'"),
        ({"OPENAI_API_KEY": "sk-x"}, "LLM_MODEL is empty"),
        ({"LLM_MODEL": "x"}, "LLM_MODEL is set without a provider"),
        ({"OPENAI_BASE_URL": "localhost/v1", "LLM_MODEL": "x"}, "OPENAI_BASE_URL is 'localhost/v1'"),
        ({"BIND_HOST": "::"}, "API_TOKEN is empty"),
        ({"BIND_HOST": "0.0.0.0"}, "API_TOKEN is empty"),
    ],
)
def test_a_bad_value_is_refused_with_a_sentence_that_names_it(environ: dict[str, str], sentence: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        load_config(environ)


SPACES, CONTROL, HUGE, ARABIC, FULL_WIDTH = "a b", "a\x07b", "9" * 5000, "٣", "\uff13"
NOT_NUMBERS = (SPACES, CONTROL, HUGE, ARABIC, FULL_WIDTH, "1_0", "1e3", "+5", "0x10", "-1", "inf", "ten", "1,5", "--")
NOT_URLS = (
    "http://",
    "http://[::1",
    "http://:80",
    "http://host:port",
    "http://host:70000",
    "http://host:0",
    "http://a b/",
)
BAD_VALUES: dict[str, tuple[str, ...]] = {
    "OPENAI_API_KEY": ("sk x", "sk\nx", "ключ"),
    "OPENAI_BASE_URL": (
        *NOT_URLS,
        "http://a b/",
        "localhost:11434",
        "ftp://host/v1",
        "http//host",
        "http://host/v1?key=1",
        "http://host/v1#x",
        "http://host/v1?",
        "http://me:secret@host/v1",
        "http://host/\u200bv1",
    ),
    "LLM_MODEL": ("a\x07b",),
    "PROVIDERS": ("{", "[]", "{}", '{"a": {}}', '{"a": {"base_url": "http://x/v1", "models": [1]}}', SPACES, HUGE),
    "CORS_ORIGINS": ("*", "page.example", "https://page.example/x", "https://", "file://x", "https://ü.example"),
    "API_TOKEN": ("one two", "geheim-ü", "a\nb"),
    "DATABASE_URL": (
        "decant.db",
        "mysql://host/db",
        "sqlite://",
        "sqlite:///",
        "sqlite:///?x=1",
        "sqlite:///:memory:",
        "sqlite:///:memory:?x=1",
        "sqlite:///file::memory:?uri=true",
        "sqlite:decant.db",
        "sqlite://decant.db",
        "postgres://",
        "postgresql://",
        "postgresql+psycopg:///",
        "postgres://?sslmode=require",
        "postgres://[::1",
        "postgres://host:port/db",
        "postgres://host:70000/db",
        "postgres://ho st/db",
        "POSTGRES",
    ),
    "API_URL": ("junk", "ftp://127.0.0.1", "http://", "http://[::1", "http://ho st", SPACES, CONTROL),
    "CONTEXT_TOKENS": NOT_NUMBERS,
    "BIND_HOST": (SPACES, CONTROL, "http://127.0.0.1", "127.0.0.1/8"),
    "FORWARDED_ALLOW_IPS": ("junk", "10.0.0", "10.0.0.1/8", "10.0.0.1;10.0.0.2", "127.0.0.1,junk", "http://10.0.0.1"),
    "PORT": (*NOT_NUMBERS, "0", "70000", "80.5"),
    "WEB_CONCURRENCY": (*NOT_NUMBERS, "0", "1001"),
    "WORKER_CLASS": ("sync", SPACES, "gevent,gthread"),
    "MAX_STREAMS": (*NOT_NUMBERS, "0"),
    **dict.fromkeys(
        (
            "FIRST_TOKEN_SECONDS",
            "STALL_SECONDS",
            "HEARTBEAT_SECONDS",
            "DRAIN_SECONDS",
            "HEADER_SECONDS",
            "BODY_SECONDS",
        ),
        (*NOT_NUMBERS, "0", "86401", "nan"),
    ),
    "MAX_BODY_BYTES": (*NOT_NUMBERS, "999"),
    "MAX_IMPORT_BYTES": (*NOT_NUMBERS, "999"),
    "MAX_MESSAGES": (*NOT_NUMBERS, "0"),
    "MAX_MESSAGE_CHARS": (*NOT_NUMBERS, "0"),
    "MAX_ANSWER_CHARS": (*NOT_NUMBERS, "0"),
    "LOG_LEVEL": ("loud", SPACES, "10"),
    "MODEL_PORT": (*NOT_NUMBERS, "0", "70000"),
    "MODEL_THREADS": (*NOT_NUMBERS, "0", "257"),
    "MAX_STEPS": (*NOT_NUMBERS, "0", "1001"),
    "DECISION_SECONDS": (*NOT_NUMBERS, "0", "86401"),
    "MCP_CONFIG": ("/nowhere/absent.json", "/", "a\0b"),
    "MCP_SERVERS": ("{", "[]", '{"mcpServers": []}', '{"mcpServers": {"a": {}}}'),
}


def load_all(given: dict[str, str]) -> None:
    load_api_address(given)
    load_servers(load_config(given))


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_refuses_what_it_does_not_understand(setting: Setting) -> None:
    for value in BAD_VALUES[setting.name]:
        with pytest.raises(ConfigError, match=setting.name) as refused:
            load_all({**PROVIDER, setting.name: value})
        assert len(str(refused.value)) < 300 + len(value)
        assert "secret" not in str(refused.value)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
@pytest.mark.parametrize("empty", ["", " ", " \t "])
def test_every_setting_that_is_empty_has_its_default(setting: Setting, empty: str) -> None:
    assert load_config({setting.name: empty}) == load_config({})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPENAI_BASE_URL", "http://[::1]:11434/v1"),
        ("OPENAI_BASE_URL", "https://api.example"),
        ("DATABASE_URL", "sqlite:////srv/decant.db"),
        ("DATABASE_URL", "sqlite:///ein Ordner/ä.db"),
        ("DATABASE_URL", "postgres:///decant"),
        ("DATABASE_URL", "postgresql://?host=/run/postgresql"),
        ("DATABASE_URL", "postgresql+psycopg://me:p%40ss%2F@db.example:6543/chat?sslmode=require"),
        ("FORWARDED_ALLOW_IPS", "*"),
        ("FORWARDED_ALLOW_IPS", "10.0.0.0/8, ::1"),
        ("BIND_HOST", "unix:/run/decant.sock"),
    ],
)
def test_what_is_understood_is_taken(name: str, value: str) -> None:
    load_config({**PROVIDER, name: value})


def test_a_public_address_is_fine_with_a_token() -> None:
    assert load_config({"BIND_HOST": "::", "API_TOKEN": "a,b"}).api_tokens == ("a", "b")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost", "unix:/run/api.sock"])
def test_only_this_machine_reaches_a_loopback_address(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.com", "::ffff:10.0.0.1"])
def test_other_addresses_are_public(host: str) -> None:
    assert not is_loopback(host)


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("PORT=9001\nMAX_STREAMS=7\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PORT", "9002")
    config = load_config()
    assert (config.port, config.max_streams) == (9002, 7)


def test_the_table_and_the_code_have_the_same_settings() -> None:
    source = "".join((ROOT / f"api/{name}.py").read_text(encoding="utf-8") for name in ("config", "providers"))
    for setting in SETTINGS:
        assert source.count(f'"{setting.name}"') >= 2, f"{setting.name} is in the table and never read"


def test_the_embedded_model_is_told_what_leaves_room_for_its_answer() -> None:
    provider = {"OPENAI_BASE_URL": "http://127.0.0.1/v1", "LLM_MODEL": "m"}
    assert load_config({}).context_tokens == EMBEDDED_CONTEXT_TOKENS - EMBEDDED_ANSWER_TOKENS
    assert load_config({"CONTEXT_TOKENS": "77"}).context_tokens == 77
    assert load_config(provider).context_tokens == 0
