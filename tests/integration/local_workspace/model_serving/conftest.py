"""An agent that is logged, registered and deployed by the clients that people use."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

MODEL = "main.default.echo_agent"
AGENT = Path(__file__).with_name("echo_agent.py")
Register = Callable[..., str]


@pytest.fixture(scope="session")
def mlflow_of_workspace(workspace: Any) -> Iterator[ModuleType]:
    """Return mlflow with an experiment in the workspace, as the admin, for the whole session."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABRICKS_HOST", workspace.url)
        patch.setenv("DATABRICKS_TOKEN", workspace.tokens["admin"])
        patch.setenv("MLFLOW_UV_AUTO_DETECT", "false")
        import mlflow

        before = mlflow.get_tracking_uri()
        mlflow.set_tracking_uri("databricks")
        mlflow.set_registry_uri("databricks-uc")
        mlflow.set_experiment("/Shared/echo-agent")
        yield mlflow
        mlflow.set_tracking_uri(before)
        mlflow.set_registry_uri(before)


@pytest.fixture(scope="session")
def register(mlflow_of_workspace: Any, tmp_path_factory: pytest.TempPathFactory) -> Register:
    """Return a function that logs the agent and returns the number of its new version."""
    from mlflow.models.auth_policy import AuthPolicy, SystemAuthPolicy, UserAuthPolicy
    from mlflow.models.resources import DatabricksServingEndpoint

    wheels = tmp_path_factory.mktemp("model") / "wheels"
    wheel = _wheel(wheels)
    endpoint = DatabricksServingEndpoint(endpoint_name="databricks-claude-sonnet-4-5")
    policy = AuthPolicy(
        system_auth_policy=SystemAuthPolicy(resources=[endpoint]),
        user_auth_policy=UserAuthPolicy(api_scopes=["sql"]),
    )

    def logged(*, requirements: Sequence[str] = ()) -> str:
        skinny = f"mlflow-skinny=={metadata.version('mlflow')}"
        info = mlflow_of_workspace.pyfunc.log_model(
            name="agent",
            python_model=str(AGENT),
            code_paths=[str(wheels)],
            pip_requirements=[skinny, "pandas", f"code/wheels/{wheel.name}", *requirements],
            auth_policy=policy,
            registered_model_name=MODEL,
        )
        return str(info.registered_model_version)

    return logged


@pytest.fixture(scope="session")
def deployment(register: Register, workspace: Any) -> Any:
    """Return what `agents.deploy` says of the agent's first version, once that is READY."""
    from databricks import agents

    w = workspace.client()
    w.secrets.create_scope("echo")
    w.secrets.put_secret("echo", "greeting", string_value="Good day")
    greeting = {"GREETING": "{{secrets/echo/greeting}}"}
    deployed = agents.deploy(MODEL, int(register()), environment_vars=greeting)
    w.serving_endpoints.wait_get_serving_endpoint_not_updating(deployed.endpoint_name)
    return deployed


def _wheel(folder: Path) -> Path:
    """Build the smallest wheel there is."""
    folder.mkdir()
    file = folder / "echo_words-1.0-py3-none-any.whl"
    info = "echo_words-1.0.dist-info"
    with zipfile.ZipFile(file, "w") as wheel:
        wheel.writestr("echo_words.py", "")
        wheel.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: echo-words\nVersion: 1.0\n"
        )
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")
    return file
