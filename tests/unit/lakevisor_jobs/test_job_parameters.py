"""From what the model gives to what the API takes."""

from __future__ import annotations

from typing import Any

import pytest

from lakevisor_jobs.job_parameters import job_parameters
from lakevisor_jobs.settings import JobSettings
from lakevisor_plugin import TryAgain


def job(**more: Any) -> JobSettings:
    return JobSettings(job_id=1, title="Anomalies", description="Finds them.", **more)


def test_the_persons_words_go_into_the_configured_parameter() -> None:
    found = job_parameters(job(request_parameter="request"), user_request="Look!", given=None)

    assert found == {"request": "Look!"}


def test_without_a_parameter_for_them_the_words_are_not_sent() -> None:
    assert job_parameters(job(), user_request="Look!", given=None) == {}


def test_values_become_text() -> None:
    given = {"days": 30, "deep": True, "regions": ["ASIA"], "name": "x", "left_out": None}

    found = job_parameters(job(), user_request="", given=given)

    assert found == {"days": "30", "deep": "true", "regions": '["ASIA"]', "name": "x"}


def test_a_parameter_that_is_not_configured_is_refused_with_the_known_ones() -> None:
    configured = job(request_parameter="request", parameters={"days": "how many days"})

    with pytest.raises(TryAgain, match=r"no parameter 'dayz'\. It has: days, request\."):
        job_parameters(configured, user_request="", given={"dayz": 1})


def test_without_configured_parameters_all_are_passed_on() -> None:
    assert job_parameters(job(), user_request="", given={"any": "1"}) == {"any": "1"}
