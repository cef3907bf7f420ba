# Databricks notebook source
# MAGIC %md
# MAGIC # Transaction anomalies, 1 of 3: collect
# MAGIC Reads every transaction (an order with its items), month by month, and says what is usual.
# MAGIC The months are paced on purpose, see `paced` in `transactions.py`.

# COMMAND ----------

from transactions import connect, months, paced, say, to_json

dbutils.widgets.text("user_request", "")
dbutils.widgets.text("pace", "60")
dbutils.widgets.text("thread_id", "")
seconds = float(dbutils.widgets.get("pace")) / 3
say(f"Asked for: {dbutils.widgets.get('user_request') or 'nothing in particular'}")

# COMMAND ----------

connection = connect()
orders, amount = 0, 0
for month in paced(months(connection), seconds):
    count, total = connection.execute(
        "SELECT count(*), sum(amount) FROM transactions WHERE month = ?", [month]
    ).fetchone()
    orders, amount = orders + count, amount + total
    say(f"{month:%Y-%m}: {count:,} transactions, {total:,.2f}")

# COMMAND ----------

customers, first, last = connection.execute(
    "SELECT count(DISTINCT c_custkey), min(o_orderdate), max(o_orderdate) FROM transactions"
).fetchone()
segments = connection.execute("""
    SELECT segment, median(amount), mad(amount) FROM transactions GROUP BY segment ORDER BY segment
""").fetchall()
profile = {
    "transactions": orders,
    "customers": customers,
    "amount": str(amount),
    "first_day": str(first),
    "last_day": str(last),
    "segments": {name: [float(middle), float(spread)] for name, middle, spread in segments},
}
dbutils.jobs.taskValues.set("profile", profile)
dbutils.notebook.exit(to_json(profile))
