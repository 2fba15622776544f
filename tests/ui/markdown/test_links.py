"""Which addresses become links."""

import pytest

from ui.markdown import links


@pytest.mark.parametrize(
    "url",
    ["https://a.example", "http://a.example/b?c=d#e", "HTTPS://a.example", "mailto:a@b.example", "http://[::1]/"],
)
def test_these_addresses_are_allowed(url: str) -> None:
    assert links.is_allowed(url)


@pytest.mark.parametrize(
    "url",
    [
        *("", "/a", "#a", "//a.example", "a", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x"),
        *("vbscript:x", "file:///etc/passwd", "java\nscript:alert(1)", " https://a.example", "https://a b", "http:a"),
        *("https://", "https:///a", "http://[", "blob:https://a.example/x", "https://a.example\x00", "ftp://a.example"),
        *("https://bank.example@evil.example", "https://{a}", "https://.", "https://a.example\\@evil.example"),
        *("javascript://a.example/%0aalert(1)", "mailto:", "https:\\\\a.example", "view-source:https://a.example"),
    ],
)
def test_these_addresses_are_text(url: str) -> None:
    assert not links.is_allowed(url)


@pytest.mark.parametrize(("value", "written"), [("a-b.c", "a-b.c"), ("a b", '"a b"'), ('"', '"&quot;"'), ("", '""')])
def test_an_attribute_is_quoted_when_it_has_to_be(value: str, written: str) -> None:
    assert links.attribute(value) == written
