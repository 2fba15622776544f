"""The Model Context Protocol as a server speaks it, without a session to lose: pure functions and values.

Two generations. Of 2026-07-28 every request says by itself what it needs (`_meta`, headers); an older one begins with
`initialize`. Source: modelcontextprotocol.io/specification, revisions 2026-07-28, 2025-11-25, 2025-06-18, 2025-03-26.
"""
