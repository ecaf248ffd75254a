# SPDX-License-Identifier: Apache-2.0
"""Sends over asyncio's streams: a call that is cancelled ends its connection,
and a thousand long polls need no thread."""

import asyncio
import ssl
import time
from typing import Any, List, NamedTuple, Optional

from ._exchange import Call, Exchange, Lost, Response, Send, Sleep
from ._sync import IDLE_S, MAX_IDLE, tls_context
from ._wire import ResponseParser, WireError


class _Connection(NamedTuple):
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    #: Streams live and die with the loop that made them.
    loop: asyncio.AbstractEventLoop


class _Idle(NamedTuple):
    connection: _Connection
    since: float


class _Progress:
    """How far an attempt came, for when it is cut off."""

    sent = False


class AsyncTransport:
    def __init__(self, exchange: Exchange, context: Optional[ssl.SSLContext]) -> None:
        self._exchange = exchange
        self._settings = exchange.settings
        self._context = tls_context(self._settings, context)
        self._idle: List[_Idle] = []

    async def send(self, call: Call) -> Any:
        steps = self._exchange.run(call)
        try:
            step = next(steps)
            while True:
                if isinstance(step, Sleep):
                    await asyncio.sleep(step.seconds)
                    step = steps.send(None)
                    continue
                try:
                    response = await self._attempt(step)
                except Lost as lost:
                    step = steps.throw(lost)
                else:
                    step = steps.send(response)
        except StopIteration as stop:
            return stop.value

    async def close(self) -> None:
        idle, self._idle = self._idle, []
        for entry in idle:
            await _close(entry.connection)

    async def _attempt(self, send: Send) -> Response:
        progress = _Progress()
        try:
            return await asyncio.wait_for(self._exchange_bytes(send.raw, progress), send.timeout)
        except asyncio.TimeoutError as fault:
            raise Lost(f"no answer in {send.timeout:g} s", progress.sent, timed_out=True) from fault

    async def _exchange_bytes(self, raw: bytes, progress: _Progress) -> Response:
        connection = self._reuse() or await self._connect()
        parser = ResponseParser()
        done = False
        try:
            progress.sent = True
            connection.writer.write(raw)
            await connection.writer.drain()
            while not parser.feed(await connection.reader.read(65536)):
                pass
            done = True
        except (OSError, WireError) as fault:
            raise Lost(str(fault), True) from fault
        finally:
            if not done:
                _abort(connection)
        assert parser.response is not None
        if parser.keep_alive and len(self._idle) < MAX_IDLE:
            self._idle.append(_Idle(connection, time.monotonic()))
        else:
            connection.writer.close()
        return parser.response

    async def _connect(self) -> _Connection:
        s = self._settings
        try:
            reader, writer = await asyncio.open_connection(s.host, s.port, ssl=self._context)
        except ssl.SSLCertVerificationError as fault:
            raise Lost(f"the server's certificate does not hold: {fault.verify_message}",
                       False, final=True) from fault
        except OSError as fault:
            raise Lost(str(fault), False) from fault
        return _Connection(reader, writer, asyncio.get_running_loop())

    def _reuse(self) -> Optional[_Connection]:
        """An idle connection that the other side has not ended."""
        loop = asyncio.get_running_loop()
        while self._idle:
            connection, since = self._idle.pop()
            if connection.loop is not loop:
                continue
            if (time.monotonic() - since < IDLE_S and not connection.reader.at_eof()
                    and not connection.writer.is_closing()):
                return connection
            _abort(connection)
        return None


def _abort(connection: _Connection) -> None:
    connection.writer.transport.abort()


async def _close(connection: _Connection) -> None:
    if connection.loop is not asyncio.get_running_loop():
        return
    connection.writer.close()
    try:
        await connection.writer.wait_closed()
    except OSError:
        pass  # the other side was first
