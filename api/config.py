"""The API's settings: the only reader of the environment.

`SETTINGS` is the table of names, defaults and help; `load_config` reads it once, with `.env` behind the environment,
and raises `ConfigError` with a sentence that names the variable.
"""

import ipaddress
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from dotenv import dotenv_values

from api.environment import ConfigError, Environment, Setting, check_header_text, is_plain, split_address
from api.providers import EMBEDDED_ANSWER_TOKENS, EMBEDDED_CONTEXT_TOKENS, Provider, read_providers

T = TypeVar("T")

WITH_VARIABLES = ("PROVIDERS", "MCP_SERVERS")
SETTINGS = (
    Setting("OPENAI_API_KEY", "", "The provider's key. Local servers often need none."),
    Setting("OPENAI_BASE_URL", "", "The provider's OpenAI-compatible address, as https://api.openai.com/v1."),
    Setting("LLM_MODEL", "", "The model's name; several, separated by commas, give people a choice (first = default)."),
    Setting("PROVIDERS", "", "Several providers as JSON, instead of the three above; a model name decides which one."),
    Setting("API_TOKEN", "", "Access token of the API; several separated by commas. Required on a public address."),
    Setting(
        "CORS_ORIGINS", "", "Pages of other origins that may ask /v1, separated by commas, as https://example.org."
    ),
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
class Config:
    """The settings, checked and typed; their defaults are in `SETTINGS`."""

    providers: tuple[Provider, ...]
    api_tokens: tuple[str, ...]
    cors_origins: tuple[str, ...]
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

    @property
    def models(self) -> tuple[str, ...]:
        """The names that may be asked for, the default first."""
        return tuple(model for provider in self.providers for model in provider.models)

    @property
    def provider(self) -> Provider:
        """The provider of the default model."""
        return self.providers[0]


def load_config(environ: Mapping[str, str] | None = None) -> Config:
    """Read the settings from `environ`, or from the process environment with `.env` behind it."""
    environ = _environment() if environ is None else environ
    read = Environment(environ, SETTINGS)
    providers = read_providers(read)
    told_tokens = EMBEDDED_CONTEXT_TOKENS - EMBEDDED_ANSWER_TOKENS if providers[0].is_embedded else 0
    config = Config(
        providers=providers,
        api_tokens=_tokens(read),
        cors_origins=_origins(read),
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
    read = Environment(_environment() if environ is None else environ, SETTINGS)
    url, tokens = read.text("API_URL").rstrip("/"), _tokens(read)
    if (
        not url.startswith(("http://", "https://"))
        or not split_address("API_URL", url, "http://127.0.0.1:8000").hostname
    ):
        raise ConfigError(f"API_URL is {url!r}: it has to be an address, as http://127.0.0.1:8000.")
    return ApiAddress(url, tokens[0] if tokens else "")


def _environment() -> Mapping[str, str]:
    written, raw = dotenv_values(".env"), dotenv_values(".env", interpolate=False)
    # The file knows only the variables above a line, and takes the others for empty: these two look for themselves.
    written |= {name: raw[name] for name in WITH_VARIABLES if name in raw}
    return {**{name: value for name, value in written.items() if value is not None}, **os.environ}


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


def _database_url(read: Environment) -> str:
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
        parts = split_address("DATABASE_URL", url, example, hidden=True)
        if not parts.hostname and not parts.path.strip("/") and "host=" not in parts.query:
            raise ConfigError(f"DATABASE_URL names neither a server nor a database, as {example} does.")
    else:
        raise ConfigError("DATABASE_URL has to begin with sqlite:///, postgres:// or postgresql://.")
    return url


def _mcp_servers(read: Environment) -> tuple[str, str]:
    if text := read.text("MCP_SERVERS"):
        return "MCP_SERVERS", text
    path = Path(read.text("MCP_CONFIG"))
    try:
        return str(path), path.read_text(encoding="utf-8") if path.exists() or read.is_set("MCP_CONFIG") else ""
    except (OSError, ValueError) as error:
        raise ConfigError(f"MCP_CONFIG is {str(path)!r}, which cannot be read: {error}.") from None


def _tokens(read: Environment) -> tuple[str, ...]:
    tokens = read.words("API_TOKEN")
    for token in tokens:
        check_header_text("API_TOKEN", token)
    return tokens


def _origins(read: Environment) -> tuple[str, ...]:
    origins = read.words("CORS_ORIGINS")
    for origin in origins:
        scheme, _, host = origin.partition("://")
        if scheme not in ("http", "https") or not host or "/" in host or "*" in host or not is_plain(origin):
            raise ConfigError(f"CORS_ORIGINS has {origin!r} in it: give origins, as https://example.org.")
    return tuple(origin.lower() for origin in origins)


def _bind_host(read: Environment) -> str:
    host = read.text("BIND_HOST")
    if not is_plain(host) or ("/" in host and not host.startswith(("unix:", "/"))):
        raise ConfigError(f"BIND_HOST is {host!r}: it has to be an address of this machine, as 127.0.0.1 or ::.")
    return host


def _proxies(read: Environment) -> str:
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
