"""Real processes: told apart, watched, and ended."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local_workspace.jobs.processes import Processes

TASK_RUN_ID = 7


@pytest.fixture
def start(tmp_path: Path) -> Callable[[str], Processes]:
    """Return a function that starts a notebook and gives what watches it."""

    def start(source: str) -> Processes:
        notebook = tmp_path / "notebook.py"
        notebook.write_text(source, encoding="utf-8")
        spec: dict[str, Any] = {
            "kind": "notebook",
            "file": str(notebook),
            "shown_as": "/Workspace/notebook.py",
            "widgets": {},
            "wheels": [],
            "task_values": {},
        }
        processes = Processes(tmp_path / "runs", variables={"GIVEN": "yes"})
        processes.start(TASK_RUN_ID, spec)
        return processes

    return start


def until(reached: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 20
    while not (found := reached()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def test_a_process_has_only_the_variables_it_is_given(start, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_SERVER", "no")
    source = "import os\nnames = set(os.environ)\n"
    source += "dbutils.notebook.exit([n for n in ('GIVEN', 'SECRET_OF_THE_SERVER') if n in names])"
    processes = start(source)
    outcome = until(lambda: processes.outcome(TASK_RUN_ID))
    assert outcome.result == "['GIVEN']"
    until(lambda: not processes.is_alive(TASK_RUN_ID))


def test_another_watcher_knows_the_process_and_can_end_it(start, tmp_path):
    processes = start("import time\ntime.sleep(60)")
    other = Processes(tmp_path / "runs", variables={})
    assert other.is_alive(TASK_RUN_ID)
    other.signal(TASK_RUN_ID, signal.SIGKILL)
    until(lambda: not processes.is_alive(TASK_RUN_ID))
    assert not other.is_alive(TASK_RUN_ID)
    assert other.outcome(TASK_RUN_ID) is None


def test_a_task_is_not_started_twice(start, tmp_path):
    counter = tmp_path / "counter"
    source = f"with open({str(counter)!r}, 'a') as f:\n    f.write('x')"
    processes = start(source)
    until(lambda: processes.outcome(TASK_RUN_ID))
    until(lambda: not processes.is_alive(TASK_RUN_ID))
    processes.start(TASK_RUN_ID, {})
    assert not processes.is_alive(TASK_RUN_ID)
    assert counter.read_text() == "x"


def test_a_number_that_is_another_process_by_now_is_not_taken_for_the_task(start, tmp_path):
    processes = start("pass")
    until(lambda: not processes.is_alive(TASK_RUN_ID))
    stranger = subprocess.Popen(["sleep", "60"], start_new_session=True)
    number = tmp_path / "runs" / str(TASK_RUN_ID) / "pid"
    number.write_text(str(stranger.pid), encoding="ascii")
    later = Processes(tmp_path / "runs", variables={})
    assert not later.is_alive(TASK_RUN_ID)
    later.signal(TASK_RUN_ID, signal.SIGKILL)
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()
