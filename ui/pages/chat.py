"""The chat page: where things are, and what they are wired to."""

from functools import partial

from nicegui import Client, ui

from ui import texts, theme
from ui.client.backend import Backend
from ui.config import Config
from ui.elements.address import Address
from ui.elements.chat_import import ChatImport
from ui.elements.chat_menu import ChatMenu, MenuItem
from ui.elements.composer import Composer
from ui.elements.context_picker import ContextPicker
from ui.elements.copy_button import CopyButton
from ui.elements.decision_card import DecisionCard
from ui.elements.greeting import Greeting
from ui.elements.message_editor import MessageEditor
from ui.elements.model_choice import ModelChoice
from ui.elements.notices import Announcer, Banner
from ui.elements.question_card import QuestionCard
from ui.elements.scroller import Scroller
from ui.elements.sidebar import Sidebar, SidebarToggle
from ui.elements.streamed_markdown import StreamedMarkdown
from ui.elements.tag import PlainButton, Tag
from ui.elements.theme_toggle import ThemeToggle
from ui.elements.thread_settings import ThreadSettings
from ui.elements.tools_panel import ToolsPanel
from ui.pages import sockets
from ui.pages.page_elements import PageElements
from ui.pages.workspace import Workspace
from ui.parts import ToolCallPart
from ui.theme.stylesheet import Look, prefix_of


def register(config: Config, backend: Backend, look: Look) -> None:
    """Register the chat page at the root, and at the address of every thread."""
    workspaces: dict[str, Workspace] = {}
    waiting = sockets.WaitingPages()

    # A client refers to its workspace by its id only, so that a page ends whoever still holds the client.
    def on_connect(client: Client) -> None:
        waiting.remove(client.id)
        workspaces[client.id].on_connect()

    def on_delete(client: Client) -> None:
        waiting.remove(client.id)
        workspaces.pop(client.id).close()

    def open_page(client: Client, thread_id: str | None) -> None:
        prefix = prefix_of(client.request)
        ui.add_head_html(look.link(prefix))
        workspaces[client.id] = Workspace(backend, partial(_lay_out, config, prefix), thread_id)
        client.on_connect(on_connect)
        client.on_delete(on_delete)
        if oldest := waiting.add(client.id, client.ip):
            sockets.drop(oldest)

    @ui.page("/", title=config.title, viewport=theme.VIEWPORT, language="en-US")
    def new_thread_page(client: Client) -> None:
        open_page(client, None)

    @ui.page("/t/{thread_id}", title=config.title, viewport=theme.VIEWPORT, language="en-US")
    def thread_page(client: Client, thread_id: str) -> None:
        open_page(client, thread_id)


def _lay_out(config: Config, prefix: str, workspace: Workspace) -> PageElements:
    new_chat = partial(workspace.open, None)
    with theme.frame(config.title, config.caption) as frame:
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
            context_picker = ContextPicker(workspace.suggest, workspace.insert)
            composer = Composer(on_send=workspace.send, on_cancel=workspace.cancel)
        announcer = Announcer()
        with frame.sidebar:
            sidebar = Sidebar(new_chat)
        with frame.actions:
            PlainButton(new_chat, icon="new", label=texts.NEW_CHAT).classes("bar-new").mark("new-chat")
        _preload()
        if config.password is not None:
            _add_sign_out(frame, prefix)
    address = Address(config.title, on_visit=workspace.visit, on_look=workspace.look_for_news)
    settings = ThreadSettings(workspace.save_settings)
    tools = ToolsPanel(workspace.save_tools, workspace.reconnect_server, workspace.revoke_tool)
    picker = ChatImport(on_import=workspace.on_import, on_refuse=workspace.say)
    with frame.actions:
        menu = _add_menu(workspace, picker)
        ThemeToggle()
    return PageElements(
        address=address,
        announcer=announcer,
        banner=banner,
        composer=composer,
        greeting=greeting,
        menu=menu,
        models=models,
        scroller=scroller,
        settings=settings,
        sidebar=sidebar,
        context_picker=context_picker,
        toasts=toasts,
        tools=tools,
    )


def _add_menu(workspace: Workspace, picker: ChatImport) -> ChatMenu:
    return ChatMenu(
        texts.CHAT_MENU,
        [
            MenuItem(texts.SETTINGS, "settings", workspace.ask_settings),
            MenuItem(texts.TOOLS, "tool", workspace.ask_tools),
            MenuItem(texts.EXPORT_MARKDOWN, "export", partial(workspace.export, "md"), needs_thread=True),
            MenuItem(texts.EXPORT_JSON, "export", partial(workspace.export, "json"), needs_thread=True),
            MenuItem(texts.IMPORT, "import", picker.ask),
        ],
    )


def _preload() -> None:
    # Without these the browser would fetch their scripts when the first answer begins.
    with Tag("div") as unseen:
        StreamedMarkdown().finish()
        CopyButton(str)
        MessageEditor("", "", lambda _: None, lambda: None)
        DecisionCard(ToolCallPart("", "", ""), "", "{}", lambda _: None)
        QuestionCard(ToolCallPart("", "", ""), "", lambda _: None)
    unseen.set_visibility(False)


def _add_sign_out(frame: theme.Frame, prefix: str) -> None:
    # A form, so that signing out needs a POST and works by the browser alone.
    with frame.sign_out, Tag("form").props("method=post"):
        form_button = PlainButton(lambda: None, icon="sign-out", label=texts.SIGN_OUT)
        form_button.props("type=submit")
        form_button.props["formaction"] = f"{prefix}/logout"
