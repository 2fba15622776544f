"""A growing markdown text as units of safe HTML: pure, no NiceGUI, no I/O.

A unit is one character for its depth and the HTML of whole nodes: `0<p>…</p>`, `0<ul></ul>`, `1<li>…</li>`. A unit of
depth n + 1 belongs inside the nearest unit of depth n before it, so that lists, quotes, code and tables grow by units.

`drawing` makes the numbered frames a browser draws. It uses `growing`, which knows what is finished: `source`
(normalized lines) → `blocks` and `fence` (where blocks end) → `repair` (half-typed ends) → `render` and `inline`
(events to units) → `code`, `mathml`, `links`; and `patch`, what has to be sent when units change.
"""
