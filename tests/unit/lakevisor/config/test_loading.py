"""Which files are read, which layer wins, and what is said when they cannot be used."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from lakevisor.config import load_configuration
from lakevisor.errors import (
    ConfigurationNotFound,
    DuplicateKey,
    InvalidConfiguration,
    InvalidValue,
    UnknownKey,
    UnknownWorkspace,
)

REPOSITORY = Path(__file__).parents[4]


@pytest.mark.parametrize("workspace", ["local", "dev", "staging", "prod"])
def test_each_workspace_of_the_repository_is_valid(workspace):
    configuration = load_configuration(
        workspace=workspace, folder=REPOSITORY / "configs", environment={}
    )
    assert configuration.settings.model.endpoint
    assert set(configuration.settings.agents) == {"genie", "jobs"}


def test_the_command_line_wins_over_the_environment_over_the_workspace_over_the_base(load):
    layers = {
        "local": "model: {max_tokens: 2, timeout_seconds: 2, max_calls_per_turn: 2}",
        "environment": {
            "LAKEVISOR__MODEL__TIMEOUT_SECONDS": "3",
            "LAKEVISOR__MODEL__MAX_CALLS_PER_TURN": "3",
        },
        "overrides": ["model.max_calls_per_turn=4"],
    }
    model = load(**layers).settings.model
    assert model.endpoint == "claude"
    assert (model.max_tokens, model.timeout_seconds, model.max_calls_per_turn) == (2, 3, 4)


def test_an_overlay_keeps_the_siblings_of_what_it_names(load):
    base = "agents: {jobs: {jobs: {a: {job_id: 1}, b: {job_id: 2}}}}\n"
    overlay = """
    supervisor: {system_prompt: x}
    lakebase: {instance_name: x}
    model: {endpoint: x}
    agents: {jobs: {jobs: {b: {job_id: 3}}}}
    """
    jobs = load(overlay, base=base).settings.agents["jobs"]["jobs"]
    assert jobs == {"a": {"job_id": 1}, "b": {"job_id": 3}}


def test_a_list_replaces_the_list_below(load):
    configuration = load("workspace: {start: [one, two]}", overrides=["workspace.start=[three]"])
    assert configuration.settings.workspace.start == ("three",)


def test_null_in_an_overlay_switches_an_agent_off(load):
    configuration = load("agents: {genie: {}, jobs: {}}", overrides=["agents.jobs=null"])
    assert configuration.settings.agents == {"genie": {}}


def test_null_in_an_overlay_brings_the_default_back_and_is_its_origin(load):
    configuration = load("model: {max_tokens: 7}", overrides=["model.max_tokens=null"])
    assert configuration.settings.model.max_tokens == 4096
    assert str(configuration.origin_of("model.max_tokens")) == "--set model.max_tokens"


def test_what_follows_a_null_starts_from_nothing(load):
    configuration = load(
        "agents: {genie: {a: 1}}", overrides=["agents.genie=null", "agents.genie.b=2"]
    )
    assert configuration.settings.agents == {"genie": {"b": 2}}


def test_all_problems_are_reported_at_once(load):
    with pytest.raises(InvalidConfiguration) as caught:
        load("model: {max_token: 1, max_tokens: 1, max_tokens: x}", overrides=["turn"])
    kinds = [type(problem) for problem in caught.value.problems]
    assert kinds == [DuplicateKey, InvalidValue, InvalidValue, UnknownKey]
    assert caught.value.exit_code == 2


def test_a_duplicate_key_is_refused_though_the_values_are_valid(load):
    with pytest.raises(InvalidConfiguration, match="duplicate key 'endpoint'"):
        load("model: {endpoint: one, endpoint: two}")


def test_a_file_that_is_no_yaml_is_reported_alone_with_its_line(load):
    with pytest.raises(InvalidConfiguration) as caught:
        load("model:\n  endpoint: [a\n  b: c\n")
    (problem,) = caught.value.problems
    assert re.match(r"configs/workspaces/local\.yaml:\d: is not valid YAML: ", problem.message)


def test_the_workspace_may_come_from_the_environment(write):
    folder = write(dev="model: {endpoint: other}")
    configuration = load_configuration(folder=folder, environment={"LAKEVISOR_WORKSPACE": "dev"})
    assert configuration.workspace_name == "dev"
    assert configuration.settings.model.endpoint == "other"


def test_the_argument_wins_over_the_workspace_of_the_environment(write):
    configuration = load_configuration(
        workspace="local", folder=write(dev=""), environment={"LAKEVISOR_WORKSPACE": "dev"}
    )
    assert configuration.workspace_name == "local"


@pytest.mark.parametrize("name", ["../base", "", "DEV", "local.yaml"])
def test_only_a_file_in_the_folder_of_workspaces_is_a_workspace(write, name):
    folder = write(dev="")
    if not name:
        assert load_configuration(workspace=name, folder=folder, environment={}).workspace_name
        return
    with pytest.raises(UnknownWorkspace):
        load_configuration(workspace=name, folder=folder, environment={})


def test_an_unknown_workspace_names_those_that_exist_and_the_nearest(write):
    with pytest.raises(UnknownWorkspace) as caught:
        load_configuration(workspace="lcoal", folder=write(dev=""), environment={})
    assert caught.value.known == ("dev", "local")
    assert caught.value.nearest == "local"


def test_the_folder_is_found_upwards_from_the_current_directory(write, monkeypatch):
    folder = write()
    below = folder.parent / "some" / "where"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert load_configuration(environment={}).folder == folder.resolve()


def test_the_folder_may_be_named_in_the_environment(write, tmp_path, monkeypatch):
    folder = write()
    monkeypatch.chdir("/")
    configuration = load_configuration(environment={"LAKEVISOR_CONFIGS": str(folder)})
    assert configuration.root == tmp_path.resolve()


def test_no_folder_at_all_says_where_it_was_looked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationNotFound, match=re.escape(str(tmp_path))) as caught:
        load_configuration(environment={})
    assert "LAKEVISOR_CONFIGS" in caught.value.remedy


def test_a_named_folder_without_a_base_is_not_taken(tmp_path):
    with pytest.raises(ConfigurationNotFound, match=r"has no base\.yaml"):
        load_configuration(folder=tmp_path, environment={})


def test_the_configuration_is_read_without_the_heavy_libraries():
    heavy = ["mlflow", "langgraph", "langchain_core", "databricks", "lakevisor_plugin", "asyncio"]
    code = f"import sys, lakevisor.config; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
