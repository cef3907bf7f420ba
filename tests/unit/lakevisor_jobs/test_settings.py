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
    models = [schema, *schema["$defs"].values()]
    fields = {name: each for model in models for name, each in model["properties"].items()}

    assert [name for name, field in fields.items() if "description" not in field] == []


def test_text_alone_is_a_parameter_of_this_meaning() -> None:
    found = JobsSettings.model_validate(section(job_id=1, parameters={"days": "how many"}))

    parameter = (found.jobs["anomalies"].parameters or {})["days"]
    assert (parameter.type, parameter.description) == ("string", "how many")


@pytest.mark.parametrize(
    ("parameter", "problem"),
    [
        ({"type": "integer", "default": "many"}, "must be a whole number"),
        ({"type": "integer", "default": 5, "maximum": 4}, "must be a whole number up to 4"),
        ({"type": "integer", "enum": ["x"]}, "must be a whole number"),
        ({"type": "date", "minimum": "soon"}, "must be a date"),
        ({"type": "integer", "pattern": "x"}, "only a string can have"),
        ({"minimum": 1}, "only numbers and dates can have"),
        ({"pattern": "("}, "cannot be read"),
        ({"required": True, "default": "x"}, "is required and has a default"),
        ({"default": "{{job.id}}"}, "Databricks would evaluate"),
        ({"enum": []}, "at least 1"),
        ({"typ": "date"}, "Extra inputs"),
        ({"type": "timestamp"}, "'string', 'integer'"),
    ],
)
def test_a_parameter_that_contradicts_itself_is_refused(parameter: Any, problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        JobsSettings.model_validate(section(job_id=1, parameters={"days": parameter}))


@pytest.mark.parametrize(
    "job",
    [
        {"thread_parameter": "id", "turn_parameter": "id"},
        {"thread_parameter": "id", "request_parameter": "id"},
        {"thread_parameter": "id", "trace_parameter": "id"},
        {"turn_parameter": "id", "parameters": {"id": "an id"}},
    ],
)
def test_a_parameter_has_one_use(job: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="uses the parameter id for two things"):
        JobsSettings.model_validate(section(job_id=1, **job))
