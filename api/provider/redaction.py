"""Makes what a provider says fit for a sentence that a client reads and a log keeps: no key, no password, no prompt."""

import re
from collections.abc import Iterable

QUOTE_LIMIT = 300
HIDDEN = "***"
LEFT_OUT = "…"

_READ_LIMIT = 4000
_SECRETS = re.compile(
    r"""(?ix)
    -----BEGIN\ [^-]*PRIVATE\ KEY-----.*
    | \bbearer\s+\S+
    | \bbasic\s+(?=\S*(?-i:[A-Z0-9=]))[\w+/=-]{8,}
    | \beyJ[\w-]{5,}(?:\.[\w-]*)*                                                # A JSON Web Token.
    | \b(?:sk|pk|rk|gsk|csk|hf|xai|lsv2|nvapi|pplx|fw|r8|tgp|sess|gh[a-z]|github_pat|glpat|xox[a-z]|npm|pypi|ya29)
      [-_.][\w*.-]{6,}
    | \b(?:key|api)[-_](?=[\w*.-]*[\d*])[\w*.-]{6,}
    | \bAIza[\w-]{8,}
    | \b(?:AKIA|ASIA)[A-Z0-9]{8,}
    | \b(?=[a-z]*\d)(?=\d*[a-z])[a-z0-9]{32,}\b
    """
)
_USER_OF_ADDRESS = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{0,20}://)[^\s'\"<>]*@")
_NAMED = re.compile(
    r"(?i)\b([\w-]{0,40}(?:key|password|passwd|pwd|secret|token|signature|sig|credential|authorization)"
    r"[\\\"']{0,4}\s*[:=]\s*[\\\"']{0,4})(?!\d+\b)([^\s\\\"'&,;]{6,})"
)
# A quote of this length has one of the windows that are looked for; a shorter prompt is looked for as a whole.
_WINDOW, _STEP, _SHORTEST_PROMPT = 16, 8, 8


def quotable(text: str) -> str:
    """Make foreign text fit for a sentence: one line, short, no web page, nothing that looks like a secret."""
    text = " ".join(text[:_READ_LIMIT].split())
    if text.startswith("<"):
        return ""
    text = _USER_OF_ADDRESS.sub(rf"\1{HIDDEN}@", text)
    text = _NAMED.sub(rf"\1{HIDDEN}", _SECRETS.sub(HIDDEN, text))
    return text if len(text) <= QUOTE_LIMIT else text[:QUOTE_LIMIT] + LEFT_OUT


def without_prompt(said: str, prompts: Iterable[str]) -> str:
    """Leave out of what a provider says the passages that it quotes from the prompts."""
    for prompt in prompts:
        prompt = " ".join(prompt.split())  # noqa: PLW2901 - As `quotable` joins it.
        if len(prompt) < _WINDOW + _STEP:
            said = said.replace(prompt, LEFT_OUT) if len(prompt) >= _SHORTEST_PROMPT else said
            continue
        begin = 0
        while begin + _WINDOW <= len(said):
            place = prompt.find(said[begin : begin + _WINDOW])
            if place < 0:
                begin += _STEP
                continue
            first, last = _common(said, begin, prompt, place)
            said = said[:first] + LEFT_OUT + said[last:]
            begin = first + len(LEFT_OUT)
    return said


def _common(said: str, begin: int, prompt: str, place: int) -> tuple[int, int]:
    """Return where the passage begins and ends that both texts have at these places."""
    before = 0
    while before < min(begin, place) and said[begin - before - 1] == prompt[place - before - 1]:
        before += 1
    length = _WINDOW
    while (
        begin + length < len(said) and place + length < len(prompt) and said[begin + length] == prompt[place + length]
    ):
        length += 1
    return begin - before, begin + length
