"""Everything that can go wrong between the page and the API, as one tree.

    PageError
    ├── ConfigError        a setting is missing or wrong: the start stops
    ├── ApiUnreachable     no connection, or no response in time
    ├── ApiRefused         the API answered with an error: its sentence, code and request id
    ├── ApiMisbehaved      what came back is not Decant's API
    ├── StreamTruncated    the stream ended, or fell silent, before a terminal event
    └── TooManyStreams     this process already reads as many answers as it may

`str(error)` is a sentence for a person; `is_retryable` says whether asking again makes sense.
"""

import traceback


class PageError(Exception):
    """An expected failure of the page."""

    is_retryable: bool = True
    request_id: str | None = None


class ConfigError(PageError):
    """A setting is missing or wrong; the sentence names the variable."""

    is_retryable = False


class ApiUnreachable(PageError):
    """There is no connection to the API, or it did not respond in time."""


class ApiMisbehaved(PageError):
    """The response does not look like one of Decant's API."""


class StreamTruncated(PageError):
    """The stream ended, or fell silent, before a terminal event."""


class TooManyStreams(PageError):
    """This process already reads as many answers at once as it may."""


class ApiRefused(PageError):
    """The API answered with an error of its own."""

    def __init__(
        self,
        sentence: str,
        *,
        status: int,
        code: str,
        is_retryable: bool,
        request_id: str | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.request_id = request_id
        self.retry_after_seconds = retry_after_seconds
        self.is_retryable = is_retryable


def forget_frames(error: BaseException) -> None:
    """Clear what the frames hold that the error of a library has come through.

    `urllib3` and `contextlib` keep an error in a local variable of a frame that the error's traceback leads to. That is
    a cycle, and it leads on to everything that the callers of the frame hold.
    """
    link: BaseException | None = error
    while link is not None:
        traceback.clear_frames(link.__traceback__)
        link = link.__cause__ or link.__context__
