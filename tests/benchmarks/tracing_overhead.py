"""What tracing costs a turn, and the end of a process, also where the tracking server is away.

    python tests/benchmarks/tracing_overhead.py [TURNS [ROUNDS]]

Starts a local workspace, and for each case processes of their own that take turns with one another:
tracing off; into a file of SQLite; into a server that answers at the start and then breaks every
connection; into one that then never answers; and where nothing listens. The turns are small talk
with the local workspace's model of rules, which answers at once: what is measured is our own work.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, ClassVar
from uuid import uuid4

from own_workspace import OwnWorkspace, own_workspace

WARM_UP = 5
TURN = "--turns-of"
EXPERIMENT = {"experiment_id": "1", "name": "turns", "lifecycle_stage": "active"}
CASES = ("off", "a file", "breaks off", "hangs", "nothing listens")


class Away(BaseHTTPRequestHandler):
    """A tracking server that knows its experiment, and nothing else any more."""

    refused: ClassVar[int] = 0
    """How often something was sent all the same."""

    def do_GET(self) -> None:
        """Tell of the experiment."""
        if "/experiments/" not in self.path:
            self.go_away()
            return
        body = json.dumps({"experiment": {**EXPERIMENT, "artifact_location": "/none"}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        """Take nothing."""
        self.go_away()

    def do_PATCH(self) -> None:
        """Take nothing."""
        self.go_away()

    def go_away(self) -> None:
        """Break off."""
        type(self).refused += 1
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Hangs(Away):
    """One that then never answers."""

    def go_away(self) -> None:
        """Wait until the process ends."""
        type(self).refused += 1
        Event().wait()


def served(handler: type[Away]) -> str:
    """Start a server in this process, and return its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


async def take_turns(turns: int) -> None:
    """Print how many milliseconds each turn took, and then end."""
    from lakevisor.config import load_configuration
    from lakevisor.supervisor import Request, open_supervisor

    traced = "MLFLOW_TRACKING_URI" in os.environ
    overrides = [
        f"workspace={{host: '{os.environ['URL']}', profile: null, token: 'env:URL_TOKEN'}}",
        "workspace.start=[]",
        *(["tracing={enabled: true, experiment: turns}"] if traced else []),
    ]
    configuration = load_configuration(
        workspace="local", overrides=overrides, environment=os.environ
    )
    async with open_supervisor(configuration, os.environ) as supervisor:
        took = []
        for _ in range(WARM_UP + turns):
            began = time.perf_counter()
            await supervisor.ask(Request(text="Thank you!", thread_id=uuid4().hex))
            took.append(1000 * (time.perf_counter() - began))
        print(json.dumps(took[WARM_UP:]), flush=True)


def measured(workspace: OwnWorkspace, *, uri: str, turns: int) -> tuple[list[float], float]:
    """Return the milliseconds of each turn, and the seconds that the process took to end.

    Args:
        workspace: that all processes share.
        uri: of the tracking server; empty where tracing is off.
        turns: how many are measured.
    """
    environment = {**os.environ, "URL": workspace.url, "URL_TOKEN": workspace.token}
    environment.pop("MLFLOW_TRACKING_URI", None)
    if uri:
        environment["MLFLOW_TRACKING_URI"] = uri
    command = [sys.executable, __file__, TURN, str(turns)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None, "it was asked for"
        took = json.loads(process.stdout.readline())
        began = time.perf_counter()
        process.wait(timeout=120)
        return took, time.perf_counter() - began


def main() -> None:
    """Measure every case, and print a table."""
    turns, rounds = (*map(int, sys.argv[1:]), *(40, 3)[len(sys.argv) - 1 :])
    took: dict[str, list[float]] = {case: [] for case in CASES}
    ended: dict[str, list[float]] = {case: [] for case in CASES}
    with own_workspace() as workspace, tempfile.TemporaryDirectory() as folder:
        uris: Mapping[str, str] = {
            "off": "",
            "a file": f"sqlite:///{folder}/mlflow.db",
            "breaks off": served(Away),
            "hangs": served(Hangs),
            "nothing listens": "http://127.0.0.1:9",
        }
        for number in range(rounds):
            # Back and forth: a machine that gets slower is unfair to nobody.
            for case in CASES[:: -1 if number % 2 else 1]:
                found, seconds = measured(workspace, uri=uris[case], turns=turns)
                took[case] += found
                ended[case].append(seconds)
    print_table(took, ended)
    print(f"\nRequests in vain: {Away.refused} broken off, {Hangs.refused} without an answer.")


def print_table(took: Mapping[str, list[float]], ended: Mapping[str, list[float]]) -> None:
    """Print the medians, the turns' as a ratio to those without tracing too."""
    off = statistics.median(took["off"])
    print("| tracing | ms a turn | ratio | slowest tenth, ms | s to end |")
    print("|---|---:|---:|---:|---:|")
    for case, each in took.items():
        middle, slow = statistics.median(each), statistics.quantiles(each, n=10)[-1]
        seconds = statistics.median(ended[case])
        print(f"| {case} | {middle:.0f} | {middle / off:.2f} | {slow:.0f} | {seconds:.1f} |")


if __name__ == "__main__":
    if TURN in sys.argv:
        asyncio.run(take_turns(int(sys.argv[-1])))
    else:
        main()
