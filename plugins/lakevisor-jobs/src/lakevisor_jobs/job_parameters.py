"""The parameters of a run: checked before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from lakevisor_jobs.parameter_settings import REFERENCE, ParameterSettings
from lakevisor_jobs.settings import JobSettings
from lakevisor_plugin import AskPerson, GiveUp, TryAgain

MAX_BYTES = 10_000
"""Of JSON, for all parameters of a run together; the API takes no more."""
_SHOWN_CHARS = 80


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a run was asked for with."""

    user_request: str
    """The person's own words, as the model gives them."""
    given: Mapping[str, Any]
    """The parameters that the model wants to set. None as a value leaves the default."""
    thread_id: str
    """The conversation."""
    turn_id: str
    """The request."""
    trace_id: str | None = None
    """The trace, where there is one."""


def job_parameters(
    job: JobSettings, wish: Wish, *, declared: Collection[str] = ()
) -> dict[str, str]:
    """Return the parameters with which a job is started; the API takes text only.

    Args:
        job: the job's settings.
        wish: what was asked for.
        declared: the parameters of the job itself, which count where the settings name none.

    Raises:
        TryAgain: a parameter is not known, or its value is not allowed.
        AskPerson: a required parameter is missing.
        GiveUp: an id of this conversation cannot be sent.
    """
    known = _known(job, declared)
    chosen = {name: value for name, value in wish.given.items() if value is not None}
    _refuse_unknown(job, chosen, known)
    if job.request_parameter is not None:
        chosen.setdefault(job.request_parameter, wish.user_request)
    _ask_for_missing(job, chosen)
    texts = {name: _text(job, name, value=value) for name, value in chosen.items()}
    for name, settings in (job.parameters or {}).items():
        if settings.default is not None:
            texts.setdefault(name, settings.text(settings.default))
    texts |= _ids(job, wish)
    _refuse_as_a_whole(job, texts)
    return texts


def _known(job: JobSettings, declared: Collection[str]) -> set[str]:
    known = set(declared if job.parameters is None else job.parameters)
    if job.request_parameter is not None:
        known.add(job.request_parameter)
    return known.difference(job.own_parameters)


def _refuse_unknown(job: JobSettings, chosen: Collection[str], known: Collection[str]) -> None:
    unknown = [each[:_SHOWN_CHARS] for each in sorted(set(chosen) - set(known))]
    if unknown:
        takes = f"It has: {', '.join(sorted(known))}." if known else "It takes none."
        raise TryAgain(f"{job.title!r} has no parameter {', '.join(map(repr, unknown))}. {takes}")


def _ask_for_missing(job: JobSettings, chosen: Collection[str]) -> None:
    missing = [
        f"{name!r} ({settings.summary()})"
        for name, settings in (job.parameters or {}).items()
        if settings.required and name not in chosen
    ]
    if missing:
        raise AskPerson(f'Before I can start "{job.title}": please name {" and ".join(missing)}.')


def _text(job: JobSettings, name: str, *, value: object) -> str:
    settings = (job.parameters or {}).get(name)
    try:
        if settings is None and isinstance(value, dict | list):
            text = json.dumps(value, ensure_ascii=False, allow_nan=False)
            text.encode()
        else:
            text = (settings or ParameterSettings()).text(value)
    except ValueError as error:
        # A text that cannot be encoded has a message of its own, about code points.
        said = "must be text" if isinstance(error, UnicodeError) else str(error)
        raise TryAgain(f"{job.title!r}: the parameter {name!r} {said}.") from error
    if REFERENCE in text:
        raise TryAgain(
            f"{job.title!r}: the parameter {name!r} must not contain {REFERENCE!r}, because "
            "Databricks would put something else in its place."
        )
    return text


def _refuse_as_a_whole(job: JobSettings, texts: Mapping[str, str]) -> None:
    size = len(json.dumps({"job_parameters": texts}, ensure_ascii=False).encode())
    if size > MAX_BYTES:
        raise TryAgain(
            f"{job.title!r} was not started: its parameters have {size} bytes, and "
            f"{MAX_BYTES} are allowed. Make the texts shorter."
        )


def _ids(job: JobSettings, wish: Wish) -> dict[str, str]:
    ids = {
        job.thread_parameter: wish.thread_id,
        job.turn_parameter: wish.turn_id,
        job.trace_parameter: wish.trace_id,
    }
    sent = {name: text for name, text in ids.items() if name is not None and text is not None}
    if any(REFERENCE in text for text in sent.values()):
        raise GiveUp(f"{job.title!r} cannot be started from a conversation with such an id.")
    return sent
