"""The transactions of the warehouse, month by month. Used by the three notebooks beside this file."""

import json
import os
import time

import duckdb


def connect():
    """Open the warehouse, read only, and define what a transaction is: an order with its items."""
    connection = duckdb.connect()
    path = os.environ["LOCAL_WORKSPACE_WAREHOUSE"].replace("'", "''")
    connection.execute(f"ATTACH '{path}' AS samples (READ_ONLY)")
    connection.execute("SET threads = 1")
    connection.execute("""
        CREATE TEMP TABLE transactions AS
        SELECT o_orderkey, o_orderdate, date_trunc('month', o_orderdate)::DATE AS month,
               c_custkey, c_name, c_mktsegment AS segment, r_name AS region,
               o_totalprice AS amount, count(*) AS items, avg(l_discount) AS discount
        FROM samples.tpch.orders
        JOIN samples.tpch.lineitem ON l_orderkey = o_orderkey
        JOIN samples.tpch.customer ON c_custkey = o_custkey
        JOIN samples.tpch.nation ON n_nationkey = c_nationkey
        JOIN samples.tpch.region ON r_regionkey = n_regionkey
        GROUP BY ALL
    """)
    return connection


def months(connection):
    """Return the months that have transactions, oldest first."""
    rows = connection.execute("SELECT DISTINCT month FROM transactions ORDER BY month").fetchall()
    return [row[0] for row in rows]


def paced(slices, seconds):
    """Yield slices spread over some seconds.

    The work itself takes well under a second. The waiting is there on purpose: a demo needs a job
    that runs long enough to be asked about and to be cancelled. With pace 0 nothing waits.
    """
    slices = list(slices)
    started = time.monotonic()
    for index, each in enumerate(slices):
        yield each
        due = started + seconds * (index + 1) / len(slices)
        time.sleep(max(0.0, due - time.monotonic()))


def say(text):
    """Write a line of progress at once."""
    print(text, flush=True)


def to_json(value):
    """Return JSON; dates and decimals as text."""
    return json.dumps(value, default=str, ensure_ascii=False)
