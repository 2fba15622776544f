"""The laboratory of the page's benchmarks: the pages under comparison, each from a server of its own."""

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.bench.api.servers import Pins
from tests.bench.measured import cpu_seconds, tree
from tests.bench.options import Options
from tests.support.processes import ROOT, Server, clean_environment, free_port, wait_for

BASELINES = Path(__file__).parent / "baselines"
PEERS = ROOT / ".venv-bench" / "bin"
# Nothing leaves the machine, neither from a peer's server nor on its behalf.
QUIET = {
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
    "STREAMLIT_SERVER_HEADLESS": "true",
    "STREAMLIT_SERVER_FILE_WATCHER_TYPE": "none",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
    "OTEL_SDK_DISABLED": "true",
}


@dataclass(frozen=True)
class Peer:
    """A page that streams the answer: what serves it, and where in it the answer is."""

    key: str
    name: str
    program: str
    arguments: str
    root: str
    health: str = "/"

    @property
    def is_present(self) -> bool:
        """Whether this machine has the program."""
        return Path(self.program).exists()

    def command(self, port: int) -> list[str]:
        """Return what starts the server."""
        return [self.program, *self.arguments.format(port=port, baselines=BASELINES).split()]


DECANT = Peer("decant", "Decant", sys.executable, "-m tests.bench.page.decant {port}", ".markdown", "/health")
UI_MARKDOWN = Peer(
    "ui.markdown", "ui.markdown, growing", sys.executable, "{baselines}/page_ui_markdown.py {port}",
    ".nicegui-markdown", "/health",
)  # fmt: skip
STREAMLIT = Peer(
    "streamlit", "Streamlit, write_stream", str(PEERS / "streamlit"),
    "run {baselines}/page_streamlit.py --server.port {port} --server.address 127.0.0.1",
    "[data-testid=stChatMessageContent]", "/_stcore/health",
)  # fmt: skip
GRADIO = Peer(
    "gradio", "Gradio, Chatbot", str(PEERS / "python"), "{baselines}/page_gradio.py {port}", "[data-testid=bot]"
)
CHAINLIT = Peer(
    "chainlit", "Chainlit, stream_token", str(PEERS / "chainlit"),
    "run -h {baselines}/page_chainlit.py --host 127.0.0.1 --port {port}", ".message-content",
)  # fmt: skip
ALL = (DECANT, UI_MARKDOWN, STREAMLIT, GRADIO, CHAINLIT)


@dataclass(frozen=True)
class Place:
    """A running page, and the folder where its streams wait for their start."""

    url: str
    pid: int
    folder: Path

    def cpu_seconds(self) -> float:
        """Return what the server's processes have cost so far."""
        return cpu_seconds(tree(self.pid))


@dataclass(frozen=True)
class PageLab:
    """What the page's benchmarks share."""

    options: Options
    folder: Path

    def present(self, *peers: Peer) -> list[Peer]:
        """Leave out what was not asked for, and what this machine lacks, and say so."""
        if unknown := set(self.options.only) - {peer.key for peer in ALL}:
            sys.exit(f"no such page: {', '.join(sorted(unknown))}; there are {', '.join(peer.key for peer in ALL)}")
        asked = [peer for peer in peers if not self.options.only or peer.key in self.options.only]
        for peer in asked:
            if not peer.is_present:
                print(f"{peer.name} is left out: there is no {Path(peer.program).relative_to(ROOT)}; make bench-peers")
        return [peer for peer in asked if peer.is_present]

    @contextlib.contextmanager
    def fresh(self, peer: Peer) -> Iterator[Place]:
        """Run a server of its own for the page."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        port = free_port()
        settings = {"BENCH_FOLDER": folder, "HOME": folder, "CHAINLIT_APP_ROOT": folder, "PYTHONPATH": BASELINES}
        with Pins.on(self.options.pins.server):
            server = Server(peer.command(port), clean_environment(**QUIET, **settings), port, folder / "page.log")

        def answers() -> bool:
            assert server.process.poll() is None, f"{peer.name} ended: {server.logged()}"
            with contextlib.suppress(requests.RequestException):
                return requests.get(server.url + peer.health, timeout=5).ok
            return False

        try:
            wait_for(answers, what=peer.name)
            yield Place(server.url, server.process.pid, folder)
        finally:
            server.stop()
