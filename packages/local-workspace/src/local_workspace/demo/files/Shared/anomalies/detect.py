# Databricks notebook source
# MAGIC %md
# MAGIC # Transaction anomalies, 2 of 3: detect
# MAGIC Scores every transaction against what is usual, month by month. Four rules:
# MAGIC
# MAGIC | rule | a transaction stands out if |
# MAGIC |---|---|
# MAGIC | amount for the customer | its amount is more than 5 robust deviations above the customer's own median (10 orders or more) |
# MAGIC | amount for the segment | its amount is more than 3 robust deviations above the median of the market segment |
# MAGIC | burst | it is at least the customer's fourth within 7 days |
# MAGIC | discount | it has 5 items or more, with 9 percent discount on average (10 is the most there is) |
# MAGIC
# MAGIC A robust deviation is 0.6745 * (amount - median) / MAD. Nothing is planted in the data: TPC-H
# MAGIC is generated evenly, so what is found are the true tails of its distributions, not fraud.

# COMMAND ----------

from transactions import connect, months, paced, say, to_json

seconds = float(dbutils.widgets.get("pace")) / 3
profile = dbutils.jobs.taskValues.get(taskKey="collect", key="profile")
MOST_FINDINGS = 120

# COMMAND ----------

connection = connect()
connection.execute("CREATE TEMP TABLE usual (segment VARCHAR, middle DOUBLE, spread DOUBLE)")
connection.executemany(
    "INSERT INTO usual VALUES (?, ?, ?)",
    [[name, middle, spread] for name, (middle, spread) in profile["segments"].items()],
)
connection.execute("""
    CREATE TEMP TABLE scored AS
    WITH customers AS (
        SELECT c_custkey, median(amount) AS middle, mad(amount) AS spread, count(*) AS orders
        FROM transactions GROUP BY c_custkey
    )
    SELECT transactions.*,
           CASE WHEN orders >= 10 AND customers.spread > 0
                THEN 0.6745 * (amount - customers.middle) / customers.spread END AS own_deviation,
           0.6745 * (amount - usual.middle) / usual.spread AS segment_deviation,
           count(*) OVER (
               PARTITION BY c_custkey ORDER BY o_orderdate
               RANGE BETWEEN INTERVAL 6 DAYS PRECEDING AND CURRENT ROW
           ) AS in_7_days
    FROM transactions JOIN customers USING (c_custkey) JOIN usual USING (segment)
""")

# COMMAND ----------

RULES = """
    SELECT 'amount for the customer' AS rule, own_deviation AS measure, own_deviation / 5 AS score, *
    FROM scored WHERE own_deviation > 5
    UNION ALL BY NAME
    SELECT 'amount for the segment' AS rule, segment_deviation AS measure,
           segment_deviation / 3 AS score, *
    FROM scored WHERE segment_deviation > 3
    UNION ALL BY NAME
    SELECT 'burst' AS rule, in_7_days AS measure, in_7_days / 4 AS score, *
    FROM scored WHERE in_7_days >= 4
    UNION ALL BY NAME
    SELECT 'discount' AS rule, 100 * discount AS measure, discount / 0.09 AS score, *
    FROM scored WHERE items >= 5 AND discount >= 0.09
"""
findings = []
for month in paced(months(connection), seconds):
    rows = connection.execute(
        f"SELECT rule, measure, score, o_orderkey, o_orderdate, c_name, region, amount "
        f"FROM ({RULES}) WHERE month = ? ORDER BY score DESC, o_orderkey", [month]
    ).fetchall()
    findings += rows
    say(f"{month:%Y-%m}: {len(rows)} stand out")

# COMMAND ----------

counts = {}
for rule, *_ in findings:
    counts[rule] = counts.get(rule, 0) + 1
transactions = {row[3]: row[7] for row in findings}
found = {
    "findings": len(findings),
    "transactions": len(transactions),
    "amount": str(sum(transactions.values())),
    "by_rule": dict(sorted(counts.items())),
}
findings.sort(key=lambda row: (-row[2], row[3]))
dbutils.jobs.taskValues.set("found", found)
dbutils.jobs.taskValues.set(
    "highest",
    [
        {
            "rule": rule,
            "measure": round(float(measure), 2),
            "score": round(float(score), 3),
            "order": order,
            "day": str(day),
            "customer": customer,
            "region": region,
            "amount": str(amount),
        }
        for rule, measure, score, order, day, customer, region, amount in findings[:MOST_FINDINGS]
    ],
)
dbutils.notebook.exit(to_json(found))
