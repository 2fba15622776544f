"""The calls of a server of the older generation, which asks the person while a call is open.

The newer one ends a call with its questions, and any process may call again with the answers. Here the answer belongs
to the connection that the question came by: the call stays open, and goes on in the worker that has it.
Source: MCP 2025-11-25, "Elicitation".
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from mcp import types
from mcp.client.session import ClientRequestContext

from api.tool_calls import CallKey, Given, Question, ToolAnswer
from api.tools.results import question_of
from api.tools.silence import Silence

MOST_KEPT = 8  # Each keeps a connection to the server.
KEY = "question"
# Not that the person cancels: nobody has asked them.
NOT_ASKED = types.ErrorData(code=types.INTERNAL_ERROR, message="The person cannot be asked this now.")

MakeCall = Callable[[Silence], Coroutine[Any, Any, ToolAnswer]]


@dataclass(slots=True, eq=False)
class _Asked:
    question: Question
    at: float
    answer: "asyncio.Future[types.ElicitResult | types.ErrorData]"


@dataclass(slots=True, eq=False)
class _OpenCall:
    key: CallKey
    silence: Silence
    task: "asyncio.Task[ToolAnswer]"
    asked: _Asked | None = None
    is_asked: asyncio.Event = field(default_factory=asyncio.Event)
    end_of_keeping: asyncio.TimerHandle | None = None


class OpenCalls:
    """Makes calls that may ask, and keeps those that do for `keep_seconds`; for the loop's thread."""

    def __init__(self, silence_seconds: float, keep_seconds: float) -> None:
        self._silence_seconds = silence_seconds
        self._keep_seconds = keep_seconds
        self._open: dict[CallKey, _OpenCall] = {}
        self._waiting: deque[_Asked] = deque()

    async def make(self, key: CallKey, call: MakeCall) -> ToolAnswer:
        """Make a call, to its end or to its first question."""
        silence = Silence(self._silence_seconds)
        made = _OpenCall(key, silence, asyncio.create_task(call(silence)))
        self._open[key] = made
        made.task.add_done_callback(lambda _: self._put_questions())
        return await self._answer(made)

    async def go_on(self, key: CallKey, given: Given) -> ToolAnswer | None:
        """Give a call what the person has answered, and wait for its end or next question; None if it is not here."""
        call = self._open.get(key)
        if call is None or call.end_of_keeping is None:
            return None
        call.end_of_keeping.cancel()
        call.end_of_keeping = None
        asked = self._unasked(call)
        if asked is not None and not asked.answer.done():
            asked.answer.set_result(types.ElicitResult(**given.answers.get(KEY, {"action": "cancel"})))
        self._put_questions()
        return await self._answer(call)

    def forget(self, run_id: str) -> None:
        """Cancel the calls of a run that wait for a person."""
        for call in [call for call in self._open.values() if call.key.run_id == run_id and call.end_of_keeping]:
            self._drop(call)

    async def ask(
        self, context: ClientRequestContext, params: types.ElicitRequestParams
    ) -> types.ElicitResult | types.ErrorData:
        """Put a server's question to the person; what cannot be put is refused at once."""
        del context
        question = question_of(KEY, params)
        if question is None or not self._unanswered() or self._count_asked() >= MOST_KEPT:
            return NOT_ASKED
        loop = asyncio.get_running_loop()
        asked = _Asked(question, loop.time(), loop.create_future())
        self._waiting.append(asked)
        self._put_questions()
        try:
            return await asked.answer
        finally:
            self._take_back(asked)

    async def _answer(self, call: _OpenCall) -> ToolAnswer:
        # A question may be taken back before anybody here has seen it.
        while call.asked is None and not call.task.done():
            waiting = asyncio.create_task(call.is_asked.wait())
            try:
                await asyncio.wait({call.task, waiting}, return_when=asyncio.FIRST_COMPLETED)
            except asyncio.CancelledError:
                self._drop(call)
                raise
            finally:
                waiting.cancel()
        if call.asked is None or call.task.done():
            self._drop(call)
            return await call.task
        loop = asyncio.get_running_loop()
        call.end_of_keeping = loop.call_later(self._keep_seconds, self._drop, call)
        return ToolAnswer((), questions=(call.asked.question,), is_open=True)

    def _put_questions(self) -> None:
        """Say which calls the questions that have come belong to, which the protocol does not say.

        A call that asks says nothing else. So a question waits until there are as many as calls that may be theirs;
        where those are of several runs, whose persons may differ, nobody is asked.
        """
        # One that is taken back may not know it yet.
        self._waiting = deque(asked for asked in self._waiting if not asked.answer.done())
        if not self._waiting:
            return
        since = self._waiting[0].at
        free = [call for call in self._unanswered() if call.asked is None and call.silence.heard_at <= since]
        if not free or len(free) > len(self._waiting):
            return
        if len({call.key.run_id for call in free}) > 1:
            for asked in self._waiting:
                asked.answer.set_result(NOT_ASKED)
            self._waiting.clear()
            return
        for call in free:
            call.asked = self._waiting.popleft()
            call.silence.pause()
            call.is_asked.set()

    def _take_back(self, asked: _Asked) -> None:
        """Forget a question that is answered, or that the server does not ask any more."""
        if asked in self._waiting:
            self._waiting.remove(asked)
        for call in self._open.values():
            if call.asked is asked:
                self._unasked(call)

    def _unasked(self, call: _OpenCall) -> _Asked | None:
        asked, call.asked = call.asked, None
        call.is_asked.clear()
        call.silence.go_on()
        return asked

    def _drop(self, call: _OpenCall) -> None:
        self._open.pop(call.key, None)
        if call.end_of_keeping is not None:
            call.end_of_keeping.cancel()
        if call.asked is not None and not call.asked.answer.done():
            call.asked.answer.set_result(NOT_ASKED)
        call.task.cancel()

    def _unanswered(self) -> list[_OpenCall]:
        return [call for call in self._open.values() if not call.task.done()]

    def _count_asked(self) -> int:
        return len(self._waiting) + sum(call.asked is not None for call in self._open.values())
