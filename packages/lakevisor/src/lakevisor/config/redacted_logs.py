"""Log records without secrets, whoever writes them and whatever handles them."""

from __future__ import annotations

import logging
import traceback
from typing import Any

from lakevisor.config.redaction import Redactor


def redact_logs(redactor: Redactor) -> None:
    """Let every log record of the process be made without secrets.

    It is done where records are made and not in a handler: libraries log too (the SDK and the HTTP
    clients their requests, MLflow what its server said), and handlers are the host's: Model Serving
    and pytest have their own. Done twice, it does nothing the second time.
    """
    make = logging.getLogRecordFactory()
    if not isinstance(make, _RecordsWithoutSecrets):
        logging.setLogRecordFactory(_RecordsWithoutSecrets(make, redactor))


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
