"""What a task's process is told to do: its file, its parameters, its libraries."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local_workspace.jobs.records import Run, TaskRun
from local_workspace.jobs.references import known_references, resolve

KINDS = ("notebook_task", "spark_python_task", "python_wheel_task", "condition_task")
"""The types of task that this workspace can run."""


class ResourceMissing(Exception):
    """The notebook, file or wheel of a task does not exist."""


class Workloads:
    """Turns a task into the instructions for its process."""

    def __init__(self, files: Path) -> None:
        self._files = files

    def instructions(
        self, run: Run, task: TaskRun, latest: Mapping[str, TaskRun]
    ) -> dict[str, Any]:
        """Return what the runner reads.

        Args:
            run: the job's run.
            task: the task to be started.
            latest: the latest attempts at all tasks of the run.

        Raises:
            ResourceMissing: a file that the task names does not exist.
        """
        known = known_references(run, task, latest.values())
        build = {
            "notebook_task": self._notebook,
            "spark_python_task": self._python_file,
            "python_wheel_task": self._wheel,
        }
        kind = next(kind for kind in build if kind in task.spec)
        return {
            "widgets": {},
            "arguments": [],
            "wheels": [str(self._file(path)) for path in _wheel_paths(run, task)],
            "task_values": {key: other.task_values for key, other in latest.items()},
            **build[kind](run, task.spec[kind], known),
        }

    def _notebook(
        self, run: Run, spec: Mapping[str, Any], known: Mapping[str, str]
    ) -> dict[str, Any]:
        path = spec["notebook_path"]
        widgets = {
            **spec.get("base_parameters", {}),
            **run.overriding.get("notebook_params", {}),
            **run.job_parameters(),
        }
        shown_as = f"/Workspace{path.removeprefix('/Workspace')}.py"
        file = str(self._file(f"{path}.py", shown_as=path))
        widgets = {name: str(value) for name, value in resolve(widgets, known).items()}
        return {"kind": "notebook", "file": file, "shown_as": shown_as, "widgets": widgets}

    def _python_file(
        self, run: Run, spec: Mapping[str, Any], known: Mapping[str, str]
    ) -> dict[str, Any]:
        parameters = run.overriding.get("python_params", spec.get("parameters", []))
        file = str(self._file(spec["python_file"]))
        return {"kind": "python", "file": file, "arguments": resolve(list(parameters), known)}

    def _wheel(self, run: Run, spec: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, Any]:
        arguments = list(run.overriding.get("python_params", spec.get("parameters", [])))
        named = {
            **spec.get("named_parameters", {}),
            **run.overriding.get("python_named_params", {}),
        }
        if not arguments:
            # job parameters are handed down to wheels that take named ones
            named |= run.job_parameters()
        arguments += [f"--{name}={value}" for name, value in named.items()]
        return {
            "kind": "wheel",
            "package_name": spec["package_name"],
            "entry_point": spec["entry_point"],
            "arguments": resolve(arguments, known),
        }

    def _file(self, path: str, *, shown_as: str | None = None) -> Path:
        inside = path.removeprefix("file:").removeprefix("/Workspace").lstrip("/")
        root = self._files.resolve()
        file = (root / inside).resolve()
        if not file.is_relative_to(root) or not file.is_file():
            what = "notebook" if shown_as else "file"
            raise ResourceMissing(
                f'Unable to access the {what} "{shown_as or path}". Either it does not exist, or '
                "the identity used to run this job lacks the required permissions."
            )
        return file


def _wheel_paths(run: Run, task: TaskRun) -> list[str]:
    """Return the wheels of the task's libraries and of its environment."""
    libraries = [item["whl"] for item in task.spec.get("libraries", []) if "whl" in item]
    environments = {
        item["environment_key"]: item.get("spec", {}).get("dependencies", [])
        for item in run.settings.get("environments", [])
    }
    needed = environments.get(task.spec.get("environment_key"), [])
    return libraries + [item for item in needed if item.endswith(".whl")]
