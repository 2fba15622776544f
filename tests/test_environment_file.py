"""`.env.example` names every setting, and no other."""

import re

from dotenv import dotenv_values

from api.config import SETTINGS as API_SETTINGS
from api.config import load_config
from tests.support.processes import ROOT
from ui.config import SETTINGS as UI_SETTINGS

# Given by `make run` and by platforms; a value in the file would be shared by both processes.
GIVEN = {"PORT"}


def example() -> str:
    return (ROOT / ".env.example").read_text(encoding="utf-8")


def test_every_setting_is_in_the_example_with_its_default() -> None:
    shown = dict(re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=(.*)$", example(), re.MULTILINE))
    settings = {setting.name: setting.default for setting in (*UI_SETTINGS, *API_SETTINGS)}
    assert set(shown) - {"APP_ROLE"} == set(settings) - GIVEN
    wrong = {name: value for name, value in settings.items() if name not in GIVEN and shown[name].strip("'\"") != value}
    assert not wrong


def test_the_example_copied_as_it_is_changes_nothing() -> None:
    values = {name: value or "" for name, value in dotenv_values(ROOT / ".env.example").items()}
    assert load_config(values) == load_config({})
