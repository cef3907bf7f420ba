"""How much memory it takes to write a large result of Genie's to a file.

    python tests/benchmarks/genie_csv.py [ROWS]

Starts a local workspace, has Genie answer with so many rows (1,000,000 unless told), of which it
keeps 5,000, and writes all of them as CSV: once with the plugin alone, and once with the whole
command, `lakevisor ask --csv`. Printed is the most memory that each process has had, after few
rows and after all: what the programs themselves take, and what the rows add.
"""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path
from typing import Any

from own_workspace import OwnWorkspace, own_workspace
from peak_memory import peak_megabytes

from lakevisor.cli.answer_files import file_when_whole
from lakevisor_genie.downloads import download
from lakevisor_genie.settings import GenieSettings
from lakevisor_genie.tools import build_tools
from lakevisor_plugin import Answer
from lakevisor_testing.turns import make_turn

SPACE = "01f10000000000000000000000000001"
SQL = "SELECT id, id * 1.5 AS amount, CAST(id AS STRING) AS name FROM range({rows})"
QUESTION = "What is the total revenue by region?"
CONFIGS = Path(__file__).parents[2] / "configs"
FEW = 6_000
"""More than Genie keeps: the way is the same."""
SECONDS = 1800


async def with_the_plugin(workspace: OwnWorkspace, path: Path) -> None:
    """Ask, and write what is behind the answer."""
    space = {"space_id": SPACE, "description": "Everything."}
    settings = GenieSettings.model_validate({"spaces": {"sales": space}})
    turn = make_turn(workspace=workspace.client(), seconds=SECONDS)
    answer: Any = await build_tools(settings)[0].ainvoke({"query": QUESTION, "turn": turn})
    assert isinstance(answer, Answer)
    with file_when_whole(path) as file:
        async for part in download(settings, str(answer.data["download"]), turn):
            if isinstance(part, bytes):
                file.write(part)


def with_the_command(workspace: OwnWorkspace, path: Path) -> None:
    """Do the same as a person would."""
    config_file = workspace.data / "databrickscfg"
    changes = (
        f"workspace.config_file={config_file}",
        "workspace.start=[]",
        # The machine may be busy with other things; what is measured is memory.
        "workspace.connect_timeout_seconds=120",
        "workspace.http_timeout_seconds=120",
    )
    given = [word for each in changes for word in ("--set", each)]
    code = "from lakevisor.cli import main; main()"
    command = [sys.executable, "-c", code, "ask", QUESTION, "--csv", str(path), *given]
    environment = {**os.environ, "LAKEVISOR_CONFIGS": str(CONFIGS)}
    quiet = subprocess.DEVNULL
    subprocess.run(command, env=environment, stdout=quiet, timeout=SECONDS, check=True)


def commands_megabytes() -> float:
    """Return the most memory that a command has had; each needs more than this process."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def main(rows: int) -> None:
    """Write the file both ways, and print what it took."""
    print("| what | rows | size | seconds | most memory |")
    print("|---|---:|---:|---:|---:|")
    with own_workspace() as workspace, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        ways = (
            ("plugin", lambda: asyncio.run(with_the_plugin(workspace, path)), peak_megabytes),
            ("command", lambda: with_the_command(workspace, path), commands_megabytes),
        )
        for (name, write, megabytes), wanted in product(ways, (FEW, rows)):
            workspace.control("genie/rules", {"sql": SQL.format(rows=wanted)})
            began = time.perf_counter()
            write()
            seconds = time.perf_counter() - began
            with path.open("rb") as file:
                count = sum(1 for _ in file) - 1
            size = path.stat().st_size / 1e6
            memory = megabytes()
            print(f"| {name} | {count:,} | {size:.1f} MB | {seconds:.1f} | {memory:.0f} MB |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
