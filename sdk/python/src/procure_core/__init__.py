# SPDX-License-Identifier: Apache-2.0
"""Client of the procure-core purchase intents API.

    from procure_core import ProcureClient

    client = ProcureClient(app_id="…", app_secret="…", base_url="https://…")
    client.intents.update("intent_67890", quantity=2)
"""

from ._aintents import AsyncIntents
from ._calls import UNSET
from ._intents import Intents
from ._listing import AsyncListing, Listing
from ._sign import sign
from ._version import VERSION as __version__
from .client import AsyncProcureClient, ProcureClient
from .errors import (ApiError, AuthenticationError, ClockError, ConflictError, FieldConflict,
                     FieldError, IdempotencyKeyError, NotFoundError, PermissionDeniedError,
                     ProcureConnectionError, ProcureError, ProcureTimeoutError, RateLimitError,
                     ServerError, StateError, ValidationError, VersionRequiredError)
from .models import (Amendment, AmendmentPage, BatchAnswer, BatchResult, CancelledIntent, Change,
                     ChangePage, FieldChange, Health, Intent, IntentPage, Record)

__all__ = [
    "Amendment", "AmendmentPage", "ApiError", "AsyncIntents", "AsyncListing",
    "AsyncProcureClient", "AuthenticationError", "BatchAnswer", "BatchResult", "CancelledIntent",
    "Change", "ChangePage", "ClockError", "ConflictError", "FieldChange", "FieldConflict",
    "FieldError", "Health", "IdempotencyKeyError", "Intent", "IntentPage", "Intents", "Listing",
    "NotFoundError", "PermissionDeniedError", "ProcureClient", "ProcureConnectionError",
    "ProcureError", "ProcureTimeoutError", "RateLimitError", "Record", "ServerError",
    "StateError", "UNSET", "ValidationError", "VersionRequiredError", "__version__", "sign",
]
