# SPDX-License-Identifier: Apache-2.0
"""The signature of a request."""

import hashlib
import hmac
from typing import Union


class Signer:
    """Signs with one secret, which it does not keep: only the keyed digest."""

    def __init__(self, secret: str) -> None:
        self._keyed = hmac.new(secret.encode("utf-8"), digestmod=hashlib.sha256)

    def sign(self, method: str, target: str, timestamp: Union[int, str],
             body: bytes = b"") -> str:
        digest = self._keyed.copy()
        digest.update(f"{method}{target}{timestamp}".encode("utf-8"))
        digest.update(body)
        return digest.hexdigest()

    def __reduce__(self) -> str:
        raise TypeError("a signer holds a secret and is not pickled")


def sign(secret: str, method: str, target: str, timestamp: Union[int, str],
         body: Union[bytes, str] = b"") -> str:
    """Lower-case hex of HMAC-SHA256(secret, METHOD + TARGET + TIMESTAMP + BODY).

    `target` is path and query and `body` the body, exactly as they are sent;
    `timestamp` is in Unix milliseconds.
    """
    raw = body.encode("utf-8") if isinstance(body, str) else body
    return Signer(secret).sign(method, target, timestamp, raw)
