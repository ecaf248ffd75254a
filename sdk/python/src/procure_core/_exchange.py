# SPDX-License-Identifier: Apache-2.0
"""One call without I/O: sign, judge what came, send again where that is safe.

Sending again is safe because the server takes the same signed bytes for the
same request for as long as their timestamp is good: one effect, one answer.
Afterwards bytes are signed anew only where nothing can have happened yet, where
nothing happens at all (reads), or where an Idempotency-Key makes it the same
request all the same.

The generator `Exchange.run` yields `Send` and `Sleep` and is given a `Response`
(or `Lost` is thrown in); threads and asyncio drive the same one.
"""

import email.utils
import random
import re
import threading
import time
from typing import Any, Callable, Dict, Generator, NamedTuple, Optional, Union
from urllib.parse import urlsplit

from . import _codec
from ._sign import Signer
from ._version import VERSION
from .errors import (ApiError, ClockError, ProcureConnectionError, ProcureError,
                     ProcureTimeoutError, refusal_error)

# The server's window is five minutes; the rest is for the way.
TIMESTAMP_GOOD_MS = 270_000
# How far ahead of the clock timestamps may run to differ from each other.
TIMESTAMP_LEAD_MS = 60_000

_ETAG = re.compile(r'"(\d{1,16})"')
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_ROUGH = re.compile(r"\s.*|.*\s|.*[\x00-\x1f\x7f].*", re.S)


class Settings(NamedTuple):
    scheme: str
    host: str
    port: int
    #: Of the header Host.
    authority: str
    #: Goes before every path; signed with it.
    prefix: str
    app_id: str
    timeout: float
    max_retries: int
    retry_delay: float
    max_retry_delay: float

    @property
    def base_url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.prefix}"


def settings(app_id: str, base_url: str, timeout: float, max_retries: int,
             retry_delay: float, max_retry_delay: float) -> Settings:
    """ValueError or TypeError: an argument is wrong."""
    token("app_id", app_id)
    if not _VISIBLE.fullmatch(app_id):
        raise ValueError("app_id must be visible ASCII characters")
    if not isinstance(base_url, str):
        raise TypeError("base_url must be a URL such as https://host")
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("base_url must be a URL such as https://host")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("base_url must be without user, query and fragment")
    if not _VISIBLE.fullmatch(parts.path or "/"):
        raise ValueError("base_url has a path that is not percent-encoded")
    for name, value, least in (("timeout", timeout, 0.001), ("max_retries", max_retries, 0),
                               ("retry_delay", retry_delay, 0),
                               ("max_retry_delay", max_retry_delay, 0)):
        if not least <= value < float("inf"):
            raise ValueError(f"{name} must be a number from {least} on")
    prefix = parts.path.rstrip("/")
    if prefix.endswith("/api/v1"):
        prefix = prefix[:-len("/api/v1")]
    host = parts.hostname.encode("idna").decode("ascii")
    shown = f"[{host}]" if ":" in host else host
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    return Settings(parts.scheme, host, port,
                    shown if parts.port is None else f"{shown}:{parts.port}",
                    prefix, app_id, timeout, max_retries, retry_delay, max_retry_delay)


