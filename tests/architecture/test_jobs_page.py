"""`docs/jobs.md` explains the section as it is."""

import re

import pytest
import yaml

from lakevisor_jobs.parameter_settings import ParameterSettings
from lakevisor_jobs.settings import JobSettings, JobsSettings
from lakevisor_jobs.tools import build_tools


@pytest.fixture(scope="module")
def text(root):
    return (root / "docs" / "jobs.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def example(text):
    [found] = re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return JobsSettings.model_validate(yaml.safe_load(found)["agents"]["jobs"])


def test_its_example_is_valid(example):
    assert list(example.jobs) == ["churn_report"]


def test_every_key_is_explained(text):
    rows = re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)
    explained = set(re.findall(r"`(\w+)`", " ".join(rows)))
    keys = [key for model in (JobSettings, ParameterSettings) for key in model.model_fields]

    assert {*keys, *JobsSettings.model_fields} - {"jobs"} <= explained


def test_every_tool_is_explained(text, example):
    assert [tool.name for tool in build_tools(example) if f"| `{tool.name}(" not in text] == []
