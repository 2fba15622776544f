"""Exceptions of urllib3, http.client and the system become errors of the tree, by one table."""

import errno
import http.client
from collections.abc import Callable
from typing import Any

from urllib3 import exceptions as urllib3_errors

from api.errors import ProviderError, ProviderRejected, ProviderTimeout
from api.provider.chunked_body import MalformedResponseError
from api.provider.errors import CHECK_BASE_URL
from api.provider.http1 import EncodedBodyError, UnsendableRequestError

MAX_CAUSES = 8
_NO_FILES = (
    "Decant has no file descriptors left to reach the provider: "
    "raise their limit (ulimit -n), or lower MAX_STREAMS. Try again in a moment."
)
_COMPRESSED = (
    "The provider compresses its answer although Decant asks it not to: "
    "turn that off there, or in the proxy in front of it."
)


def translated(exc: Exception) -> ProviderError:
    """Say in the words of the tree what a foreign exception means."""
    if _is_out_of_files(exc):
        return ProviderError(_NO_FILES)
    for foreign, translation in TRANSLATIONS:
        if isinstance(exc, foreign):
            return translation(exc)
    raise TypeError(f"no translation for {type(exc).__name__}")


def _is_out_of_files(exc: BaseException | None) -> bool:
    """Whether this, or what it comes from, is the system's refusal to open one more file or socket."""
    for _ in range(MAX_CAUSES):
        if isinstance(exc, OSError) and exc.errno in (errno.EMFILE, errno.ENFILE):
            return True
        exc = exc and (exc.__cause__ or exc.__context__)
    return False


def _unreachable(reason: str, error: type[ProviderError] = ProviderError) -> Callable[[Any], ProviderError]:
    return lambda _: error(f"The provider cannot be reached ({reason}): {CHECK_BASE_URL}.")


def _broken(_: object) -> ProviderError:
    return ProviderError("The connection to the provider broke.")


def _silent(_: object) -> ProviderError:
    return ProviderTimeout("The provider did not answer in time.")


TRANSLATIONS: tuple[tuple[type[Exception], Callable[[Any], ProviderError]], ...] = (
    (urllib3_errors.NameResolutionError, _unreachable("its host name is unknown")),
    (urllib3_errors.NewConnectionError, _unreachable("nothing accepts connections there")),
    (urllib3_errors.ConnectTimeoutError, _unreachable("no connection in time", ProviderTimeout)),
    (urllib3_errors.TimeoutError, _silent),
    (urllib3_errors.ProxyError, _unreachable("the proxy does not connect")),
    (urllib3_errors.SSLError, _unreachable("TLS fails, often for a certificate that is not trusted")),
    (urllib3_errors.LocationValueError, lambda _: ProviderRejected("OPENAI_BASE_URL is not a web address.")),
    (
        UnsendableRequestError,
        lambda _: ProviderRejected("The request cannot be sent: check OPENAI_API_KEY for stray characters."),
    ),
    (TimeoutError, _silent),
    (urllib3_errors.HTTPError, _broken),
    (http.client.HTTPException, _broken),
    (EncodedBodyError, lambda _: ProviderRejected(_COMPRESSED)),
    (MalformedResponseError, _broken),
    (OSError, _broken),
)

FOREIGN_ERRORS = tuple(foreign for foreign, _ in TRANSLATIONS)
