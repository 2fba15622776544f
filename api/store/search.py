"""Full text search, the same words found on both databases.

Text becomes terms here, once for the index and once for the query: words without case, and where they are written with
accents or vowel points also without; of scripts that put no spaces between words every pair of neighbours; and every
sign with what it touches, so that `C++` is `c+` and `++`. The databases only keep the terms, SQLite in FTS5, Postgres
in a GIN index of tsvectors, neither with a language of its own.

What has all terms of a query as they are written comes before what has them as beginnings of longer ones. A single
letter begins no others, and signs are left out, only where nothing else is found.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from sqlalchemy import ColumnElement, Connection, and_, bindparam, cast, func, literal_column, select, text
from sqlalchemy.dialects.postgresql import TSQUERY

from api.store.engine import is_sqlite
from api.store.schema import messages, threads
from api.store.words import AFTER_SIGN, ALONE, BARE, BEFORE_SIGN, SIGNS, WORD, folded, words_of

MAX_TEXT_CHARS = 200_000
MAX_TERM_CHARS = 64
MAX_INDEX_CHARS = 60_000  # A tsvector holds a megabyte.
MAX_QUERY_CHARS = 1000
MAX_QUERY_TERMS = 16

BEGINNING = "*"  # behind a term of a query that may go on
ACCENTED = "\ue000"  # behind a term of the index that was written with accents
CODED = {code: code + 0xFEE0 for code in range(33, 127) if not chr(code).isalnum()}


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """Terms that a text has to have: level after level, and what is asked where no level finds anything.

    Without levels the query names nothing.
    """

    levels: tuple[tuple[str, ...], ...]
    last_resort: tuple[str, ...]


def index_terms(content: str) -> str:
    """Return the different terms of a text, separated by spaces."""
    pieces, runs, symbols = words_of(content[:MAX_TEXT_CHARS])
    found: dict[str, None] = {}
    words, rest = [], []
    for piece in pieces:
        if not piece.isalnum():
            rest.append(piece)
        elif piece.isascii():
            found[piece[:MAX_TERM_CHARS]] = None
        else:
            words.append(piece)
    named = " ".join(rest)
    found.update(dict.fromkeys(_either_way(words + BARE.findall(named))))
    for pattern in (BEFORE_SIGN, AFTER_SIGN, SIGNS):
        found.update(dict.fromkeys(_signed(pattern, named)))
    for run in dict.fromkeys(runs):
        found.update(dict.fromkeys((*_neighbours(run), run[-1])))
    found.update(dict.fromkeys(symbols))
    terms = " ".join(found)
    return terms if len(terms) <= MAX_INDEX_CHARS else terms[: terms.rindex(" ", 0, MAX_INDEX_CHARS)]


def query_terms(query: str) -> list[str]:
    """Return the terms of a query as they are written."""
    levels = parse_query(query).levels
    return [*levels[0]] if levels else []


def parse_query(query: str) -> SearchQuery:
    """Return what a query asks for."""
    asked = [_levels(piece) for piece in query[:MAX_QUERY_CHARS].split()] or [([], [], [])]
    written, longer, plain = (
        tuple(dict.fromkeys(chain(*terms)))[:MAX_QUERY_TERMS] for terms in zip(*asked, strict=True)
    )
    levels = tuple(dict.fromkeys(filter(None, (written, longer))))
    return SearchQuery(levels, () if plain in levels else plain)


def thread_has(connection: Connection, account_id: str, terms: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a thread's title, or one of its messages, has all the terms."""
    title = " " + threads.c.search + " "
    in_title = and_(*(title.like(f"% {word}%" if goes_on else f"% {word} %") for word, goes_on in _ends(terms)))
    has = and_(messages.c.account_id == account_id, message_has(connection, terms))
    return in_title | threads.c.id.in_(select(messages.c.thread_id).where(has))


def message_has(connection: Connection, terms: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a message has all the terms."""
    if is_sqlite(connection):
        match = " AND ".join(f'"{word}"*' if goes_on else f'"{word}"' for word, goes_on in _ends(terms))
        found = text("SELECT rowid FROM message_search WHERE message_search MATCH :match").bindparams(
            bindparam("match", match, unique=True)
        )
        return messages.c.number.in_(found.columns(messages.c.number))
    tsquery = cast(" & ".join(f"'{word}':*" if goes_on else f"'{word}'" for word, goes_on in _ends(terms)), TSQUERY)
    vector = func.array_to_tsvector(func.string_to_array(messages.c.search, literal_column("' '")))
    return vector.op("@@", is_comparison=True)(tsquery)


def _ends(terms: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Yield the terms, each with whether it may go on."""
    return ((term.removesuffix(BEGINNING), term.endswith(BEGINNING)) for term in terms)


def _either_way(words: Iterable[str]) -> Iterator[str]:
    """Yield words as they are written, and those with accents also without."""
    cut = _cut(words)
    for word, bare in zip(cut, folded(cut), strict=True):
        if bare:
            yield word
        if bare and bare != word:
            yield bare + ACCENTED


def _levels(query: str) -> tuple[list[str], list[str], list[str]]:
    """Return what a query asks for as it is written, what may be longer, and what is left without signs."""
    pieces, runs, symbols = words_of(query)
    text = " ".join(pieces)
    words = _cut(ALONE.findall(text))
    longer = [word if len(word) == 1 else bare + BEGINNING for word, bare in zip(words, folded(words), strict=True)]
    signed, last = [*_signed(BEFORE_SIGN, text), *_signed(SIGNS, text)], _signed(AFTER_SIGN, text)
    pairs = [term for run in runs for term in _neighbours(run) or [run + BEGINNING]]
    plain = _going_on(folded(_cut(WORD.findall(text))))
    return (
        [*words, *pairs, *symbols, *signed, *last],
        [*longer, *pairs, *_going_on(symbols), *signed, *_going_on(last)],
        [*plain, *pairs, *_going_on(symbols)],
    )


def _signed(pattern: re.Pattern[str], text: str) -> list[str]:
    """Return signs with their neighbours, in a form that words never have and that means nothing to the databases."""
    found = folded(dict.fromkeys(pattern.findall(text)))
    return [(each[:MAX_TERM_CHARS] + each[MAX_TERM_CHARS:][-1:]).translate(CODED) for each in found if each]


def _cut(words: Iterable[str]) -> list[str]:
    return [*dict.fromkeys(word[:MAX_TERM_CHARS] for word in words)]


def _going_on(words: Iterable[str]) -> list[str]:
    return [word + BEGINNING for word in words if word]


def _neighbours(run: str) -> list[str]:
    return [run[index : index + 2] for index in range(len(run) - 1)]
