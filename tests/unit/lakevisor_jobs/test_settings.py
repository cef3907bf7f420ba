"""The section `agents.jobs`."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from lakevisor_jobs.settings import JobsSettings


def section(**job: Any) -> dict[str, Any]:
    return {"jobs": {"anomalies": {"title": "Anomalies", "description": "Finds them.", **job}}}


def test_a_job_has_an_id_or_a_name() -> None:
    assert JobsSettings.model_validate(section(job_id=1)).jobs["anomalies"].job_id == 1
    assert JobsSettings.model_validate(section(job_name="x")).jobs["anomalies"].job_name == "x"


@pytest.mark.parametrize("job", [{}, {"job_id": 1, "job_name": "x"}])
def test_a_job_needs_exactly_one_address(job: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="exactly one of job_id and job_name"):
        JobsSettings.model_validate(section(**job))


def test_the_default_is_one_of_the_jobs() -> None:
    with pytest.raises(ValidationError, match="not among the jobs: anomalies"):
        JobsSettings.model_validate({**section(job_id=1), "default_job": "other"})


def test_unknown_keys_are_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        JobsSettings.model_validate(section(job_id=1, job_nmae="x"))


def test_every_key_is_described() -> None:
    schema = JobsSettings.model_json_schema()
    fields = {**schema["properties"], **schema["$defs"]["JobSettings"]["properties"]}

    assert [name for name, field in fields.items() if "description" not in field] == []
