# SPDX-License-Identifier: Apache-2.0
"""What each method sends and what it makes of the answer, for both clients."""

import datetime
import re
from decimal import Decimal, InvalidOperation
from typing import Any, Callable, Dict, Iterable, Mapping, Optional, Union
from urllib.parse import quote

from . import _codec
from ._exchange import Call
from .models import (AmendmentPage, BatchAnswer, CancelledIntent, ChangePage, Health, Intent,
                     IntentPage)


class Unset:
    """Of an argument that was not given, where None means something."""

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False


UNSET = Unset()

#: A version, '"3"', "*", or an intent that was read before.
IfMatch = Union[int, str, Intent, CancelledIntent]
Money = Union[Decimal, int, str, float]
Moment = Union[str, datetime.date, datetime.datetime]

_HEADER = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?")


class Common:
    """Options that every call takes."""

    def __init__(self, timeout: Optional[float] = None, request_id: Optional[str] = None,
                 idempotency_key: Optional[str] = None, if_match: Optional[IfMatch] = None) -> None:
        self.timeout = timeout
        self.headers: Dict[str, str] = {}
        self._add("X-Request-Id", "request_id", request_id)
        self._add("Idempotency-Key", "idempotency_key", idempotency_key)
        if if_match is not None:
            match = str(version_of(if_match))
            self._add("If-Match", "if_match", f'"{match}"' if match.isdigit() else match)

    def _add(self, header: str, name: str, text: Optional[str]) -> None:
        if text is None:
            return
        if not isinstance(text, str) or not _HEADER.fullmatch(text):
            raise ValueError(f"{name} must be 1 to 255 visible ASCII characters")
        self.headers[header] = text


def version_of(match: IfMatch) -> Union[int, str]:
    if isinstance(match, (Intent, CancelledIntent)):
        if match.version is None:
            raise ValueError("if_match: this intent has no version; read it with get()")
        return match.version
    if isinstance(match, bool) or not isinstance(match, (int, str)):
        raise TypeError("if_match takes a version, '*' or an intent")
    return match


def _body(fields: Mapping[str, Any]) -> bytes:
    return _codec.dumps({_codec.camel(name): value for name, value in fields.items()
                         if value is not UNSET}).encode("utf-8")


def _word(intent_id: str) -> str:
    if not isinstance(intent_id, str) or intent_id in ("", ".", ".."):
        raise ValueError(f"an intent's id must be a text, not {intent_id!r}")
    return quote(intent_id, safe="")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        aware = value if value.tzinfo else value.astimezone()
        utc = aware.astimezone(datetime.timezone.utc)
        return utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03d}Z"
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value)


def _search(**query: Any) -> str:
    parts = [f"{_codec.camel(name)}={quote(_text(value), safe='')}"
             for name, value in query.items() if value is not None]
    return "?" + "&".join(parts) if parts else ""


def _plain(kind: Callable[[Any], Any]) -> Callable[[Any, Optional[int]], Any]:
    return lambda data, _version: kind(data)


def _read(path: str, kind: Callable[[Any], Any], common: Common, wait: float = 0) -> Call:
    return Call("GET", path, _plain(kind), headers=common.headers, timeout=common.timeout,
                wait=wait)


def _write(method: str, path: str, parse: Callable[[Any, Optional[int]], Any], common: Common,
           body: Optional[bytes] = None, dry_run: bool = False) -> Call:
    return Call(method, path, parse, body, common.headers, is_read=dry_run,
                timeout=common.timeout)


def health(timeout: Optional[float]) -> Call:
    return Call("GET", "/health", _plain(Health), is_signed=False, timeout=timeout)


def create(fields: Dict[str, Any], common: Common) -> Call:
    price = fields["price"]
    if isinstance(price, str):
        try:
            fields["price"] = Decimal(price)
        except InvalidOperation:
            raise ValueError(f"price must be a decimal number, not {price!r}") from None
    return _write("POST", "/intents", Intent, common, _body(fields))


def get(intent_id: str, common: Common) -> Call:
    path = f"/intents/{_word(intent_id)}"
    return Call("GET", path, Intent, headers=common.headers, timeout=common.timeout)


def list_page(query: Mapping[str, Any], common: Common) -> Call:
    return _read(f"/intents{_search(**query)}", IntentPage, common)


def update(intent_id: str, fields: Mapping[str, Any], dry_run: bool, common: Common) -> Call:
    path = f"/intents/{_word(intent_id)}{_search(dry_run=dry_run or None)}"
    return _write("PUT", path, Intent, common, _body(fields), dry_run)


def move(intent_id: str, name: str, common: Common, body: Optional[bytes] = None) -> Call:
    kind = CancelledIntent if name == "cancel" else Intent
    return _write("POST", f"/intents/{_word(intent_id)}/{name}", kind, common, body)


def fail(intent_id: str, reason: Union[str, None, Unset], common: Common) -> Call:
    body = None if reason is UNSET else _body({"reason": reason})
    return move(intent_id, "fail", common, body)


def delete(intent_id: str, common: Common) -> Call:
    return _write("DELETE", f"/intents/{_word(intent_id)}", lambda data, version: None, common)


def batch(items: Iterable[Mapping[str, Any]], atomic: bool, dry_run: bool, common: Common) -> Call:
    sent = []
    for item in items:
        fields = {_codec.camel(name): value for name, value in item.items() if value is not UNSET}
        if fields.get("ifMatch") is not None:
            fields["ifMatch"] = version_of(fields["ifMatch"])
        else:
            fields.pop("ifMatch", None)
        sent.append(fields)
    path = f"/intents/batch{_search(dry_run=dry_run or None)}"
    return _write("POST", path, _plain(BatchAnswer), common,
                  _body({"items": sent, "atomic": atomic}), dry_run)


def amendments(intent_id: str, query: Mapping[str, Any], common: Common) -> Call:
    path = f"/intents/{_word(intent_id)}/amendments{_search(**query)}"
    return _read(path, AmendmentPage, common)


def changes(query: Mapping[str, Any], common: Common) -> Call:
    return _read(f"/changes{_search(**query)}", ChangePage, common, wait=query.get("wait") or 0)
