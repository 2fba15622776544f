"""The API's settings: the only reader of the environment.

`SETTINGS` is the table of names, defaults and help; `load_config` reads it once, with `.env` behind the environment,
and raises `ConfigError` with a sentence that names the variable.
"""

import ipaddress
import logging
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

from dotenv import dotenv_values

T = TypeVar("T")

_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,9})?|nan", re.ASCII)

EMBEDDED_MODEL = "SmolLM2-135M-Instruct"
EMBEDDED_CONTEXT_TOKENS = 2048  # of one of its answers at once, the answer included
EMBEDDED_ANSWER_TOKENS = 1024


class ConfigError(Exception):
    """A setting is missing or wrong; the text is a sentence that says what to set."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable: its name, default and one line of help."""

    name: str
    default: str
    help: str


SETTINGS = (
    Setting("OPENAI_API_KEY", "", "The provider's key. Local servers often need none."),
    Setting("OPENAI_BASE_URL", "", "The provider's OpenAI-compatible address, as https://api.openai.com/v1."),
    Setting("LLM_MODEL", "", "The model's name; several, separated by commas, give people a choice (first = default)."),
    Setting("API_TOKEN", "", "Access token of the API; several separated by commas. Required on a public address."),
    Setting("API_URL", "http://127.0.0.1:8000", "Where the page and `python -m api.mcp_server` reach the API."),
    Setting("DATABASE_URL", "sqlite:///decant.db", "Where threads are kept: sqlite:///file or postgres://…"),
    Setting(
        "CONTEXT_TOKENS", "0", "Most tokens of a thread that the model is told, the newest messages; 0 is all of it."
    ),
    Setting("MCP_CONFIG", "mcp.json", "File that names the MCP servers whose tools models may use; it may be absent."),
    Setting(
        "MAX_STEPS", "20", "Most calls to the model of one answer: each may ask for tools, and is told what they said."
    ),
    Setting("DECISION_SECONDS", "86400", "How long a tool call waits for a person's decision."),
    Setting("MCP_SERVERS", "", "The same as JSON, for platforms without files."),
    Setting("BIND_HOST", "127.0.0.1", "Address to listen on; `::` is every address, IPv4 and IPv6."),
    Setting("FORWARDED_ALLOW_IPS", "127.0.0.1,::1", "Proxies whose X-Forwarded-* headers are believed; `*` for all."),
    Setting("PORT", "8000", "Port of the API; platforms set it."),
    Setting("WEB_CONCURRENCY", "1", "Worker processes of the API."),
    Setting("WORKER_CLASS", "gevent", "`gevent` or `gthread`."),
    Setting(
        "MAX_STREAMS", "200", "Runs one worker makes at once, and as many followers; more get 503 with Retry-After."
    ),
    Setting("FIRST_TOKEN_SECONDS", "120", "How long the provider may take to begin an answer."),
    Setting("STALL_SECONDS", "60", "How long the provider may be silent within an answer."),
    Setting("HEARTBEAT_SECONDS", "15", "Silence after which an event stream carries a heartbeat."),
    Setting("HEADER_SECONDS", "10", "How long a client may take to send the header of a request."),
    Setting("BODY_SECONDS", "30", "How long it may take for the body, beside a second for each 16 KB."),
    Setting("DRAIN_SECONDS", "20", "After SIGTERM, how long answers may go on before they end as interrupted."),
    Setting("MAX_BODY_BYTES", "2000000", "Largest request body."),
    Setting("MAX_IMPORT_BYTES", "32000000", "Largest conversation to import, as JSON."),
    Setting("MAX_MESSAGES", "1000", "Most messages in one request."),
    Setting("MAX_MESSAGE_CHARS", "400000", "Longest message."),
    Setting("MAX_ANSWER_CHARS", "2000000", "Longest answer; a model that goes on is stopped there."),
    Setting("LOG_LEVEL", "info", "`debug`, `info`, `warning` or `error`. Message text is never logged."),
    Setting("MODEL_PORT", "8200", "Port of the embedded model, which runs where no provider is configured."),
    Setting("MODEL_THREADS", "2", "Processor threads of the embedded model."),
)


