# SPDX-License-Identifier: Apache-2.0
"""Everything this package raises besides TypeError and ValueError for a wrong
argument. An error never holds a header that was sent, nor the secret."""

from typing import Any, List, NamedTuple, Optional, Type


class FieldError(NamedTuple):
    #: The name on the wire, such as recipientName.
    field: str
    message: str


class FieldConflict(NamedTuple):
    field: str
    theirs: Any
    yours: Any


class ProcureError(Exception):
    """What all errors of this package are."""


class ProcureConnectionError(ProcureError):
    """No answer came, or not all of it."""

    def __init__(self, message: str, maybe_done: bool) -> None:
        super().__init__(message)
        #: Whether the server may have carried the call out all the same.
        self.maybe_done = maybe_done


class ProcureTimeoutError(ProcureConnectionError):
    """No answer came in time."""


class ApiError(ProcureError):
    """The server said no."""

    def __init__(self, status: int, code: Optional[int], message: str,
                 data: Any = None, request_id: Optional[str] = None,
                 retry_after: Optional[float] = None) -> None:
        #: Of HTTP.
        self.status = status
        #: The server's code, such as 40002; None where a proxy answered.
        self.code = code
        #: The server's message.
        self.message = message
        #: The answer's data, as it came.
        self.data = data
        self.request_id = request_id
        #: Seconds that the server asks to wait.
        self.retry_after = retry_after
        #: Every field that was wrong.
        self.field_errors: List[FieldError] = [
            FieldError(str(f.get("field")), str(f.get("message")))
            for f in self._list("errors")]
        #: One result an item, where a whole batch was refused.
        self.items: Optional[List[Any]] = self._list("items") or None
        super().__init__(self._text())

    def _get(self, name: str) -> Any:
        return self.data.get(name) if isinstance(self.data, dict) else None

    def _list(self, name: str) -> List[Any]:
        found = self._get(name)
        return [e for e in found if isinstance(e, dict)] if isinstance(found, list) else []

    def _text(self) -> str:
        code = "" if self.code is None else f"/{self.code}"
        fields = "; ".join(f"{f.field}: {f.message}" for f in self.field_errors)
        request = f" [request {self.request_id}]" if self.request_id else ""
        return (f"{self.status}{code} {self.message}"
                f"{f' ({fields})' if fields else ''}{request}")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


class ValidationError(ApiError):
    """40001: `field_errors` has every failing field."""


class StateError(ApiError):
    """40002 to 40007: the intent's status does not allow it."""

    @property
    def current_status(self) -> str:
        return str(self._get("currentStatus"))

    @property
    def allowed_statuses(self) -> List[str]:
        return list(self._get("allowedStatuses") or [])


class AuthenticationError(ApiError):
    """40101, 40102: the signature does not hold, or there is none."""


class ClockError(AuthenticationError):
    """40103: the clocks still differ after they were compared."""

    @property
    def server_time(self) -> Optional[int]:
        """Unix milliseconds."""
        found = self._get("serverTime")
        return found if isinstance(found, int) else None


class PermissionDeniedError(ApiError):
    """40301, 40302: not yours, the app is disabled, or the address is not allowed."""


class NotFoundError(ApiError):
    """40401, 40400: there is no such intent, or no such call."""


class ConflictError(ApiError):
    """40901: somebody else has changed the intent meanwhile."""

    @property
    def current_version(self) -> int:
        return int(self._get("currentVersion"))

    @property
    def your_version(self) -> int:
        return int(self._get("yourVersion"))

    @property
    def conflicts(self) -> List[FieldConflict]:
        """What you would have changed that they have changed."""
        return [FieldConflict(str(c.get("field")), c.get("theirs"), c.get("yours"))
                for c in self._list("conflicts")]


class IdempotencyKeyError(ApiError):
    """42201: the idempotency key was used for another request."""


class VersionRequiredError(ApiError):
    """42801: the app's policy wants `if_match`."""


class RateLimitError(ApiError):
    """42901: too many requests; `retry_after` says when to come back."""


class ServerError(ApiError):
    """5xx: the server, or a proxy before it, could not."""


_BY_CODE = {
    40001: ValidationError,
    40002: StateError,
    40003: StateError,
    40004: StateError,
    40005: StateError,
    40006: StateError,
    40007: StateError,
    40101: AuthenticationError,
    40102: AuthenticationError,
    40103: ClockError,
    40301: PermissionDeniedError,
    40302: PermissionDeniedError,
    40400: NotFoundError,
    40401: NotFoundError,
    40901: ConflictError,
    42201: IdempotencyKeyError,
    42801: VersionRequiredError,
    42901: RateLimitError,
}

_BY_STATUS = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    429: RateLimitError,
}


def refusal_error(status: int, code: Optional[int], message: str,
                  data: Any = None, request_id: Optional[str] = None,
                  retry_after: Optional[float] = None) -> ApiError:
    """The error of the class that fits the refusal's code."""
    fallback: Type[ApiError] = ServerError if status >= 500 else ApiError
    kind = (_BY_STATUS.get(status, fallback) if code is None
            else _BY_CODE.get(code, fallback))
    return kind(status, code, message, data, request_id, retry_after)
