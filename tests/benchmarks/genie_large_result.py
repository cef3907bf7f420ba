"""How much memory it takes to read a large result of Genie's, row by row.

    python tests/benchmarks/genie_large_result.py [ROWS]

Starts a local workspace, asks for so many rows (1,000,000 unless told) and reads them all. Printed
is the peak of this process: what is resident after the SDK is imported, and after the last row.
"""

from __future__ import annotations

import asyncio
import sys
import time

from own_workspace import OwnWorkspace, own_workspace
from peak_memory import peak_megabytes

from lakevisor_genie.client import GenieClient
from lakevisor_genie.outcomes import MessageRef
from lakevisor_genie.query_result import open_result
from lakevisor_genie.question import Question, ask, wait
from lakevisor_genie.reply import read_reply
from lakevisor_genie.settings import GenieSettings
from lakevisor_testing.turns import make_turn

SPACE = "01f10000000000000000000000000001"
SQL = "SELECT id, id * 1.5 AS amount, CAST(id AS STRING) AS name FROM range({rows})"
SECONDS = 900
SETTINGS = GenieSettings.model_validate(
    {"spaces": {"sales": {"space_id": SPACE, "description": "Sales."}}}
)


async def read_all(workspace: OwnWorkspace, rows: int) -> int:
    """Ask for the rows and return how many came, one after the other."""
    workspace.control("genie/rules", {"sql": SQL.format(rows=rows), "row_limit": rows})
    turn = make_turn(workspace=workspace.client(), seconds=SECONDS)
    client = await GenieClient.of(turn, SETTINGS, at_most=SECONDS)
    at: MessageRef = await ask(Question(text="All of it", space_id=SPACE), client)
    result = await open_result(read_reply(await wait(at, client), at), client)
    count = 0
    async for (number, _, name), _ in result.rows():
        assert (number, name) == (count, str(count))
        count += 1
    return count


def main(rows: int) -> None:
    """Read, and print what it took."""
    with own_workspace() as workspace:
        workspace.client()
        before, began = peak_megabytes(), time.perf_counter()
        count = asyncio.run(read_all(workspace, rows))
        seconds = time.perf_counter() - began
    print("| rows | seconds | peak before | peak after |")
    print("|---:|---:|---:|---:|")
    print(f"| {count:,} | {seconds:.1f} | {before:.0f} MB | {peak_megabytes():.0f} MB |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
