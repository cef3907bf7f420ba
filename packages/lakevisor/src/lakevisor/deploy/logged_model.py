"""The supervisor as a logged model: code by its name, wheels, pins, and one configuration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lakevisor.deploy.deployed_configuration import Target
from lakevisor.deploy.draft import Draft
from lakevisor.deploy.mlflow_resources import auth_policy
from lakevisor.deploy.wheels import make_wheels
from lakevisor.deploy.yaml_text import yaml_text
from lakevisor.serving.logged_model import CONFIGURATION, INPUT_EXAMPLE, MODEL_FILE

if TYPE_CHECKING:
    from mlflow.models.model import ModelInfo

WHEELS = "wheels"
"""The folder of the wheels; MLflow puts it under `code/` in the model."""
NAME = "lakevisor"
"""What the model is called in its experiment."""


def log_model(
    draft: Draft, folder: Path, environment: Mapping[str, str], *, host: str
) -> ModelInfo:
    """Log the supervisor with MLflow, wherever that is set to log to.

    MLflow loads it and asks it the input example, in this process: a plugin that is configured and
    cannot be loaded fails here. No workspace is reached for that.

    Args:
        draft: what is deployed.
        folder: an empty one, for what is copied into the model.
        environment: of the processes that build wheels.
        host: the address of the workspace that it will run in.
    """
    import mlflow

    wheel_folder = folder / WHEELS
    wheel_folder.mkdir()
    wheels = make_wheels(draft.distributions, wheel_folder, environment)
    configuration = folder / f"{draft.configuration.workspace_name}.yaml"
    configuration.write_text(yaml_text(draft.tree(Target.MODEL, host=host)), encoding="utf-8")
    logged: ModelInfo = mlflow.pyfunc.log_model(
        name=NAME,
        python_model=str(MODEL_FILE),
        artifacts={CONFIGURATION: str(configuration)},
        code_paths=[str(wheel_folder)],
        pip_requirements=[
            *(pin.requirement for pin in draft.requirements.pins),
            *(f"code/{WHEELS}/{wheel.path.name}" for wheel in wheels),
        ],
        input_example=dict(INPUT_EXAMPLE),
        auth_policy=auth_policy(draft.needs),
    )
    return logged
