"""Values of options that a provider does not take for a model: bounded, and no value itself is kept."""

import hashlib

import orjson

MOST = 1000


class RefusedValues:
    """Remembers the latest thousand."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, bytes], None] = {}

    def add(self, model: str, option: str, value: object) -> None:
        """Remember one."""
        self._known[model, option, _digest(value)] = None
        while len(self._known) > MOST:
            self._known.pop(next(iter(self._known)), None)

    def has(self, model: str, option: str, value: object) -> bool:
        """Say whether this value is refused."""
        return bool(self._known) and (model, option, _digest(value)) in self._known


def _digest(value: object) -> bytes:
    return hashlib.sha256(orjson.dumps(value)).digest()
