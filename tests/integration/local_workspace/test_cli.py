"""The command `local-workspace`, in processes of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

ME = "/api/2.0/preview/scim/v2/Me"
SLEEP_JOB = {
    "name": "sleeper",
    "tasks": [
        {
            "task_key": "sleep",
            "notebook_task": {"notebook_path": "/Shared/sleeper", "source": "WORKSPACE"},
        }
    ],
}


def command(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "local_workspace.cli", *arguments]
    return subprocess.run(words, capture_output=True, text=True, timeout=300, **options)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give the tests of this file one folder; what runs on it is stopped at the end."""
    folder = tmp_path_factory.mktemp("cli")
    yield folder
    command("down", "--data", str(folder))


@pytest.fixture
def up(data: Path) -> Callable[..., dict[str, Any]]:
    """Give a function that starts the workspace of the folder and returns its state."""

    def start() -> dict[str, Any]:
        done = command("up", "--data", str(data), "--port", "0", "--json")
        assert done.returncode == 0, done.stderr
        state: dict[str, Any] = json.loads(done.stdout)
        return state

    return start


def call(state: dict[str, Any], method: str, path: str, body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {state['users']['admin@local.test']}"}
    answer = httpx.request(
        method, state["url"] + path, json=body, headers=headers, timeout=30, trust_env=False
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def processes_of(data: Path) -> list[str]:
    """Return the command lines of the processes that work on a folder."""
    lines = []
    for process in psutil.process_iter(["cmdline", "cwd"]):
        line = " ".join(process.info["cmdline"] or [])
        if str(data) in f"{line} {process.info['cwd']}":
            lines.append(line)
    return lines


def test_up_twice_is_one_server(up: Any) -> None:
    assert up()["pid"] == up()["pid"]


def test_two_ups_at_once_start_one_server(up: Any, data: Path) -> None:
    command("down", "--data", str(data))
    pids: list[int] = []
    threads = [threading.Thread(target=lambda: pids.append(up()["pid"])) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pids) == 3
    assert len(set(pids)) == 1


def test_up_does_not_show_tokens_unless_asked(up: Any, data: Path) -> None:
    tokens = up()["users"].values()
    done = command("up", "--data", str(data))
    assert "runs already at http://127.0.0.1:" in done.stdout
    assert str(data / "databrickscfg") in done.stdout
    assert not any(token in done.stdout + done.stderr for token in tokens)


def test_status_says_where_it_runs(up: Any, data: Path) -> None:
    url = up()["url"]
    done = command("status", "--data", str(data))
    assert (done.returncode, url in done.stdout) == (0, True)


def test_status_of_nothing_exits_with_3(tmp_path: Path) -> None:
    done = command("status", "--json", "--data", str(tmp_path / "none"))
    assert (done.returncode, json.loads(done.stdout)) == (3, {"running": False})
    assert not (tmp_path / "none").exists()


def test_down_of_nothing_is_no_error(tmp_path: Path) -> None:
    assert command("down", "--data", str(tmp_path)).returncode == 0


def test_a_restart_keeps_address_tokens_and_running_jobs(up: Any, data: Path) -> None:
    before = up()
    job_id, run_id = start_sleeper(before, data)
    done = command("restart", "--data", str(data), "--json")
    after = json.loads(done.stdout)
    assert after["pid"] != before["pid"]
    assert (after["url"], after["users"]) == (before["url"], before["users"])
    run = call(after, "GET", f"/api/2.2/jobs/runs/get?run_id={run_id}")
    assert (run["job_id"], run["status"]["state"]) == (job_id, "RUNNING")


def test_a_killed_server_is_recovered_with_what_it_ran(up: Any, data: Path) -> None:
    before = up()
    _, run_id = start_sleeper(before, data)
    os.kill(before["pid"], signal.SIGKILL)
    psutil.wait_procs([psutil.Process(before["pid"])] if psutil.pid_exists(before["pid"]) else [])
    assert command("status", "--data", str(data)).returncode == 3
    after = up()
    assert after["url"] == before["url"]
    run = call(after, "GET", f"/api/2.2/jobs/runs/get?run_id={run_id}")
    assert run["status"]["state"] == "RUNNING"


def test_down_leaves_no_process_behind_even_after_a_crash(up: Any, data: Path) -> None:
    state = up()
    start_sleeper(state, data)
    os.kill(state["pid"], signal.SIGKILL)
    done = command("down", "--data", str(data))
    assert done.returncode == 0, done.stderr
    assert processes_of(data) == []


def test_a_workspace_goes_on_where_it_was_stopped(up: Any, data: Path) -> None:
    state = up()
    job_id = call(state, "POST", "/api/2.2/jobs/create", SLEEP_JOB)["job_id"]
    command("down", "--data", str(data))
    again = up()
    assert again["users"] == state["users"]
    assert call(again, "GET", f"/api/2.2/jobs/get?job_id={job_id}")["job_id"] == job_id


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = command("up", "--data", str(tmp_path / "x"), "--port", port)
    assert done.returncode == 1
    assert f"Port {port} is taken" in done.stderr
    assert "--port" in done.stderr


def test_help_is_quick_and_names_the_exit_codes() -> None:
    done = command("--help")
    assert done.returncode == 0
    assert "Exit codes" in done.stdout


def start_sleeper(state: dict[str, Any], data: Path) -> tuple[int, int]:
    """Start a job that would run for minutes, and wait until its process has begun."""
    begun = data / "begun"
    begun.unlink(missing_ok=True)
    notebook = data / "files" / "Shared" / "sleeper.py"
    notebook.parent.mkdir(parents=True, exist_ok=True)
    notebook.write_text(
        "# Databricks notebook source\nimport pathlib, time\n"
        f"pathlib.Path({str(begun)!r}).touch()\ntime.sleep(600)\n",
        encoding="utf-8",
    )
    job_id = call(state, "POST", "/api/2.2/jobs/create", SLEEP_JOB)["job_id"]
    run_id = call(state, "POST", "/api/2.2/jobs/run-now", {"job_id": job_id})["run_id"]
    waited = threading.Event()
    for _ in range(200):
        if begun.exists():
            return job_id, run_id
        waited.wait(0.05)
    raise AssertionError("the job's process has not begun")


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = command("up", "--data", str(tmp_path / "file" / "below"))
    assert done.returncode == 1
    assert "cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_state_names_what_is_there_from_the_start(up: Any) -> None:
    state = up()
    assert state["lakebase"]["instance_name"] == "local-lakebase"
    for job_id in state["jobs"]:
        assert call(state, "GET", f"/api/2.2/jobs/get?job_id={job_id}")["job_id"] == job_id
    listed = call(state, "GET", "/api/2.0/genie/spaces")["spaces"]
    assert {space["space_id"] for space in listed} == set(state["genie_spaces"])
