"""Whether the API answers, known once for all pages of this process; asked on threads, never on the loop."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from nicegui import background_tasks, run

from ui.client.api_client import ApiClient, ModelList
from ui.errors import ApiUnreachable, PageError

PAUSES_SECONDS = (1.0, 2.0, 4.0, 8.0, 15.0)

logger = logging.getLogger(__name__)


class ApiWatch:
    """Remembers that the API is away and asks, ever less often, until it is back."""

    def __init__(self, client: ApiClient, pauses_seconds: Sequence[float] = PAUSES_SECONDS) -> None:
        self._client = client
        self._pauses_seconds = pauses_seconds
        self._is_away = False
        self._observers: set[Callable[[], None]] = set()
        self._models: ModelList | None = None
        self._models_lock = asyncio.Lock()

    @property
    def is_away(self) -> bool:
        """Whether the API did not answer when it was last asked."""
        return self._is_away

    def subscribe(self, observer: Callable[[], None]) -> None:
        """Call the observer whenever `is_away` changes, until it unsubscribes."""
        self._observers.add(observer)

    def unsubscribe(self, observer: Callable[[], None]) -> None:
        """Call the observer no more."""
        self._observers.discard(observer)

    def report_away(self) -> None:
        """Say that the API did not answer."""
        if not self._is_away:
            logger.warning("the API is away")
            self._change(is_away=True)
            background_tasks.create(self._poll(), name="watch the API")

    async def models(self) -> ModelList:
        """Return the models, asked for once while the API stays.

        Raises:
            PageError: the API did not say.
        """
        async with self._models_lock:
            if self._is_away:
                raise ApiUnreachable("The API is away.")
            try:
                models = self._models or await run.io_bound(self._client.models)
            except ApiUnreachable:
                self.report_away()
                raise
            if models is None:
                raise ApiUnreachable("The page is stopping.")
            self._models = models
            return models

    async def _poll(self) -> None:
        attempt = 0
        while True:
            await asyncio.sleep(self._pauses_seconds[min(attempt, len(self._pauses_seconds) - 1)])
            attempt += 1
            try:
                await run.io_bound(self._client.health)
            except PageError:
                continue
            self._models = None
            logger.info("the API is back")
            self._change(is_away=False)
            return

    def _change(self, *, is_away: bool) -> None:
        self._is_away = is_away
        for observer in list(self._observers):
            observer()
