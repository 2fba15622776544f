"""What the chat page is made of: the elements that more than one part of it speaks to."""

from dataclasses import dataclass

from nicegui import ui

from ui.elements.address import Address
from ui.elements.chat_menu import ChatMenu
from ui.elements.composer import Composer
from ui.elements.context_picker import ContextPicker
from ui.elements.greeting import Greeting
from ui.elements.model_choice import ModelChoice
from ui.elements.notices import Announcer, Banner
from ui.elements.scroller import Scroller
from ui.elements.thread_settings import ThreadSettings
from ui.elements.tools_panel import ToolsPanel


@dataclass(frozen=True, slots=True)
class PageElements:
    """The elements of one page; the open thread goes into the scroller, the list of threads into the sidebar."""

    address: Address
    announcer: Announcer
    banner: Banner
    composer: Composer
    greeting: Greeting
    menu: ChatMenu
    models: ModelChoice
    scroller: Scroller
    settings: ThreadSettings
    sidebar: ui.element
    context_picker: ContextPicker
    toasts: ui.element
    tools: ToolsPanel
