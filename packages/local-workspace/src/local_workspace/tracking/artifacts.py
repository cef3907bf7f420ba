"""The artifacts of runs, logged models and traces: lists of them, and links to them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local_workspace.area import Caller
from local_workspace.calls import Call, Given, listed, text
from local_workspace.errors import InvalidParameter, NotFound
from local_workspace.settings import Settings
from local_workspace.storage import Mount, SignedLinks
from local_workspace.tracking.experiments import Experiments
from local_workspace.tracking.logged_models import LoggedModels
from local_workspace.tracking.runs import Runs
from local_workspace.tracking.traces import Traces, experiment_of

_PREFIX = "/WorkspaceInternal/Mlflow/Artifacts"
"""Where the Files API has what MLflow calls `dbfs:/databricks/mlflow-tracking`."""
_SPANS = "traces.json"


class Artifacts:
    """Guards the files of tracking, and hands out links to who uses no Files API."""

    def __init__(
        self, settings: Settings, links: SignedLinks, *, runs: Runs, models: LoggedModels
    ) -> None:
        self._folder = settings.artifacts / "tracking"
        self._links = links
        self._runs = runs
        self._models = models

    def mount(self, experiments: Experiments) -> Mount:
        """Return the part of the Files API in which MLflow's clients keep artifacts."""

        def check(caller: Caller, inside: str, writes: bool) -> None:
            experiment_id = inside.partition("/")[0]
            experiments.require(caller, experiment_id, "CAN_EDIT" if writes else "CAN_READ")

        return Mount(prefix=_PREFIX, folder=self._folder, check=check)

    def calls(self, traces: Traces) -> dict[tuple[str, str], Call]:
        """Return the calls under `/api/2.0/mlflow`."""
        model = "logged-models/{model_id}/artifacts"
        trace = "traces/{request_id}"

        def spans(*, writes: bool) -> Call:
            level = "CAN_EDIT" if writes else "CAN_READ"

            def answer(caller: Caller, given: Given) -> dict[str, Any]:
                found = traces.require(caller, given["request_id"], level)
                folder = self._folder / experiment_of(found) / "Traces" / found["trace_id"]
                path = given.get("path") or _SPANS
                return {"credential_info": self._link(caller, folder, path, writes=writes)}

            return answer

        return {
            ("GET", "artifacts/list"): self._list_run,
            ("POST", "artifacts/credentials-for-read"): self._of_run(writes=False),
            ("POST", "artifacts/credentials-for-write"): self._of_run(writes=True),
            ("GET", f"{model}/directories"): self._list_model,
            ("POST", f"{model}/credentials-for-download"): self._of_model(writes=False),
            ("POST", f"{model}/credentials-for-upload"): self._of_model(writes=True),
            ("GET", f"{trace}/credentials-for-data-download"): spans(writes=False),
            ("GET", f"{trace}/credentials-for-data-upload"): spans(writes=True),
        }

    def _run_folder(self, run: Mapping[str, Any]) -> Path:
        info = run["info"]
        return self._folder / f"{info['experiment_id']}/Runs/{info['run_id']}/artifacts"

    def _model_folder(self, model: Mapping[str, Any]) -> Path:
        info = model["info"]
        return self._folder / f"{info['experiment_id']}/LoggedModels/{info['model_id']}/artifacts"

    def _list_run(self, caller: Caller, given: Given) -> dict[str, Any]:
        run = self._runs.require(caller, text(given, "run_id"), "CAN_READ")
        files = _listed(self._run_folder(run), given.get("path") or "")
        return {"root_uri": run["info"]["artifact_uri"], "files": files}

    def _list_model(self, caller: Caller, given: Given) -> dict[str, Any]:
        model = self._models.require(caller, given["model_id"], "CAN_READ")
        files = _listed(self._model_folder(model), given.get("artifact_directory_path") or "")
        return {"root_uri": model["info"]["artifact_uri"], "files": files}

    def _of_run(self, *, writes: bool) -> Call:
        def answer(caller: Caller, given: Given) -> dict[str, Any]:
            level = "CAN_EDIT" if writes else "CAN_READ"
            run = self._runs.require(caller, text(given, "run_id"), level)
            folder, run_id = self._run_folder(run), run["info"]["run_id"]
            infos = [
                {**self._link(caller, folder, path, writes=writes), "run_id": run_id}
                for path in listed(given, "path")
            ]
            return {"credential_infos": infos}

        return answer

    def _of_model(self, *, writes: bool) -> Call:
        def answer(caller: Caller, given: Given) -> dict[str, Any]:
            level = "CAN_EDIT" if writes else "CAN_READ"
            model = self._models.require(caller, given["model_id"], level)
            folder = self._model_folder(model)
            infos = [
                {"credential_info": self._link(caller, folder, path, writes=writes)}
                for path in listed(given, "paths")
            ]
            return {"credentials": infos}

        return answer

    def _link(self, caller: Caller, folder: Path, path: str, *, writes: bool) -> dict[str, Any]:
        file = _inside(folder, path)
        if not writes and not file.is_file():
            raise NotFound(f"The artifact {path} does not exist.")
        uri = self._links.link(caller.user_name, file, writes=writes)
        return {"path": path, "signed_uri": uri, "type": "AWS_PRESIGNED_URL", "headers": []}


def _inside(folder: Path, path: str) -> Path:
    file = (folder / path).resolve()
    if not file.is_relative_to(folder.resolve()):
        raise InvalidParameter(f"Invalid artifact path: '{path}'")
    return file


def _listed(folder: Path, path: str) -> list[dict[str, Any]]:
    """Return what is in a folder of artifacts; a file is a list of itself."""
    place = _inside(folder, path)
    if not place.exists():
        return []
    found = sorted(place.iterdir()) if place.is_dir() else [place]
    return [
        {"path": str(each.relative_to(folder.resolve())), "is_dir": each.is_dir()}
        | ({} if each.is_dir() else {"file_size": each.stat().st_size})
        for each in found
    ]