@dataclass(frozen=True, slots=True)
class Provider:
    """Where the models are."""

    base_url: str
    api_key: str
    models: tuple[str, ...]
    is_embedded: bool


@dataclass(frozen=True, slots=True)
class Config:
    """The settings, checked and typed; their defaults are in `SETTINGS`."""

    provider: Provider
    api_tokens: tuple[str, ...]
    database_url: str
    context_tokens: int
    bind_host: str
    forwarded_allow_ips: str
    port: int
    workers: int
    worker_class: str
    max_streams: int
    first_token_seconds: float
    stall_seconds: float
    heartbeat_seconds: float
    header_seconds: float
    body_seconds: float
    drain_seconds: float
    max_body_bytes: int
    max_import_bytes: int
    max_messages: int
    max_message_chars: int
    max_answer_chars: int
    max_steps: int
    decision_seconds: float
    log_level: int
    model_port: int
    model_threads: int
    mcp_servers: tuple[str, str]  # what they are called in errors, and the JSON; the latter empty where there is none
    variables: Mapping[str, str] = field(repr=False, compare=False)  # that the MCP servers may refer to


def load_config(environ: Mapping[str, str] | None = None) -> Config:
    """Read the settings from `environ`, or from the process environment with `.env` behind it."""
    environ = _environment() if environ is None else environ
    read = _Reader(environ)
    provider = _provider(read)
    told_tokens = EMBEDDED_CONTEXT_TOKENS - EMBEDDED_ANSWER_TOKENS if provider.is_embedded else 0
    config = Config(
        provider=provider,
        api_tokens=_tokens(read),
        database_url=_database_url(read),
        context_tokens=read.integer("CONTEXT_TOKENS", 0, 100_000_000) or told_tokens,
        bind_host=_bind_host(read),
        forwarded_allow_ips=_proxies(read),
        port=read.integer("PORT", 1, 65535),
        workers=read.integer("WEB_CONCURRENCY", 1, 1000),
        worker_class=read.choice("WORKER_CLASS", ("gevent", "gthread")),
        max_streams=read.integer("MAX_STREAMS", 1, 100_000),
        first_token_seconds=read.seconds("FIRST_TOKEN_SECONDS"),
        stall_seconds=read.seconds("STALL_SECONDS"),
        heartbeat_seconds=read.seconds("HEARTBEAT_SECONDS"),
        max_steps=read.integer("MAX_STEPS", 1, 1000),
        decision_seconds=read.seconds("DECISION_SECONDS"),
        header_seconds=read.seconds("HEADER_SECONDS"),
        body_seconds=read.seconds("BODY_SECONDS"),
        drain_seconds=read.seconds("DRAIN_SECONDS"),
        max_body_bytes=read.integer("MAX_BODY_BYTES", 1000),
        max_import_bytes=read.integer("MAX_IMPORT_BYTES", 1000),
        max_messages=read.integer("MAX_MESSAGES", 1),
        max_message_chars=read.integer("MAX_MESSAGE_CHARS", 1),
        max_answer_chars=read.integer("MAX_ANSWER_CHARS", 1),
        log_level=logging.getLevelNamesMapping()[
            read.choice("LOG_LEVEL", ("debug", "info", "warning", "error")).upper()
        ],
        model_port=read.integer("MODEL_PORT", 1, 65535),
        model_threads=read.integer("MODEL_THREADS", 1, 256),
        mcp_servers=_mcp_servers(read),
        variables=environ,
    )
    check_bind(config, config.bind_host)
    return config


@dataclass(frozen=True, slots=True)
class ApiAddress:
    """Where the API that runs is, and what it wants to be shown; an empty `token` is none."""

    url: str
    token: str


