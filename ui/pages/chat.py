"""The chat page: where things are, and what they are wired to."""

from nicegui import Client, background_tasks, ui

from ui import texts, theme
from ui.api_watch import ApiWatch
from ui.config import Config
from ui.elements.composer import Composer
from ui.elements.copy_button import CopyButton
from ui.elements.greeting import Greeting
from ui.elements.model_choice import ModelChoice
from ui.elements.notices import Announcer, Banner
from ui.elements.scroller import Scroller
from ui.elements.streamed_markdown import StreamedMarkdown
from ui.elements.tag import PlainButton, Tag
from ui.elements.theme_toggle import ThemeToggle
from ui.errors import ApiUnreachable, PageError
from ui.pages.conversation import Backend, Conversation, Views


def register(config: Config, backend: Backend) -> None:
    """Register the chat page at the root."""

    @ui.page("/", title=config.title, viewport=theme.VIEWPORT, language="en-US")
    def chat_page(client: Client) -> None:
        conversation = Conversation(backend)
        client.on_delete(conversation.close)
        with theme.frame(config.title, config.caption) as frame:
            views, banner = _lay_out(frame, conversation, has_password=config.password is not None)
        conversation.show_in(views)
        _follow_api(client, backend.watch, views, banner)


def _lay_out(frame: theme.Frame, conversation: Conversation, *, has_password: bool) -> tuple[Views, Banner]:
    with frame.choice:
        models = ModelChoice()
    with frame.actions:
        clear_button = PlainButton(conversation.clear, icon="clear", label=texts.CLEAR).mark("clear")
        clear_button.enable(is_enabled=False)
        ThemeToggle()
        if has_password:
            _add_sign_out()
    with frame.main:
        scroller = Scroller()
        with scroller:
            greeting = Greeting(conversation.send)
    with frame.footer:
        toasts = Tag("div", classes="toasts")
        banner = Banner()
        composer = Composer(on_send=conversation.send, on_cancel=conversation.cancel)
    _preload()
    return Views(scroller, greeting, composer, models, Announcer(), toasts, clear_button), banner


def _preload() -> None:
    # Without these the browser would fetch their scripts when the first answer begins.
    with Tag("div") as unseen:
        StreamedMarkdown().finish()
        CopyButton(str)
    unseen.set_visibility(False)


def _add_sign_out() -> None:
    # A form, so that signing out needs a POST and works by the browser alone.
    with Tag("form").props("method=post action=logout"):
        button = PlainButton(lambda: None, icon="sign-out", label=texts.SIGN_OUT)
        button.props("type=submit")


def _follow_api(client: Client, watch: ApiWatch, views: Views, banner: Banner) -> None:
    async def load_models() -> None:
        try:
            models = await watch.models()
        except ApiUnreachable:
            return
        except PageError as exc:
            banner.show(str(exc))
            return
        views.models.show(models.names, models.default)

    def on_change() -> None:
        with client:
            banner.show(texts.API_AWAY if watch.is_away else "")
            if not watch.is_away:
                views.announcer.say(texts.SAY_API_BACK)
                background_tasks.create(load_models(), name="load the models")

    def on_connect() -> None:
        if watch.is_away:
            banner.show(texts.API_AWAY)
        background_tasks.create(load_models(), name="load the models")

    client.on_delete(watch.subscribe(on_change))
    client.on_connect(on_connect)
