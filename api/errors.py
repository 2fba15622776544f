"""Everything that can go wrong, as one tree.

    DecantError
    ├── BadRequest            400  the client sent something that cannot be answered
    │   ├── TooSlow           408  the body has not come in its time
    │   ├── TooLarge          413  the body is over the limit
    │   ├── NotJson           415  the body is not declared as JSON
    │   ├── KeyReused         409  the Idempotency-Key belongs to another request
    │   └── AlreadyDecided    409  somebody has decided about this tool call before
    ├── Unauthorized          401  the access token is missing or wrong
    ├── Forbidden             403  this way of asking is closed
    ├── NotFound              404  no such route or thing
    ├── Conflict              409  a thread runs one run at a time
    ├── Busy                  503  every stream slot is taken
    ├── StoreUnavailable      503  the database does not answer
    ├── ServerShutdown        503  this process is going away
    ├── Internal              500  a defect of Decant; the log has the details under the request id
    ├── TooManySteps          502  the model goes on calling tools
    ├── DecisionTimeout       504  nobody has decided about a tool call
    ├── ToolServerError       502  an MCP server failed
    │   └── ToolServerTimeout 504  it said nothing for too long
    └── ProviderError         502  the model's provider failed
        ├── ProviderRejected  502  it refuses the request itself: asking again changes nothing
        │   └── RequestRefused 400 it refuses what the client has written into the request
        ├── ProviderTimeout   504  it said nothing for too long
        ├── ProviderTruncated 502  its answer ended without a finish_reason
        ├── ProviderRateLimited 429  it wants fewer requests
        ├── ToolsUnsupported  502  the model takes no tools
        ├── ContextTooLong    400  the messages do not fit the model
        └── ContentFiltered   400  it refuses the content

Before the first byte an error is a JSON response; after it, the terminal event `run.failed`. Both carry `code`.
"""

from traceback import clear_frames
from typing import ClassVar


class DecantError(Exception):
    """An expected failure: `str(error)` is a sentence for a person, `param` the field that is wrong."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, retry_after_seconds: float | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds
        self.param = param

    def fresh(self) -> "DecantError":
        """Return the same failure without where it was raised: one that is kept must not keep its frames alive."""
        return type(self)(str(self), retry_after_seconds=self.retry_after_seconds, param=self.param)


class BadRequest(DecantError):
    """The client sent something that cannot be answered."""

    code, status = "bad_request", 400


class TooSlow(BadRequest):
    """The body has not come in its time."""

    status, retryable = 408, True


class TooLarge(BadRequest):
    """The body is over the limit."""

    status = 413


class NotJson(BadRequest):
    """The body is not declared as JSON."""

    status = 415


class KeyReused(BadRequest):
    """The Idempotency-Key belongs to another request."""

    status = 409


class AlreadyDecided(BadRequest):
    """Somebody has decided about this tool call before."""

    status = 409


class Unauthorized(DecantError):
    """The access token is missing or wrong."""

    code, status = "unauthorized", 401


class Forbidden(DecantError):
    """This way of asking is closed."""

    code, status = "forbidden", 403


class NotFound(DecantError):
    """There is no such route or thing."""

    code, status = "not_found", 404


class Conflict(DecantError):
    """A thread runs one run at a time."""

    code, status, retryable = "busy", 409, True


class Busy(DecantError):
    """Every stream slot is taken."""

    code, status, retryable = "busy", 503, True


class StoreUnavailable(DecantError):
    """The database does not answer."""

    code, status, retryable = "busy", 503, True


class ServerShutdown(DecantError):
    """This process is going away."""

    code, status, retryable = "server_shutdown", 503, True


class Internal(DecantError):
    """A defect of Decant; the log has the details under the request id."""

    code, status, retryable = "internal", 500, True


class TooManySteps(DecantError):
    """The model goes on calling tools."""

    code, status, retryable = "too_many_steps", 502, True


class DecisionTimeout(DecantError):
    """Nobody has decided about a tool call before its limit."""

    code, status, retryable = "decision_timeout", 504, True


class ToolServerError(DecantError):
    """An MCP server failed."""

    code, status, retryable = "upstream_error", 502, True


class ToolServerTimeout(ToolServerError):
    """It said nothing for too long."""

    code, status = "upstream_timeout", 504


class ProviderError(DecantError):
    """The model's provider failed."""

    code, status, retryable = "upstream_error", 502, True


class ProviderRejected(ProviderError):
    """The provider refuses the request itself (key, model name, option): asking again changes nothing."""

    retryable = False


class RequestRefused(ProviderRejected):
    """The provider refuses what the client has written into the request."""

    code, status = "bad_request", 400


class ProviderTimeout(ProviderError):
    """The provider said nothing for too long."""

    code, status = "upstream_timeout", 504


class ProviderTruncated(ProviderError):
    """The provider's answer ended without a finish_reason."""

    code = "upstream_truncated"


class ProviderRateLimited(ProviderError):
    """The provider wants fewer requests."""

    code, status = "upstream_rate_limited", 429


class ToolsUnsupported(ProviderError):
    """The model takes no tools; asked again it is told of none."""

    code = "tools_unsupported"


class ContextTooLong(ProviderError):
    """The messages do not fit the model."""

    code, status, retryable = "context_too_long", 400, False


class ContentFiltered(ProviderError):
    """The provider refuses the content."""

    code, status, retryable = "content_filter", 400, False


def forget_frames(error: BaseException) -> None:
    """Clear the frames that a handled exception has passed, and those of what led to it.

    A frame that holds the exception in a variable is held by it: only the collector would find the two, and with them
    the run, its request and its answer.
    """
    led_to: BaseException | None = error
    while led_to is not None:
        clear_frames(led_to.__traceback__)
        led_to.__traceback__ = None
        led_to = led_to.__cause__ or led_to.__context__
