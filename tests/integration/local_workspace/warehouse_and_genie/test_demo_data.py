"""The demo's data: complete, and ending yesterday, whatever happened before."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta

import duckdb

from local_workspace.demo.tpch import LAST_ORDER, ensure_tpch, last_order_in

YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)


def dates(file):
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(
            "SELECT min(o_orderdate), max(o_orderdate), min(l_shipdate - o_orderdate), "
            "max(l_shipdate - o_orderdate), count(*) FROM tpch.orders JOIN tpch.lineitem "
            "ON l_orderkey = o_orderkey"
        ).fetchone()


def test_all_tables_are_there_and_end_yesterday(tpch_file):
    with duckdb.connect(str(tpch_file), read_only=True) as connection:
        tables = connection.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()
    assert [name for (name,) in tables] == [
        "customer",
        "lineitem",
        "nation",
        "orders",
        "part",
        "partsupp",
        "region",
        "supplier",
    ]
    assert last_order_in(tpch_file) == YESTERDAY


def test_a_later_day_moves_all_dates_alike(tpch_file, tmp_path):
    file = tmp_path / "warehouse.duckdb"
    shutil.copy(tpch_file, file)
    first, last, shortest, longest, items = dates(file)
    ensure_tpch(file, today=YESTERDAY + timedelta(days=11))
    week = timedelta(days=10)
    assert dates(file) == (first + week, last + week, shortest, longest, items)


def test_the_tables_say_by_how_much_the_dates_are_moved(tpch_file):
    days = f"{(YESTERDAY - LAST_ORDER).days:,} days"
    with duckdb.connect(str(tpch_file), read_only=True) as connection:
        (comment,) = connection.execute(
            "SELECT comment FROM duckdb_tables() WHERE table_name = 'orders'"
        ).fetchone()
    assert days in comment
    assert YESTERDAY.isoformat() in comment


def test_a_file_of_today_is_left_alone(tpch_file):
    before = tpch_file.stat()
    ensure_tpch(tpch_file)
    assert tpch_file.stat().st_mtime_ns == before.st_mtime_ns


def test_what_a_killed_start_left_is_repaired(tmp_path):
    file = tmp_path / "warehouse.duckdb"
    (tmp_path / "warehouse.duckdb.new").write_bytes(b"half a file")
    (tmp_path / "warehouse.duckdb.generating").mkdir()
    ensure_tpch(file, today=date(2030, 1, 1), scale=0.001)
    assert last_order_in(file) == date(2029, 12, 31)
    assert [each.name for each in tmp_path.iterdir()] == [file.name]
