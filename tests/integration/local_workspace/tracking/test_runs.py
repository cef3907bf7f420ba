"""Experiments, runs and their artifacts through MLflow's fluent API and its client."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


def test_a_run_keeps_parameters_tags_and_the_last_of_each_metric(tracked: Any) -> None:
    with tracked.start_run(run_name="first", tags={"team": "data"}) as run:
        tracked.log_params({"depth": 3})
        for step, loss in enumerate([0.5, 0.25]):
            tracked.log_metric("loss", loss, step=step)
    kept = tracked.get_run(run.info.run_id)
    assert (kept.info.status, kept.info.run_name) == ("FINISHED", "first")
    assert (kept.data.params, kept.data.metrics) == ({"depth": "3"}, {"loss": 0.25})
    assert kept.data.tags["team"] == "data"
    history = tracked.MlflowClient().get_metric_history(run.info.run_id, "loss")
    assert [point.value for point in history] == [0.5, 0.25]


def test_runs_are_found_by_what_they_logged(tracked: Any) -> None:
    for depth, loss in ((1, 0.9), (2, 0.4), (3, 0.1)):
        with tracked.start_run(run_name=f"d{depth}"):
            tracked.log_params({"depth": depth})
            tracked.log_metric("loss", loss)
    found = tracked.search_runs(
        filter_string="metrics.loss < 0.5 AND params.depth != '3'", output_format="list"
    )
    assert [run.info.run_name for run in found] == ["d2"]
    by_loss = tracked.search_runs(order_by=["metrics.loss ASC"], output_format="list")
    assert [run.info.run_name for run in by_loss] == ["d3", "d2", "d1"]


def test_a_parameter_is_not_changed(tracked: Any) -> None:
    with tracked.start_run():
        tracked.log_param("depth", 3)
        with pytest.raises(tracked.MlflowException, match="Changing param values is not allowed"):
            tracked.log_param("depth", 4)


@pytest.mark.parametrize("disabled", ["false", "true"], ids=["files_api", "signed_links"])
def test_artifacts_go_up_and_come_back(
    tracked: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, disabled: str
) -> None:
    monkeypatch.setenv("MLFLOW_DISABLE_DATABRICKS_SDK_FOR_RUN_ARTIFACTS", disabled)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a b.txt").write_text("content")
    with tracked.start_run() as run:
        tracked.log_artifacts(str(tmp_path), "top")
    uri = f"runs:/{run.info.run_id}/top"
    listed = tracked.artifacts.list_artifacts(f"{uri}/folder")
    assert [(each.path, each.file_size) for each in listed] == [("folder/a b.txt", 7)]
    assert tracked.artifacts.load_text(f"{uri}/folder/a b.txt") == "content"


def test_an_experiment_needs_a_path_in_the_workspace(tracked: Any) -> None:
    with pytest.raises(tracked.MlflowException, match="must be an absolute path"):
        tracked.create_experiment("mine")
    with pytest.raises(tracked.MlflowException, match="Parent directory /Shared/none does not"):
        tracked.create_experiment("/Shared/none/mine")


def test_an_experiment_in_a_home_is_its_owners(tracked: Any, workspace: Any) -> None:
    name = "/Users/admin@local.test/own"
    experiment_id = tracked.create_experiment(name)
    path = f"/api/2.0/mlflow/experiments/get?experiment_id={experiment_id}"
    assert workspace.call("GET", path, user="analyst").status_code == 403
    grant = {"user_name": "analyst@local.test", "permission_level": "CAN_READ"}
    permissions = f"/api/2.0/permissions/experiments/{experiment_id}"
    workspace.call("PATCH", permissions, body={"access_control_list": [grant]})
    seen = workspace.call("GET", path, user="analyst").json()["experiment"]
    assert seen["name"] == name
