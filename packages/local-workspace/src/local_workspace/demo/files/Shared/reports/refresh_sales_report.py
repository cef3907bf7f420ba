# Databricks notebook source
# MAGIC %md
# MAGIC # Refresh sales report
# MAGIC Revenue of one region (or of all) for each of the last twelve full months. The months are
# MAGIC paced on purpose over about two seconds, so that the run can be seen.

# COMMAND ----------

import json
import os
import time

import duckdb

dbutils.widgets.text("region", "ALL")
dbutils.widgets.text("pace", "2")
region = dbutils.widgets.get("region").strip().upper() or "ALL"
seconds = float(dbutils.widgets.get("pace"))

# COMMAND ----------

connection = duckdb.connect()
path = os.environ["LOCAL_WORKSPACE_WAREHOUSE"].replace("'", "''")
connection.execute(f"ATTACH '{path}' AS samples (READ_ONLY)")
connection.execute("SET TimeZone = 'UTC'")
known = [row[0] for row in connection.execute("SELECT r_name FROM samples.tpch.region").fetchall()]
if region not in ("ALL", *known):
    raise ValueError(f"There is no region {region!r}; there are {', '.join(sorted(known))} and ALL")
rows = connection.execute("""
    SELECT date_trunc('month', o_orderdate)::DATE AS month, count(DISTINCT o_orderkey),
           sum(l_extendedprice * (1 - l_discount))::DECIMAL(18, 2)
    FROM samples.tpch.orders
    JOIN samples.tpch.lineitem ON l_orderkey = o_orderkey
    JOIN samples.tpch.customer ON c_custkey = o_custkey
    JOIN samples.tpch.nation ON n_nationkey = c_nationkey
    JOIN samples.tpch.region ON r_regionkey = n_regionkey
    WHERE o_orderdate >= date_trunc('month', current_date) - INTERVAL 12 MONTHS
      AND o_orderdate < date_trunc('month', current_date) AND $region IN ('ALL', r_name)
    GROUP BY month ORDER BY month
""", {"region": region}).fetchall()

# COMMAND ----------

lines = [f"# Revenue, {region}", "", "| month | orders | revenue |", "|---|---:|---:|"]
for month, orders, revenue in rows:
    lines.append(f"| {month:%Y-%m} | {orders:,} | {revenue:,.2f} |")
    print(lines[-1], flush=True)
    time.sleep(seconds / len(rows))
total = sum(row[2] for row in rows)
report = {"region": region, "months": len(rows), "revenue": str(total), "markdown": "\n".join(lines)}
dbutils.notebook.exit(json.dumps(report))
