"""Exports that hang hold neither who hands them over nor the end of the process."""

from __future__ import annotations

import subprocess
import sys
from threading import Event

from lakevisor.supervisor.trace_export import HELD_AT_MOST, THREADS, ExportQueue

LEAVES = """
import threading
from lakevisor.supervisor.trace_export import ExportQueue
class Hangs:
    def handle(self):
        threading.Event().wait()
queue = ExportQueue()
for _ in range(20):
    queue.put(Hangs())
print(queue.drop())
"""


class Waits:
    """An export that ends when it is told to."""

    def __init__(self, event: Event) -> None:
        self.event = event

    def handle(self) -> None:
        self.event.wait(30)


def test_what_hangs_does_not_keep_a_process_from_ending() -> None:
    done = subprocess.run([sys.executable, "-c", LEAVES], capture_output=True, timeout=60)

    assert (done.returncode, done.stdout.split()) == (0, [b"20"])


def test_what_has_no_place_is_dropped_and_nobody_waits() -> None:
    queue, end = ExportQueue(), Event()
    for _ in range(HELD_AT_MOST + THREADS + 50):
        queue.put(Waits(end))

    assert HELD_AT_MOST <= queue.drop() <= HELD_AT_MOST + THREADS
    end.set()


def test_a_flush_ends_when_all_is_done() -> None:
    queue, end = ExportQueue(), Event()
    end.set()
    queue.put(Waits(end))
    queue.flush()

    assert queue.drop() == 0
