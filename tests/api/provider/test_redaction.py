import json
import time

import pytest

from api.provider.redaction import quotable, without_prompt

SECRETS = {
    "a password in an address": ("no route to postgres://bob:hunter2@db:5432/x", "hunter2"),
    "a token as user": ("cannot clone https://s3cr3ttoken@git.example/x", "s3cr3ttoken"),
    "a password with an at sign": ("redis://:p@ss@word@cache:6379 refused", "ss@word"),
    "a JSON Web Token": ("bad token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl!", "c2lnbmF0dXJl"),
    "GitHub": ("denied for ghp_abcdefghijklmnopqrstuvwxyz012345", "abcdefghij"),
    "GitHub's other": ("github_pat_11ABCDEFG0abcdefghij_x", "11ABCDEFG"),
    "OpenAI": ("Incorrect API key provided: sk-proj-abcdefgh.", "abcdefgh"),
    "masked": ("Incorrect API key provided: sk-abc*****wxyz.", "wxyz"),
    "Anthropic": ("x-api-key: sk-ant-api03-AbCdEf", "AbCdEf"),
    "Google": ("API key AIzaSyA1234567890abcdef not valid", "SyA1234"),
    "Amazon": ("AKIAIOSFODNN7EXAMPLE is unknown", "IOSFODNN7"),
    "GitLab": ("glpat-abcdef12345 expired", "abcdef12345"),
    "Slack": ("xoxb-1234-abcdef", "abcdef"),
    "Hugging Face": ("hf_abcdefghijk is invalid", "abcdefghijk"),
    "bearer": ("Authorization: Bearer abc.def-ghi", "abc.def-ghi"),
    "basic": ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
    "a query": ("GET https://x.example/v1?api_key=abcd1234&x=1", "abcd1234"),
    "a field": ('{"password": "correct-horse"}', "correct-horse"),
    "a setting": ("client_secret=QwErTyUiOp failed", "QwErTyUiOp"),
    "a long word": ("key 0123456789abcdef0123456789abcdef", "0123456789abcdef"),
    "a private key": ("-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----", "MIIEow"),
}
SENTENCES = [
    "This model's maximum context length is 4096 tokens, however you requested 5000 tokens.",
    "Unsupported parameter: 'max_tokens' is not supported with this model.",
    "The model `meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8` does not exist.",
    "max token: 123456 is too much",
    "see https://platform.openai.com/docs/guides/error-codes#api-errors for more",
    "temperature must be between 0 and 2",
    "Basic authentication is not available here",
]


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_hidden(name: str) -> None:
    said, secret = SECRETS[name]
    assert secret not in quotable(said)
    assert secret not in quotable(json.dumps({"detail": said}))


@pytest.mark.parametrize("said", SENTENCES)
def test_what_is_none_is_kept(said: str) -> None:
    assert quotable(said) == said


def test_a_sentence_is_one_short_line_without_markup() -> None:
    assert quotable("a\n\n b\t c") == "a b c"
    assert quotable("<html>x") == ""
    assert len(quotable("word " * 1_000_000)) == 301


@pytest.mark.parametrize("piece", ["eyJ", "a://", "a@", "key=", "sk-", "0a", "bearer ", "x" * 9 + " "])
def test_no_text_takes_long(piece: str) -> None:
    began = time.thread_time()
    quotable(piece * 100_000)
    assert time.thread_time() - began < 1


PROMPT = "My name is Ada Lovelace,\nI live at 12 St James's Square and my PIN is 4711."
QUOTING = {
    "whole": f"Invalid message: {' '.join(PROMPT.split())!r} is too long",
    "a part": "Invalid input 'I live at 12 St James's Square' at 0",
    "cut": 'value="My name is Ada Lovelace, I live a"... refused',
}


@pytest.mark.parametrize("name", QUOTING)
def test_what_is_quoted_from_the_prompt_is_left_out(name: str) -> None:
    said = without_prompt(QUOTING[name], ["Be kind.", PROMPT])
    assert "Lovelace" not in said
    assert "Square" not in said
    assert said.startswith(QUOTING[name][:5])
    assert said.endswith(QUOTING[name][-4:])


def test_a_short_prompt_is_left_out_as_a_whole() -> None:
    assert without_prompt("bad: PIN is 4711!", ["PIN is 4711"]) == "bad: …!"
    assert without_prompt("no such model", ["no"]) == "no such model"
