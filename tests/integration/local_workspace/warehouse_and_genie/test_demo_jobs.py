"""The demo's jobs, started with the real SDK, as real processes."""

from __future__ import annotations

import json
import time
from datetime import timedelta

import pytest

ANOMALIES = 100200300400500
REFRESH = 100200300400501
REQUEST = "Analyze all customer transactions for anomalies"


def output(server, run, task_key):
    task = next(each for each in run.tasks if each.task_key == task_key)
    return json.loads(
        server.client("admin").jobs.get_run_output(task.run_id).notebook_output.result
    )


def finished(server, job_id, **parameters):
    jobs = server.client("admin").jobs
    run_id = jobs.run_now(job_id, job_parameters=parameters).run_id
    deadline = time.monotonic() + timedelta(seconds=60).total_seconds()
    while time.monotonic() < deadline:
        run = jobs.get_run(run_id)
        if run.status.state.value == "TERMINATED":
            return run
    pytest.fail("the run did not end")


def test_the_anomaly_job_reads_all_transactions_and_reports(server):
    run = finished(server, ANOMALIES, user_request=REQUEST, pace="0", thread_id="t-1")
    assert run.status.termination_details.code.value == "SUCCESS"
    report = output(server, run, "report")
    counted = server.rows("SELECT count(*), count(DISTINCT o_custkey) FROM samples.tpch.orders")
    assert [(report["transactions"], report["customers"])] == counted
    assert (report["user_request"], report["thread_id"]) == (REQUEST, "t-1")
    assert report["findings"] == sum(report["by_rule"].values()) > 0
    assert REQUEST in report["markdown"]


def test_what_the_anomaly_job_finds_is_in_the_data(server):
    run = finished(server, ANOMALIES, pace="0")
    for each in output(server, run, "report")["top"]:
        where = f"o_orderkey = {int(each['order'])}"
        found = server.rows(
            f"SELECT o_totalprice, o_orderdate FROM samples.tpch.orders WHERE {where}"
        )
        assert [(str(amount), str(day)) for amount, day in found] == [(each["amount"], each["day"])]


def test_the_sales_report_has_the_revenue_of_its_region(server):
    report = output(server, finished(server, REFRESH, region="europe", pace="0"), "refresh")
    ((revenue,),) = server.rows(
        """
        SELECT sum(l_extendedprice * (1 - l_discount))::DECIMAL(18, 2)
        FROM samples.tpch.orders JOIN samples.tpch.lineitem ON l_orderkey = o_orderkey
        JOIN samples.tpch.customer ON c_custkey = o_custkey
        JOIN samples.tpch.nation ON n_nationkey = c_nationkey
        JOIN samples.tpch.region ON r_regionkey = n_regionkey
        WHERE r_name = 'EUROPE'
          AND o_orderdate >= date_trunc('month', current_date) - INTERVAL 12 MONTHS
          AND o_orderdate < date_trunc('month', current_date)
        """
    )
    assert abs(float(report["revenue"]) - float(revenue)) < 0.07  # twelve rounded months


def test_an_unknown_region_fails_with_the_names_of_those_there_are(server):
    run = finished(server, REFRESH, region="atlantis", pace="0")
    task = run.tasks[0]
    error = server.client("admin").jobs.get_run_output(task.run_id).error
    assert "ATLANTIS" in error
    assert "EUROPE" in error


def test_a_second_start_is_quick_and_changes_nothing(serving, tmp_path):
    with serving(tmp_path) as server:
        notebook = server.settings.files / "Shared" / "anomalies" / "detect.py"
        notebook.write_text("# mine\n", encoding="utf-8")
    started = time.monotonic()
    with serving(tmp_path) as server:
        assert time.monotonic() - started < 2
        assert notebook.read_text(encoding="utf-8") == "# mine\n"
        assert len(list(server.client("admin").jobs.list())) == 2
