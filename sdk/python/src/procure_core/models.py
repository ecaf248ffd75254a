# SPDX-License-Identifier: Apache-2.0
"""What comes back: the answer's data with attributes in snake_case.

Money is Decimal, in yuan. What an order of another system lacks is None. A key
that a later server adds becomes an attribute as well.
"""

from decimal import Decimal
from typing import Any, Dict, FrozenSet, Iterator, List, Mapping, Optional, Tuple

from ._codec import snake
from .errors import ApiError, refusal_error


class Record:
    """An object of an answer: attributes, or ["names"] as on the wire."""

    _money: FrozenSet[str] = frozenset()
    # What repr() shows: logs need no names, phones and addresses.
    _shown: Tuple[str, ...] = ()

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data: Dict[str, Any] = dict(data)
        for name, value in self._data.items():
            if name in self._money and isinstance(value, int):
                value = Decimal(value)
            setattr(self, snake(name), value)

    def to_dict(self) -> Dict[str, Any]:
        """As it came, under the names of the wire."""
        return dict(self._data)

    def __getitem__(self, name: str) -> Any:
        return self._data[name]

    def __contains__(self, name: str) -> bool:
        return name in self._data

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._data == self._data  # type: ignore[attr-defined]

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = ", ".join(f"{n}={getattr(self, n)!r}" for n in self._shown if hasattr(self, n))
        return f"{type(self).__name__}({shown})"


class Intent(Record):
    """A purchase intent."""

    _money = frozenset(("price", "totalAmount"))
    _shown = ("id", "status", "version")

    id: str
    user_id: Optional[str]
    platform: Optional[str]
    product_url: Optional[str]
    title: Optional[str]
    #: None where there are several lines.
    price: Optional[Decimal]
    quantity: int
    #: price × quantity, reckoned by the server.
    total_amount: Decimal
    recipient_name: Optional[str]
    address: Optional[str]
    phone: Optional[str]
    remarks: Optional[str]
    #: DRAFT, SUBMITTED, PROCESSING, COMPLETED, FAILED or CANCELLED.
    status: str
    #: UTC with milliseconds, ISO 8601.
    created_at: str
    updated_at: str
    #: What `if_match` takes; None in lists and dry runs.
    version: Optional[int]

    def __init__(self, data: Mapping[str, Any], version: Optional[int] = None) -> None:
        super().__init__(data)
        self.version = version


class CancelledIntent(Record):
    _shown = ("id", "status", "version")

    id: str
    status: str
    updated_at: str
    cancelled_at: str
    version: Optional[int]

    def __init__(self, data: Mapping[str, Any], version: Optional[int] = None) -> None:
        super().__init__(data)
        self.version = version


class IntentPage(Record):
    """`page` and `total_pages` by number, `next_cursor` by cursor."""

    _shown = ("total", "page", "page_size")

    items: List[Intent]
    #: By cursor None, unless it is known without counting.
    total: Optional[int]
    #: False: `total` is the least there are.
    total_is_exact: bool = True
    page: Optional[int] = None
    page_size: int
    total_pages: Optional[int] = None
    next_cursor: Optional[str] = None

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        self.items = [Intent(item) for item in data["items"]]


class FieldChange(Record):
    _shown = ("field",)

    #: The core's neutral names: quantity, recipient.name, status …
    field: str
    from_: Any
    to: Any
    #: True: a personal value that was taken out of the trail.
    erased: bool = False


class Amendment(Record):
    """One accepted change of an intent."""

    _shown: Tuple[str, ...] = ("version", "at", "method")

    version: int
    at: str
    dialect: str
    method: str
    #: None when another app made the change.
    app: Optional[str]
    request_id: Optional[str]
    note: Optional[str]
    changes: List[FieldChange]
    hash: str
    previous_hash: str

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        self.changes = [FieldChange(change) for change in data["changes"]]


class Change(Amendment):
    """An amendment in the app's change feed."""

    _shown = ("seq", "intent_id", "version", "method")

    seq: int
    intent_id: str


class AmendmentPage(Record):
    _shown = ("next",)

    #: The `after` of the following page; None at the end.
    next: Optional[int]
    items: List[Amendment]

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        self.items = [Amendment(item) for item in data["items"]]


class ChangePage(Record):
    _shown = ("next",)

    #: The `after` of the following call.
    next: int
    items: List[Change]

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        self.items = [Change(item) for item in data["items"]]


class BatchResult(Record):
    """What became of one item of a batch: `intent`, or `error`, which a call of
    its own would have raised."""

    _shown = ("id", "code", "version")

    id: str
    code: int
    message: str
    data: Any
    version: Optional[int] = None
    intent: Optional[Intent] = None
    error: Optional[ApiError] = None

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        if self.code == 0:
            self.intent = Intent(data["data"], self.version)
        else:
            self.error = refusal_error(self.code // 100, self.code, self.message, data["data"])


class BatchAnswer(Record):
    items: List[BatchResult]

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        self.items = [BatchResult(item) for item in data["items"]]

    def __iter__(self) -> Iterator[BatchResult]:
        return iter(self.items)


class Health(Record):
    _shown = ("status", "service", "uptime")

    status: str
    timestamp: str
    service: str
    uptime: int
