# SPDX-License-Identifier: Apache-2.0
"""Sends over sockets that block; idle connections are used again."""

import os
import select
import socket
import ssl
import threading
import time
from typing import Any, List, Optional, Tuple

from ._exchange import Call, Exchange, Lost, Response, Send, Settings, Sleep
from ._wire import ResponseParser, WireError

# The server ends connections that are idle for 30 s.
IDLE_S = 20
MAX_IDLE = 32


def tls_context(settings: Settings, given: Optional[ssl.SSLContext]) -> Optional[ssl.SSLContext]:
    return None if settings.scheme == "http" else given or ssl.create_default_context()


class SyncTransport:
    """Threads may share it: each call has a connection to itself."""

    def __init__(self, exchange: Exchange, context: Optional[ssl.SSLContext]) -> None:
        self._exchange = exchange
        self._settings = exchange.settings
        self._context = tls_context(self._settings, context)
        self._lock = threading.Lock()
        self._idle: List[Tuple[socket.socket, float]] = []
        self._pid = os.getpid()

    def send(self, call: Call) -> Any:
        steps = self._exchange.run(call)
        try:
            step = next(steps)
            while True:
                if isinstance(step, Sleep):
                    time.sleep(step.seconds)
                    step = steps.send(None)
                    continue
                try:
                    response = self._attempt(step)
                except Lost as lost:
                    step = steps.throw(lost)
                else:
                    step = steps.send(response)
        except StopIteration as stop:
            return stop.value

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection, _ in idle:
            connection.close()

    def __del__(self) -> None:
        # Of a constructor that raised, nothing may be there.
        if hasattr(self, "_idle"):
            self.close()

    def _attempt(self, send: Send) -> Response:
        deadline = time.monotonic() + send.timeout
        connection = self._reuse() or self._connect(deadline)
        parser = ResponseParser()
        try:
            self._await(connection, deadline)
            connection.sendall(send.raw)
            while True:
                self._await(connection, deadline)
                if parser.feed(connection.recv(65536)):
                    break
        except socket.timeout as fault:
            connection.close()
            raise Lost(f"no answer in {send.timeout:g} s", True, timed_out=True) from fault
        except (OSError, WireError) as fault:
            connection.close()
            raise Lost(str(fault), True) from fault
        except BaseException:
            connection.close()
            raise
        assert parser.response is not None
        self._keep(connection, parser.keep_alive)
        return parser.response

    @staticmethod
    def _await(connection: socket.socket, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise socket.timeout("timed out")
        connection.settimeout(left)

    def _connect(self, deadline: float) -> socket.socket:
        s = self._settings
        left = max(deadline - time.monotonic(), 0.001)
        raw = None
        try:
            raw = socket.create_connection((s.host, s.port), left)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is None:
                return raw
            return self._context.wrap_socket(raw, server_hostname=s.host)
        except ssl.SSLCertVerificationError as fault:
            if raw is not None:
                raw.close()
            raise Lost(f"the server's certificate does not hold: {fault.verify_message}",
                       False, final=True) from fault
        except OSError as fault:
            if raw is not None:
                raw.close()
            timed_out = isinstance(fault, socket.timeout)
            raise Lost(str(fault), False, timed_out=timed_out) from fault

    def _reuse(self) -> Optional[socket.socket]:
        """An idle connection that the other side has not ended."""
        while True:
            with self._lock:
                if self._pid != os.getpid():
                    # A child process must not talk on its parent's.
                    self._idle, self._pid = [], os.getpid()
                if not self._idle:
                    return None
                connection, since = self._idle.pop()
            if time.monotonic() - since < IDLE_S and not _is_readable(connection):
                return connection
            connection.close()

    def _keep(self, connection: socket.socket, keep_alive: bool) -> None:
        if keep_alive:
            with self._lock:
                if len(self._idle) < MAX_IDLE:
                    self._idle.append((connection, time.monotonic()))
                    return
        connection.close()


def _is_readable(connection: socket.socket) -> bool:
    """Nothing was asked: what can be read is the end, or nonsense."""
    try:
        if hasattr(select, "poll"):
            poll = select.poll()
            poll.register(connection, select.POLLIN)
            return bool(poll.poll(0))
        return bool(select.select([connection], [], [], 0)[0])
    except (OSError, ValueError):
        return True
