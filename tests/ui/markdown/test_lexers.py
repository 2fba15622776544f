"""No kept lexer takes long for anything that repeats, as far as it is asked to look at it."""

import itertools
import random
import time

import pytest

from tests.support.soak import SOAK_SEED, rounds
from ui.markdown import code
from ui.markdown.languages import LEXERS, NAMES

SIGNS = "\n \ta0\"'`\\/*(<{[#$-=:;.@&|"
LIMIT_SECONDS = 0.05


def repeated(text: str) -> str:
    """Return as much of a repeated text as a lexer may get, in lines as long as it may get them."""
    if "\n" not in text:
        text = (text * code.MAX_LINE)[: code.MAX_LINE - 1] + "\n"
    return (text * code.MAX_WHOLE)[: code.MAX_WHOLE]


def unit_seconds() -> float:
    """Return the CPU time of 3,000 tokens here and now: what the limit is measured in."""
    lexer = code.lexer_for("bash")
    assert lexer is not None
    before = time.thread_time()
    for _ in lexer.get_tokens("a " * 1_500):
        pass
    return time.thread_time() - before


@pytest.mark.parametrize("name", LEXERS)
def test_a_lexer_is_quick_on_whatever_repeats(name: str) -> None:
    chance = random.Random(f"{name} {SOAK_SEED}")
    strings = ["".join(each) for count in (1, 2, 3) for each in itertools.product(SIGNS, repeat=count)]
    lexer = code.lexer_for(name)
    for text in map(repeated, (*chance.sample(SIGNS, 8), *chance.sample(strings, len(rounds(8, soak=1000))))):
        if code.is_unreadable(text):
            continue
        seconds = []
        for _ in range(3):
            before = time.thread_time()
            code.highlighted(text, lexer, code.MAX_WHOLE)
            seconds.append(time.thread_time() - before)
            if seconds[-1] < LIMIT_SECONDS:
                break
        assert min(seconds) < max(LIMIT_SECONDS, 6 * unit_seconds()), (text[:9], SOAK_SEED)


def test_a_language_that_is_not_known_to_be_quick_is_plain() -> None:
    for name in ("autoit", "thrift", "idris", "perl6", "no such", ""):
        assert code.lexer_for(name) is None


def test_every_name_is_of_a_lexer_that_exists() -> None:
    assert all(code.lexer_for(name) for name in NAMES)


@pytest.mark.parametrize("text", ["x" * 600, "a\n" + " \n" * 40 + "b", '\\"' * 200])
def test_code_that_nobody_reads_is_plain(text: str) -> None:
    assert "<i" not in code.highlighted(text, code.lexer_for("python"))
