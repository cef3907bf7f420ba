"""The long form: every moment, a thousand random kills; prints a table, fails on any finding."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from chaos.finding import Finding
from chaos.row import Options, Row
from chaos.rows import ROWS
from chaos.world import World, local_workspace

HEADER = ("row", "trials", "harmed", "double runs", "lost", "unusable threads", "wrong", "seconds")


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument(
        "--only", action="append", help="rows whose name contains this; may be given again"
    )
    parser.add_argument("--list", action="store_true", help="print the names of the rows")
    parser.add_argument(
        "--show", action="store_true", help="tell also what is found without a protection"
    )
    usual = Options()
    for each in fields(Options):
        name, told = each.name.replace("_", "-"), each.metadata["help"]
        parser.add_argument(f"--{name}", type=int, default=getattr(usual, each.name), help=told)
    given = vars(parser.parse_args())
    only = given.pop("only") or [""]
    shown, is_list = given.pop("show"), given.pop("list")
    rows = [row for row in ROWS if any(each in row.name for each in only)]
    if is_list:
        print("\n".join(row.name for row in rows))
        return 0
    options = Options(**given)
    print(options, flush=True)
    with tempfile.TemporaryDirectory() as folder, local_workspace(Path(folder) / "data") as state:
        return asyncio.run(_report(state, rows, options, logs=Path(folder), shown=shown))


async def _report(
    state: Mapping[str, Any], rows: Sequence[Row], options: Options, *, logs: Path, shown: bool
) -> int:
    failed = False
    print(" | ".join(HEADER), flush=True)
    async with World.opened(state, logs) as world:
        for row in rows:
            began = time.monotonic()
            findings = await row.run(world, options)
            failed |= row.has_failed(findings)
            print(_line(row, findings, time.monotonic() - began), flush=True)
            for each in findings if shown or not row.must_find else ():
                if not each.is_good:
                    print(f"    {each}", file=sys.stderr, flush=True)
    return int(failed)


def _line(row: Row, findings: Sequence[Finding], seconds: float) -> str:
    counts = (
        len(findings),
        sum(each.is_harmed for each in findings),
        sum(each.double_runs for each in findings),
        sum(bool(each.lost) for each in findings),
        sum(bool(each.unusable) for each in findings),
        sum(bool(each.wrong) for each in findings),
        round(seconds),
    )
    return " | ".join([row.name, *map(str, counts)])


if __name__ == "__main__":
    sys.exit(main())