def load_api_address(environ: Mapping[str, str] | None = None) -> ApiAddress:
    """Read where the API is, for a process beside it.

    Raises:
        ConfigError: `API_URL` is no address, or `API_TOKEN` no token.
    """
    read = _Reader(_environment() if environ is None else environ)
    url, tokens = read.text("API_URL").rstrip("/"), _tokens(read)
    if not url.startswith(("http://", "https://")) or not _split("API_URL", url, "http://127.0.0.1:8000").hostname:
        raise ConfigError(f"API_URL is {url!r}: it has to be an address, as http://127.0.0.1:8000.")
    return ApiAddress(url, tokens[0] if tokens else "")


def _environment() -> Mapping[str, str]:
    return {**{k: v for k, v in dotenv_values(".env").items() if v is not None}, **os.environ}


def check_bind(config: Config, host: str) -> None:
    """Refuse an address that strangers can reach unless the API asks for a token.

    Raises:
        ConfigError: The address is public and `API_TOKEN` is empty.
    """
    if not config.api_tokens and not is_loopback(host):
        raise ConfigError(
            f"BIND_HOST {host} can be reached from outside and API_TOKEN is empty: anybody could spend your provider's "
            'key. Set API_TOKEN (python3 -c "import secrets; print(secrets.token_urlsafe(32))") or BIND_HOST=127.0.0.1.'
        )


def is_loopback(host: str) -> bool:
    """Say whether only this machine reaches the address; a Unix socket counts as such."""
    return host.startswith(("unix:", "/")) or names_this_machine(host)


def names_this_machine(host: str) -> bool:
    """Say whether a name or an address is this machine's own for itself (RFC 6761, section 6.3)."""
    name = host.lower().removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def _provider(read: "_Reader") -> Provider:
    key, base_url, models = read.text("OPENAI_API_KEY"), read.text("OPENAI_BASE_URL"), read.words("LLM_MODEL")
    if not key and not base_url:
        if models:
            raise ConfigError(
                "LLM_MODEL is set without a provider: set OPENAI_BASE_URL (any OpenAI-compatible server) and, where it "
                "needs one, OPENAI_API_KEY; or remove LLM_MODEL to use the embedded model."
            )
        port = read.integer("MODEL_PORT", 1, 65535)
        return Provider(f"http://127.0.0.1:{port}/v1", "none", (EMBEDDED_MODEL,), is_embedded=True)
    if any(not model.isprintable() for model in models):
        raise ConfigError("LLM_MODEL has a character in it that cannot be printed: write the model's name anew.")
    if not models:
        raise ConfigError("LLM_MODEL is empty: name the provider's model to use, as LLM_MODEL=qwen-plus.")
    _check_header_text("OPENAI_API_KEY", key)
    base_url = _provider_url(base_url) if base_url else "https://api.openai.com/v1"
    return Provider(base_url.rstrip("/"), key or "none", models, is_embedded=False)


def _provider_url(url: str) -> str:
    example = "https://api.openai.com/v1 or http://localhost:11434/v1"
    if not url.startswith(("http://", "https://")):
        raise ConfigError(f"OPENAI_BASE_URL is {url!r}: it has to begin with http:// or https://.")
    parts = _split("OPENAI_BASE_URL", url, example)
    if not parts.hostname:
        raise ConfigError(f"OPENAI_BASE_URL is {url!r}: it names no server, as {example} does.")
    if parts.username is not None or parts.password is not None:
        raise ConfigError("OPENAI_BASE_URL has a name or password in it: the key belongs into OPENAI_API_KEY.")
    if "?" in url or "#" in url:
        raise ConfigError(f"OPENAI_BASE_URL is {url!r}: it has to end with its path, without ? and #, as {example}.")
    return url


def _database_url(read: "_Reader") -> str:
    url = read.text("DATABASE_URL")
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite" and rest.startswith("/"):
        name = rest.removeprefix("/").partition("?")[0]
        if name in ("", ":memory:") or name.startswith("file:") or not name.isprintable():
            raise ConfigError(
                "DATABASE_URL has to name a file that lasts, as sqlite:///decant.db or sqlite:////srv/decant.db."
            )
    elif scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        example = "postgres://user:password@host:5432/name"
        parts = _split("DATABASE_URL", url, example, hidden=True)
        if not parts.hostname and not parts.path.strip("/") and "host=" not in parts.query:
            raise ConfigError(f"DATABASE_URL names neither a server nor a database, as {example} does.")
    else:
        raise ConfigError("DATABASE_URL has to begin with sqlite:///, postgres:// or postgresql://.")
    return url


