"""Which addresses an answer may point to: http, https and mailto, nothing else."""

import html
import re
from urllib.parse import urlsplit

from ui.markdown.source import plain

_HOST = r"(?:\w[\w.-]*|\[[0-9a-f:.]+\])(?::\d{1,5})?"
_LINK = re.compile(
    rf"(?:https?://{_HOST}(?:[/?#][^\s\x00-\x1f\x7f]*)?|mailto:[^\s/\x00-\x1f\x7f][^\s\x00-\x1f\x7f]*)", re.IGNORECASE
)
_TAIL = re.compile(r"[\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\u2018-\u201f\u2026]")
_UNQUOTED = re.compile(r"[\w:/.?#%+~@,!$*()-]+", re.ASCII)


def escaped(text: str) -> str:
    """Return the text as HTML, for element content and double-quoted attributes."""
    return html.escape(plain(text))


def host_of(url: str) -> str:
    """Return the host of an http address, or nothing when it is not one."""
    try:
        return (urlsplit(url).hostname or "") if url[:4].lower() == "http" else ""
    except ValueError:
        return ""


def is_allowed(url: str) -> bool:
    """Whether a link to this address may be clicked."""
    return bool(_LINK.fullmatch(url)) and (url[:7].lower() == "mailto:" or bool(host_of(url)))


def opening_tag(url: str, title: str = "") -> str:
    """Return the start tag of a link to an allowed address; `rel` and `target` are set where it enters the page."""
    described = f" title={attribute(title)}" if title else ""
    return f"<a href={attribute(url)}{described}>"


def attribute(text: str) -> str:
    """Return the text as the value of an attribute, with quotes only where they are needed."""
    safe = escaped(text)
    return safe if _UNQUOTED.fullmatch(safe) else f'"{safe}"'


def link(url: str, shown: str) -> str:
    """Return an address as a link, or as text when it may not be clicked."""
    return f"{opening_tag(url)}{text_html(shown)}</a>" if is_allowed(url) else text_html(shown)


def without_tail(address: str) -> tuple[str, str]:
    """Cut an address that stands in Chinese or Japanese text before the first of their punctuation marks."""
    found = _TAIL.search(address)
    return (address[: found.start()], address[found.start() :]) if found else (address, "")


def text_html(text: str) -> str:
    """Return plain text as HTML for element content."""
    return html.escape(text, quote=False)
