"""What one run may use: the tools that its model is told of, and what a person has to be asked about first."""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, replace

from api.events import ToolCallDecided, ToolCallRequiresAction, ToolCallStarted
from api.hub import off_hub
from api.runs.calls import Call
from api.runs.tools import Tools
from api.tool_arguments import WrongArguments, read_arguments
from api.tool_calls import Definition, Given, Tool, ToolAnswer, failed

MOST_TOLD = 128  # Source: the most `tools` of a request (platform.openai.com/docs/api-reference/chat).
FIND_SECONDS = 10.0
LONG_CHARS = 10_000  # Longer arguments are checked off the hub.

NOT_STORED = "The call was not made: the database does not answer."
NOBODY = "This tool asks the person something first, and here nobody can be asked."
GONE = "The call was not made: its MCP server does not offer this tool now."


@dataclass(frozen=True, slots=True)
class Decided:
    """A call that a person has decided about, and what the tool was then."""

    call: ToolCallStarted
    asked: ToolCallRequiresAction
    decision: ToolCallDecided


@dataclass(slots=True)
class Judged:
    """What becomes of the calls of a step: made, answered without being made, or asked about."""

    calls: list[Call]
    answers: list[tuple[str, ToolAnswer]]
    questions: list[ToolCallRequiresAction]


class Toolbox:
    """The tools of one run: those of the offered ones that are wanted.

    `approved` says what the person has approved for the run's thread; `wait_stored` returns once the log is stored,
    False where it is not: no call goes out before others could find it. `decision_seconds` is how long a person has,
    0 where there is nobody to be asked; `owner` is this worker.
    """

    def __init__(
        self,
        tools: Tools,
        is_wanted: Callable[[Tool], bool],
        *,
        run_id: str,
        owner: str,
        approved: Callable[[], frozenset[Definition]] = frozenset,
        wait_stored: Callable[[], bool] = lambda: True,
        decision_seconds: float = 0,
    ) -> None:
        self.tools = tools
        self.run_id = run_id
        self.wait_stored = wait_stored
        self.told: tuple[Tool, ...] = ()
        self._by_name: dict[str, Tool] = {}
        self._is_wanted = is_wanted
        self._approved = approved
        self._owner = owner
        self._decision_seconds = decision_seconds
        self.look()

    def look(self) -> None:
        """Take what is offered now for what the model is told of.

        In the order of their names: a provider's cache of prompts lives by it, and servers are ready in any order.
        """
        wanted = sorted(filter(self._is_wanted, self.tools.offered()), key=lambda tool: tool.provider_name)
        self.told = tuple(wanted[:MOST_TOLD])
        self._by_name = {tool.provider_name: tool for tool in wanted}

    def named(self, call: ToolCallStarted) -> ToolCallStarted:
        """Return the call with the tool's server and title, if there is such a tool."""
        tool = self._by_name.get(call.name)
        return call if tool is None else replace(call, server=tool.server, title=tool.title)

    def judge(self, calls: Sequence[ToolCallStarted]) -> Judged:
        """Say what becomes of calls as the model wrote them."""
        judged = Judged([], [], [])
        approved: frozenset[Definition] | None = None
        for call in calls:
            tool = self._by_name.get(call.name)
            if tool is None:
                known = ", ".join(tool.provider_name for tool in self.told)
                judged.answers.append((call.tool_call_id, failed(f"There is no tool {call.name}. There are: {known}.")))
            elif (read := _read(call, tool, call.arguments)) and not isinstance(read, Call):
                judged.answers.append(read)
            else:
                if tool.policy == "ask" and approved is None:
                    approved = self._approved()
                is_asked = tool.policy == "ask" and definition_of(tool) not in (approved or ())
                judged.questions.append(self._question(call, tool)) if is_asked else judged.calls.append(read)
        return judged

    def judge_decided(self, decided: Sequence[Decided]) -> Judged:
        """Say what becomes of calls that a person has decided about; one whose tool has changed is asked anew."""
        judged = Judged([], [], [])
        for call, asked, decision in ((each.call, each.asked, each.decision) for each in decided):
            if asked.kind != "approval":
                self._go_on(judged, call, asked, decision)
                continue
            if decision.decision == "deny":
                judged.answers.append((call.tool_call_id, _denied(decision)))
                continue
            tool = self.tools.find(asked.server, asked.tool, FIND_SECONDS)
            if tool is None or tool.policy == "never":
                judged.answers.append((call.tool_call_id, failed(GONE)))
            elif tool.definition_hash != asked.definition_hash:
                judged.questions.append(self._question(call, tool))
            else:
                read = _read(call, tool, decision.arguments or call.arguments)
                judged.calls.append(read) if isinstance(read, Call) else judged.answers.append(read)
        return judged

    @property
    def has_person(self) -> bool:
        """Whether somebody can be asked."""
        return self._decision_seconds > 0

    def asked_by_server(self, call: Call, answer: ToolAnswer) -> ToolCallRequiresAction:
        """Return what a server asks the person, as it is put to them."""
        first, tool = answer.questions[0], call.tool
        questions = [
            {name: value for name, value in asdict(question).items() if value is not None}
            for question in answer.questions
        ]
        return ToolCallRequiresAction(
            call.tool_call_id,
            first.mode,
            tool.server,
            tool.name,
            self._expiry(),
            tool.definition_hash,
            questions,
            answer.state,
            self._owner if answer.is_open else None,
        )

    def _go_on(
        self, judged: Judged, call: ToolCallStarted, asked: ToolCallRequiresAction, decision: ToolCallDecided
    ) -> None:
        """Send a call again with what the person has answered, which is no where they have denied."""
        tool = self.tools.find(asked.server, asked.tool, FIND_SECONDS)
        read = _read(call, tool, call.arguments) if tool is not None else (call.tool_call_id, failed(GONE))
        if isinstance(read, Call):
            declined = {str(question["key"]): {"action": "decline"} for question in asked.questions or ()}
            judged.calls.append(
                read._replace(given=Given(decision.answers or declined, asked.state, asked.held_by is not None))
            )
        else:
            judged.answers.append(read)

    def _expiry(self) -> float:
        return round(time.time() + self._decision_seconds, 3)

    def _question(self, call: ToolCallStarted, tool: Tool) -> ToolCallRequiresAction:
        return ToolCallRequiresAction(
            call.tool_call_id, "approval", tool.server, tool.name, self._expiry(), tool.definition_hash
        )


def is_named(tool: Tool, names: Collection[str]) -> bool:
    """Say whether a tool is among names of servers and, as `server/tool`, of tools."""
    return tool.server in names or f"{tool.server}/{tool.name}" in names


def definition_of(tool: Tool) -> Definition:
    """Return what a decision about a tool is bound to."""
    return Definition(tool.server, tool.name, tool.definition_hash)


def _read(call: ToolCallStarted, tool: Tool, written: str) -> Call | tuple[str, ToolAnswer]:
    try:
        if len(written) > LONG_CHARS:
            arguments = off_hub(read_arguments, written, tool.input_schema)
        else:
            arguments = read_arguments(written, tool.input_schema)
    except WrongArguments as error:
        return call.tool_call_id, failed(f"The call was not made. {error}")
    return Call(call.tool_call_id, tool, arguments)


def _denied(decision: ToolCallDecided) -> ToolAnswer:
    reason = f" The reason: {decision.reason}" if decision.reason else ""
    return failed(f"The person has denied this call; it was not made.{reason}")
