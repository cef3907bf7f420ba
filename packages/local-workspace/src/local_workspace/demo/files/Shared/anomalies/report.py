# Databricks notebook source
# MAGIC %md
# MAGIC # Transaction anomalies, 3 of 3: report
# MAGIC Looks at each of the highest findings once more, and writes the result.

# COMMAND ----------

from transactions import connect, paced, say, to_json

seconds = float(dbutils.widgets.get("pace")) / 3
profile = dbutils.jobs.taskValues.get(taskKey="collect", key="profile")
found = dbutils.jobs.taskValues.get(taskKey="detect", key="found")
highest = dbutils.jobs.taskValues.get(taskKey="detect", key="highest")
MEANING = {
    "amount for the customer": "{:.1f} robust deviations above the customer's own median",
    "amount for the segment": "{:.1f} robust deviations above the segment's median",
    "burst": "{:.0f} orders within 7 days",
    "discount": "{:.1f} percent discount on average",
}

# COMMAND ----------

connection = connect()
shown = highest[:10]
for finding in paced(shown, seconds):
    orders, usual = connection.execute(
        "SELECT count(*), median(amount) FROM transactions WHERE c_name = ?", [finding["customer"]]
    ).fetchone()
    finding |= {"orders_of_customer": orders, "median_of_customer": f"{usual:.2f}"}
    say(f"Order {finding['order']}: {MEANING[finding['rule']].format(finding['measure'])}")

# COMMAND ----------

share = 100 * found["transactions"] / profile["transactions"]
lines = [
    "# Transaction anomalies",
    "",
    f"Asked for: {dbutils.widgets.get('user_request') or 'nothing in particular'}",
    "",
    f"{profile['transactions']:,} transactions of {profile['customers']:,} customers from "
    f"{profile['first_day']} to {profile['last_day']} were read, "
    f"{float(profile['amount']):,.2f} in all. **{found['transactions']:,} of them stand out** "
    f"({share:.2f} percent, {float(found['amount']):,.2f}).",
    "",
    "| rule | findings |",
    "|---|---:|",
    *(f"| {rule} | {count:,} |" for rule, count in found["by_rule"].items()),
    "",
    "## The ten that stand out most",
    "",
    "| order | day | customer | region | amount | customer's median | why |",
    "|---|---|---|---|---:|---:|---|",
    *(
        f"| {each['order']} | {each['day']} | {each['customer']} | {each['region']} | "
        f"{float(each['amount']):,.2f} | {float(each['median_of_customer']):,.2f} | "
        f"{MEANING[each['rule']].format(each['measure'])} |"
        for each in shown
    ),
    "",
    "The data is TPC-H, generated evenly and with its dates moved; nothing was planted. What stands "
    "out are the tails of its distributions.",
]
report = {
    "user_request": dbutils.widgets.get("user_request"),
    "thread_id": dbutils.widgets.get("thread_id"),
    "transactions": profile["transactions"],
    "customers": profile["customers"],
    "from": profile["first_day"],
    "to": profile["last_day"],
    "anomalies": found["transactions"],
    "findings": found["findings"],
    "amount": found["amount"],
    "by_rule": found["by_rule"],
    "top": shown,
    "markdown": "\n".join(lines),
}
dbutils.notebook.exit(to_json(report))
