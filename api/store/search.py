"""Full text search, the same words found on both databases.

Text becomes terms here, once for the index and once for the query: words of letters and digits, without case and
accents; and for scripts that put no spaces between words (Chinese, Japanese, Korean, Thai …) every pair of neighbours.
The databases only keep the terms, SQLite in FTS5, Postgres in a GIN index of tsvectors, neither with a language of its
own. A query finds what has all of its terms, each of them also as the beginning of a longer one.
"""

import re
import unicodedata
from collections.abc import Iterator

from sqlalchemy import ColumnElement, Connection, and_, cast, func, literal_column, select, text
from sqlalchemy.dialects.postgresql import TSQUERY

from api.store.engine import is_sqlite
from api.store.schema import messages, threads

MAX_TEXT_CHARS = 200_000
MAX_TERM_CHARS = 64
MAX_INDEX_CHARS = 60_000  # A tsvector holds a megabyte.
MAX_QUERY_TERMS = 16

ACCENT = re.compile("[\u0300-\u036f]")
WORD = re.compile(r"[^\W_]+")
UNSPACED = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+)"
)


def index_terms(content: str) -> str:
    """Return the different terms of a text, separated by spaces."""
    found: list[str] = []
    for word, is_spaced in _words(content):
        if is_spaced:
            found.append(word)
        else:
            found += [*_pairs(word), word[-1]]
    terms = " ".join(dict.fromkeys(found))
    return terms if len(terms) <= MAX_INDEX_CHARS else terms[: terms.rindex(" ", 0, MAX_INDEX_CHARS)]


def query_terms(query: str) -> list[str]:
    """Return the terms a text has to have to be found."""
    terms: dict[str, None] = {}
    for word, is_spaced in _words(query[:1000]):
        terms.update(dict.fromkeys([word] if is_spaced or len(word) == 1 else _pairs(word)))
    return list(terms)[:MAX_QUERY_TERMS]


def thread_has(connection: Connection, account_id: str, terms: list[str]) -> ColumnElement[bool]:
    """Return the condition that a thread's title, or one of its messages, has all the terms."""
    in_title = and_(*((" " + threads.c.search).like(f"% {term}%") for term in terms))
    has = and_(messages.c.account_id == account_id, _message_has(connection, terms))
    return in_title | threads.c.id.in_(select(messages.c.thread_id).where(has))


def _message_has(connection: Connection, terms: list[str]) -> ColumnElement[bool]:
    if is_sqlite(connection):
        match = " AND ".join(f'"{term}"*' for term in terms)
        found = text("SELECT rowid FROM message_search WHERE message_search MATCH :match").bindparams(match=match)
        return messages.c.number.in_(found.columns(messages.c.number))
    tsquery = cast(" & ".join(f"'{term}':*" for term in terms), TSQUERY)
    vector = func.array_to_tsvector(func.string_to_array(messages.c.search, literal_column("' '")))
    return vector.op("@@", is_comparison=True)(tsquery)


def _words(content: str) -> Iterator[tuple[str, bool]]:
    """Yield the different words, each with whether it is of a script that puts spaces between words."""
    for word in dict.fromkeys(WORD.findall(_folded(content[:MAX_TEXT_CHARS]))):
        if word.isascii():
            yield word[:MAX_TERM_CHARS], True
        else:
            for index, piece in enumerate(UNSPACED.split(word)):
                is_spaced = index % 2 == 0
                if piece:
                    yield piece[:MAX_TERM_CHARS] if is_spaced else piece, is_spaced


def _folded(content: str) -> str:
    if content.isascii():
        return content.lower()
    without_accents = ACCENT.sub("", unicodedata.normalize("NFKD", content.casefold()))
    return unicodedata.normalize("NFKC", without_accents).casefold()


def _pairs(word: str) -> list[str]:
    return [word[index : index + 2] for index in range(len(word) - 1)]
