"""A configuration in one file, to travel with what is deployed."""

from pathlib import Path

import pytest

from lakevisor.config import packaged, read_packaged
from lakevisor.errors import InvalidConfiguration

LOCAL = """
workspace: {host: "https://one.cloud.databricks.com", token: "file:secrets/token"}
tracing: {enabled: true, experiment: "123"}
agents:
  notes: {title: Notes}
"""


def read_again(text: str, folder: Path, **environment: str):
    path = folder / "prod.yaml"
    path.write_text(text, encoding="utf-8")
    return read_packaged(path, environment=environment)


def test_what_was_packaged_reads_the_same_anywhere_else(load, tmp_path):
    configuration = load(LOCAL, overrides=["turn.wait_seconds=3"])

    again = read_again(packaged(configuration), tmp_path / "..")

    assert again.settings == configuration.settings
    assert again.workspace_name == "prod"


def test_the_same_configuration_packages_to_the_same_text(load):
    assert packaged(load(LOCAL)) == packaged(load(LOCAL))


def test_a_number_that_was_typed_for_a_text_stays_a_text(load, tmp_path):
    configuration = load(overrides=["tracing.enabled=true", "tracing.experiment=42"])

    assert read_again(packaged(configuration), tmp_path).settings.tracing.experiment == "42"


def test_the_environment_is_laid_over_the_packaged_file(load, tmp_path):
    text = packaged(load(LOCAL))

    again = read_again(text, tmp_path, LAKEVISOR__MODEL__ENDPOINT="other")

    assert again.settings.model.endpoint == "other"
    assert str(again.origin_of("model.endpoint")) == (
        "environment variable LAKEVISOR__MODEL__ENDPOINT"
    )


def test_a_secret_is_packaged_as_a_reference(load, tmp_path):
    text = packaged(load(LOCAL))

    assert f"token: file:{tmp_path}/secrets/token" in text


def test_a_secret_in_clear_is_refused_without_being_shown(load):
    configuration = load("agents: {notes: {api_key: hunter2}}")

    with pytest.raises(InvalidConfiguration) as caught:
        packaged(configuration)

    assert "configs/workspaces/local.yaml:1: 'agents.notes.api_key'" in caught.value.report()
    assert "hunter2" not in caught.value.report()


def test_what_is_wrong_with_a_packaged_file_is_said_with_its_line(tmp_path):
    with pytest.raises(InvalidConfiguration) as caught:
        read_again("model: {endpoint: claude}\nlakebas: {}\n", tmp_path)

    assert "prod.yaml:2" in caught.value.report()
