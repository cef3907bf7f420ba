"""What a turn costs on an old thread: time beside the model, prompt, and storage, as it ages.

    python tests/benchmarks/long_thread.py [TURNS]

Needs a running local workspace (`local-workspace up`). The turns are small talk with the local
workspace's model of rules, which answers at once: what is measured is our own work.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import time
from typing import TYPE_CHECKING
from uuid import uuid4

from lakevisor.config import load_configuration
from lakevisor.supervisor import Request, open_supervisor

if TYPE_CHECKING:
    from lakevisor.supervisor import Supervisor

TABLES = ("checkpoints", "checkpoint_blobs", "checkpoint_writes")
WINDOW = 50


async def measure(supervisor: Supervisor, turns: int) -> None:
    """Print a line for each tenth of the thread."""
    thread_id = uuid4().hex
    took: list[float] = []
    print("| turns | messages | ms a turn (median) | input tokens | thread in Lakebase |")
    print("|---:|---:|---:|---:|---:|")
    for turn in range(1, turns + 1):
        began = time.perf_counter()
        text = "Thank you very much!"
        finished = await supervisor.ask(Request(text=text, thread_id=thread_id))
        took.append(1000 * (time.perf_counter() - began))
        if turn in (5, WINDOW) or turn % max(turns // 10, 1) == 0:
            size = await stored_bytes(supervisor)
            median = statistics.median(took[-WINDOW:])
            tokens = finished.usage["input_tokens"]
            print(f"| {turn} | {2 * turn} | {median:.0f} | {tokens:,} | {size / 1e6:.2f} MB |")


async def stored_bytes(supervisor: Supervisor) -> int:
    """Return the bytes of the rows of all threads and of the ledger's turns."""
    schema = supervisor.settings.lakebase.schema_name
    parts = [f"SELECT sum(pg_column_size(t.*)) AS size FROM {schema}.{name} t" for name in TABLES]
    parts.append(f"SELECT sum(pg_column_size(t.*)) AS size FROM {schema}_ledger.turns t")
    async with supervisor.checkpoints.pool.connection() as connection:
        query = f"SELECT sum(size) AS size FROM ({' UNION ALL '.join(parts)}) s"
        cursor = await connection.execute(query)
        row = await cursor.fetchone()
    return int(row["size"] or 0)


async def main() -> None:
    """Open a supervisor on the local workspace and measure."""
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    configuration = load_configuration(workspace="local", environment=os.environ)
    async with open_supervisor(configuration, os.environ) as supervisor:
        await measure(supervisor, turns)


if __name__ == "__main__":
    asyncio.run(main())
