"""What a client is told of an error: one table from our errors to HTTP, without anything internal.

What an operator must know (addresses, roles, endpoints, settings) stands in the log, under the
correlation id that the client is told.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lakevisor import errors
from lakevisor.config import SECRETS
from lakevisor.errors import LakevisorError, default_message

STATUSES: Mapping[type[LakevisorError], int] = {
    LakevisorError: 500,
    errors.WorkspaceError: 502,
    errors.WorkspaceUnreachable: 503,
    errors.WorkspaceFault: 503,
    errors.RateLimited: 503,
    errors.LakebaseError: 503,
    errors.RequestError: 400,
    errors.CallerUnknown: 401,
    errors.FromAnotherSite: 403,
    errors.ThreadNotFound: 404,
    errors.ResponseNotFound: 404,
    errors.TooManyInBackground: 429,
    errors.NothingToDownload: 404,
    errors.TurnRunning: 409,
    errors.ThreadBusy: 409,
    errors.ProposalGone: 409,
    errors.BodyTooLong: 413,
    errors.TurnConflict: 422,
    errors.LimitReached: 429,
    errors.TurnError: 502,
    errors.TurnSuperseded: 409,
    errors.NotReady: 503,
    errors.ServerBusy: 503,
    errors.ServerStopping: 503,
    errors.LeaseLost: 503,
    errors.DeadlineExceeded: 504,
}
"""The status of each class of errors; a class that is not here has that of its parent."""
RETRY_AFTER_SECONDS: Mapping[type[LakevisorError], float] = {
    errors.NotReady: 5,
    errors.ServerBusy: 2,
    errors.ServerStopping: 1,
    errors.LakebaseError: 5,
    errors.ThreadBusy: 2,
    errors.TurnRunning: 2,
    errors.TooManyInBackground: 10,
    errors.LeaseLost: 1,
}
"""When it is worth trying again, where the error does not know better."""
FOR_OPERATORS = (
    errors.ConfigurationError,
    errors.PluginError,
    errors.WorkspaceError,
    errors.LakebaseError,
    errors.ModelError,
)
"""Their messages name what only an operator may know."""
_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    429: "rate_limit_error",
}
"""OpenAI's words, by status."""
_ERROR_CODES = {
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "RESOURCE_DOES_NOT_EXIST",
    409: "RESOURCE_CONFLICT",
    429: "REQUEST_LIMIT_EXCEEDED",
    500: "INTERNAL_ERROR",
    504: "DEADLINE_EXCEEDED",
}
"""Databricks' words, by status."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """An error as a client is told it."""

    status: int
    """Of HTTP."""
    code: str
    """A word for programs."""
    message: str
    """A sentence for people."""
    retry_after_seconds: float | None = None
    """When the same request may work."""

    def body(self, correlation_id: str) -> dict[str, Any]:
        """Return the JSON body, readable for the clients of OpenAI and of Databricks."""
        client_error = self.status < 500
        return {
            "error": {
                "code": self.code,
                "message": self.message,
                "type": _TYPES.get(
                    self.status, "invalid_request_error" if client_error else "server_error"
                ),
                "param": None,
                "correlation_id": correlation_id,
            },
            "error_code": _ERROR_CODES.get(
                self.status,
                "INVALID_PARAMETER_VALUE" if client_error else "TEMPORARILY_UNAVAILABLE",
            ),
            "message": self.message,
        }

    def headers(self) -> dict[str, str]:
        """Return the headers that say whether to try again.

        Clients of OpenAI send a request again by themselves, and one without an id of its own is
        then another request: it may be done twice. Only what was refused before it was begun is
        worth it.
        """
        again = self.status in (429, 503) and self.retry_after_seconds is not None
        headers = {"x-should-retry": "true" if again else "false"}
        if self.retry_after_seconds is not None:
            headers["retry-after"] = str(math.ceil(self.retry_after_seconds))
        return headers


INTERNAL = Failure(status=500, code="internal_error", message="Something went wrong in the server.")
"""What is told of a bug; the log has its traceback."""


def failure_of(error: BaseException) -> Failure:
    """Return what a client is told of an error."""
    if not isinstance(error, LakevisorError):
        return INTERNAL
    kinds = [kind for kind in type(error).__mro__ if issubclass(kind, LakevisorError)]
    message = error.message
    if isinstance(error, FOR_OPERATORS):
        message = default_message(type(error))
    elif isinstance(error, errors.RequestError):
        message = error.report().replace("\n", " ")
    after = getattr(error, "retry_after_seconds", None)
    if after is None:
        after = next(
            (RETRY_AFTER_SECONDS[kind] for kind in kinds if kind in RETRY_AFTER_SECONDS), None
        )
    return Failure(
        status=next(STATUSES[kind] for kind in kinds if kind in STATUSES),
        code=error.code,
        # It can quote what was sent.
        message=SECRETS.text(message),
        retry_after_seconds=after,
    )
