"""What persons decide about the tool calls of runs; the last decision lets a run go on, in the worker that took it."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from api.config import Config
from api.errors import BadRequest, DecantError, Internal
from api.events import RunFailed, RunStarted, ToolCallDecided, ToolCallRequiresAction
from api.runs.launcher import Launch, Launcher
from api.runs.registry import RunRegistry
from api.runs.run_request import RunRequest, ToolRequest, new_run
from api.runs.taking_up import TakenUp, take_up
from api.runs.tools import Tools
from api.store import Store
from api.store.records import StoredRun
from api.store.run_decisions import DecidedRun, Scope
from api.tool_arguments import WrongArguments, check_arguments

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decides about a call; `arguments` are those to make it with, where they were changed.

    `content` answers the one question of a server's.
    """

    decided: ToolCallDecided
    arguments: Mapping[str, Any] | None
    scope: Scope
    content: Mapping[str, Any] | None = None


class Decisions:
    """Takes decisions, and takes up the runs that waited for them."""

    def __init__(
        self, store: Store, registry: RunRegistry, launcher: Launcher, owner: str, config: Config, tools: Tools
    ) -> None:
        self._store = store
        self._registry = registry
        self._launcher = launcher
        self._owner = owner
        self._config = config
        self._tools = tools

    def decide(self, account_id: str, run_id: str, decision: Decision, *, request_id: str) -> StoredRun:
        """Take a person's decision about a call; the last one lets the run go on, in this worker.

        Raises:
            NotFound: The account has no such run, or the run no such question.
            AlreadyDecided: Somebody was faster, or the run is over.
            BadRequest: The arguments are not what the tool takes.
            Busy: Every slot is taken.
        """
        self._registry.check_slots()
        asked = self._store.run_decisions.question(account_id, run_id, decision.decided.tool_call_id)
        told = self._checked(decision, asked)
        decided = self._store.run_decisions.decide(account_id, run_id, told, decision.scope, self._owner, asked)
        self.go_on(decided, request_id)
        return decided.run

    def go_on(self, decided: DecidedRun, request_id: str) -> None:
        """Let a run go on in this worker, if nothing is left to decide and no other worker has to."""
        if decided.events is None:
            return
        run_id = decided.run.run_id
        try:
            self._take_up(decided.run, take_up(decided.events), request_id)
        except BaseException as error:
            logger.exception("Run %s cannot go on", run_id)
            failure = error if isinstance(error, DecantError) else Internal("This answer could not go on.")
            self._store.run_decisions.fail(
                self._owner, run_id, RunFailed(failure.code, str(failure), failure.retryable)
            )
            raise

    def _checked(self, decision: Decision, asked: ToolCallRequiresAction) -> ToolCallDecided:
        """Return a decision that fits what was asked."""
        decided = decision.decided
        if (decided.decision == "answer") != (asked.kind != "approval") and decided.decision != "deny":
            wanted = "approve or deny" if asked.kind == "approval" else "answer or deny"
            raise BadRequest(f"{decided.decision} does not decide about this: {wanted} it.")
        try:
            if decision.arguments is not None:
                tool = self._tools.find(asked.server, asked.tool, 0)
                check_arguments(decision.arguments, tool.input_schema if tool is not None else {})
            return replace(decided, answers=_answers(decision, asked)) if decided.decision == "answer" else decided
        except WrongArguments as error:
            raise BadRequest(str(error)) from None

    def _take_up(self, stored: StoredRun, taken_up: TakenUp, request_id: str) -> None:
        """Let a run go on in this worker that has waited for a person."""
        options = stored.options
        started = taken_up.logged[0].event
        if not isinstance(started, RunStarted):
            raise TypeError("a log begins with run.started")
        leaf_id = options.continue_id or started.parent_id
        context = self._store.runs.context(stored.account_id, stored.thread_id, leaf_id)
        asked = RunRequest(
            content=None,
            parent_id=started.parent_id,
            is_first=False,
            continue_id=options.continue_id,
            model=stored.model,
            temperature=options.temperature,
            max_tokens=options.max_tokens,
            tools=options.tools,
            tool=ToolRequest(options.tool, options.tool_arguments or "{}") if options.tool else None,
        )
        new, request = new_run(context, asked, (stored.model,), None)
        launch = Launch(stored, started, request, context.thread, new.answer_parts, request_id, taken_up)
        self._launcher.launch(launch)


def _answers(decision: Decision, asked: ToolCallRequiresAction) -> Mapping[str, Mapping[str, Any]]:
    """Return the answers to a server's questions, each of which is there and fits its form."""
    questions = {str(question["key"]): question for question in asked.questions or ()}
    answers = decision.decided.answers or {}
    if decision.content is not None:
        if len(questions) != 1:
            raise BadRequest(f"content answers one question; here are {len(questions)}: {', '.join(questions)}.")
        answers = {key: {"action": "accept", "content": decision.content} for key in questions}
    if set(answers) != set(questions):
        raise BadRequest(f"answers has to answer each of {', '.join(questions)}, and nothing else.")
    for key, answer in answers.items():
        if answer["action"] == "accept" and questions[key]["mode"] == "form":
            check_arguments(answer.get("content") or {}, questions[key].get("schema") or {})
    return answers
