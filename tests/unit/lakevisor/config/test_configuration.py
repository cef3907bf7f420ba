"""Each value can be listed with where it comes from."""

from lakevisor.config import DEFAULT


def test_each_leaf_comes_with_its_origin(load):
    configuration = load("\nmodel: {max_tokens: 5}", overrides=["turn.deadline_seconds=9"])
    leaves = {leaf.key: (leaf.value, str(leaf.origin)) for leaf in configuration.leaves()}
    assert leaves["model.endpoint"] == ("claude", "configs/base.yaml:7")
    assert leaves["model.max_tokens"] == (5, "configs/workspaces/local.yaml:2")
    assert leaves["turn.deadline_seconds"] == (9, "--set turn.deadline_seconds")
    assert leaves["supervisor.max_steps"] == (6, "default")


def test_leaves_go_into_the_settings_of_agents(load):
    configuration = load("agents: {genie: {spaces: {sales: {space_id: a}}}, jobs: {}}")
    leaves = {leaf.key: leaf.value for leaf in configuration.leaves() if "agents" in leaf.key}
    assert leaves == {"agents.genie.spaces.sales.space_id": "a", "agents.jobs": {}}


def test_a_mapping_has_the_origin_of_the_last_layer_that_names_it(load):
    configuration = load("\n\nmodel: {max_tokens: 5}")
    assert str(configuration.origin_of("model")) == "configs/workspaces/local.yaml:3"
    assert configuration.origin_of("turn") == DEFAULT
