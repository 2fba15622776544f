"""Settings as they come: texts of the environment, read by name and checked one by one; pure."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

T = TypeVar("T")

NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,9})?|nan", re.ASCII)

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class ConfigError(Exception):
    """A setting is missing or wrong; the text is a sentence that says what to set."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable: its name, default and one line of help."""

    name: str
    default: str
    help: str


class Environment:
    """Typed look-ups in the environment by the table's names and defaults."""

    def __init__(self, environ: Mapping[str, str], settings: Iterable[Setting]) -> None:
        self._environ = environ
        self._defaults = {setting.name: setting.default for setting in settings}

    def text(self, name: str) -> str:
        """Return a text, the default where it is empty."""
        return self._environ.get(name, "").strip() or self._defaults[name]

    def words(self, name: str) -> tuple[str, ...]:
        """Return the words between commas, each once."""
        return tuple(dict.fromkeys(word.strip() for word in self.text(name).split(",") if word.strip()))

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        """Return one of the allowed words, in lower case."""
        value = self.text(name).lower()
        if value not in allowed:
            raise ConfigError(f"{name} is {value!r}: it has to be one of {', '.join(allowed)}.")
        return value

    def integer(self, name: str, least: int, most: int = 10**12) -> int:
        """Return a whole number between two others."""
        value = self._number(name, int, "a whole number")
        if not least <= value <= most:
            raise ConfigError(f"{name} is {value}: it has to be between {least} and {most}.")
        return value

    def substituted(self, name: str, text: str) -> str:
        """Return a text of the setting with `${VARIABLE}` replaced by what the environment has."""

        def value_of(found: re.Match[str]) -> str:
            value = self._environ.get(found[1])
            if not value:
                raise ConfigError(f"{name} refers to the variable {found[1]}, which is not set.")
            return value

        return VARIABLE.sub(value_of, text)

    def is_set(self, name: str) -> bool:
        """Say whether the variable is there and not empty."""
        return bool(self._environ.get(name, "").strip())

    def seconds(self, name: str) -> float:
        """Return a number of seconds, a day at most."""
        value = self._number(name, float, "a number of seconds")
        if not 0 < value <= 86_400:
            raise ConfigError(f"{name} is {value:g}: it has to be more than 0 and at most 86400 seconds.")
        return value

    def _number(self, name: str, convert: Callable[[str], T], what: str) -> T:
        try:
            if not NUMBER.fullmatch(self.text(name)):
                raise ValueError
            return convert(self.text(name))
        except ValueError:
            raise ConfigError(f"{name} is {self.text(name)!r}: it has to be {what}.") from None


def split_address(name: str, url: str, example: str, *, hidden: bool = False) -> SplitResult:
    """Take an address apart; `hidden` keeps it, which may have a password in it, out of the sentence."""
    try:
        parts = urlsplit(url)
        is_good = parts.port != 0 and is_plain(url)
    except ValueError:
        is_good = False
    if not is_good:
        raise ConfigError(f"{name} {'' if hidden else f'is {url!r}: that '}is no address, as {example} is one.")
    return parts


def check_header_text(name: str, value: str) -> None:
    """Refuse what no header carries, in the setting of that name."""
    if not is_plain(value):
        raise ConfigError(f"{name} has a space or a character in it that no header carries: use letters and digits.")


def is_plain(value: str) -> bool:
    """Say whether a text is printable ASCII without a space."""
    return value.isascii() and value.isprintable() and " " not in value
