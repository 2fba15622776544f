"""Which MCP servers there are: the `mcpServers` form that other hosts use, checked before anything starts.

    {"mcpServers": {"files": {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem", "/srv"]},
                    "search": {"url": "https://example.org/mcp", "headers": {"Authorization": "Bearer ${TOKEN}"}}}}

Beside the usual fields a server may have `policy` (`always`, `ask` or `never`, or an object of them by tool, `*` being
the others), `trusted` (its own word for what only reads is believed), `disabled_tools`, `silence_seconds`, `title`.
"""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_args
from urllib.parse import urlsplit

from api.config import Config
from api.environment import ConfigError
from api.tool_calls import Policy

EXAMPLE = "example"
SILENCE_SECONDS = 60.0
MAX_SERVERS = 50
POLICIES = get_args(Policy)
EVERY_TOOL = "*"

_FIELDS = frozenset(("command", "args", "env", "cwd", "url", "headers", "type", "title", "disabled")) | frozenset(
    ("policy", "trusted", "disabled_tools", "silence_seconds")
)
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_TYPES = ("stdio", "http", "streamable-http", "streamableHttp")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


@dataclass(frozen=True, slots=True)
class McpServer:
    """A server as it is configured: a `command` to start or a `url` to ask; `policies` are by tool, `*` the others."""

    name: str
    title: str = ""
    command: str = ""
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: str | None = None
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    policies: Mapping[str, Policy] = field(default_factory=dict)
    is_trusted: bool = False
    disabled_tools: frozenset[str] = frozenset()
    silence_seconds: float = SILENCE_SECONDS
    secrets: frozenset[str] = frozenset()  # the values of variables in it


def load_servers(config: Config) -> tuple[McpServer, ...]:
    """Return the servers that are configured; without any, where the model is the embedded one, the example.

    Raises:
        ConfigError: The configuration is wrong; the text names the server and the key.
    """
    where, text = config.mcp_servers
    if not text:
        return (example_server(),) if config.provider.is_embedded else ()
    return parse_servers(text, where, config.variables)


def example_server() -> McpServer:
    """Return the server that comes with Decant."""
    args = ("-m", "api.tools.example_server")
    return McpServer(EXAMPLE, "Example", sys.executable, args, policies={EVERY_TOOL: "ask"}, is_trusted=False)


def parse_servers(text: str, where: str, variables: Mapping[str, str]) -> tuple[McpServer, ...]:
    """Read the JSON of a configuration; `where` names it in what is wrong with it.

    Raises:
        ConfigError: It is no such JSON, or a field is wrong.
    """
    try:
        read = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"{where} is not JSON: {error}.") from None
    servers = read.get("mcpServers") if isinstance(read, dict) else None
    if not isinstance(servers, dict):
        raise ConfigError(f'{where} has to be {{"mcpServers": {{"name": {{"command": …}} or {{"url": …}}}}}}.')
    if len(servers) > MAX_SERVERS:
        raise ConfigError(f"{where} has {len(servers)} servers; at most {MAX_SERVERS} are allowed.")
    readers = (_ServerReader(where, name, fields, variables) for name, fields in servers.items())
    return tuple(reader.server() for reader in readers if not reader.flag("disabled"))


class _ServerReader:
    """Typed look-ups in the fields of one server; each error names the server and the field."""

    def __init__(self, where: str, name: str, fields: object, variables: Mapping[str, str]) -> None:
        self._where = f"{where}: server {name!r}"
        self._name = name
        self._variables = variables
        if not _NAME.fullmatch(name):
            raise ConfigError(f"{self._where} needs a name of up to 64 letters, digits, dots, hyphens and underscores.")
        if not isinstance(fields, dict):
            raise ConfigError(f"{self._where} has to be an object.")
        unknown = min(fields.keys() - _FIELDS, default=None)
        if unknown is not None:
            raise ConfigError(
                f"{self._where} has the unknown key {unknown!r}; the keys are {', '.join(sorted(_FIELDS))}."
            )
        self._fields: dict[str, Any] = fields
        self._secrets: set[str] = set()

    def server(self) -> McpServer:
        command, url = self._text("command"), self._text("url")
        if bool(command) == bool(url):
            raise ConfigError(f"{self._where} needs either the key 'command' or the key 'url'.")
        if self._fields.get("type") not in (None, *_TYPES):
            raise self._wrong("type", "stdio or http (the old transport of SSE is not spoken)")
        if url:
            self._check_url(url)
        server = McpServer(
            name=self._name,
            title=self._text("title"),
            command=command,
            args=self._texts("args"),
            env=self._mapping("env"),
            cwd=self._text("cwd") or None,
            url=url,
            headers=self._headers(),
            policies=self._policies(),
            is_trusted=self.flag("trusted"),
            disabled_tools=frozenset(self._texts("disabled_tools")),
            silence_seconds=self._seconds("silence_seconds"),
        )
        return replace(server, secrets=frozenset(self._secrets))

    def flag(self, key: str) -> bool:
        value = self._fields.get(key, False)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false")
        return value

    def _check_url(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_good = False
        if not is_good or not url.isascii() or not url.isprintable() or " " in url:
            raise self._wrong("url", "an address, as https://example.org/mcp")

    def _headers(self) -> Mapping[str, str]:
        headers = self._mapping("headers")
        for name, value in headers.items():
            if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) or not re.fullmatch(r"[\t\x20-\x7e]*", value):
                raise self._wrong(f"headers.{name}", "a header of one line, of ASCII characters")
        return headers

    def _policies(self) -> Mapping[str, Policy]:
        value = self._fields.get("policy", {})
        policies = {EVERY_TOOL: value} if isinstance(value, str) else value
        if not isinstance(policies, dict) or not all(policy in POLICIES for policy in policies.values()):
            raise self._wrong("policy", "always, ask or never, or an object of them by tool")
        return policies

    def _seconds(self, key: str) -> float:
        value = self._fields.get(key, SILENCE_SECONDS)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 86_400:
            raise self._wrong(key, "a number of seconds above 0 and up to 86400")
        return float(value)

    def _text(self, key: str) -> str:
        value = self._fields.get(key, "")
        if not isinstance(value, str):
            raise self._wrong(key, "a text")
        return self._substituted(key, value)

    def _texts(self, key: str) -> tuple[str, ...]:
        value = self._fields.get(key, [])
        if not isinstance(value, Sequence) or isinstance(value, str) or not all(isinstance(one, str) for one in value):
            raise self._wrong(key, "a list of texts")
        return tuple(self._substituted(key, one) for one in value)

    def _mapping(self, key: str) -> Mapping[str, str]:
        value = self._fields.get(key, {})
        if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
            raise self._wrong(key, "an object of texts")
        return {name: self._substituted(f"{key}.{name}", one) for name, one in value.items()}

    def _substituted(self, key: str, text: str) -> str:
        def value_of(found: re.Match[str]) -> str:
            value = self._variables.get(found[1]) or found[2]
            if value is None:
                raise ConfigError(f"{self._where}, key {key!r}: the variable {found[1]} is not set.")
            self._secrets.add(value)
            return value

        text = _VARIABLE.sub(value_of, text)
        if "\0" in text:
            raise self._wrong(key, "a text without NUL")
        return text

    def _wrong(self, key: str, what: str) -> ConfigError:
        return ConfigError(f"{self._where}, key {key!r} has to be {what}.")
