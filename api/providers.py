"""Where the models are, as the settings say it: one provider by three settings, or several by `PROVIDERS`; pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from api.environment import ConfigError, Environment, check_header_text, split_address

EMBEDDED_MODEL = "SmolLM2-135M-Instruct"
EMBEDDED_CONTEXT_TOKENS = 2048  # of one of its answers at once, the answer included
EMBEDDED_ANSWER_TOKENS = 1024

SIMPLE = ("OPENAI_BASE_URL", "OPENAI_API_KEY", "LLM_MODEL")
KEYS = {"base_url", "api_key", "models"}
EXAMPLE = (
    '{"openai": {"base_url": "https://api.openai.com/v1", "api_key": "${OPENAI_KEY}", '
    '"models": ["gpt-5", {"name": "gpt-5-mini", "fallbacks": ["gpt-5"]}]}}'
)


@dataclass(frozen=True, slots=True)
class Provider:
    """Where models are; `fallbacks` are the models that the gateway asks instead of one that fails."""

    base_url: str
    api_key: str = field(repr=False)
    models: tuple[str, ...]
    is_embedded: bool
    fallbacks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_providers(read: Environment) -> tuple[Provider, ...]:
    """Return the providers, the first with the default model.

    Raises:
        ConfigError: a setting is missing or wrong.
    """
    text = read.text("PROVIDERS")
    if not text:
        return (_provider(read),)
    if any(map(read.is_set, SIMPLE)):
        raise ConfigError(f"PROVIDERS stands instead of {', '.join(SIMPLE)}: set either it or those.")
    try:
        listed = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"PROVIDERS is no JSON ({error}): write it as {EXAMPLE}.") from None
    if not isinstance(listed, dict) or not listed:
        raise ConfigError(f"PROVIDERS has to be an object of providers by name, as {EXAMPLE}.")
    providers = tuple(_listed(read, name, fields) for name, fields in listed.items())
    models = [model for provider in providers for model in provider.models]
    twice = next((model for model in models if models.count(model) > 1), None)
    if twice is not None:
        raise ConfigError(f"PROVIDERS has the model {twice!r} twice: a model's name decides which provider is asked.")
    for provider in providers:
        for model, instead in provider.fallbacks.items():
            unknown = next((name for name in instead if name not in models or name == model), None)
            if unknown is not None:
                raise ConfigError(f"PROVIDERS lets {model!r} fall back to {unknown!r}, which is no other model of it.")
    return providers


def _listed(read: Environment, name: str, fields: object) -> Provider:
    where = f"PROVIDERS: provider {name!r}"
    if not isinstance(fields, dict) or not fields.keys() <= KEYS:
        raise ConfigError(f"{where} has to be an object with base_url, api_key and models, as {EXAMPLE}.")
    base_url, key = fields.get("base_url"), fields.get("api_key", "")
    if not isinstance(base_url, str) or not isinstance(key, str):
        raise ConfigError(f"{where} needs a text as base_url, and where its server wants one as api_key.")
    key = read.substituted(where, key)
    check_header_text(f"{where}, api_key", key)
    listed = fields.get("models")
    named = [_model(where, model) for model in listed] if isinstance(listed, list) else []
    if not named:
        raise ConfigError(f"{where} needs models, as {EXAMPLE}.")
    base_url = _provider_url(f"{where}, base_url", base_url).rstrip("/")
    return Provider(
        base_url, key or "none", tuple(model for model, _ in named), is_embedded=False, fallbacks=dict(named)
    )


def _model(where: str, model: object) -> tuple[str, tuple[str, ...]]:
    """Return a model's name and what it falls back to."""
    name, instead = (model.get("name"), model.get("fallbacks", [])) if isinstance(model, dict) else (model, [])
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        raise ConfigError(f"{where} has a model without a printable name.")
    if not isinstance(instead, list) or not all(isinstance(one, str) for one in instead):
        raise ConfigError(f"{where}, model {name!r}: fallbacks have to be a list of names.")
    return name, tuple(instead)


def _provider(read: Environment) -> Provider:
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
    check_header_text("OPENAI_API_KEY", key)
    base_url = _provider_url("OPENAI_BASE_URL", base_url) if base_url else "https://api.openai.com/v1"
    return Provider(base_url.rstrip("/"), key or "none", models, is_embedded=False)


def _provider_url(setting: str, url: str) -> str:
    example = "https://api.openai.com/v1 or http://localhost:11434/v1"
    if not url.startswith(("http://", "https://")):
        raise ConfigError(f"{setting} is {url!r}: it has to begin with http:// or https://.")
    parts = split_address(setting, url, example)
    if not parts.hostname:
        raise ConfigError(f"{setting} is {url!r}: it names no server, as {example} does.")
    if parts.username is not None or parts.password is not None:
        raise ConfigError(f"{setting} has a name or password in it: the key belongs into OPENAI_API_KEY, or api_key.")
    if "?" in url or "#" in url:
        raise ConfigError(f"{setting} is {url!r}: it has to end with its path, without ? and #, as {example}.")
    return url
