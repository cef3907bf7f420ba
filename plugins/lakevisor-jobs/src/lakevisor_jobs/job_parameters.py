"""The parameters of a run, from what the model gave."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lakevisor_jobs.settings import JobSettings
from lakevisor_plugin import TryAgain


def job_parameters(
    job: JobSettings, *, user_request: str, given: Mapping[str, Any] | None
) -> dict[str, str]:
    """Return the parameters with which a job is started; the API takes text only.

    Args:
        job: the job's settings.
        user_request: the person's own words.
        given: what the model wants to set. None as a value leaves the job's own default.

    Raises:
        TryAgain: a parameter is not one of those that the settings name.
    """
    chosen = {name: value for name, value in (given or {}).items() if value is not None}
    known = {*job.parameters, *filter(None, [job.request_parameter])}
    unknown = sorted(set(chosen) - known) if job.parameters else []
    if unknown:
        raise TryAgain(
            f"{job.title!r} has no parameter {', '.join(map(repr, unknown))}. "
            f"It has: {', '.join(sorted(known))}."
        )
    parameters = {name: _text(value) for name, value in chosen.items()}
    if job.request_parameter is not None:
        parameters.setdefault(job.request_parameter, user_request)
    return parameters


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
