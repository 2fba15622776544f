from pathlib import Path

import pytest

from ui.config import DEFAULT_PORT, SETTINGS, Setting, load_config, read_config
from ui.errors import ConfigError

PUBLIC = {"BIND_HOST": "0.0.0.0", "STORAGE_SECRET": "s" * 32, "UI_PASSWORD": "sesame"}


def test_nothing_needs_to_be_set() -> None:
    config = read_config({})
    assert (config.host, config.port, config.password) == ("127.0.0.1", DEFAULT_PORT, None)
    assert config.api_url == "http://127.0.0.1:8000"


def test_every_setting_has_a_help_and_a_name_of_its_own() -> None:
    assert all(setting.help for setting in SETTINGS)
    assert len({setting.name for setting in SETTINGS}) == len(SETTINGS)


@pytest.mark.parametrize(
    ("environ", "port"),
    [({"PORT": "5100"}, 5100), ({"PORT": "5100", "UI_PORT": "8123"}, 8123), ({"PORT": " ", "UI_PORT": ""}, 8100)],
)
def test_the_page_s_own_port_comes_before_the_platform_s(environ: dict[str, str], port: int) -> None:
    assert read_config(environ).port == port


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("UI_PORT", "80a"),
        ("PORT", "70000"),
        ("UI_PORT", "-1"),
        ("UI_MAX_STREAMS", "0"),
        ("API_URL", "ftp://api"),
        ("API_URL", "localhost:8000"),
        ("API_URL", "http://api:port"),
        ("API_URL", "http://api/?q=1"),
        ("UI_OPEN", "perhaps"),
        ("LOG_LEVEL", "loud"),
        ("ROOT_PATH", "chat"),
    ],
)
def test_a_bad_value_stops_the_start_and_names_the_variable(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        read_config({name: value})


SPACES, CONTROL, HUGE, ARABIC = "a b", "a\x07b", "9" * 5000, "٣"
NOT_NUMBERS = (SPACES, CONTROL, HUGE, ARABIC, "\uff13", "1_0", "1e3", "+5", "-1", "ten", "8.5")
ANYTHING: tuple[str, ...] = ()
BAD_VALUES: dict[str, tuple[str, ...]] = {
    "API_URL": (
        "http://",
        "http://[::1",
        "http://host:70000",
        "http://a b/",
        "host:8000",
        "http://host?",
        "http://host#x",
        "http://host/\u200b",
        "ws://host",
    ),
    "API_TOKEN": ("one two", "geheim-ü"),
    "BIND_HOST": (SPACES, CONTROL, "http://127.0.0.1", "127.0.0.1/8"),
    "UI_PORT": (*NOT_NUMBERS, "70000"),
    "PORT": (*NOT_NUMBERS, "70000"),
    "STORAGE_SECRET": ANYTHING,
    "UI_PASSWORD": ANYTHING,
    "UI_OPEN": ("perhaps", "2", SPACES),
    "UI_MAX_STREAMS": (*NOT_NUMBERS, "0", "5001"),
    "FORWARDED_ALLOW_IPS": ("junk", "10.0.0", "10.0.0.1/8", "127.0.0.1;10.0.0.1", "http://10.0.0.1"),
    "ROOT_PATH": ("chat", "//other.example", "/a b", "/a?b", "/a#b", '/a"><script>', "/é"),
    "UI_TITLE": ANYTHING,
    "UI_CAPTION": ANYTHING,
    "LOG_LEVEL": ("loud", SPACES, "10"),
}


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_refuses_what_it_does_not_understand(setting: Setting) -> None:
    for value in BAD_VALUES[setting.name]:
        with pytest.raises(ConfigError, match=setting.name):
            read_config({**PUBLIC, "BIND_HOST": "127.0.0.1", setting.name: value})


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_that_is_empty_has_its_default(setting: Setting) -> None:
    given = {"STORAGE_SECRET": "s"}
    if setting.name not in given:
        assert read_config({**given, setting.name: " \t "}) == read_config(given)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "chat.example", "[::]"])
def test_a_public_address_needs_a_password_or_the_word_that_it_is_open(host: str) -> None:
    with pytest.raises(ConfigError, match="UI_PASSWORD, or UI_OPEN=1"):
        read_config({"BIND_HOST": host, "STORAGE_SECRET": "s"})


@pytest.mark.parametrize("way", [{"UI_PASSWORD": "sesame"}, {"UI_OPEN": "1"}])
def test_a_public_address_needs_a_secret(way: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="STORAGE_SECRET"):
        read_config({"BIND_HOST": "::", **way})
    assert read_config({"BIND_HOST": "::", "STORAGE_SECRET": "s", **way}).host == "::"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8"])
def test_a_loopback_address_needs_nothing(host: str) -> None:
    assert read_config({"BIND_HOST": host}).password is None


def test_without_a_secret_each_start_has_its_own() -> None:
    assert read_config({}).storage_secret != read_config({}).storage_secret


@pytest.mark.parametrize(("tokens", "token"), [("", None), (" one ", "one"), ("one,two", "one"), (", two", "two")])
def test_the_first_token_is_sent(tokens: str, token: str | None) -> None:
    assert read_config({"API_TOKEN": tokens}).api_token == token


def test_a_path_prefix_of_the_api_is_kept() -> None:
    assert read_config({"API_URL": "https://host/decant/"}).api_url == "https://host/decant"


def test_the_environment_comes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("UI_TITLE=From the file\nUI_CAPTION=Also from the file\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UI_TITLE", "From the environment")
    config = load_config()
    assert (config.title, config.caption) == ("From the environment", "Also from the file")


def test_a_public_page_with_everything_set_starts() -> None:
    assert read_config(PUBLIC).password == "sesame"
