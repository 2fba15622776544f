"""Several providers by one setting."""

import json
from pathlib import Path

import pytest

from api.config import load_config
from api.environment import ConfigError

TWO = {
    "near": {"base_url": "http://localhost:11434/v1/", "models": ["qwen"]},
    "far": {
        "base_url": "https://far.example/v1",
        "api_key": "${FAR_KEY}",
        "models": ["gpt", {"name": "mini", "fallbacks": ["gpt", "qwen"]}],
    },
}


def load(providers: object, **settings: str) -> object:
    text = providers if isinstance(providers, str) else json.dumps(providers)
    return load_config({"PROVIDERS": text, **settings})


def test_a_model_name_decides_which_provider_is_asked() -> None:
    config = load_config({"PROVIDERS": json.dumps(TWO), "FAR_KEY": "secret"})
    near, far = config.providers
    assert (near.base_url, near.api_key, near.models) == ("http://localhost:11434/v1", "none", ("qwen",))
    assert (far.api_key, far.models) == ("secret", ("gpt", "mini"))
    assert far.fallbacks["mini"] == ("gpt", "qwen")
    assert config.models == ("qwen", "gpt", "mini")
    assert "secret" not in repr(config)


@pytest.mark.parametrize(
    ("providers", "says"),
    [
        ("{", "no JSON"),
        ([], "object of providers"),
        ({}, "object of providers"),
        ({"a": {"models": ["m"]}}, "base_url"),
        ({"a": {"base_url": "ftp://x", "models": ["m"]}}, "http://"),
        ({"a": {"base_url": "http://x/v1"}}, "needs models"),
        ({"a": {"base_url": "http://x/v1", "models": [""]}}, "printable name"),
        ({"a": {"base_url": "http://x/v1", "models": ["m"], "modles": []}}, "base_url, api_key and models"),
        ({"a": {"base_url": "http://x/v1", "models": ["m", "m"]}}, "twice"),
        ({"a": {"base_url": "http://x/v1", "models": [{"name": "m", "fallbacks": ["n"]}]}}, "'n'"),
        ({"a": {"base_url": "http://x/v1", "models": [{"name": "m", "fallbacks": ["m"]}]}}, "no other model"),
        ({"a": {"base_url": "http://x/v1", "api_key": "${ABSENT}", "models": ["m"]}}, "ABSENT"),
        ({"a": {"base_url": "http://x/v1", "api_key": "a b", "models": ["m"]}}, "no header carries"),
    ],
)
def test_what_is_wrong_is_named(providers: object, says: str) -> None:
    with pytest.raises(ConfigError, match="PROVIDERS") as caught:
        load(providers)
    assert says in str(caught.value)


def test_it_stands_instead_of_the_three_settings() -> None:
    with pytest.raises(ConfigError, match="either it or those"):
        load(TWO, FAR_KEY="x", LLM_MODEL="qwen")


def test_origins_are_origins() -> None:
    assert load_config({"CORS_ORIGINS": "https://A.example, http://b:1"}).cors_origins == (
        "https://a.example",
        "http://b:1",
    )
    for wrong in ("*", "a.example", "https://a.example/page"):
        with pytest.raises(ConfigError, match="CORS_ORIGINS"):
            load_config({"CORS_ORIGINS": wrong})


@pytest.mark.parametrize("quote", ["'", ""], ids=["quoted", "bare"])
def test_a_key_may_stand_anywhere_in_the_file(quote: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    providers = json.dumps({"far": {"base_url": "http://far/v1", "api_key": "${FAR_KEY}", "models": ["m"]}})
    (tmp_path / ".env").write_text(f"PROVIDERS={quote}{providers}{quote}\nFAR_KEY=sk-below\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "LLM_MODEL"):
        monkeypatch.delenv(name, raising=False)
    assert load_config().provider.api_key == "sk-below"
