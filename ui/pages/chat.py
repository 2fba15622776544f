"""The chat page: where things are, and what they are wired to."""

from functools import partial

from nicegui import Client, background_tasks, ui

from ui import texts, theme
from ui.client.api_watch import ApiWatch
from ui.client.backend import Backend
from ui.config import Config
from ui.elements.address import Address
from ui.elements.chat_import import ChatImport
from ui.elements.chat_menu import ChatMenu, MenuItem
from ui.elements.composer import Composer
from ui.elements.copy_button import CopyButton
from ui.elements.greeting import Greeting
from ui.elements.message_editor import MessageEditor
from ui.elements.model_choice import ModelChoice
from ui.elements.notices import Announcer, Banner
from ui.elements.scroller import Scroller
from ui.elements.sidebar import Sidebar, SidebarToggle
from ui.elements.streamed_markdown import StreamedMarkdown
from ui.elements.tag import PlainButton, Tag
from ui.elements.theme_toggle import ThemeToggle
from ui.elements.thread_settings import ThreadSettings
from ui.errors import ApiUnreachable, PageError
from ui.pages.page_elements import Views
from ui.pages.workspace import Furniture, Workspace
from ui.theme.stylesheet import Look, prefix_of


def register(config: Config, backend: Backend, look: Look) -> None:
    """Register the chat page at the root, and at the address of every thread."""

    def open_page(client: Client, thread_id: str | None) -> None:
        workspace = Workspace(backend, client)
        prefix = prefix_of(client.request)
        ui.add_head_html(look.link(prefix))
        with theme.frame(config.title, config.caption) as frame:
            views, banner = _lay_out(frame, workspace)
            if config.password is not None:
                _add_sign_out(frame, prefix)
        furniture = _add_furniture(config, frame, workspace)
        workspace.show_in(views, furniture, thread_id)
        client.on_delete(workspace.close)
        _follow_api(client, backend.watch, views, banner, workspace)

    @ui.page("/", title=config.title, viewport=theme.VIEWPORT, language="en-US")
    def new_thread_page(client: Client) -> None:
        open_page(client, None)

    @ui.page("/t/{thread_id}", title=config.title, viewport=theme.VIEWPORT, language="en-US")
    def thread_page(client: Client, thread_id: str) -> None:
        open_page(client, thread_id)


def _lay_out(frame: theme.Frame, workspace: Workspace) -> tuple[Views, Banner]:
    new_chat = partial(workspace.open, None)
    with frame.choice:
        models = ModelChoice(workspace.choose_model)
    with frame.toggle:
        SidebarToggle()
    with frame.main:
        scroller = Scroller()
        with scroller:
            greeting = Greeting(workspace.ask)
    with frame.footer:
        toasts = Tag("div", classes="toasts")
        banner = Banner()
        composer = Composer(on_send=workspace.send, on_cancel=workspace.cancel)
    announcer = Announcer()
    with frame.sidebar, Sidebar(new_chat):
        workspace.threads.show_in(toasts, announcer)
    with frame.actions:
        PlainButton(new_chat, icon="new", label=texts.NEW_CHAT).mark("new-chat")
    _preload()
    return Views(scroller, greeting, composer, models, announcer, toasts), banner


def _add_furniture(config: Config, frame: theme.Frame, workspace: Workspace) -> Furniture:
    address = Address(config.title, on_visit=workspace.visit, on_beat=workspace.beat)
    settings = ThreadSettings(workspace.save_settings)
    picker = ChatImport(on_import=workspace.on_import, on_refuse=workspace.say)
    with frame.actions:
        menu = ChatMenu(
            texts.CHAT_MENU,
            [
                MenuItem(texts.SETTINGS, "settings", workspace.ask_settings),
                MenuItem(texts.EXPORT_MARKDOWN, "export", partial(workspace.export, "md"), needs_thread=True),
                MenuItem(texts.EXPORT_JSON, "export", partial(workspace.export, "json"), needs_thread=True),
                MenuItem(texts.IMPORT, "import", picker.ask),
            ],
        )
        ThemeToggle()
    return Furniture(address, menu, settings, picker)


def _preload() -> None:
    # Without these the browser would fetch their scripts when the first answer begins.
    with Tag("div") as unseen:
        StreamedMarkdown().finish()
        CopyButton(str)
        MessageEditor("", lambda _: None, lambda: None)
    unseen.set_visibility(False)


def _add_sign_out(frame: theme.Frame, prefix: str) -> None:
    # A form, so that signing out needs a POST and works by the browser alone.
    with frame.sign_out, Tag("form").props("method=post"):
        form_button = PlainButton(lambda: None, icon="sign-out", label=texts.SIGN_OUT)
        form_button.props("type=submit")
        form_button.props["formaction"] = f"{prefix}/logout"


def _follow_api(client: Client, watch: ApiWatch, views: Views, banner: Banner, workspace: Workspace) -> None:
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
                workspace.come_back()
                background_tasks.create(load_models(), name="load the models")

    def on_connect() -> None:
        if watch.is_away:
            banner.show(texts.API_AWAY)
        workspace.threads.refresh_soon()
        background_tasks.create(load_models(), name="load the models")

    client.on_delete(watch.subscribe(on_change))
    client.on_connect(on_connect)