def token(name: str, value: Any) -> str:
    """A secret read from a file often has its line break still."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is missing")
    if _ROUGH.fullmatch(value):
        raise ValueError(f"{name} has a blank or a line break around it, "
                         "or a control character in it")
    return value


class Response(NamedTuple):
    status: int
    reason: str
    #: Names in lower case.
    headers: Dict[str, str]
    body: bytes


class Lost(Exception):
    """A transport's: no answer. `sent` is False where not a byte went out, and
    `final` True where another attempt would end likewise."""

    def __init__(self, text: str, sent: bool, timed_out: bool = False, final: bool = False) -> None:
        super().__init__(text)
        self.sent, self.timed_out, self.final = sent, timed_out, final


class Call(NamedTuple):
    method: str
    #: Behind the prefix and /api/v1, query included.
    path: str
    #: Makes what the caller gets from the answer's data and version.
    parse: Callable[[Any, Optional[int]], Any]
    body: Optional[bytes] = None
    headers: Dict[str, str] = {}
    #: Nothing is changed by it.
    is_read: bool = True
    is_signed: bool = True
    timeout: Optional[float] = None
    #: The server may hold the answer back for so many seconds.
    wait: float = 0

    @property
    def has_key(self) -> bool:
        return "Idempotency-Key" in self.headers


class Send(NamedTuple):
    """These bytes are to be sent, and an answer to be had in `timeout`."""

    raw: bytes
    at: int
    timeout: float


class Sleep(NamedTuple):
    seconds: float


Steps = Generator[Union[Send, Sleep], Optional[Response], Any]


class _Failure(NamedTuple):
    #: final: the answer will not change. undone: nothing was done. unsure: it
    #: may have been done. clock: nothing was done, sign with the server's clock.
    fate: str
    error: ProcureError
    retry_after: float = 0


class Exchange:
    """The calls of one client; threads may share it."""

    def __init__(self, settings: Settings, secret: str) -> None:
        self.settings = settings
        self._signer = Signer(token("app_secret", secret))
        self._lock = threading.Lock()
        self._offset_ms = 0
        self._last_at = 0

    @property
    def offset_ms(self) -> int:
        """The server's clock minus ours, as far as it is known."""
        return self._offset_ms

    def run(self, call: Call) -> Steps:
        signed = self._sign(call)
        unsure = corrected = False
        again = 0
        while True:
            outcome = yield from self._attempt(call, signed)
            if not isinstance(outcome, _Failure):
                return outcome
            unsure = unsure or (outcome.fate == "unsure" and not call.is_read)
            may_sign = not unsure or call.has_key
            if outcome.fate == "final" or again >= self.settings.max_retries:
                raise outcome.error
            if outcome.fate == "clock":
                if corrected or not may_sign:
                    raise outcome.error
                corrected = True
                signed = self._sign(call)
            else:
                delay = self._delay(again, outcome.retry_after)
                if delay is None:
                    raise outcome.error
                yield Sleep(delay)
                if abs(self._now() - signed.at) >= TIMESTAMP_GOOD_MS:
                    if not may_sign:
                        raise outcome.error
                    signed = self._sign(call)
            again += 1

    def _now(self) -> int:
        return int(time.time() * 1000) + self._offset_ms

    def _timestamp(self, call: Call) -> int:
        """Two changes with the same bytes in the same millisecond would be one
        request to the server; a caller that makes two means two."""
        at = self._now()
        if call.is_read:
            return at
        with self._lock:
            if at <= self._last_at < at + TIMESTAMP_LEAD_MS:
                at = self._last_at + 1
            self._last_at = at
        return at

    def _sign(self, call: Call) -> Send:
        s = self.settings
        target = f"{s.prefix}/api/v1{call.path}"
        at = self._timestamp(call)
        headers = {"Host": s.authority, "Accept": "application/json",
                   "User-Agent": f"procure-core-sdk-python/{VERSION}", **call.headers}
        if call.is_signed:
            headers["X-App-Id"] = s.app_id
            headers["X-Timestamp"] = str(at)
            headers["X-Signature"] = self._signer.sign(call.method, target, at, call.body or b"")
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        if call.body is not None or call.method in ("POST", "PUT"):
            headers["Content-Length"] = str(len(call.body or b""))
        head = f"{call.method} {target} HTTP/1.1\r\n" + "".join(
            f"{name}: {value}\r\n" for name, value in headers.items())
        timeout = s.timeout if call.timeout is None else call.timeout
        return Send((head + "\r\n").encode("ascii") + (call.body or b""), at, timeout + call.wait)

    def _attempt(self, call: Call, signed: Send) -> Steps:
        sent_at = time.time()
        try:
            response = yield signed
        except Lost as lost:
            return self._lost(call, lost)
        assert response is not None
        return self._judge(call, response, sent_at)

    def _lost(self, call: Call, lost: Lost) -> _Failure:
        kind = ProcureTimeoutError if lost.timed_out else ProcureConnectionError
        where = f"{call.method} {self.settings.scheme}://{self.settings.authority}"
        error = kind(f"{where}: {lost}", lost.sent and not call.is_read)
        error.__cause__ = lost.__cause__
        if lost.final:
            return _Failure("final", error)
        return _Failure("unsure" if lost.sent else "undone", error)

    def _judge(self, call: Call, response: Response, sent_at: float) -> Any:
        answer = _envelope(response.body)
        if 200 <= response.status < 300 and answer and answer["code"] == 0:
            version = _ETAG.fullmatch(response.headers.get("etag", ""))
            return call.parse(answer.get("data"), int(version[1]) if version else None)
        retry_after = _retry_after(response.headers.get("retry-after"))
        error = refusal_error(
            response.status, answer["code"] if answer else None,
            answer["message"] if answer else _unreadable(response),
            answer.get("data") if answer else None,
            response.headers.get("x-request-id"), retry_after or None)
        if isinstance(error, ClockError) and error.server_time is not None:
            # The answer was written half way between, at best guess.
            middle = (sent_at + time.time()) / 2
            with self._lock:
                self._offset_ms = error.server_time - int(middle * 1000)
                self._last_at = 0
            return _Failure("clock", error)
        return _Failure(_fate(error), error, retry_after)

    def _delay(self, again: int, retry_after: float) -> Optional[float]:
        """Seconds until the next attempt; None: not worth the wait."""
        s = self.settings
        grown = min(s.retry_delay * float(1 << again), s.max_retry_delay)
        if retry_after > s.max_retry_delay:
            return None
        if retry_after > 0:
            # Those who were told the same moment must not all come at it.
            return retry_after + random.random() * min(grown, retry_after / 4)
        return grown * (0.5 + random.random() / 2)


def _envelope(body: bytes) -> Optional[Dict[str, Any]]:
    """None: this is no answer of the server."""
    try:
        answer = _codec.loads(body)
    except (ValueError, RecursionError):
        return None
    if (isinstance(answer, dict) and type(answer.get("code")) is int
            and isinstance(answer.get("message"), str)):
        return answer
    return None


def _unreadable(response: Response) -> str:
    # From 500 on and at 429 it is a proxy's: somebody else's fault, and not the address.
    if response.status < 500 and response.status != 429:
        said = f"{response.reason}: " if response.status >= 300 and response.reason else ""
        return f"{said}the answer is not the API's: is base_url right?"
    return response.reason or "the answer is not the API's"


def _fate(error: ApiError) -> str:
    if error.status == 429:
        return "undone"
    # Only the server itself can say that nothing was done.
    if error.status == 503 and error.code is not None:
        return "undone"
    return "unsure" if error.status >= 500 or error.status == 408 else "final"


def _retry_after(header: Optional[str]) -> float:
    """Seconds or a date, in seconds from now; 0 where there is none."""
    if header is None:
        return 0
    if header.isascii() and header.isdigit():
        return float(header)
    try:
        date = email.utils.parsedate_to_datetime(header)
        return max(date.timestamp() - time.time(), 0)
    except (TypeError, ValueError, OverflowError):
        return 0
