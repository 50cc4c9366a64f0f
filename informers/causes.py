"""Under which cause each error of a request or a stream is judged."""

from collections.abc import Callable

from multicasskop.informers.errors import (
    AnswerTooLarge,
    ApiError,
    CredentialsError,
    EndlessList,
    InformerError,
    StreamCorrupt,
    TransportError,
    UnexpectedAnswer,
    is_expired,
    is_forbidden,
    is_invalid,
    is_server_error,
    is_throttled,
    is_too_large_version,
    is_unauthorized,
)
from multicasskop.informers.states import Cause

_CAUSES: tuple[tuple[Callable[[BaseException], bool], Cause], ...] = (
    (lambda error: isinstance(error, ApiError) and error.reason == "StorageReadError", Cause.STORAGE),
    (is_expired, Cause.EXPIRED),
    (is_too_large_version, Cause.TOO_LARGE_VERSION),
    (is_throttled, Cause.THROTTLED),
    (is_server_error, Cause.SERVER_ERROR),
    (is_unauthorized, Cause.UNAUTHORIZED),
    (is_forbidden, Cause.FORBIDDEN),
    (lambda error: isinstance(error, ApiError) and error.status == 404, Cause.KIND_NOT_SERVED),
    (is_invalid, Cause.BAD_REQUEST),
    (lambda error: isinstance(error, TransportError), Cause.UNREACHABLE),
    (lambda error: isinstance(error, CredentialsError), Cause.NO_CREDENTIALS),
    (lambda error: isinstance(error, StreamCorrupt), Cause.CORRUPT),
    (lambda error: isinstance(error, EndlessList), Cause.ENDLESS_LIST),
    (lambda error: isinstance(error, AnswerTooLarge), Cause.PAGE_TOO_LARGE),
    (lambda error: isinstance(error, UnexpectedAnswer), Cause.NOT_A_LIST),
)


def cause_of(error: InformerError) -> Cause:
    """Return under which cause a failure is judged."""
    return next((cause for applies, cause in _CAUSES if applies(error)), Cause.UNEXPECTED)
