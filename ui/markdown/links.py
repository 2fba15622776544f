"""Which addresses an answer may point to: http, https and mailto, nothing else."""

import html
import re
from urllib.parse import urlsplit

from ui.markdown.source import LESS, plain

_HOST = r"(?:\w[\w.-]*|\[[0-9a-f:.]+\])(?::\d{1,5})?"
_LINK = re.compile(
    rf"(?:https?://{_HOST}(?:[/?#][^\s\x00-\x1f\x7f]*)?|mailto:[^\s/\x00-\x1f\x7f][^\s\x00-\x1f\x7f]*)", re.IGNORECASE
)
_BARE = re.compile(rf"\bhttps?://[^\s{LESS}<>\"'`]+", re.IGNORECASE)
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


def linked(text: str) -> str:
    """Return plain text as HTML in which bare addresses are links."""
    if "://" not in text:
        return text_html(text)
    parts, end = [], 0
    for found in _BARE.finditer(text):
        url = _without_punctuation(found[0])
        if is_allowed(url):
            parts += [text_html(text[end : found.start()]), opening_tag(url), text_html(url), "</a>"]
            end = found.start() + len(url)
    return "".join([*parts, text_html(text[end:])])


def text_html(text: str) -> str:
    """Return plain text as HTML for element content; footnote references become superscripts."""
    return text.translate(_TEXT)


def _without_punctuation(url: str) -> str:
    url = url.rstrip(".,;:!?*_~'\"|")
    while url.endswith(")") and url.count(")") > url.count("("):
        url = url[:-1].rstrip(".,;:!?")
    return url


_TEXT = {ord("&"): "&amp;", ord("<"): "&lt;", ord(LESS): "&lt;", 0xFDD1: "<sup class=note>", 0xFDD2: "</sup>"}
