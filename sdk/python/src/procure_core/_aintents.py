# SPDX-License-Identifier: Apache-2.0
"""The calls on purchase intents, for asyncio."""

from typing import Any, Iterable, Mapping, Optional, Union

from . import _calls
from ._aio import AsyncTransport
from ._calls import UNSET, Common, IfMatch, Moment, Money, Unset
from ._listing import AsyncListing, amendments_turn, changes_turn, intents_turn
from .models import (Amendment, AmendmentPage, BatchAnswer, CancelledIntent, Change, ChangePage,
                     Intent, IntentPage)


class AsyncIntents:
    """Every method gives the answer's data; see README for the options."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._send = transport.send

    async def create(self, *, user_id: str, platform: str, product_url: str, title: str,
                     price: Money, quantity: int, recipient_name: str, address: str, phone: str,
                     remarks: Union[str, None, Unset] = UNSET, status: Union[str, Unset] = UNSET,
                     idempotency_key: Optional[str] = None, timeout: Optional[float] = None,
                     request_id: Optional[str] = None) -> Intent:
        """SUBMITTED unless `status` says DRAFT."""
        fields = dict(user_id=user_id, platform=platform, product_url=product_url, title=title,
                      price=price, quantity=quantity, recipient_name=recipient_name,
                      address=address, phone=phone, remarks=remarks, status=status)
        result: Intent = await self._send(
            _calls.create(fields, Common(timeout, request_id, idempotency_key)))
        return result

    async def get(self, intent_id: str, *, timeout: Optional[float] = None,
                  request_id: Optional[str] = None) -> Intent:
        result: Intent = await self._send(_calls.get(intent_id, Common(timeout, request_id)))
        return result

    def list(self, *, page: Optional[int] = None, page_size: Optional[int] = None,
             cursor: Optional[str] = None, status: Optional[str] = None,
             user_id: Optional[str] = None, platform: Optional[str] = None,
             start_date: Optional[Moment] = None, end_date: Optional[Moment] = None,
             sort_by: Optional[str] = None, order: Optional[str] = None,
             timeout: Optional[float] = None,
             request_id: Optional[str] = None) -> AsyncListing[IntentPage, Intent]:
        """Awaited: one page. Iterated: every intent that fits."""
        query = dict(page=page, page_size=page_size, cursor=cursor, status=status,
                     user_id=user_id, platform=platform, start_date=start_date,
                     end_date=end_date, sort_by=sort_by, order=order)
        common = Common(timeout, request_id)
        return AsyncListing(lambda q: self._send(_calls.list_page(q, common)), query,
                            intents_turn(query))

    async def update(self, intent_id: str, *, quantity: Union[int, Unset] = UNSET,
                     recipient_name: Union[str, Unset] = UNSET, address: Union[str, Unset] = UNSET,
                     phone: Union[str, Unset] = UNSET, remarks: Union[str, None, Unset] = UNSET,
                     if_match: Optional[IfMatch] = None, idempotency_key: Optional[str] = None,
                     dry_run: bool = False, timeout: Optional[float] = None,
                     request_id: Optional[str] = None) -> Intent:
        """Changes what is given and nothing else; `remarks=None` clears them."""
        fields = dict(quantity=quantity, recipient_name=recipient_name, address=address,
                      phone=phone, remarks=remarks)
        result: Intent = await self._send(_calls.update(
            intent_id, fields, dry_run, Common(timeout, request_id, idempotency_key, if_match)))
        return result

    async def cancel(self, intent_id: str, *, if_match: Optional[IfMatch] = None,
                     idempotency_key: Optional[str] = None, timeout: Optional[float] = None,
                     request_id: Optional[str] = None) -> CancelledIntent:
        result: CancelledIntent = await self._send(_calls.move(
            intent_id, "cancel", Common(timeout, request_id, idempotency_key, if_match)))
        return result

    async def submit(self, intent_id: str, *, if_match: Optional[IfMatch] = None,
                     idempotency_key: Optional[str] = None, timeout: Optional[float] = None,
                     request_id: Optional[str] = None) -> Intent:
        result: Intent = await self._send(_calls.move(
            intent_id, "submit", Common(timeout, request_id, idempotency_key, if_match)))
        return result

    async def execute(self, intent_id: str, *, if_match: Optional[IfMatch] = None,
                      idempotency_key: Optional[str] = None, timeout: Optional[float] = None,
                      request_id: Optional[str] = None) -> Intent:
        result: Intent = await self._send(_calls.move(
            intent_id, "execute", Common(timeout, request_id, idempotency_key, if_match)))
        return result

    async def complete(self, intent_id: str, *, if_match: Optional[IfMatch] = None,
                       idempotency_key: Optional[str] = None, timeout: Optional[float] = None,
                       request_id: Optional[str] = None) -> Intent:
        result: Intent = await self._send(_calls.move(
            intent_id, "complete", Common(timeout, request_id, idempotency_key, if_match)))
        return result

    async def fail(self, intent_id: str, *, reason: Union[str, None, Unset] = UNSET,
                   if_match: Optional[IfMatch] = None, idempotency_key: Optional[str] = None,
                   timeout: Optional[float] = None, request_id: Optional[str] = None) -> Intent:
        result: Intent = await self._send(_calls.fail(
            intent_id, reason, Common(timeout, request_id, idempotency_key, if_match)))
        return result

    async def delete(self, intent_id: str, *, if_match: Optional[IfMatch] = None,
                     idempotency_key: Optional[str] = None, timeout: Optional[float] = None,
                     request_id: Optional[str] = None) -> None:
        """Of a draft only; its amendments stay."""
        await self._send(_calls.delete(
            intent_id, Common(timeout, request_id, idempotency_key, if_match)))

    async def batch(self, items: Iterable[Mapping[str, Any]], *, atomic: bool = False,
                    idempotency_key: Optional[str] = None, dry_run: bool = False,
                    timeout: Optional[float] = None,
                    request_id: Optional[str] = None) -> BatchAnswer:
        """Up to 500 updates in one call: {"id", "if_match", and what update()
        takes}; one result an item. `atomic`: all of it or nothing of it."""
        result: BatchAnswer = await self._send(_calls.batch(
            items, atomic, dry_run, Common(timeout, request_id, idempotency_key)))
        return result

    def amendments(self, intent_id: str, *, after: Optional[int] = None,
                   limit: Optional[int] = None, timeout: Optional[float] = None,
                   request_id: Optional[str] = None) -> AsyncListing[AmendmentPage, Amendment]:
        """The audit trail of an intent, oldest first."""
        query = dict(after=after, limit=limit)
        common = Common(timeout, request_id)
        return AsyncListing(lambda q: self._send(_calls.amendments(intent_id, q, common)), query,
                            amendments_turn)

    def changes(self, *, after: Optional[int] = None, limit: Optional[int] = None,
                wait: Optional[int] = None, timeout: Optional[float] = None,
                request_id: Optional[str] = None) -> AsyncListing[ChangePage, Change]:
        """The app's change feed. Awaited: one page. Iterated with `wait` (seconds, up to 30) it
        goes on for ever; without it, it ends when it has caught up."""
        query = dict(after=after, limit=limit, wait=wait)
        common = Common(timeout, request_id)
        return AsyncListing(lambda q: self._send(_calls.changes(q, common)), query,
                            changes_turn(query))
