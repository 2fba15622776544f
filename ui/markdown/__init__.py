"""A growing markdown text as units of safe HTML: pure, no NiceGUI, no I/O.

A unit is one character for its depth and the HTML of whole nodes: `0<p>…</p>`, `0<ul></ul>`, `1<li>…</li>`. A unit of
depth n + 1 belongs inside the nearest unit of depth n before it, so that lists, quotes, code and tables grow by units.

`drawing` makes the numbered frames a browser draws. It uses `growing`, which knows what is finished: `source`
(stand-ins for what the parser must not see) → `formulas` (display formulas as fences) → `blocks`, `fence` and `cutting`
(where blocks end) → `repair` (half-typed ends) → `parser` (the tree) → `render`, `inline`, `tags` and
`disclosures` (tree to units) → `code`, `languages`, `mathml`, `tex`, `links`; `references`, which reach across pieces;
and `patch`, what has to be sent when units change.
"""
