"""The errors of the REST API, in Databricks' own form.

ApiError
├── NotAuthenticated      401, no credential
├── InvalidToken          403, the number 403 as code
├── PermissionDenied      403
├── InvalidParameter      400
├── NotFound              404
├── AlreadyExists         409
├── RateLimited           429
└── Unavailable           503
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar
from uuid import uuid4

from starlette.responses import JSONResponse


class ApiError(Exception):
    """An answer that says what went wrong, as a real workspace would say it."""

    status: ClassVar[int] = 500
    error_code: ClassVar[str | int] = "INTERNAL_ERROR"

    def __init__(
        self,
        message: str,
        *,
        error_code: str | int | None = None,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = self.error_code if error_code is None else error_code
        self.http_status = self.status if status is None else status
        self.headers = dict(headers or {})

    def response(self) -> JSONResponse:
        """Return the answer that a client reads."""
        body = {"error_code": self.code, "message": self.message}
        return JSONResponse(body, status_code=self.http_status, headers=self.headers)


class NotAuthenticated(ApiError):
    """No credential came with the request."""

    status = 401
    error_code = 401

    def __init__(self) -> None:
        super().__init__(
            "Credential was not sent or was of an unsupported type for this API. "
            f"[ReqId: {uuid4()}]",
            headers={"WWW-Authenticate": 'Bearer realm="DatabricksRealm"'},
        )


class InvalidToken(ApiError):
    """The token is unknown, expired or revoked; a real workspace says 403, not 401."""

    status = 403
    error_code = 403

    def __init__(self) -> None:
        super().__init__(
            f"Invalid access token. [ReqId: {uuid4()}]",
            headers={"X-Databricks-Reason-Phrase": "Invalid access token."},
        )


class PermissionDenied(ApiError):
    """The caller is known but may not do this."""

    status = 403
    error_code = "PERMISSION_DENIED"


class InvalidParameter(ApiError):
    """The request's content cannot be taken."""

    status = 400
    error_code = "INVALID_PARAMETER_VALUE"


class NotFound(ApiError):
    """What the request names does not exist."""

    status = 404
    error_code = "RESOURCE_DOES_NOT_EXIST"


class AlreadyExists(ApiError):
    """What the request would make is there already."""

    status = 409
    error_code = "RESOURCE_ALREADY_EXISTS"


class RateLimited(ApiError):
    """Too many requests; `Retry-After` is in whole seconds."""

    status = 429
    error_code = "REQUEST_LIMIT_EXCEEDED"


class Unavailable(ApiError):
    """The service does not answer for now."""

    status = 503
    error_code = "TEMPORARILY_UNAVAILABLE"
