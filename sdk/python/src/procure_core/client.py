# SPDX-License-Identifier: Apache-2.0
"""The clients: settings in, resources out."""

import ssl
from types import TracebackType
from typing import Optional, Type

from . import _calls
from ._aintents import AsyncIntents
from ._aio import AsyncTransport
from ._exchange import Exchange, settings
from ._intents import Intents
from ._sync import SyncTransport
from .models import Health


class _Client:
    """What both clients are."""

    def __init__(self, app_id: str, app_secret: str, base_url: str, timeout: float,
                 max_retries: int, retry_delay: float, max_retry_delay: float) -> None:
        self._exchange = Exchange(
            settings(app_id, base_url, timeout, max_retries, retry_delay, max_retry_delay),
            app_secret)
        self.app_id = app_id
        self.base_url = self._exchange.settings.base_url

    @property
    def clock_offset_ms(self) -> int:
        """What the server's clock is ahead of ours; 0 until it had to be asked."""
        return self._exchange.offset_ms

    def __repr__(self) -> str:
        return f"{type(self).__name__}(app_id={self.app_id!r}, base_url={self.base_url!r})"


class ProcureClient(_Client):
    """Blocks; threads may share it.

    `timeout` is of one attempt, in seconds; `max_retries` further attempts are
    made, `retry_delay` doubled each time between them. A Retry-After above
    `max_retry_delay` is not waited for. `ssl_context` replaces the default one.
    """

    def __init__(self, app_id: str, app_secret: str, base_url: str, *, timeout: float = 30,
                 max_retries: int = 3, retry_delay: float = 0.25, max_retry_delay: float = 20,
                 ssl_context: Optional[ssl.SSLContext] = None) -> None:
        super().__init__(app_id, app_secret, base_url, timeout, max_retries, retry_delay,
                         max_retry_delay)
        self._transport = SyncTransport(self._exchange, ssl_context)
        self.intents = Intents(self._transport)

    def health(self, *, timeout: Optional[float] = None) -> Health:
        """Needs no credentials; raises ServerError when the store is down."""
        result: Health = self._transport.send(_calls.health(timeout))
        return result

    def close(self) -> None:
        """Ends the idle connections; the client can be used on."""
        self._transport.close()

    def __enter__(self) -> "ProcureClient":
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], fault: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.close()


class AsyncProcureClient(_Client):
    """The same for asyncio; of one event loop at a time."""

    def __init__(self, app_id: str, app_secret: str, base_url: str, *, timeout: float = 30,
                 max_retries: int = 3, retry_delay: float = 0.25, max_retry_delay: float = 20,
                 ssl_context: Optional[ssl.SSLContext] = None) -> None:
        super().__init__(app_id, app_secret, base_url, timeout, max_retries, retry_delay,
                         max_retry_delay)
        self._transport = AsyncTransport(self._exchange, ssl_context)
        self.intents = AsyncIntents(self._transport)

    async def health(self, *, timeout: Optional[float] = None) -> Health:
        """Needs no credentials; raises ServerError when the store is down."""
        result: Health = await self._transport.send(_calls.health(timeout))
        return result

    async def close(self) -> None:
        """Ends the idle connections; the client can be used on."""
        await self._transport.close()

    async def __aenter__(self) -> "AsyncProcureClient":
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]],
                        fault: Optional[BaseException],
                        trace: Optional[TracebackType]) -> None:
        await self.close()