def _split(name: str, url: str, example: str, *, hidden: bool = False) -> SplitResult:
    """Take an address apart; `hidden` keeps it, which may have a password in it, out of the sentence."""
    try:
        parts = urlsplit(url)
        is_good = parts.port != 0 and _is_plain(url)
    except ValueError:
        is_good = False
    if not is_good:
        raise ConfigError(f"{name} {'' if hidden else f'is {url!r}: that '}is no address, as {example} is one.")
    return parts


def _mcp_servers(read: "_Reader") -> tuple[str, str]:
    if text := read.text("MCP_SERVERS"):
        return "MCP_SERVERS", text
    path = Path(read.text("MCP_CONFIG"))
    try:
        return str(path), path.read_text(encoding="utf-8") if path.exists() or read.is_set("MCP_CONFIG") else ""
    except (OSError, ValueError) as error:
        raise ConfigError(f"MCP_CONFIG is {str(path)!r}, which cannot be read: {error}.") from None


def _tokens(read: "_Reader") -> tuple[str, ...]:
    tokens = read.words("API_TOKEN")
    for token in tokens:
        _check_header_text("API_TOKEN", token)
    return tokens


def _check_header_text(name: str, value: str) -> None:
    if not _is_plain(value):
        raise ConfigError(f"{name} has a space or a character in it that no header carries: use letters and digits.")


def _is_plain(value: str) -> bool:
    return value.isascii() and value.isprintable() and " " not in value


def _bind_host(read: "_Reader") -> str:
    host = read.text("BIND_HOST")
    if not _is_plain(host) or ("/" in host and not host.startswith(("unix:", "/"))):
        raise ConfigError(f"BIND_HOST is {host!r}: it has to be an address of this machine, as 127.0.0.1 or ::.")
    return host


def _proxies(read: "_Reader") -> str:
    words = read.words("FORWARDED_ALLOW_IPS")
    for word in words:
        try:
            is_good = word == "*" or bool(ipaddress.ip_network(word))
        except ValueError:
            is_good = False
        if not is_good:
            raise ConfigError(
                f"FORWARDED_ALLOW_IPS has {word!r} in it: give addresses and networks, as 10.0.0.1,10.1.0.0/16; or *."
            )
    return ",".join(words)


class _Reader:
    """Typed look-ups in the environment by the table's names and defaults."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._defaults = {setting.name: setting.default for setting in SETTINGS}

    def text(self, name: str) -> str:
        return self._environ.get(name, "").strip() or self._defaults[name]

    def words(self, name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(word.strip() for word in self.text(name).split(",") if word.strip()))

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name).lower()
        if value not in allowed:
            raise ConfigError(f"{name} is {value!r}: it has to be one of {', '.join(allowed)}.")
        return value

    def integer(self, name: str, least: int, most: int = 10**12) -> int:
        value = self._number(name, int, "a whole number")
        if not least <= value <= most:
            raise ConfigError(f"{name} is {value}: it has to be between {least} and {most}.")
        return value

    def is_set(self, name: str) -> bool:
        return bool(self._environ.get(name, "").strip())

    def seconds(self, name: str) -> float:
        value = self._number(name, float, "a number of seconds")
        if not 0 < value <= 86_400:
            raise ConfigError(f"{name} is {value:g}: it has to be more than 0 and at most 86400 seconds.")
        return value

    def _number(self, name: str, convert: Callable[[str], T], what: str) -> T:
        try:
            if not _NUMBER.fullmatch(self.text(name)):
                raise ValueError
            return convert(self.text(name))
        except ValueError:
            raise ConfigError(f"{name} is {self.text(name)!r}: it has to be {what}.") from None
