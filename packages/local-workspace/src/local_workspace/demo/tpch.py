"""The demo's data: TPC-H in the warehouse's DuckDB file, with its dates moved to today.

TPC-H ends on 1998-08-02. All dates are moved by one number of days, so that the last order was
placed on the day before the data was made or moved: "last quarter" then has a full and true answer.
A file is always made beside the old one and put in its place at the end, so a kill at any
moment leaves either the old file or the new one.
"""

from __future__ import annotations

import logging
import shutil
import subprocess
import sysconfig
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path

import duckdb

SCALE = 0.1
"""150,000 orders: large enough to be worth asking, small enough to be made in seconds."""
LAST_ORDER = date(1998, 8, 2)
"""The day of the last order as TPC-H makes it."""

log = logging.getLogger(__name__)

# Each table, and those of its columns that are dates.
_TABLES = {
    "region": (),
    "nation": (),
    "customer": (),
    "supplier": (),
    "part": (),
    "partsupp": (),
    "orders": ("o_orderdate",),
    "lineitem": ("l_shipdate", "l_commitdate", "l_receiptdate"),
}


def ensure_tpch(file: Path, *, today: date | None = None, scale: float = SCALE) -> None:
    """Make the data if it is not there, and move its dates if they do not end yesterday.

    Args:
        file: The DuckDB file of the warehouse.
        today: The day that counts as today; by default the day in UTC, as in the warehouse.
        scale: The scale factor of TPC-H; counts only when the data is made.
    """
    last_order = (today or datetime.now(UTC).date()) - timedelta(days=1)
    file.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(file)
    there = last_order_in(file)
    if there == last_order:
        return
    if there is None:
        log.info("Making the TPC-H data (scale factor %s)", scale)
        _generate(file, last_order, scale=scale)
    else:
        log.info("Moving the dates of the TPC-H data by %d days", (last_order - there).days)
        _build(file, last_order, days=(last_order - there).days, attach=_quoted(file))


def last_order_in(file: Path) -> date | None:
    """Return the day of the last order in a file, or None where there is no data."""
    if not file.exists():
        return None
    with duckdb.connect(str(file), read_only=True) as connection:
        row = connection.execute("SELECT max(o_orderdate) FROM tpch.orders").fetchone()
    assert row is not None
    found: date = row[0]
    return found


def _generate(file: Path, last_order: date, *, scale: float) -> None:
    """Run the generator into a folder of its own and read its files."""
    folder = _beside(file, "generating")
    command = [_generator(), "parquet", "-s", str(scale), "-o", str(folder), "--quiet"]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
        _build(file, last_order, days=(last_order - LAST_ORDER).days, folder=folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _build(
    file: Path,
    last_order: date,
    *,
    days: int,
    folder: Path | None = None,
    attach: str | None = None,
) -> None:
    """Write a new file from the generator's folder or from the old file, and put it in place."""
    new = _beside(file, "new")
    with duckdb.connect(str(new)) as connection:
        if attach:
            connection.execute(f"ATTACH {attach} AS old (READ_ONLY)")
        connection.execute("CREATE SCHEMA tpch")
        for table, dates in _TABLES.items():
            source = (
                f"read_parquet({_quoted(folder / f'{table}.parquet')})"
                if folder
                else (f"old.tpch.{table}")
            )
            moved = ", ".join(f"{column} + {days} AS {column}" for column in dates)
            columns = f"* REPLACE ({moved})" if moved else "*"
            create = f"CREATE TABLE tpch.{table} AS SELECT {columns} FROM {source}"  # noqa: S608 (ours)
            connection.execute(create)
        connection.execute(_comments((last_order - LAST_ORDER).days, last_order))
        if attach:
            connection.execute("DETACH old")
    new.replace(file)


def _comments(days: int, last_order: date) -> str:
    """Return the statements that describe the tables, with how far their dates were moved."""
    text = resources.files("local_workspace.demo").joinpath("files/comments.sql").read_text()
    return text.replace("{days}", f"{days:,}").replace("{last_order}", last_order.isoformat())


def _generator() -> str:
    """Return the path of the generator that the wheel tpchgen-cli brings."""
    beside_python = Path(sysconfig.get_path("scripts")) / "tpchgen-cli"
    found = str(beside_python) if beside_python.exists() else shutil.which("tpchgen-cli")
    if found is None:
        raise FileNotFoundError("tpchgen-cli is not installed: pip install tpchgen-cli")
    return found


def _beside(file: Path, what: str) -> Path:
    return file.with_name(f"{file.name}.{what}")


def _remove_leftovers(file: Path) -> None:
    """Remove what a start before this one left when it was killed."""
    shutil.rmtree(_beside(file, "generating"), ignore_errors=True)
    for name in ("new", "new.wal"):
        _beside(file, name).unlink(missing_ok=True)


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
