"""The settings of the page: one table, read once; the only reader of the environment in `ui/`."""

import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

from ui.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable: its default as it would be written, and what it is for."""

    name: str
    default: str
    help: str


SETTINGS: tuple[Setting, ...] = (
    Setting("API_URL", "http://127.0.0.1:8000", "where the page reaches the API; a path prefix is kept"),
    Setting("API_TOKEN", "", "the access token the page sends to the API; of several, separated by commas, the first"),
    Setting("BIND_HOST", "127.0.0.1", "address to listen on; :: is every address, IPv4 and IPv6"),
    Setting("UI_PORT", "", "port of the page; without it PORT, without both 8100"),
    Setting("PORT", "", "port given by a platform or by honcho"),
    Setting("STORAGE_SECRET", "", "signs the login cookie; needed on a public address, the same on every instance"),
    Setting("UI_PASSWORD", "", "password of the page; without it the page is open to whoever reaches it"),
    Setting("UI_OPEN", "0", "1 says that strangers may chat: a public address without UI_PASSWORD"),
    Setting("UI_MAX_STREAMS", "200", "how many answers this process reads at once"),
    Setting("FORWARDED_ALLOW_IPS", "127.0.0.1,::1", "proxies whose X-Forwarded-* headers are believed; * for all"),
    Setting("ROOT_PATH", "", "path prefix that a proxy strips before it asks the page"),
    Setting("UI_TITLE", "Decant", "title of the page"),
    Setting("UI_CAPTION", "Answers, poured as they come", "the line under the title"),
    Setting("LOG_LEVEL", "info", "debug, info, warning or error"),
)

DEFAULT_PORT = 8100
MAX_DIGITS = 9
ROOT_PATH = re.compile(r"(?:/[\w.~-]+)*/?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of the page, read and checked."""

    api_url: str
    api_token: str | None
    host: str
    port: int
    storage_secret: str
    password: str | None
    is_local: bool
    max_streams: int
    forwarded_allow_ips: str
    root_path: str
    title: str
    caption: str
    log_level: str


def load_config() -> Config:
    """Read the settings from the environment and, below it, the file `.env`.

    Raises:
        ConfigError: a setting is missing or wrong, or the file cannot be read.
    """
    try:
        file_values = {name: value for name, value in dotenv_values(Path(".env")).items() if value is not None}
    except (OSError, UnicodeError) as exc:
        raise ConfigError(f"The file .env cannot be read: {exc}.") from exc
    return read_config({**file_values, **os.environ})


def read_config(environ: Mapping[str, str]) -> Config:
    """Check the settings and return them.

    Raises:
        ConfigError: a setting is missing or wrong.
    """
    values = {setting.name: environ.get(setting.name, "").strip() or setting.default for setting in SETTINGS}
    for name, value in values.items():
        _check_text(name, value)
    host = values["BIND_HOST"].strip("[]")
    is_open = _flag("UI_OPEN", values["UI_OPEN"])
    if not is_loopback(host):
        _check_public(host, values, is_open=is_open)
    return Config(
        api_url=_http_url("API_URL", values["API_URL"]),
        api_token=_first_token(values["API_TOKEN"]),
        host=host,
        port=_port(values),
        storage_secret=values["STORAGE_SECRET"] or secrets.token_urlsafe(32),
        password=values["UI_PASSWORD"] or None,
        is_local=not values["UI_PASSWORD"] and not is_open,
        max_streams=_count("UI_MAX_STREAMS", values["UI_MAX_STREAMS"], least=1, most=5000),
        forwarded_allow_ips=_proxies("FORWARDED_ALLOW_IPS", values["FORWARDED_ALLOW_IPS"]),
        root_path=_root_path(values["ROOT_PATH"]),
        title=values["UI_TITLE"],
        caption=values["UI_CAPTION"],
        log_level=_log_level(values["LOG_LEVEL"]),
    )


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach the address, or answers to the name (RFC 6761, section 6.3)."""
    name = host.lower().removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def _check_public(host: str, values: Mapping[str, str], *, is_open: bool) -> None:
    if not values["UI_PASSWORD"] and not is_open:
        raise ConfigError(
            f"BIND_HOST {host} can be reached from outside: set UI_PASSWORD, or UI_OPEN=1 if strangers may chat."
        )
    if not values["STORAGE_SECRET"]:
        raise ConfigError(
            f"BIND_HOST {host} can be reached from outside: set STORAGE_SECRET to a long random text of your own."
        )


def _port(values: Mapping[str, str]) -> int:
    for name in ("UI_PORT", "PORT"):
        if values[name]:
            return _count(name, values[name], least=0, most=65535)
    return DEFAULT_PORT


def _count(name: str, text: str, *, least: int, most: int) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > MAX_DIGITS or not least <= int(text) <= most:
        raise ConfigError(f"{name} must be a whole number from {least} to {most}, not {text!r}.")
    return int(text)


def _flag(name: str, text: str) -> bool:
    if text.lower() in {"1", "true", "yes", "on"}:
        return True
    if text.lower() in {"0", "false", "no", "off"}:
        return False
    raise ConfigError(f"{name} must be 1 or 0, not {text!r}.")


def _http_url(name: str, text: str) -> str:
    try:
        parts = urlsplit(text)
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.query and not parts.fragment
        is_good = is_good and text.isprintable() and " " not in text
        _ = parts.port
    except ValueError:
        is_good = False
    if not is_good:
        raise ConfigError(f"{name} must be an http:// or https:// address, not {text!r}.")
    return text.rstrip("/")


def _first_token(text: str) -> str | None:
    token = next((token.strip() for token in text.split(",") if token.strip()), None)
    if token and not (token.isascii() and token.isprintable()):
        raise ConfigError("API_TOKEN must be printable ASCII: it is sent in a header.")
    return token


def _check_text(name: str, text: str) -> None:
    try:
        text.encode()
    except UnicodeError as exc:
        raise ConfigError(f"{name} is not UTF-8.") from exc


def _proxies(name: str, text: str) -> str:
    """Check addresses and networks: what is none would be trusted by no comparison, and nobody would know."""
    for proxy in [part.strip() for part in text.split(",")] if text != "*" else []:
        try:
            ipaddress.ip_network(proxy)
        except ValueError as exc:
            raise ConfigError(
                f"{name} must be IP addresses or networks, separated by commas, or * for all, not {proxy!r}."
            ) from exc
    return text


def _root_path(text: str) -> str:
    if text and not ROOT_PATH.fullmatch(text):
        raise ConfigError(f"ROOT_PATH must be a path like /decant, not {text!r}.")
    return text.rstrip("/")


def _log_level(text: str) -> str:
    if text.lower() not in {"debug", "info", "warning", "error"}:
        raise ConfigError(f"LOG_LEVEL must be debug, info, warning or error, not {text!r}.")
    return text.upper()
