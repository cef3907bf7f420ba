"""The parent of worker processes starts them again, and ends them."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from lakevisor.errors import ConfigurationError
from lakevisor.serving.workers import GIVEN_UP, Workers

DIE_TWICE = """
import os, signal, sys, time
from pathlib import Path

folder = Path({folder!r})
(folder / str(os.getpid())).touch()
if len([*folder.iterdir()]) < 3:
    sys.exit(1)
os.kill(os.getppid(), signal.SIGTERM)
time.sleep(60)
"""


@pytest.mark.timeout(60)
def test_workers_that_give_up_are_not_started_again() -> None:
    with pytest.raises(ConfigurationError):
        Workers(sys.exit, GIVEN_UP, count=2).run()


@pytest.mark.timeout(60)
def test_a_worker_that_dies_is_started_again_until_a_signal_ends_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lakevisor.serving.workers.RESTART_SECONDS", 0.0)
    before = signal.getsignal(signal.SIGTERM)

    Workers(exec, DIE_TWICE.format(folder=str(tmp_path)), count=1).run()

    assert len([*tmp_path.iterdir()]) == 3
    assert signal.getsignal(signal.SIGTERM) == before
