"""What a page shows of the API: a banner while it is away, the models it has while it is there."""

from nicegui import background_tasks

from ui import texts
from ui.client.api_watch import ApiWatch
from ui.errors import ApiUnreachable, PageError
from ui.pages.page_elements import PageElements


class ApiNotice:
    """Keeps one page's banner and models in step with the API, until it is closed."""

    def __init__(self, watch: ApiWatch, elements: PageElements) -> None:
        self._watch = watch
        self._elements = elements
        watch.subscribe(self._on_change)

    def close(self) -> None:
        """Show nothing any more."""
        self._watch.unsubscribe(self._on_change)

    def on_connect(self) -> None:
        """Show how things are to a browser that has just come."""
        if self._watch.is_away:
            self._elements.banner.show(texts.API_AWAY)
        background_tasks.create(self._load_models(), name="load the models")

    def _on_change(self) -> None:
        if self._watch.is_away:
            self._elements.banner.show(texts.API_AWAY)
            return
        self._elements.banner.show("")
        self._elements.announcer.say(texts.SAY_API_BACK)
        background_tasks.create(self._load_models(), name="load the models")

    async def _load_models(self) -> None:
        try:
            models = await self._watch.models()
        except ApiUnreachable:
            return
        except PageError as exc:
            self._elements.banner.show(str(exc))
            return
        self._elements.models.show(models.names, models.default)
