"""Airflow's DatabricksHook, a client of the Jobs API that is not the SDK, against the workspace.

Airflow's dependencies clash with ours, so it gets an environment of its own, made once for each
content of `airflow.lock`. That file has what importing and using the hook needs, and no more:

    uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-header --no-annotate --no-strip-extras --excludes airflow-excludes.txt \
        airflow.in -o airflow.lock
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

HERE = Path(__file__).parent
LOCK = HERE / "airflow.lock"
NOTEBOOK = """# Databricks notebook source
import time
dbutils.widgets.text("mode", "good")
mode = dbutils.widgets.get("mode")
time.sleep(60 if mode == "slow" else 0)
assert mode != "bad"
dbutils.notebook.exit("flown")
"""


@pytest.fixture(scope="module")
def airflow_python() -> Path:
    """Return the Python of an environment with Airflow, which is made when it is not there."""
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    folder = Path(sys.prefix) / f"airflow-{digest}"
    python = folder / "bin" / "python"
    complete = folder / "complete"
    if not complete.exists():
        venv.create(folder, clear=True, with_pip=True)
        options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
        command = [str(python), "-m", "pip", "install", *options, "-r", str(LOCK)]
        subprocess.run(command, check=True)
        complete.touch()
    return python


@pytest.fixture(scope="module")
def seen(workspace, airflow_python, tmp_path_factory):
    """Return what the hook saw, call by call."""
    notebook = workspace.data / "files" / "Shared" / "airflow.py"
    notebook.parent.mkdir(parents=True, exist_ok=True)
    notebook.write_text(NOTEBOOK, encoding="utf-8")
    host, _, port = workspace.url.removeprefix("http://").partition(":")
    connection = {
        "conn_type": "databricks",
        "schema": "http",
        "host": host,
        "port": int(port),
        "password": workspace.tokens["admin"],
    }
    environment = {
        "PATH": os.environ["PATH"],
        "AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow")),
        "AIRFLOW_CONN_DATABRICKS_DEFAULT": json.dumps(connection),
    }
    command = [str(airflow_python), str(HERE / "airflow_hook.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_the_connection_is_good(seen):
    assert seen["connection"] == [True, "Connection successfully tested"]


def test_a_job_is_listed_and_found_by_name(seen):
    assert (seen["listed"], seen["found"]) == (True, True)


def test_a_run_ends_well_and_gives_its_output(seen, workspace):
    assert seen["good"]["text"] == "State: TERMINATED. Result: SUCCESS. "
    assert seen["output"] == {"result": "flown", "truncated": False}
    assert seen["page"].startswith(workspace.url)


def test_a_failed_run_is_repaired(seen):
    assert seen["failed"]["text"] == (
        "State: INTERNAL_ERROR. Result: FAILED. Task main failed with message: "
        "Workload failed, see run output for details."
    )
    assert seen["repaired"]["result"] == "SUCCESS"
    assert seen["repair_ids"] == [None, True]


def test_a_run_is_cancelled(seen):
    assert seen["cancelled"]["text"] == "State: TERMINATED. Result: CANCELED. Run cancelled."


def test_a_one_time_run_is_submitted(seen):
    assert seen["submitted"]["result"] == "SUCCESS"
