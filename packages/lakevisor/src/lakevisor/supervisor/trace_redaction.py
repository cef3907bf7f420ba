"""What leaves a span before it is exported: secrets always, contents where they are not wanted.

It is done in MLflow's own place for it, for every span of the process: also for those that MLflow
makes around an agent that it serves, and for those of a plugin that uses MLflow itself.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from lakevisor.config import REDACTED, Redactor

if TYPE_CHECKING:
    from mlflow.entities import LiveSpan

logger = logging.getLogger(__name__)

INPUTS, OUTPUTS = "mlflow.spanInputs", "mlflow.spanOutputs"
_EXCEPTION_TYPE = "exception.type"


def span_redactor(redactor: Redactor, *, keeps_contents: bool) -> Callable[[LiveSpan], None]:
    """Return a span processor for `mlflow.tracing.configure`.

    Args:
        redactor: knows the secrets.
        keeps_contents: whether inputs, outputs and the words of errors may stay.
    """

    def redact_span(span: LiveSpan) -> None:
        try:
            _clean(span, redactor, keeps_contents=keeps_contents)
        # MLflow would export a span whose processor failed as it is.
        except Exception:
            logger.exception("A span could not be redacted.", extra={"action": "span_blanked"})
            _blank(span)

    return redact_span


def _clean(span: LiveSpan, redactor: Redactor, *, keeps_contents: bool) -> None:
    for name, value in span.attributes.items():
        if name in (INPUTS, OUTPUTS) and not keeps_contents:
            clean: Any = None
        else:
            clean = redactor.value(value)
        if clean != value:
            span.set_attribute(name, clean)
    _set_events(span, redactor, keeps_contents=keeps_contents)
    if description := span.status.description:
        # Behind the type of an exception stand its words.
        kept = description if keeps_contents else description.partition(":")[0]
        set_failed(span, redactor.text(kept))


def _blank(span: LiveSpan) -> None:
    for name in span.attributes:
        # MLflow's own: ids, times, the type.
        if not name.startswith("mlflow.") or name in (INPUTS, OUTPUTS):
            span.set_attribute(name, REDACTED)
    if span.status.description:
        set_failed(span, REDACTED)
    _otel_events(span).clear()


def set_failed(span: LiveSpan, description: str) -> None:
    """Mark a span as failed, in the place of what was said of it before."""
    from mlflow.entities import SpanStatus, SpanStatusCode

    # Its type says that a code is wanted; its documentation, and what it does, take both.
    status: Any = SpanStatus(SpanStatusCode.ERROR, description)
    span.set_status(status)


def _set_events(span: LiveSpan, redactor: Redactor, *, keeps_contents: bool) -> None:
    """Put clean events in the place of what was recorded, of exceptions with their tracebacks."""
    events = _otel_events(span)
    if not events:
        return
    clean = [
        type(each)(
            name=redactor.text(each.name),
            attributes=_clean_facts(each.attributes or {}, redactor, keeps_contents),
            timestamp=each.timestamp,
        )
        for each in events
    ]
    events.clear()
    events.extend(clean)


def _clean_facts(facts: Mapping[str, Any], redactor: Redactor, keeps_contents: bool) -> Any:
    kept = {
        name: value for name, value in facts.items() if keeps_contents or name == _EXCEPTION_TYPE
    }
    return redactor.value(kept)


def _otel_events(span: LiveSpan) -> Any:
    """Return the events themselves: neither MLflow nor OpenTelemetry lets a span lose one."""
    otel_span: Any = span._span  # noqa: SLF001 - see above
    return otel_span._events._dq  # noqa: SLF001 - see above
