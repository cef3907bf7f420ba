"""MLflow and databricks-agents find the configured login in the environment, for a while."""

import os

import mlflow
import pytest

from lakevisor.config import WorkspaceSettings
from lakevisor.deploy.databricks_session import databricks_session


@pytest.fixture(autouse=True)
def _somebody_elses_login(monkeypatch):
    monkeypatch.setenv("DATABRICKS_HOST", "https://theirs.example.com")
    monkeypatch.setenv("DATABRICKS_TOKEN", "theirs")
    monkeypatch.delenv("MLFLOW_UV_AUTO_DETECT", raising=False)


def login():
    return {name: value for name, value in os.environ.items() if name.startswith("DATABRICKS_")}


def test_the_configured_profile_replaces_the_environments_login():
    with databricks_session(WorkspaceSettings(profile="dev"), {}):
        inside = login()

    assert inside == {"DATABRICKS_CONFIG_PROFILE": "dev"}
    assert login() == {
        "DATABRICKS_HOST": "https://theirs.example.com",
        "DATABRICKS_TOKEN": "theirs",
    }


def test_a_secret_is_read_from_where_the_configuration_says():
    settings = WorkspaceSettings.model_validate(
        {"host": "https://ours.example.com", "client_id": "p1", "client_secret": "env:OURS"}
    )
    with databricks_session(settings, {"OURS": "hidden"}):
        inside = login()

    assert inside == {
        "DATABRICKS_HOST": "https://ours.example.com",
        "DATABRICKS_CLIENT_ID": "p1",
        "DATABRICKS_CLIENT_SECRET": "hidden",
    }


def test_without_a_configured_login_the_environments_own_stays():
    with databricks_session(WorkspaceSettings(), {}):
        assert login()["DATABRICKS_TOKEN"] == "theirs"


def test_models_go_to_the_workspace_and_uv_projects_are_left_alone():
    before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
    with databricks_session(WorkspaceSettings(), {}):
        assert (mlflow.get_tracking_uri(), mlflow.get_registry_uri()) == (
            "databricks",
            "databricks-uc",
        )
        assert os.environ["MLFLOW_UV_AUTO_DETECT"] == "false"
    assert (mlflow.get_tracking_uri(), mlflow.get_registry_uri()) == before
    assert "MLFLOW_UV_AUTO_DETECT" not in os.environ
