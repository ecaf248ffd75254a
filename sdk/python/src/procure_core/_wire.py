# SPDX-License-Identifier: Apache-2.0
"""Reads one HTTP/1.1 response out of bytes as they come. No I/O: the threads'
and the asyncio transport feed the same parser."""

from typing import Dict, Optional

from ._exchange import Response

# What a proxy may add to the server's own is far less.
MAX_HEAD = 64 * 1024
# Four times what the server ever answers.
MAX_BODY = 64 * 1024 * 1024


class WireError(Exception):
    """These bytes are no HTTP response, or it is too long or cut off."""


class ResponseParser:
    """feed() until it is true; then `response` and `keep_alive` are set."""

    def __init__(self) -> None:
        self.response: Optional[Response] = None
        self.keep_alive = False
        self._buffer = bytearray()
        self._body = bytearray()
        self._status = 0
        self._reason = ""
        self._headers: Optional[Dict[str, str]] = None
        # Bytes that are still to come of the body or chunk; None: until the end.
        self._left: Optional[int] = 0
        self._chunked = False
        # Of a chunked body: "size", "data", "end" of data, "trailer".
        self._part = "size"

    def feed(self, data: bytes) -> bool:
        """b"" is the end of the stream."""
        self._buffer += data
        while self.response is None:
            if self._headers is None:
                if not self._read_head():
                    break
            elif self._chunked:
                if not self._read_chunk():
                    break
            elif not self._read_body():
                break
        if self.response is None and not data:
            self._end()
        return self.response is not None

    def _end(self) -> None:
        if self._headers is None or self._chunked or self._left is not None:
            raise WireError("the connection ended before the answer did")
        self._finish(False)

    def _finish(self, keep_alive: bool) -> None:
        assert self._headers is not None
        # Nothing was asked for that such bytes could answer.
        self.keep_alive = keep_alive and not self._buffer
        self.response = Response(self._status, self._reason, self._headers, bytes(self._body))

    def _line(self) -> Optional[str]:
        end = self._buffer.find(b"\n")
        if end < 0:
            if len(self._buffer) > MAX_HEAD:
                raise WireError("a line of the answer is too long")
            return None
        line = bytes(self._buffer[:end]).rstrip(b"\r").decode("latin-1")
        del self._buffer[:end + 1]
        return line

    def _read_head(self) -> bool:
        end = min((at for at in (self._buffer.find(b"\r\n\r\n"), self._buffer.find(b"\n\n"))
                   if at >= 0), default=-1)
        if end < 0:
            if len(self._buffer) > MAX_HEAD:
                raise WireError("the answer's head is too long")
            return False
        version, _, rest = (self._line() or "").partition(" ")
        status, _, self._reason = rest.partition(" ")
        if version not in ("HTTP/1.1", "HTTP/1.0") or len(status) != 3 or not status.isdigit():
            raise WireError("the answer is not HTTP")
        headers: Dict[str, str] = {}
        while True:
            line = self._line()
            if not line:
                break
            name, colon, value = line.partition(":")
            if not colon:
                raise WireError("the answer has a header without a colon")
            headers[name.strip().lower()] = value.strip()
        self._status = int(status)
        if self._status < 200:
            return True  # an interim answer; the real one follows
        self._headers = headers
        self._begin_body(version)
        return True

    def _begin_body(self, version: str) -> None:
        assert self._headers is not None
        connection = self._headers.get("connection", "").lower()
        self.keep_alive = (connection != "close" if version == "HTTP/1.1"
                           else connection == "keep-alive")
        length = self._headers.get("content-length")
        coding = self._headers.get("transfer-encoding", "").lower()
        if self._status in (204, 304):
            self._left = 0
        elif coding:
            if coding != "chunked":
                raise WireError("the answer has a coding that is not known")
            self._chunked = True
        elif length is None:
            self._left = None
        elif not length.isdigit() or int(length) > MAX_BODY:
            raise WireError("the answer's length is none, or too much")
        else:
            self._left = int(length)

    def _take(self) -> None:
        """Moves what there is, up to `_left`, into the body."""
        count = len(self._buffer) if self._left is None else min(self._left, len(self._buffer))
        self._body += self._buffer[:count]
        del self._buffer[:count]
        if self._left is not None:
            self._left -= count
        if len(self._body) > MAX_BODY:
            raise WireError("the answer is too long")

    def _read_body(self) -> bool:
        self._take()
        if self._left != 0:
            return False
        self._finish(self.keep_alive)
        return True

    def _read_chunk(self) -> bool:
        if self._part == "data":
            self._take()
            if self._left:
                return False
            self._part = "end"
        line = self._line()
        if line is None:
            return False
        if self._part == "size":
            try:
                self._left = int(line.partition(";")[0].strip() or "x", 16)
            except ValueError:
                raise WireError("the answer has a chunk without a size") from None
            if not 0 <= self._left <= MAX_BODY:
                raise WireError("the answer has a chunk that is too long")
            self._part = "data" if self._left else "trailer"
        elif self._part == "end":
            if line:
                raise WireError("a chunk of the answer is longer than it said")
            self._part = "size"
        elif not line:
            self._finish(self.keep_alive)
        return True
