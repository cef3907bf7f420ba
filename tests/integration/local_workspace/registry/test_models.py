"""Models in Unity Catalog through MLflow's `databricks-uc` client and the SDK."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from databricks.sdk.errors import NotFound, PermissionDenied
from databricks.sdk.service.catalog import PermissionsChange, Privilege

pytestmark = pytest.mark.filterwarnings("ignore:.*Any type hint:UserWarning")

MODEL = """
import mlflow

class Greeter(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input: list[str], params=None) -> list[str]:
        return [f"Hello {name}" for name in model_input]

mlflow.models.set_model(Greeter())
"""
_numbers = itertools.count()


@pytest.fixture
def register(tracked: Any, tmp_path: Path) -> Callable[[str], Any]:
    """Return a function that logs a model and registers it as the next version of a name."""
    code = tmp_path / "greeter.py"
    code.write_text(MODEL)

    def logged(name: str) -> Any:
        return tracked.pyfunc.log_model(
            name="greeter",
            python_model=str(code),
            input_example=["you"],
            pip_requirements=["mlflow"],
            registered_model_name=name,
        )

    return logged


@pytest.fixture
def name() -> str:
    """Return the name of a model that is not there."""
    return f"main.default.greeter{next(_numbers)}"


def test_a_registered_model_is_loaded_by_version_and_alias(
    tracked: Any, register: Callable[[str], Any], name: str
) -> None:
    assert register(name).registered_model_version == "1"
    assert register(name).registered_model_version == "2"
    client = tracked.MlflowClient()
    client.set_registered_model_alias(name, "champion", "1")
    version = client.get_model_version_by_alias(name, "champion")
    assert (version.version, version.status, version.aliases) == ("1", "READY", ["champion"])
    for which in ("/2", "@champion"):
        model = tracked.pyfunc.load_model(f"models:/{name}{which}")
        assert model.predict(["world"]) == ["Hello world"]
    found = client.search_model_versions(f"name='{name}'")
    assert sorted(each.version for each in found) == ["1", "2"]


def test_files_go_by_links_where_the_client_does_not_use_the_sdk(
    tracked: Any,
    register: Callable[[str], Any],
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_USE_DATABRICKS_SDK_MODEL_ARTIFACTS_REPO_FOR_UC", "false")
    register(name)
    model = tracked.pyfunc.load_model(f"models:/{name}/1")
    assert model.predict(["world"]) == ["Hello world"]


def test_tags_are_kept_and_a_deleted_version_is_gone(
    tracked: Any, register: Callable[[str], Any], name: str
) -> None:
    register(name)
    client = tracked.MlflowClient()
    client.set_registered_model_tag(name, "team", "data")
    client.set_model_version_tag(name, "1", "checked", "yes")
    assert client.get_registered_model(name).tags == {"team": "data"}
    assert client.get_model_version(name, "1").tags["checked"] == "yes"
    client.delete_model_version(name, "1")
    assert client.search_model_versions(f"name='{name}'") == []
    assert register(name).registered_model_version == "2"


def test_the_sdk_sees_what_mlflow_registered(
    workspace: Any, register: Callable[[str], Any], name: str
) -> None:
    register(name)
    w = workspace.client()
    w.registered_models.set_alias(name, "champion", 1)
    assert w.registered_models.get(name).full_name == name
    version = w.model_versions.get_by_alias(name, "champion")
    assert (version.version, version.status.value) == (1, "READY")
    assert [each.version for each in w.model_versions.list(name)] == [1]


def test_who_was_granted_nothing_may_not_load(
    workspace: Any, register: Callable[[str], Any], name: str
) -> None:
    register(name)
    path = f"/Models/{name.replace('.', '/')}/1/MLmodel"
    analyst = workspace.client("analyst")
    with pytest.raises(PermissionDenied, match="does not have EXECUTE"):
        analyst.files.download(path)
    change = PermissionsChange(principal="analyst@local.test", add=[Privilege.EXECUTE])
    workspace.client().grants.update("FUNCTION", name, changes=[change])
    assert b"python_function" in analyst.files.download(path).contents.read()
    with pytest.raises(PermissionDenied, match="does not have MANAGE"):
        analyst.files.delete(path)


def test_a_name_may_be_written_in_any_case(
    tracked: Any, register: Callable[[str], Any], name: str
) -> None:
    register(name.replace("greeter", "Greeter"))
    assert tracked.pyfunc.load_model(f"models:/{name}/1").predict(["you"]) == ["Hello you"]


def test_a_path_that_leaves_its_model_is_refused(workspace: Any) -> None:
    path = "/api/2.0/fs/files/Models/main/default/mine/1/..%2F..%2Ftheirs/1/MLmodel"
    answer = workspace.call("GET", path)
    assert (answer.status_code, answer.json()["message"][:13]) == (400, "Invalid path:")


def test_a_model_needs_three_levels_and_a_schema(workspace: Any, tracked: Any) -> None:
    client = tracked.MlflowClient()
    with pytest.raises(tracked.MlflowException, match="specify all three levels"):
        client.create_registered_model("greeter")
    with pytest.raises(tracked.MlflowException, match=r"Schema 'main\.agents' does not exist"):
        client.create_registered_model("main.agents.greeter")
    workspace.client().schemas.create("agents", "main")
    assert client.create_registered_model("main.agents.greeter").name == "main.agents.greeter"
    with pytest.raises(NotFound):
        workspace.client().schemas.get("main.nothing")
