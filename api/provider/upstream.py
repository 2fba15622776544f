"""One OpenAI-compatible provider as the rest of this room reaches it: its connections, what it refuses, its errors."""

import hashlib
from collections.abc import Iterable
from contextlib import suppress

from api.errors import ProviderError
from api.provider.errors import CHECK_BASE_URL, SAYS, error_from_response
from api.provider.exchange import Exchange
from api.provider.foreign_errors import FOREIGN_ERRORS, translated
from api.provider.pieces import names_of
from api.provider.redaction import HIDDEN, without_prompt
from api.provider.refused_values import RefusedValues
from api.provider.transport import Response, Transport

# How long the response may take to end once the answer is there: first for its usage, then for its last, empty chunk.
TAIL_SECONDS = 5.0
EARLY_STOP_SECONDS = 30.0
SHORTEST_KEY = 8
ERROR_BODY_LIMIT = 64 * 1024
ERROR_BODY_SECONDS = 5.0
MODELS_LIMIT = 4 * 1024 * 1024
SETTLE_SECONDS = 0.1
SETTLING_READS = 8


class Upstream:
    """A provider; these arguments decide about it, of the environment only proxies are read.

    `refused` are the options, as pairs of model and name, which it is known not to take, `refused_values` what it takes
    with other values.
    """

    def __init__(
        self, base_url: str, api_key: str, *, max_connections: int, connect_timeout_seconds: float = 5.0
    ) -> None:
        self.transport = Transport(
            base_url,
            _headers(api_key),
            max_connections=max_connections,
            connect_timeout_seconds=connect_timeout_seconds,
        )
        self.refused: set[tuple[str, str]] = set()
        self.refused_values = RefusedValues()
        self._base_url = base_url
        self._api_key = api_key

    def refused_by(self, model: str) -> set[str]:
        """Return the options which are known to be refused for a model."""
        return {option for name, option in self.refused if name == model}

    def source(self, model: str) -> str:
        """Name the provider and a model of it, for what goes back to it alone; the address is nobody's business."""
        return hashlib.sha256(f"{self._base_url} {model}".encode()).hexdigest()[:16]

    def model_names(self, limit_seconds: float) -> tuple[str, ...]:
        """Ask the provider which models it has.

        Raises:
            ProviderError: it has not answered in its time, or not with a list of models.
        """
        try:
            response = self.transport.send("GET", "/models", exchange=Exchange(), limit_seconds=limit_seconds)
            if not response.is_success:
                raise self.translated(error_from_response(response.status, response.headers, said(response)))
            listed = response.read_all(MODELS_LIMIT)
        except FOREIGN_ERRORS as exc:
            raise self.translated(exc) from exc
        names = names_of(listed)
        if names is None:
            raise ProviderError(f"The provider did not answer with a list of models: {CHECK_BASE_URL}.")
        return names

    def translated(self, exc: Exception, prompts: Iterable[str] = ()) -> ProviderError:
        """Turn what went wrong into an error of the tree, which shows neither the key nor what the prompts say."""
        error = exc if isinstance(exc, ProviderError) else translated(exc)
        sentence, says, quoted = str(error).partition(SAYS)
        quoted = without_prompt(quoted, prompts) if quoted else ""
        if len(self._api_key) >= SHORTEST_KEY:
            quoted = quoted.replace(self._api_key, HIDDEN)
        error.args = (sentence + says + quoted,)
        return error


def said(response: Response) -> bytes:
    """Read what a response that is no success says; its status says enough where that cannot be read."""
    response.limit_time(ERROR_BODY_SECONDS)
    with suppress(*FOREIGN_ERRORS):
        return response.read_all(ERROR_BODY_LIMIT)
    return b""


def settle(response: Response) -> None:
    """Read the end of the response, which keeps its connection usable, unless it takes long."""
    response.limit_time(SETTLE_SECONDS)
    with suppress(*FOREIGN_ERRORS):
        for _ in range(SETTLING_READS):
            if not response.read():
                break


def _headers(api_key: str) -> dict[str, str]:
    headers = {
        "accept": "application/json",
        "accept-encoding": "identity",
        "connection": "keep-alive",
        "content-type": "application/json",
        "user-agent": "decant",
    }
    return headers | {"authorization": f"Bearer {api_key}"} if api_key else headers
