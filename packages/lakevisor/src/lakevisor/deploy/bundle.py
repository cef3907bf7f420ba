"""The bundle that makes a Databricks app of the supervisor: the same bytes for the same input."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakevisor.config import Configuration
from lakevisor.deploy.app_resources import AppResources, app_resources
from lakevisor.deploy.deployed_configuration import Target
from lakevisor.deploy.draft import Draft
from lakevisor.deploy.needs import user_scopes
from lakevisor.deploy.requirements import Requirements
from lakevisor.deploy.wheel_file import WheelFile
from lakevisor.deploy.wheels import make_wheels
from lakevisor.deploy.yaml_text import yaml_text
from lakevisor.errors import DeploymentError

RESOURCE = "lakevisor"
"""The app's name inside the bundle."""


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """A bundle on the disk."""

    folder: Path
    """Where it is."""
    files: Sequence[str]
    """What was written, relative to the folder."""
    commands: Sequence[Sequence[str]]
    """What the Databricks CLI is told, in this order and in that folder."""

    def shell_lines(self) -> list[str]:
        """Return the commands as they are typed."""
        return [shlex.join(command) for command in self.commands]


def render_bundle(draft: Draft, folder: Path, environment: Mapping[str, str]) -> Bundle:
    """Write the bundle of a workspace's app; the workspace is not asked.

    Args:
        draft: what is deployed.
        folder: is made, or was made by an earlier rendering, whose files are replaced.
        environment: of the processes that build wheels.

    Raises:
        NotDeployable: with all that stands in the way.
        WheelNotBuilt: with the distribution and what is in the way.
        DeploymentError: the folder has other things in it.
    """
    draft.require(Target.APP)
    _clear(folder)
    wheel_folder = folder / "app" / "wheels"
    wheel_folder.mkdir(parents=True)
    wheels = make_wheels(draft.distributions, wheel_folder, environment)
    texts = bundle_texts(draft, wheels)
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8", newline="\n")
    return Bundle(
        folder=folder,
        files=sorted([*texts, *(f"app/wheels/{wheel.path.name}" for wheel in wheels)]),
        commands=_commands(draft.configuration.workspace_name, _resources(draft)),
    )


def bundle_texts(draft: Draft, wheels: Sequence[WheelFile]) -> dict[str, str]:
    """Return what stands in a bundle's files, by their paths; the wheels themselves apart."""
    resources, name = _resources(draft), draft.configuration.workspace_name
    return {
        "databricks.yml": yaml_text(_bundle(draft, resources)),
        "app/app.yaml": yaml_text(_start(name, resources)),
        "app/requirements.txt": requirements_text(draft.requirements, wheels),
        "app/configs/base.yaml": "{}\n",
        f"app/configs/workspaces/{name}.yaml": yaml_text(draft.tree(Target.APP, host="")),
    }


def requirements_text(requirements: Requirements, wheels: Sequence[WheelFile]) -> str:
    """Return a requirements file with a version for everything, and hashes where all have one.

    pip checks the hashes of all or of none. No index is named: it is the platform's to choose.
    """
    if requirements.has_all_hashes:
        pins = [pin.lines() for pin in requirements.pins]
        ours = [f"./wheels/{each.path.name} \\\n    --hash=sha256:{each.sha256}" for each in wheels]
    else:
        pins = [pin.requirement for pin in requirements.pins]
        ours = [f"./wheels/{each.path.name}" for each in wheels]
    return "\n".join([*pins, *ours, ""])


def _resources(draft: Draft) -> AppResources:
    deployment = draft.configuration.settings.deployment
    return app_resources(
        draft.needs,
        database=deployment.app.database,
        secrets=draft.secrets(Target.APP),
        secret_scope=deployment.secret_scope,
    )


def _bundle(draft: Draft, resources: AppResources) -> dict[str, Any]:
    configuration = draft.configuration
    app = str(configuration.settings.deployment.app.name)
    scopes = list(user_scopes(draft.needs))
    return {
        "bundle": {"name": app},
        # The folder may be one that git ignores; its files are uploaded all the same.
        "sync": {"include": ["app/**"]},
        **({"variables": resources.variables} if resources.variables else {}),
        "resources": {
            "apps": {
                RESOURCE: {
                    "name": app,
                    "description": "Lakevisor: Genie, jobs and plugins behind one chat agent.",
                    "source_code_path": "./app",
                    **({"user_api_scopes": scopes} if scopes else {}),
                    "resources": resources.resources,
                }
            }
        },
        "targets": {configuration.workspace_name: {"default": True, **_workspace(configuration)}},
    }


def _workspace(configuration: Configuration) -> dict[str, Any]:
    settings = configuration.settings.workspace
    given = {"host": settings.host, "profile": settings.profile}
    known = {key: value for key, value in given.items() if value}
    return {"workspace": known} if known else {}


def _start(workspace: str, resources: AppResources) -> dict[str, Any]:
    # MLflow would otherwise keep traces in a file of the app's own.
    variables: list[dict[str, str]] = [{"name": "MLFLOW_TRACKING_URI", "value": "databricks"}]
    variables += [
        {"name": variable, "valueFrom": resource}
        for variable, resource in resources.secret_keys.items()
    ]
    return {"command": ["lakevisor", "--workspace", workspace, "serve"], "env": variables}


def _commands(target: str, resources: AppResources) -> list[list[str]]:
    given = [f"--var={name}=..." for name in resources.required_variables]
    return [
        ["databricks", "bundle", step, *rest, "--target", target, *given]
        for step, rest in (("validate", ()), ("deploy", ()), ("run", (RESOURCE,)))
    ]


def _clear(folder: Path) -> None:
    """Remove what an earlier rendering wrote; the CLI's own state beside it stays."""
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "databricks.yml").is_file():
        raise DeploymentError(
            f"The folder {folder} has other things in it than a bundle.",
            remedy="Choose another one with --output, or empty it.",
        )
    shutil.rmtree(folder / "app", ignore_errors=True)
