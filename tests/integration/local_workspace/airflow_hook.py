"""What Airflow's DatabricksHook sees of a workspace, as one JSON object on standard output.

Run by `test_airflow.py` with the Python of an environment that has Airflow and not our packages.
The connection is in AIRFLOW_CONN_DATABRICKS_DEFAULT.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from airflow.providers.databricks.hooks.databricks import DatabricksHook

TASK = {"task_key": "main", "notebook_task": {"notebook_path": "/Shared/airflow"}}
DEADLINE_SECONDS = 60


def ended(hook: DatabricksHook, run_id: int) -> dict[str, Any]:
    """Wait for a run's end and return its state."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (state := hook.get_run_state(run_id)).is_terminal:
        if time.monotonic() > deadline:
            raise TimeoutError(hook.get_run_state_str(run_id))
        time.sleep(0.1)
    return {"result": state.result_state, "text": hook.get_run_state_str(run_id)}


def main() -> None:
    """Use each call once that a DAG would use."""
    hook = DatabricksHook(retry_limit=1)
    seen: dict[str, Any] = {"connection": hook.test_connection()}
    job_id = hook.create_job({"name": "from airflow", "tasks": [TASK]})
    seen["listed"] = job_id in [job["job_id"] for job in hook.list_jobs()]
    seen["found"] = hook.find_job_id_by_name("from airflow") == job_id

    def run(mode: str) -> int:
        return int(hook.run_now({"job_id": job_id, "notebook_params": {"mode": mode}}))

    good = run("good")
    seen["good"] = ended(hook, good)
    seen["page"] = hook.get_run_page_url(good)
    output = hook.get_run_output(hook.get_run(good)["tasks"][0]["run_id"])
    seen["output"] = output["notebook_output"]

    failed = run("bad")
    seen["failed"] = ended(hook, failed)
    latest = hook.get_latest_repair_id(failed)
    repair = {"run_id": failed, "rerun_all_failed_tasks": True, "notebook_params": {"mode": "good"}}
    repair_id = hook.repair_run(repair)
    seen["repaired"] = ended(hook, failed)
    seen["repair_ids"] = [latest, hook.get_latest_repair_id(failed) == repair_id]

    slow = run("slow")
    hook.cancel_run(slow)
    seen["cancelled"] = ended(hook, slow)
    submitted = hook.submit_run({"run_name": "once", "tasks": [TASK], "queue": {"enabled": True}})
    seen["submitted"] = ended(hook, submitted)
    hook.delete_run(good)
    json.dump(seen, sys.stdout)


if __name__ == "__main__":
    main()
