"""The SDK's errors in Lakevisor's words: translated once, by type, without its internals.

The SDK appends its configuration (`Config: host=..., Env: ...`) to some messages; nothing behind
that mark is ever shown.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lakevisor.config import SECRETS
from lakevisor.errors import (
    NotAuthenticated,
    PermissionDenied,
    RateLimited,
    ResourceNotFound,
    WorkspaceError,
    WorkspaceFault,
    WorkspaceUnreachable,
)

if TYPE_CHECKING:
    from databricks.sdk.errors.base import DatabricksError


@contextmanager
def translated(*, host: str | None = None) -> Iterator[None]:
    """Raise a `WorkspaceError` for what the SDK raises inside this block.

    Args:
        host: the workspace's address, to be named in the error.
    """
    try:
        yield
    # Which exceptions are the SDK's is known only once it is imported; any other flies on.
    except Exception as error:
        found = _translation(error, host)
        if found is None:
            raise
        raise found from error


def _translation(error: Exception, host: str | None) -> WorkspaceError | None:
    if "databricks.sdk" not in sys.modules:
        return None
    from databricks.sdk.errors.base import DatabricksError
    from requests.exceptions import ConnectionError as NoConnection
    from requests.exceptions import Timeout

    if isinstance(error, DatabricksError):
        return _of_answer(error, host)
    if isinstance(error, NoConnection | Timeout | TimeoutError):
        return WorkspaceUnreachable(host=host)
    return None


def _of_answer(error: DatabricksError, host: str | None) -> WorkspaceError:
    from databricks.sdk import errors

    # A server can repeat what it was sent.
    message = SECRETS.text(str(error).split("Config:")[0]).strip().rstrip(".") + "."
    if isinstance(error, errors.Unauthenticated) or str(error.error_code) == "403":
        return NotAuthenticated(host=host)
    if isinstance(error, errors.PermissionDenied):
        return PermissionDenied(message, host=host)
    if isinstance(error, errors.NotFound):
        return ResourceNotFound(message, host=host)
    if isinstance(error, errors.TooManyRequests):
        return RateLimited(host=host, retry_after_seconds=error.retry_after_secs)
    if isinstance(error, errors.InternalError | errors.TemporarilyUnavailable):
        return WorkspaceFault(host=host)
    return WorkspaceError(message, host=host)
