# SPDX-License-Identifier: Apache-2.0
"""What a call of many things gives: one page, or, iterated, every item. Nothing
is asked for before one of the two is done.

A `Turn` says which page comes after a page: None ends it.
"""

from typing import (Any, AsyncIterator, Awaitable, Callable, Dict, Generator, Generic, Iterator,
                    Optional, TypeVar)

P = TypeVar("P")
I = TypeVar("I")

#: Query of the first page (given None), or of the one after a page.
Turn = Callable[[Optional[Any]], Optional[Dict[str, Any]]]


class Listing(Generic[P, I]):
    """Iterated: every item. Its attributes are those of the first page."""

    def __init__(self, fetch: Callable[[Dict[str, Any]], Any], query: Dict[str, Any],
                 turn: Turn) -> None:
        self._fetch, self._query, self._turn = fetch, query, turn
        self._page: Optional[P] = None

    def first(self) -> P:
        """The page that the arguments name, asked for once."""
        if self._page is None:
            self._page = self._fetch(self._query)
        return self._page

    def pages(self) -> Iterator[P]:
        """Page after page, to the end."""
        query = self._turn(None)
        while query is not None:
            page = self._fetch({**self._query, **query})
            yield page
            query = self._turn(page)

    def __iter__(self) -> Iterator[I]:
        for page in self.pages():
            yield from page.items  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.first(), name)


class AsyncListing(Generic[P, I]):
    """Awaited: one page. Iterated: every item."""

    def __init__(self, fetch: Callable[[Dict[str, Any]], Awaitable[Any]], query: Dict[str, Any],
                 turn: Turn) -> None:
        self._fetch, self._query, self._turn = fetch, query, turn

    def __await__(self) -> Generator[Any, None, P]:
        return self._fetch(self._query).__await__()

    async def pages(self) -> AsyncIterator[P]:
        """Page after page, to the end."""
        query = self._turn(None)
        while query is not None:
            page = await self._fetch({**self._query, **query})
            yield page
            query = self._turn(page)

    async def __aiter__(self) -> AsyncIterator[I]:
        async for page in self.pages():
            for item in page.items:  # type: ignore[attr-defined]
                yield item


def intents_turn(query: Dict[str, Any]) -> Turn:
    """By cursor; a page by number is all that was asked for."""
    def turn(page: Optional[Any]) -> Optional[Dict[str, Any]]:
        if page is None:
            return {} if query.get("page") is not None else {"cursor": query.get("cursor") or ""}
        return None if page.next_cursor is None else {"cursor": page.next_cursor}
    return turn


def amendments_turn(page: Optional[Any]) -> Optional[Dict[str, Any]]:
    if page is None:
        return {}
    return None if page.next is None else {"after": page.next}


def changes_turn(query: Dict[str, Any]) -> Turn:
    """With `wait` for ever; without it until there is nothing new."""
    def turn(page: Optional[Any]) -> Optional[Dict[str, Any]]:
        if page is None:
            return {"after": query.get("after") or 0}
        return {"after": page.next} if page.items or query.get("wait") else None
    return turn
