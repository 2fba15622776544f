"""A scripted MCP server: well-behaved tools and hostile ones. `python -m tests.support.tool_server [http PORT]`."""

import asyncio
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Annotated

from mcp.server import MCPServer
from mcp.server.mcpserver import AcceptedElicitation, Context, Elicit, ElicitationResult, RequestStateSecurity, Resolve
from mcp.server.mcpserver.prompts.base import AssistantMessage, UserMessage
from mcp.types import CallToolResult, ResourceLink, TextContent
from pydantic import BaseModel, Field

# Two processes of it know each other's questions.
server = MCPServer("scripted", request_state_security=RequestStateSecurity(keys=[b"k" * 32]))
NOTE = Path(os.environ.get("NOTE", "/dev/null"))


def note(word: str) -> None:
    with NOTE.open("a", encoding="utf-8") as notes:
        notes.write(word + "\n")


@server.tool(description=os.environ.get("ECHO_DESCRIPTION"))
def echo(text: str) -> str:
    """Say the text again."""
    note(f"echo {text}")
    return text


@server.tool()
async def linger(text: str, seconds: float) -> str:
    """Say the text again after so long."""
    note(f"echo {text}")
    await asyncio.sleep(seconds)
    return text


@server.tool()
async def slow(seconds: float, every: float, context: Context) -> str:
    """Work for so long, with progress every so often."""
    note("slow began")
    until = time.monotonic() + seconds
    step = 0
    try:
        while time.monotonic() < until:
            await asyncio.sleep(min(every, max(0.0, until - time.monotonic())))
            step += 1
            await context.report_progress(step, None, f"step {step}")
    except asyncio.CancelledError:
        note("slow cancelled")
        raise
    return "done"


@server.tool()
def die() -> str:
    """End the process within the call."""
    note("die")
    os.kill(os.getpid(), signal.SIGKILL)
    return ""


@server.tool()
def large(chars: int) -> str:
    """Answer with so many characters."""
    return "x" * chars


@server.tool(structured_output=False)
def pieces(count: int) -> CallToolResult:
    """Answer with so many texts."""
    return CallToolResult(content=[TextContent(type="text", text="y") for _ in range(count)])


@server.tool(structured_output=False)
def numbers() -> CallToolResult:
    """Answer with a number of more than 64 bits."""
    return CallToolResult(content=[TextContent(type="text", text="many")], structured_content={"n": 2**70})


class Guest(BaseModel):
    """Who comes to dinner."""

    name: str = Field(description="Their name")
    age: int = Field(default=30, ge=0)
    wine: bool = True


async def ask_guest(context: Context) -> Elicit[Guest]:
    return Elicit("Who comes?", Guest)


@server.tool(structured_output=False)
def invite(day: str, guest: Annotated[ElicitationResult[Guest], Resolve(ask_guest)]) -> str:
    """Invite somebody, of whom the person is asked."""
    if not isinstance(guest, AcceptedElicitation):
        return f"nobody comes on {day}: {guest.action}"
    note(f"invite {guest.data.name}")
    return f"{guest.data.name} ({guest.data.age}) comes on {day}, wine: {guest.data.wine}"


@server.tool()
def fail() -> str:
    """Fail."""
    raise RuntimeError("it broke")


HOSTILE = '<img src=x onerror="alert(1)"> \u202egpj'


@server.prompt(title="Review")
def review(code: str, tone: str = "kind") -> list[UserMessage | AssistantMessage]:
    """Ask for a review."""
    return [UserMessage(f"Review this in a {tone} tone:\n{code}"), AssistantMessage("Gladly.")]


@server.prompt()
def greet() -> str:
    """Say hello."""
    return f"Say hello. {HOSTILE}"


@server.prompt()
async def dawdle(text: str, seconds: float) -> str:
    """Say the text after so long."""
    await asyncio.sleep(seconds)
    return text


@server.prompt(name="slow prompt", title=HOSTILE, description=HOSTILE)
async def slow_prompt() -> str:
    await asyncio.sleep(600)
    return ""


@server.resource("note://wine", title="About wine", mime_type="text/plain")
def wine() -> str:
    """What is known."""
    return "Decant an hour before.\n```\nfence\n```"


@server.resource("note://picture", mime_type="image/png")
def picture() -> bytes:
    return b"\x89PNG"


@server.resource("note://dawdle")
async def late_note() -> str:
    await asyncio.sleep(1)
    return "Late."


@server.resource("note://large")
def large_note() -> str:
    return "x" * 500_000


@server.tool(structured_output=False)
def links() -> CallToolResult:
    """Answer with links to resources."""
    uris = ("note://wine", "note://nothing")
    return CallToolResult(content=[ResourceLink(type="resource_link", name=uri, uri=uri) for uri in uris])


if __name__ == "__main__":
    if "stubborn" in sys.argv:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            time.sleep(1)
    if "brief" in sys.argv:
        note("started")
        threading.Timer(0.5, os._exit, (1,)).start()
    if "http" in sys.argv:
        server.run("streamable-http", port=int(sys.argv[-1]))
    else:
        print("scripted: starting", file=sys.stderr)
        server.run("stdio")
