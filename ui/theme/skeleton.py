"""What a browser shows before the page's scripts have run: the places of bar, sidebar and composer, as plain HTML."""

import html

from ui import texts


def skeleton(title: str) -> str:
    """Return the HTML, which says nothing to screen readers: the page itself is about to."""
    return (
        '<div class="skeleton"><div class="skeleton-side"></div>'
        f'<div class="skeleton-bar" aria-hidden="true">{html.escape(title)}</div>'
        f'<div class="skeleton-field" aria-hidden="true">{html.escape(texts.PLACEHOLDER)}</div>'
        f"<noscript>{html.escape(texts.NO_SCRIPTS)}</noscript></div>"
    )
