"""Secrets are found where a reference points, and never shown."""

import pytest

from lakevisor.config import SecretRef
from lakevisor.errors import InvalidConfiguration, SecretNotFound

LITERAL = "dapi0123456789abcdef"


def test_a_secret_of_the_environment_is_read_when_it_is_asked_for(load):
    token = load("workspace: {token: env:MY_TOKEN}").settings.workspace.token
    assert token is not None
    assert token.read({"MY_TOKEN": f"{LITERAL}\n"}) == LITERAL


def test_a_secret_in_a_file_is_found_from_the_root_of_the_configuration(load, tmp_path):
    (tmp_path / "token").write_text(f"{LITERAL}\n", encoding="utf-8")
    token = load("workspace: {token: file:token}").settings.workspace.token
    assert token is not None
    assert token.read({}) == LITERAL


@pytest.mark.parametrize("literal", [LITERAL, "'env:'", "vault:x", "12345", "[dapi0123]", "''"])
def test_what_is_no_reference_is_refused_and_not_shown(load, literal):
    with pytest.raises(InvalidConfiguration, match=r"local.yaml:1: 'workspace.token'") as caught:
        load(f"workspace: {{token: {literal}}}")
    assert "env:NAME or file:PATH" in str(caught.value)
    assert "dapi" not in caught.value.report()
    assert "12345" not in caught.value.report()


@pytest.mark.parametrize(
    ("source", "name", "said"),
    [("env", "ABSENT", "not set"), ("env", "EMPTY", "empty"), ("file", "/none", "No such file")],
)
def test_a_secret_that_is_not_there_says_what_to_do(source, name, said):
    with pytest.raises(SecretNotFound, match=said) as caught:
        SecretRef(source=source, name=name).read({"EMPTY": " "})
    assert name in caught.value.remedy
    assert caught.value.exit_code == 2


def test_leaves_show_references_and_mask_what_plugins_hold_under_secret_names(load):
    agents = f"agents: {{x: {{api_key: {LITERAL}, deep: [{{password: {LITERAL}}}], token: env:T}}}}"
    leaves = load(f"{agents}\nworkspace: {{token: env:MY_TOKEN}}").leaves()
    values = {leaf.key: leaf.value for leaf in leaves}
    assert values["workspace.token"] == "env:MY_TOKEN"
    assert values["agents.x.token"] == "env:T"
    assert LITERAL not in str(values)


def test_numbers_of_tokens_are_no_secrets(load):
    values = {leaf.key: leaf.value for leaf in load().leaves()}
    assert (values["model.max_tokens"], values["supervisor.window_tokens"]) == (4096, 8000)
