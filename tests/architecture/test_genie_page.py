"""`docs/genie.md` explains the section and the outcomes as they are."""

import re

import pytest
import yaml

from lakevisor_genie import outcomes
from lakevisor_genie.settings import GenieSettings, SpaceSettings
from lakevisor_genie.tools import build_tools


@pytest.fixture(scope="module")
def text(root):
    return (root / "docs" / "genie.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def example(text):
    [found] = re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return yaml.safe_load(found)["agents"]["genie"]


def test_its_example_has_each_key_with_its_default(example):
    given = GenieSettings.model_validate(example)

    assert set(example) == set(GenieSettings.model_fields)
    assert given == GenieSettings.model_validate({"spaces": example["spaces"]})


def test_every_key_is_explained(text):
    rows = re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)
    explained = set(re.findall(r"`(\w+)`", " ".join(rows)))

    assert {*SpaceSettings.model_fields, *GenieSettings.model_fields} - {"spaces"} <= explained


def test_every_tool_is_explained(text, example):
    tools = build_tools(GenieSettings.model_validate(example))

    assert [tool.name for tool in tools if f"| `{tool.name}(" not in text] == []


def test_every_outcome_is_explained(text):
    kinds = [each for each in vars(outcomes).values() if isinstance(each, type)]
    names = [
        each.name for each in kinds if issubclass(each, outcomes.Outcome) and "name" in vars(each)
    ]

    assert len(names) == 13
    assert [name for name in names if f"| `{name}` |" not in text] == []
