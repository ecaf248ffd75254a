# SPDX-License-Identifier: Apache-2.0
"""JSON that keeps every digit of a decimal, and names in Python's manner."""

import json
import math
import re
from decimal import Decimal
from typing import Any

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def loads(text: bytes) -> Any:
    """Whole numbers are int, all others Decimal. ValueError: it is not JSON."""
    return json.loads(text.decode("utf-8"), parse_float=Decimal)


def dumps(value: Any) -> str:
    if value is None or isinstance(value, (bool, str)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} is no number that JSON has")
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is no number that JSON has")
        return repr(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{dumps(str(k))}:{dumps(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(dumps(v) for v in value) + "]"
    raise TypeError(f"{type(value).__name__} cannot be sent as JSON")


def snake(name: str) -> str:
    """recipientName -> recipient_name; a word of Python's gets a '_' behind."""
    text = _HUMP.sub("_", name).lower()
    return "from_" if text == "from" else text


def camel(name: str) -> str:
    """recipient_name -> recipientName; what is so already stays."""
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)
