"""Log records without secrets, whoever writes them and whatever handles them."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from lakevisor.config.redaction import Redactor


def redact_logs(redactor: Redactor) -> None:
    """Let every log record of the process be made without secrets, and what threads die of.

    It is done where records are made and not in a handler: libraries log too (the SDK and the HTTP
    clients their requests, MLflow what its server said), and handlers are the host's: Model Serving
    and pytest have their own. Done twice, it does nothing the second time.
    """
    make = logging.getLogRecordFactory()
    if not isinstance(make, _RecordsWithoutSecrets):
        logging.setLogRecordFactory(_RecordsWithoutSecrets(make, redactor))
        _redact_extras(redactor)
        _redact_threads(redactor)


def _redact_extras(redactor: Redactor) -> None:
    """Clean what `extra=` brings: `logging` puts it on a record that the factory has made."""
    make: Callable[..., logging.LogRecord] = logging.Logger.makeRecord

    def make_without_secrets(self: logging.Logger, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(self, *args, **kwargs)
        facts = record.__dict__
        for name in facts.keys() - _OWN:
            facts[name] = _without_secrets(facts[name], redactor)
        return record

    logging.Logger.makeRecord = make_without_secrets  # type: ignore[method-assign]  # no hook


def _redact_threads(redactor: Redactor) -> None:
    """Clean what a thread dies of: Python writes it to stderr, past the logs."""
    tell = threading.excepthook

    def tell_without_secrets(failed: threading.ExceptHookArgs) -> None:
        said = "".join(
            traceback.format_exception(failed.exc_type, failed.exc_value, failed.exc_traceback)
        )
        clean = redactor.text(said)
        if clean == said:
            tell(failed)
        else:
            name = failed.thread.name if failed.thread else "unknown"
            sys.stderr.write(f"Exception in thread {name}:\n{clean}")

    threading.excepthook = tell_without_secrets


_OWN = logging.makeLogRecord({}).__dict__.keys() | {"message", "asctime"}
"""What `logging` itself puts on a record."""


class _RecordsWithoutSecrets:
    """Makes log records as before, and then takes the secrets out."""

    def __init__(self, make: Any, redactor: Redactor) -> None:
        self._make = make
        self._redactor = redactor

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record: logging.LogRecord = self._make(*args, **kwargs)
        said = _message(record)
        clean = self._redactor.text(said)
        # What needs no change keeps its arguments, by which handlers group.
        if clean != said:
            record.msg, record.args = clean, ()
        if isinstance(record.exc_info, tuple) and record.exc_info[0] is not None:
            self._clean_traceback(record)
        if record.stack_info:
            record.stack_info = self._redactor.text(record.stack_info)
        return record

    def _clean_traceback(self, record: logging.LogRecord) -> None:
        assert isinstance(record.exc_info, tuple), "asked by the caller"
        said = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
        clean = self._redactor.text(said)
        if clean != said:
            # A handler that formats the exception itself would bring it back.
            record.exc_info, record.exc_text = None, clean


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    # Arguments that do not fit are the caller's mistake, and their `str` may raise anything;
    # `logging` would print them to stderr.
    except Exception:  # noqa: BLE001 - handed on as a text
        return f"{record.msg} {record.args}" if isinstance(record.args, tuple) else str(record.msg)


def _without_secrets(value: Any, redactor: Redactor) -> Any:
    """Return a value as it is, unless it or the text that a handler makes of it has a secret."""
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, str | list | tuple | Mapping):
        clean = redactor.value(value)
        said = str(clean)
        return clean if redactor.text(said) == said else redactor.text(said)
    try:
        said = f"{value!s} {value!r}"
    # Anybody's objects: their `str` may raise anything, and would do it in the handler again.
    except Exception:  # noqa: BLE001 - see above
        return f"<{type(value).__name__}>"
    return value if redactor.text(said) == said else redactor.text(str(value))
