"""What `doctor` and `deploy` learn of the configured jobs."""

from __future__ import annotations

from typing import Any

import pytest

from lakevisor_jobs.access import check, resources
from lakevisor_jobs.settings import JobsSettings


def settings(**job: Any) -> JobsSettings:
    described = {"title": "Anomalies", "description": "Finds odd ones.", **job}
    return JobsSettings.model_validate({"jobs": {"anomalies": described}})


def test_a_job_that_is_there_is_found(make_job: Any, workspace: Any) -> None:
    job_id = make_job("found", "pass", parameters=("request",))

    findings = check(settings(job_id=job_id, request_parameter="request"), workspace.client())

    assert [(each.is_problem, each.text) for each in findings] == [
        (False, f"agents.jobs.jobs.anomalies: job {job_id}, 'found'.")
    ]


def test_a_parameter_that_the_job_does_not_declare_is_a_problem(
    make_job: Any, workspace: Any
) -> None:
    job_id = make_job("undeclared", "pass")

    findings = check(settings(job_id=job_id, request_parameter="x"), workspace.client())

    assert "declares no parameter 'x'" in findings[0].text
    assert findings[0].is_problem


@pytest.mark.parametrize("address", [{"job_id": 4711}, {"job_name": "nowhere"}])
def test_a_job_that_is_not_there_is_a_problem(address: dict[str, Any], workspace: Any) -> None:
    (finding,) = check(settings(**address), workspace.client())

    assert finding.is_problem
    assert "the workspace has no job" in finding.text


def test_the_jobs_are_granted_for_deployment() -> None:
    (resource,) = resources(settings(job_id=5))

    assert (resource.kind, resource.name, resource.permission) == ("job", "5", "CAN_MANAGE_RUN")
