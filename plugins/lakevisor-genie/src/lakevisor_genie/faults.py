"""What the API answers instead of an answer, in the closed set of outcomes. Once, and by type."""

from __future__ import annotations

import re

from lakevisor_genie.outcomes import (
    Cancelled,
    Failed,
    NoAccess,
    NoAnswer,
    NotFound,
    Throttled,
    Unreachable,
)

MALFORMED = (AttributeError, KeyError, TypeError)
"""What the SDK raises when an answer is JSON, but not in the API's form."""

_MAX_REASON_CHARS = 400
_ERROR_CLASS = re.compile(r"^\[([\w.]+)\]\s*")
_MISSING_RIGHT = re.compile(
    r"does not have (?P<right>[A-Z][A-Z ]*) on (?P<kind>[A-Za-z]+) '(?P<name>[^'`\n]{1,300})'"
)
_NO_ACCESS = frozenset({"WAREHOUSE_ACCESS_MISSING_EXCEPTION"})
_SQL_ERROR = "SQL_EXECUTION_EXCEPTION"
_CANCELLED = frozenset(
    {"MESSAGE_CANCELLED_WHILE_EXECUTING_EXCEPTION", "MESSAGE_DELETED_WHILE_EXECUTING_EXCEPTION"}
)
_THROTTLED = frozenset(
    {
        "RATE_LIMIT_EXCEEDED_GENERIC_EXCEPTION",
        "RATE_LIMIT_EXCEEDED_SPECIFIED_WAIT_EXCEPTION",
    }
)


def no_answer(error: OSError) -> NoAnswer | None:
    """Return what an error of a request means, or None where it is the host's to tell.

    A token that is not accepted is a 403 as well, with the number 403 as its code; it says nothing
    about one space.
    """
    from databricks.sdk import errors
    from databricks.sdk.errors.base import DatabricksError

    match error:
        case errors.TooManyRequests():
            return Throttled(seconds=error.retry_after_secs)
        case errors.NotFound():
            return NotFound()
        case errors.PermissionDenied() if error.error_code == "PERMISSION_DENIED":
            return NoAccess()
        case errors.PermissionDenied() | errors.Unauthenticated():
            return None
        case errors.InternalError() | errors.TemporarilyUnavailable() | errors.DeadlineExceeded():
            return Unreachable()
        case DatabricksError() if type(error) is not DatabricksError:
            return Failed(reason=_one_line(str(error)), error_type=str(error.error_code or ""))
        case _:
            # No connection, a lost one, a time-out, an answer that is not JSON, or a status such as
            # 502 that the SDK has no type for.
            return Unreachable()


def failed_message(error: str | None, error_type: str | None) -> NoAnswer:
    """Return why Genie failed, from the `error` of its message."""
    kind = error_type or ""
    if kind in _NO_ACCESS:
        return NoAccess(to="warehouse")
    if kind in _CANCELLED:
        return Cancelled()
    if kind in _THROTTLED:
        return Throttled()
    return failed_query(error, error_type=kind)


def failed_query(error: str | None, *, error_type: str = "") -> NoAnswer:
    """Return why a query failed, from the warehouse's error: the class in brackets, and a line."""
    text = (error or "").strip()
    error_class = _ERROR_CLASS.match(text)
    if error_class and error_class[1].partition(".")[0] == "INSUFFICIENT_PERMISSIONS":
        return NoAccess(to="tables", missing=_missing_right(text))
    kind = error_type or (error_class[1] if error_class else "")
    return Failed(
        reason=_one_line(_ERROR_CLASS.sub("", text)),
        error_type=kind,
        is_of_query=error_type in ("", _SQL_ERROR) or error_class is not None,
    )


def _missing_right(text: str) -> str:
    """Return the right that an error names: `SELECT on the table ...`; empty where it does not."""
    found = _MISSING_RIGHT.search(text)
    return f"{found['right']} on the {found['kind'].lower()} `{found['name']}`" if found else ""


def _one_line(text: str) -> str:
    # The SDK appends its configuration to some messages.
    line = next(iter(text.split("Config:", maxsplit=1)[0].strip().splitlines()), "").strip()
    return line if len(line) <= _MAX_REASON_CHARS else f"{line[:_MAX_REASON_CHARS]} …"
