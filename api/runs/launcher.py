"""A stored run begins, or goes on, in this worker: with its tools, its recorder and its producer."""

from dataclasses import dataclass
from functools import partial

from api.config import Config
from api.errors import BadRequest, NotFound
from api.events import RunStarted, ToolCallStarted
from api.ids import new_id
from api.messages import ModelRequest
from api.parts import Part
from api.runs.recorder import RunRecorder
from api.runs.registry import RunRegistry
from api.runs.run import Run
from api.runs.run_request import ToolRequest
from api.runs.taking_up import TakenUp
from api.runs.toolbox import Toolbox, is_named
from api.runs.tools import Tools
from api.store import Store
from api.store.records import RunOptions, StoredRun, Thread
from api.tool_arguments import WrongArguments, read_arguments
from api.tool_calls import Tool

MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Launch:
    """A run whose row is stored, and what it takes to make it; `answer_parts` are what its answer begins with."""

    stored: StoredRun
    started: RunStarted
    request: ModelRequest
    thread: Thread
    answer_parts: tuple[Part, ...]
    request_id: str
    taken_up: TakenUp | None = None


class Launcher:
    """Lets stored runs begin."""

    def __init__(
        self, store: Store, registry: RunRegistry, recorder: RunRecorder, owner: str, config: Config, tools: Tools
    ) -> None:
        self._store = store
        self._registry = registry
        self._recorder = recorder
        self._owner = owner
        self._config = config
        self._tools = tools

    def launch(self, launch: Launch) -> Run:
        """Let a run begin, or go on."""
        run = self._registry.admit_stored(
            launch.started,
            launch.request,
            stored=launch.stored,
            request_id=launch.request_id,
            on_sealed=lambda _: self._recorder.wake(),
            toolbox=self._toolbox(launch.stored, launch.thread, is_needed=launch.taken_up is not None),
            taken_up=launch.taken_up,
            by_hand=_call_of(launch.stored.options),
        )
        self._recorder.add(run, launch.answer_parts)
        self._registry.produce(run)
        return run

    def bound_toolbox(self, names: tuple[str, ...]) -> Toolbox | None:
        """Return what a run that nobody can be asked about may use: of these, what needs no asking.

        Raises:
            NotFound: There is no such server.
        """
        self.check_servers(names)
        if self._config.provider.is_embedded:
            return None
        return Toolbox(
            self._tools,
            lambda tool: tool.policy == "always" and is_named(tool, names),
            run_id=new_id(),
            owner=self._owner,
        )

    def find_tool(self, asked: ToolRequest) -> ToolRequest:
        """Return what a person asks for under the name that providers know.

        Raises:
            NotFound: There is no such tool.
            BadRequest: There are several, or the arguments are not what it takes.
        """
        offered = [tool for tool in self._tools.offered() if tool.policy != "never"]
        found = [tool for tool in offered if asked.name in (tool.name, f"{tool.server}/{tool.name}")]
        if len(found) != 1:
            names = ", ".join(f"{tool.server}/{tool.name}" for tool in (found or offered)[:MOST_NAMED])
            if not found:
                raise NotFound(f"There is no tool {asked.name!r} now: {names or 'no MCP server is ready'}.")
            raise BadRequest(f"There are several tools {asked.name!r}: {names}.")
        try:
            read_arguments(asked.arguments, found[0].input_schema)
        except WrongArguments as error:
            raise BadRequest(str(error)) from None
        return ToolRequest(found[0].provider_name, asked.arguments)

    def check_servers(self, names: tuple[str, ...] | None) -> None:
        """Refuse names of servers that there are not; which tools one has may not be known yet.

        Raises:
            NotFound: There is no such server.
        """
        known = [server.name for server in self._tools.servers()]
        for name in names or ():
            if name.partition("/")[0] not in known:
                there_are = f"They are {', '.join(known)}." if known else "There is none."
                raise NotFound(f"tools names {name!r}, but there is no such MCP server. {there_are}")

    def _toolbox(self, run: StoredRun, thread: Thread, *, is_needed: bool) -> Toolbox | None:
        """Return what a run may use, None where that is nothing; the embedded model cannot call tools."""
        has_none = self._config.provider.is_embedded or not self._tools.servers() or run.options.tools == ()
        if has_none and not is_needed and run.options.tool is None:
            return None
        named = run.options.tools

        def is_wanted(tool: Tool) -> bool:
            is_on = not is_named(tool, thread.tools_off) and (named is None or is_named(tool, named))
            is_asked_for = tool.provider_name == run.options.tool
            return (is_on or is_asked_for) and tool.policy != "never"

        return Toolbox(
            self._tools,
            is_wanted,
            run_id=run.run_id,
            owner=self._owner,
            approved=partial(self._store.run_decisions.approved, run.account_id, run.thread_id),
            wait_stored=partial(self._recorder.wait_stored, run.run_id),
            decision_seconds=self._config.decision_seconds,
        )


def _call_of(options: RunOptions) -> ToolCallStarted | None:
    """Return the call that a person makes, where a run is one."""
    return ToolCallStarted("call_by_hand", options.tool, options.tool_arguments or "{}") if options.tool else None
