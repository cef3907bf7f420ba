"""What is said about a wrong value: the key, where it stands, what belongs there."""

import pytest
from pydantic import BaseModel, ConfigDict

from lakevisor.errors import InvalidConfiguration, MissingValue, UnknownKey


class Space(BaseModel):
    """A part of a plugin's settings, whose author did not forbid unknown keys."""

    space_id: str
    title: str = ""


class GenieSettings(BaseModel):
    """The settings of a plugin."""

    spaces: dict[str, Space]
    rest: list[Space] | None = None
    max_rows: int = 10


class KeySettings(BaseModel):
    """The settings of a plugin with a field that has the name of a secret."""

    api_key: int


class OpenSettings(BaseModel):
    """The settings of a plugin that takes any key."""

    model_config = ConfigDict(extra="allow")


def _problems(load, text: str, *, overrides: tuple[str, ...] = ()) -> list[str]:
    with pytest.raises(InvalidConfiguration) as caught:
        load(text, overrides=overrides)
    return [problem.message for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("model: {max_tokens: many}", "must be a whole number, not the text 'many'"),
        ("model: {max_tokens: '12'}", "must be a whole number, not the text '12'"),
        ("model: {max_tokens: 1.5}", "must be a whole number, not 1.5"),
        ("model: {max_tokens: true}", "must be a whole number, not true"),
        ("model: {temperature: hot}", "must be a number, not the text 'hot'"),
        ("model: {temperature: 3}", "must be less than or equal to 2"),
        ("model: {endpoint: 2024-01-01}", "must be text, not 2024-01-01; put it in quotes"),
        ("model: {endpoint: [a]}", "must be text, not a list"),
        ("model: claude", "must be a mapping of keys to values, not the text 'claude'"),
        ("supervisor: {shortcuts: 'yes'}", "must be true or false, not the text 'yes'"),
        ("workspace: {start: up}", "must be a list, not the text 'up'"),
        ("workspace: {start: [up, 1]}", "'workspace.start.1' must be text, not 1"),
        ("workspace: {config_file: 1}", "must be a path, not 1"),
        ("agents: {genie: true}", "'agents.genie' must be a mapping of keys to values, not true"),
        ("agents: [genie]", "must be a mapping of keys to values, not a list"),
    ],
)
def test_a_wrong_type_is_named_with_what_was_expected(load, text, said):
    (message,) = _problems(load, text)
    assert message.startswith("configs/workspaces/local.yaml:1: '")
    assert said in message


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("model.max_token", "model.max_tokens"),
        ("model.Max-Tokens", "model.max_tokens"),
        ("modle", "model"),
        ("lakebase.pool.maxsize", "lakebase.pool.max_size"),
        ("lakebase.max_size", "lakebase.pool.max_size"),
        ("deadline_seconds", "turn.deadline_seconds"),
        ("model.zzz", None),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_known_one(load, key, nearest):
    with pytest.raises(InvalidConfiguration) as caught:
        load(overrides=[f"{key}=1"])
    (problem,) = caught.value.problems
    assert isinstance(problem, UnknownKey)
    assert (problem.key, problem.nearest, problem.where) == (key, nearest, f"--set {key}")


def test_without_a_nearest_name_the_known_ones_are_listed(load):
    (message,) = _problems(load, "turn: {zzz: 1}")
    known = "answers_kept_days, at_once, deadline_seconds, lease_seconds, proposal_seconds"
    assert message.endswith(f"unknown key 'turn.zzz'. Known here: {known}, wait_seconds.")


def test_a_missing_value_is_placed_at_the_mapping_that_lacks_it(load):
    with pytest.raises(InvalidConfiguration) as caught:
        load(
            "\nmodel:\n  max_tokens: 1\n",
            base="supervisor: {system_prompt: x}\nlakebase: {endpoint: e}",
        )
    (problem,) = caught.value.problems
    assert isinstance(problem, MissingValue)
    assert (problem.key, problem.where) == ("model.endpoint", "configs/workspaces/local.yaml:2")


def test_a_required_value_that_was_taken_back_is_missing_where_that_was_done(load):
    (message,) = _problems(load, "", overrides=("model.endpoint=null",))
    assert message == "--set model.endpoint: 'model.endpoint' is missing, and it has no default."


def test_the_settings_of_an_agent_become_its_plugins_model(load):
    configuration = load("agents: {genie: {spaces: {sales: {space_id: a}}}}")
    settings = configuration.agent_settings("genie", GenieSettings)
    assert settings.spaces["sales"].space_id == "a"


def test_the_settings_of_an_agent_are_checked_as_strictly_as_the_rest(load):
    configuration = load(
        """
        agents:
          genie:
            maxrows: 1
            max_rows: few
            spaces:
              sales: {titel: Sales}
            rest:
              - space_id: a
                titl: b
        """
    )
    with pytest.raises(InvalidConfiguration) as caught:
        configuration.agent_settings("genie", GenieSettings)
    at = "configs/workspaces/local.yaml:"
    assert [problem.message.removeprefix(at) for problem in caught.value.problems] == [
        "7: 'agents.genie.spaces.sales.space_id' is missing, and it has no default.",
        (
            "7: unknown key 'agents.genie.spaces.sales.titel'. "
            "Did you mean 'agents.genie.spaces.sales.title'?"
        ),
        "10: unknown key 'agents.genie.rest.0.titl'. Did you mean 'agents.genie.rest.0.title'?",
        "5: 'agents.genie.max_rows' must be a whole number, not the text 'few'.",
        "4: unknown key 'agents.genie.maxrows'. Did you mean 'agents.genie.max_rows'?",
    ]


def test_an_agents_number_from_the_command_line_is_text_where_text_is_expected(load):
    configuration = load(overrides=["agents.genie.spaces.sales.space_id=0123"])
    assert configuration.agent_settings("genie", GenieSettings).spaces["sales"].space_id == "0123"


def test_a_wrong_value_under_the_name_of_a_secret_is_not_shown(load):
    with pytest.raises(InvalidConfiguration, match="must be a whole number") as caught:
        load("agents: {x: {api_key: hunter2}}").agent_settings("x", KeySettings)
    assert "hunter2" not in str(caught.value)


def test_a_plugin_may_take_any_key_when_it_says_so(load):
    settings = load("agents: {open: {any: 1}}").agent_settings("open", OpenSettings)
    assert settings.model_extra == {"any": 1}


def test_an_agent_that_is_not_enabled_has_no_settings(load):
    with pytest.raises(KeyError, match="genie"):
        load("agents: {genie: null}").agent_settings("genie", GenieSettings)
